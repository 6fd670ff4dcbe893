import type { z } from 'zod';
import type { Observation, ScanContext } from '../../src/contracts/index.ts';
import type { EndpointId } from './endpoints.ts';
import type { Place } from './place.ts';
import { alertRows } from './rows/alerts.ts';
import { auditRows, sealEvent } from './rows/audit-log.ts';
import { deployKeyRows } from './rows/deploy-keys.ts';
import { installationRows } from './rows/installations.ts';
import { memberRows } from './rows/members.ts';
import { runnerGroupRows, runnerRows } from './rows/runners.ts';
import { secretRows } from './rows/secrets.ts';
import { oidcTemplateRows, workflowTokenRows } from './rows/settings.ts';
import { credentialAuthorizationRows, personalAccessTokenRows } from './rows/tokens.ts';
import { webhookRows } from './rows/webhooks.ts';
import { Alert, AuditEvent, Environment, Member, Organisation, Repository, Runner, RunnerGroup, Webhook } from './schema.ts';
import {
  App,
  CredentialAuthorization,
  DeployKey,
  Installation,
  OidcTemplate,
  PersonalAccessToken,
  SecretName,
  WorkflowPermissions,
} from './schema-access.ts';

/** From an entry of an answer to a record, and from records to observations: the same for files and for live answers. */
export interface Reader {
  readonly schema: z.ZodType<unknown>;
  /** Puts a keyed fingerprint in the place of what others could compare with: records may be kept between runs. */
  readonly seal?: (record: unknown, fingerprint: ScanContext['fingerprint']) => unknown;
  /** `records` are what the schema gave, now or in a run that was cut off. */
  rows(records: readonly unknown[], place: Place): Iterable<Observation>;
}

function each<T>(schema: z.ZodType<T>, rowsOf: (record: T, place: Place) => Iterable<Observation>): Reader {
  return all(schema, function* (records, place) {
    for (const record of records) yield* rowsOf(record, place);
  });
}

function all<T>(schema: z.ZodType<T>, rows: (records: readonly T[], place: Place) => Iterable<Observation>): Reader {
  // What was kept is what this schema gave: the step's name holds the endpoint.
  return { schema, rows: (records, place) => rows(records as readonly T[], place) };
}

const nothing = () => [];

const READERS: { readonly [id in EndpointId]: Reader } = {
  organisation: each(Organisation, nothing),
  repositories: each(Repository, nothing),
  repository: each(Repository, nothing),
  environments: each(Environment, nothing),
  app: each(App, nothing),
  'token-repositories': each(Repository, nothing),
  'secret-repositories': each(Repository, nothing),
  'dependabot-secret-repositories': each(Repository, nothing),
  members: each(Member, memberRows),
  'outside-collaborators': each(Member, memberRows),
  'personal-access-tokens': each(PersonalAccessToken, personalAccessTokenRows),
  'credential-authorizations': each(CredentialAuthorization, credentialAuthorizationRows),
  installations: each(Installation, installationRows),
  'org-actions-secrets': each(SecretName, secretRows),
  'org-dependabot-secrets': each(SecretName, secretRows),
  'deploy-keys': each(DeployKey, deployKeyRows),
  'actions-secrets': each(SecretName, secretRows),
  'dependabot-secrets': each(SecretName, secretRows),
  'environment-secrets': each(SecretName, secretRows),
  'org-workflow-permissions': each(WorkflowPermissions, workflowTokenRows),
  'workflow-permissions': each(WorkflowPermissions, workflowTokenRows),
  'org-oidc': each(OidcTemplate, oidcTemplateRows),
  oidc: each(OidcTemplate, oidcTemplateRows),
  'org-runners': each(Runner, runnerRows),
  runners: each(Runner, runnerRows),
  'runner-groups': each(RunnerGroup, runnerGroupRows),
  'org-hooks': each(Webhook, webhookRows),
  hooks: each(Webhook, webhookRows),
  'org-alerts': each(Alert, alertRows),
  alerts: each(Alert, alertRows),
  'audit-log': {
    ...all(AuditEvent, auditRows),
    seal: (record, fingerprint) => sealEvent(record as AuditEvent, fingerprint),
  },
};

export function readerOf(id: EndpointId): Reader {
  return READERS[id];
}

/** Entries as records; what cannot be read is told with the field's name. */
export interface Records {
  readonly records: unknown[];
  readonly problems: string[];
}

export interface Entries {
  readonly entries: readonly unknown[];
  /** What problems call the list. */
  readonly where: string;
  /** Index of the first of them. */
  readonly from?: number;
}

export function parseEntries(id: EndpointId, list: Entries, into: Records, fingerprint: ScanContext['fingerprint']): void {
  const { schema, seal } = READERS[id];
  for (const [index, entry] of list.entries.entries()) {
    const parsed = schema.safeParse(entry);
    if (parsed.success) into.records.push(seal === undefined ? parsed.data : seal(parsed.data, fingerprint));
    else into.problems.push(problemOf(parsed.error, `${list.where}[${(list.from ?? 0) + index}]`));
  }
}

function problemOf(error: z.ZodError, where: string): string {
  const [issue] = error.issues;
  const field = issue?.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('') ?? '';
  return `${where}${field}: ${issue?.message ?? 'not what was expected'}`;
}
