import {
  type CredentialObservation,
  credentialId,
  githubSecretId,
  type IdentityId,
  identityId,
  type Observation,
  type ScanContext,
} from '../../../src/contracts/index.ts';
import { Secret } from '../../../src/util/secret.ts';
import { defined } from '../defined.ts';
import { atOf, type Place } from '../place.ts';
import type { AuditEvent } from '../schema.ts';

/** All events of one token. */
interface TokenUse {
  readonly hashedToken: string;
  first: AuditEvent;
  last: AuditEvent;
  events: number;
  readonly actors: Set<string>;
  readonly repositories: Set<string>;
}

const MOST_NAMES = 20;

/** GitHub's hash is base64(SHA-256(token)), with which anybody could compare: ours is a keyed fingerprint of it. */
export function sealEvent(event: AuditEvent, fingerprint: ScanContext['fingerprint']): AuditEvent {
  return event.hashedToken === undefined ? event : { ...event, hashedToken: fingerprint(new Secret(event.hashedToken)) };
}

/**
 * From the audit log: which tokens were used, by the hash that a found token is compared with, and who made an installation or
 * a secret.
 * https://docs.github.com/en/enterprise-cloud@latest/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/identifying-audit-log-events-performed-by-an-access-token
 */
export function* auditRows(events: readonly AuditEvent[], place: Place): Generator<Observation> {
  const uses = new Map<string, TokenUse>();
  const made = new Map<IdentityId, AuditEvent>();
  for (const event of events) {
    if (event.hashedToken !== undefined && event.at !== undefined) noteUse(uses, event.hashedToken, event);
    const identity = madeBy(event, place);
    // The newest maker stands: what was deleted and made again is the later one's.
    if (identity !== undefined && (event.at ?? '') >= (made.get(identity)?.at ?? '')) made.set(identity, event);
  }
  for (const use of uses.values()) yield* useRows(use, place);
  for (const [identity, event] of made) yield* makerRows(identity, event, place);
}

function noteUse(uses: Map<string, TokenUse>, hashedToken: string, event: AuditEvent): void {
  const use = uses.get(hashedToken) ?? {
    hashedToken,
    first: event,
    last: event,
    events: 0,
    actors: new Set(),
    repositories: new Set(),
  };
  uses.set(hashedToken, use);
  use.events++;
  if ((event.at ?? '') < (use.first.at ?? '')) use.first = event;
  if ((event.at ?? '') >= (use.last.at ?? '')) use.last = event;
  if (event.actor !== undefined && use.actors.size < MOST_NAMES) use.actors.add(event.actor);
  if (event.repository !== undefined && use.repositories.size < MOST_NAMES) use.repositories.add(event.repository.toLowerCase());
}

function* useRows(use: TokenUse, place: Place): Generator<Observation> {
  const { last } = use;
  const { hashedToken } = use;
  const org = (last.org ?? place.org)?.toLowerCase();
  const identity = last.tokenId === undefined ? undefined : identityId('github', org, `pat/${last.tokenId}`);
  const credential = credentialId('github', 'hashed-token', hashedToken);
  const at = atOf(place, `audit-log/${last.id ?? last.action}`);
  const row: CredentialObservation = {
    kind: 'credential',
    id: credential,
    ...(identity === undefined ? {} : { identity }),
    provider: 'github',
    type: 'token',
    ...defined({ lastUsedAt: last.at }),
    lastUsedFor: last.action,
    at,
    detail: {
      hashedToken,
      useIsTold: true,
      events: use.events,
      actors: [...use.actors].sort(),
      repositories: [...use.repositories].sort(),
      ...defined({ firstSeenAt: use.first.at, accessType: last.accessType, scopes: last.scopes, tokenId: last.tokenId }),
    },
  };
  yield row;
  if (last.at === undefined) return;
  yield {
    kind: 'usage',
    credential,
    ...(identity === undefined ? {} : { identity }),
    usedAt: last.at,
    via: 'cloud',
    ...defined({ sessionId: last.id, actor: last.actor, target: last.repository?.toLowerCase() }),
    action: actionOf(last.action),
    actorType: last.isBot || last.actor?.endsWith('[bot]') === true ? 'machine-identity' : 'unknown',
    at,
    detail: { event: last.action, events: use.events },
  };
}

/** https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/audit-log-events-for-your-organization */
function actionOf(event: string): 'read' | 'write' | 'admin' | 'unknown' {
  if (/^git\.(?:clone|fetch)$/.test(event)) return 'read';
  if (event === 'git.push') return 'write';
  return /^(?:org|team|repo|environment|hook|integration_installation)\./.test(event) ? 'admin' : 'unknown';
}

function madeBy(event: AuditEvent, place: Place): IdentityId | undefined {
  const org = (event.org ?? place.org)?.toLowerCase();
  if (event.actor === undefined) return undefined;
  if (event.action === 'integration_installation.create' && event.integration !== undefined)
    return identityId('github', org, `app-installation/${slugOf(event.integration)}`);
  const level = /^(?<level>org|repo|environment)\.(?:create|update)_actions_secret$/.exec(event.action)?.groups?.level;
  if (level === undefined || event.key === undefined) return undefined;
  if (level === 'org') return githubSecretId(org, event.key);
  const repository = event.repository?.toLowerCase();
  if (repository === undefined || (level === 'environment' && event.environment === undefined)) return undefined;
  return githubSecretId(repository, event.key, level === 'environment' ? event.environment : undefined);
}

function* makerRows(identity: IdentityId, event: AuditEvent, place: Place): Generator<Observation> {
  const [, scope = '-', local = ''] = /^github:([^:]*):(.*)$/s.exec(identity) ?? [];
  yield {
    kind: 'identity',
    id: identity,
    provider: 'github',
    type: local.startsWith('app-installation/') ? 'app-installation' : 'ci-secret',
    name: local.slice(local.lastIndexOf('/') + 1),
    ...(scope === '-' ? {} : { scope }),
    ...defined({ owner: event.actor }),
    ownerBasis: 'audit-log',
    at: atOf(place, `audit-log/${event.id ?? event.action}`),
  };
}

/** GitHub makes the slug of an app from its name the same way. */
function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
