import { z } from 'zod';
import {
  type Confidence,
  type GrantObservation,
  type IdentityId,
  identityIdFromArn,
  type JsonObject,
  type Location,
} from '../../src/contracts/index.ts';
import { confidenceOf } from '../../src/iam/capability.ts';
import { coversAction } from '../../src/iam/covers.ts';
import type { Statement } from '../../src/iam/document.ts';
import { judgeStanding } from '../../src/iam/evaluate.ts';
import {
  grantedBy,
  type PolicyDocument,
  RESOURCE_POLICY,
  type Resource,
  type Resources,
  readPolicyDocument,
  type Subject,
} from '../../src/iam/index.ts';
import type { Answers } from './answers.ts';
import { toldArns } from './authorization-details.ts';
import type { Compiled } from './estate.ts';

/**
 * The policy of a bucket, key, secret, queue or function: who is let in by name, whatever the caller's own policies say. The
 * answers of most services do not say of what they are; the statements do.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
 */
export const ResourcePolicy = z
  .object({ Policy: z.string().min(2).nullish(), ResourcePolicy: z.string().min(2).nullish(), ARN: z.string().nullish() })
  .transform((raw, context) => {
    const read = readPolicyDocument(raw.ResourcePolicy ?? raw.Policy ?? undefined);
    if (!read.ok) {
      context.addIssue({
        code: 'custom',
        message: read.why,
        path: [raw.ResourcePolicy === undefined ? 'Policy' : 'ResourcePolicy'],
      });
      return z.NEVER;
    }
    return { resource: raw.ARN ?? undefined, document: read.document };
  });
export interface ResourcePolicy {
  /** What it is the policy of, where the answer says. */
  readonly resource: string | undefined;
  readonly document: PolicyDocument;
}

/** Whom policies of resources may let in, as far as the input tells of them. */
export interface Callers {
  readonly resources: Resources;
  readonly byIdentity: ReadonlyMap<string, Subject>;
  readonly now: Date;
}

/** Made once for all policies that are told with the same principals. */
export function callersOf(compiled: Compiled, now: Date): Callers {
  let callers = kept.get(compiled);
  if (callers === undefined) {
    const byIdentity = new Map<string, Subject>();
    for (const subject of compiled.subjects.values()) byIdentity.set(identityIdFromArn(subject.arn) ?? subject.arn, subject);
    callers = { resources: compiled.resources, byIdentity, now };
    kept.set(compiled, callers);
  }
  return callers;
}

const kept = new WeakMap<Compiled, Callers>();

/** What a policy is of, where its answer does not say: the one thing that its statements speak of. */
export function resourceIn({ statements }: PolicyDocument): string | undefined {
  const found = new Set<string>();
  for (const { resources = [], notResources = [] } of statements) {
    for (const resource of [...resources, ...notResources]) {
      const bucket = /^(?<arn>arn:[a-z-]+:s3:::[^/*?$]+)(?:\/|$)/.exec(resource)?.groups?.arn;
      if (bucket !== undefined) found.add(bucket);
      else if (/^arn:[^*?$]+$/.test(resource)) found.add(resource);
    }
  }
  const [only] = found;
  return found.size === 1 ? only : undefined;
}

/**
 * Resources by their policies; of two of one resource the first counts. A bucket's ARN has no account: its policy is only
 * shown to the account that owns it, so it is the one that the export is of.
 */
export function knownResources(all: readonly Answers[]): Resource[] {
  const everywhere = accountsOf(all);
  const found = new Map<string, Resource>();
  for (const answers of all) {
    const here = accountsOf([answers]);
    for (const { resource: arn, document } of answers.resourcePolicies) {
      if (arn === undefined || found.has(arn)) continue;
      const written = /^\d{12}$/.exec(arn.split(':', 5)[4] ?? '')?.[0];
      const account = written ?? onlyOf(here.size > 0 ? here : everywhere) ?? null;
      const policy = { name: arn, kind: RESOURCE_POLICY, inline: true, document: boundTo(arn, document) };
      found.set(arn, { arn, account, policy });
    }
  }
  return [...found.values()];
}

function accountsOf(all: readonly Answers[]): Set<string> {
  const accounts = new Set<string>();
  for (const { details } of all) for (const arn of toldArns(details)) accounts.add(arn.split(':')[4] ?? '');
  accounts.delete('');
  accounts.delete('aws');
  return accounts;
}

function onlyOf(accounts: ReadonlySet<string>): string | undefined {
  return accounts.size === 1 ? [...accounts][0] : undefined;
}

/** `*` in the policy of a key or secret is that key or secret. */
function boundTo(arn: string, document: PolicyDocument): PolicyDocument {
  const statements = document.statements.map((one) =>
    one.resources?.includes('*') === true ? { ...one, resources: [arn] } : one,
  );
  return { ...document, statements };
}

/** Actions that make a grant worth a word of its own. */
const CAPABILITIES: readonly { readonly action: string; readonly capability: string }[] = [
  { action: 'secretsmanager:GetSecretValue', capability: 'reads-secrets' },
  { action: 's3:GetObject', capability: 'reads-data' },
  { action: 'sqs:ReceiveMessage', capability: 'reads-data' },
  { action: 's3:PutObject', capability: 'writes-data' },
  { action: 's3:DeleteObject', capability: 'writes-data' },
];

/** Rows for users and roles that a statement names. Whole accounts and services are nobody's identity. */
export function* resourcePolicyRows(policy: ResourcePolicy, callers: Callers, at: Location): Generator<GrantObservation> {
  for (const statement of policy.document.statements) {
    if (statement.effect !== 'allow') continue;
    const resources = statement.resources ?? [];
    // In the policy of a key or secret `*` is that key or secret.
    const resource = resources.includes('*') ? (policy.resource ?? 'the resource itself') : resources.join(', ');
    const shared = {
      kind: 'grant',
      effect: 'allow',
      resource: resource === '' ? (policy.resource ?? '*') : resource,
      ...(statement.condition === undefined ? {} : { condition: statement.condition as JsonObject }),
      via: policy.resource ?? `policy of ${resource}`,
      viaKind: RESOURCE_POLICY,
      at,
    } as const;
    for (const identity of namedBy(statement)) {
      for (const permission of (statement.actions ?? ['*']).slice(0, MAX_ACTIONS)) yield { ...shared, identity, permission };
    }
    for (const { identity, action, capability, confidence, keys } of letIn(policy, statement, callers)) {
      yield {
        ...shared,
        identity,
        permission: action,
        capability,
        confidence,
        detail: { path: `policy of ${resource} → ${action}`, ...(keys.length === 0 ? {} : { unknown: keys }) },
      };
    }
  }
}

const MAX_ACTIONS = 50;

function namedBy({ principals }: Statement): ReadonlySet<IdentityId> {
  const named = new Set<IdentityId>();
  for (const { type, value } of principals ?? []) {
    const identity = type === 'AWS' ? identityIdFromArn(value) : undefined;
    if (identity !== undefined && !identity.endsWith(':root')) named.add(identity);
  }
  return named;
}

interface LetIn {
  readonly identity: IdentityId;
  readonly action: string;
  readonly capability: string;
  readonly confidence: Confidence;
  readonly keys: readonly string[];
}

/**
 * Of callers that are known both sides are heard, with every Deny and limit. Of others nobody knows what stands in the way.
 * Everybody is nobody in particular, unless a condition says who is meant.
 */
function* letIn(policy: ResourcePolicy, statement: Statement, { resources, byIdentity, now }: Callers): Generator<LetIn> {
  const resource = policy.resource === undefined ? undefined : resources.find(policy.resource);
  const judged = resource?.policy.document.statements.find(({ number }) => number === statement.number);
  const named = namedBy(statement);
  const meant = isNarrowed(statement) && resource !== undefined ? byIdentity.keys() : [];
  for (const identity of new Set([...named, ...meant])) {
    const told = new Set<string>();
    for (const { action, capability } of CAPABILITIES) {
      if (told.has(capability) || !coversAction(statement, action)) continue;
      const subject = byIdentity.get(identity);
      if (!named.has(identity) && !isMeant(policy, statement, action, subject, now)) continue;
      if (subject === undefined || resource === undefined || judged === undefined) {
        told.add(capability);
        yield { identity, action, capability, confidence: 'medium', keys: [] };
        continue;
      }
      const decision = grantedBy(subject, { resource, policy: resource.policy, statement: judged }, action, now);
      if (decision === undefined ? subject.missing.length === 0 : !named.has(identity) && decision.by?.statement !== judged)
        continue;
      told.add(capability);
      const confidence = decision === undefined ? 'medium' : confidenceOf(decision, subject);
      yield { identity, action, capability, confidence, keys: decision?.keys ?? [] };
    }
  }
}

function isMeant(
  { document }: ResourcePolicy,
  statement: Statement,
  action: string,
  subject: Subject | undefined,
  now: Date,
): boolean {
  return subject !== undefined && judgeStanding(statement, document, subject, { action }, now).truth !== 'false';
}

/** By whom a condition means, where the principal is everybody. */
function isNarrowed({ principals, tests }: Statement): boolean {
  return (
    principals?.some(({ value }) => value === '*') === true &&
    tests.some(({ key }) => /^aws:(?:principalarn|principaltag\/.+|userid|username)$/i.test(key))
  );
}
