import { identityIdFromArn } from '../contracts/index.ts';
import { statementsOn } from './covers.ts';
import { readPolicyDocument, type Statement } from './document.ts';
import { type Deciding, decide, type Request, type Target } from './evaluate.ts';
import type { Judgement } from './judgement.ts';
import type { Pattern } from './pattern.ts';
import { judgePrincipal } from './principal.ts';
import type { Limit, Policy, Subject } from './subject.ts';

/** A bucket, key, secret or the like whose own policy is known. */
export interface Resource {
  /** Of objects: their bucket. */
  readonly arn: string;
  /** Who owns it; `null`: nothing tells. */
  readonly account: string | null;
  readonly policy: Policy;
}

/** What is known of the resources that subjects may reach. */
export class Resources {
  readonly #byName = new Map<string, Resource>();
  readonly #keyAccounts = new Set<string>();
  readonly #secrets = new Map<string, Resource>();
  readonly #limitsOf: (account: string) => readonly Limit[];
  readonly #byCall = new Map<string, Map<string, Speaking[]>>();

  /** `limitsOf`: resource control policies of an account, a level each. */
  constructor(known: Iterable<Resource>, limitsOf: (account: string) => readonly Limit[]) {
    for (const resource of known) {
      this.#byName.set(nameOf(resource.arn), resource);
      if (resource.account !== null && KEY.test(resource.arn)) this.#keyAccounts.add(resource.account);
      if (/^arn:[^:]*:secretsmanager:/.test(resource.arn)) this.#secrets.set(withoutEnding(resource.arn), resource);
    }
    this.#limitsOf = limitsOf;
  }

  find(arn: string): Resource | undefined {
    return this.#byName.size === 0 ? undefined : this.#byName.get(nameOf(arn));
  }

  /** The secret of that name, whatever the last characters of its ARN. */
  named(arn: string): string {
    return this.#secrets.get(withoutEnding(arn))?.arn ?? arn;
  }

  /** Is the policy of any key of the account known? */
  hasKeysOf(account: string): boolean {
    return this.#keyAccounts.has(account);
  }

  /** Resource control policies that bind such a call; those that are not known bind only services that heed any. */
  limitsOn(account: string, action: string): readonly Limit[] {
    const limits = this.#limitsOf(account);
    return HEEDING.test(action) ? limits : limits.filter(({ known }) => known);
  }

  /**
   * Statements of resources' policies on an action that may speak of the subject, by whom they name: of thousands of
   * buckets a few are its own.
   */
  *speakingOn(action: string, effect: Statement['effect'], { arn, account }: Subject): Generator<Speaking> {
    const asked = `${effect} ${action}`;
    let byPrincipal = this.#byCall.get(asked);
    if (byPrincipal === undefined) {
      byPrincipal = new Map();
      const service = action.split(':', 1)[0]?.toLowerCase();
      for (const resource of this.#byName.values()) {
        if (resource.arn.split(':', 3)[2] !== service) continue;
        for (const statement of statementsOn(resource.policy.document, action)) {
          if (statement.effect !== effect) continue;
          const speaking = { resource, policy: resource.policy, statement };
          for (const name of namesIn(statement)) {
            const those = byPrincipal.get(name);
            if (those === undefined) byPrincipal.set(name, [speaking]);
            else those.push(speaking);
          }
        }
      }
      this.#byCall.set(asked, byPrincipal);
    }
    for (const name of [identityIdFromArn(arn) ?? arn, account, ANYBODY]) yield* byPrincipal.get(name) ?? [];
  }
}

const ANYBODY = '*';

/** Callers, accounts, or anybody, whom a statement may speak of. */
function namesIn({ principals }: Statement): Set<string> {
  if (principals === undefined) return new Set([ANYBODY]);
  const names = new Set<string>();
  for (const { type, value } of principals) {
    if (type !== 'AWS' && type !== '*') continue;
    const account = /^(?:arn:[^:]+:iam::)?(?<account>\d{12})(?::root)?$/.exec(value)?.groups?.account;
    names.add(account ?? (value === '*' ? ANYBODY : (identityIdFromArn(value) ?? value)));
  }
  return names;
}

export interface Speaking extends Deciding {
  readonly resource: Resource;
}

/** https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html */
const HEEDING = /^(?:s3|sts|kms|sqs|secretsmanager|ecr|aoss|cognito-\w+|logs|dynamodb):/i;

/** Objects go by their bucket. */
function nameOf(arn: string): string {
  return /^arn:[^:]*:s3:::/.test(arn) ? (arn.split('/', 1)[0] ?? arn) : arn;
}

/** A secret's ARN ends in six characters that its name does not tell. */
function withoutEnding(arn: string): string {
  return arn.replace(/-[^-/:]{6}$/, '');
}

/** Policies write `??????` for them, and mean the one secret of that name. */
export function leavesEnding({ source }: Pattern): boolean {
  return source.endsWith('-??????');
}

/**
 * The resource's side of a call: its policy, and what its account is kept within. Nothing where the caller's own policies
 * decide alone. Of another account's resource without a known policy nobody knows whether it lets the caller in.
 */
export function targetOf(subject: Subject, { action, resource, context }: Request, now: Date): Target | undefined {
  const { resources, account: own } = subject;
  // Of principals nothing has such a policy but the trust of roles, which is asked about by itself.
  if (resources === undefined || /^(?:iam|sts):/i.test(action)) return undefined;
  const known = resources.find(resource);
  if (known !== undefined)
    return { account: known.account, policy: limitOf(known), limits: limitsAround(known, subject, action) };
  const owner = /^\d{12}$/.exec(resource.split(':', 5)[4] ?? '')?.[0] ?? own;
  const limits = resources.limitsOn(owner, action);
  if (owner !== own) return { account: owner, policy: { title: `policy of ${resource}`, known: false, policies: [] }, limits };
  if (/^kms:/i.test(action))
    return { policy: otherKeys(subject, { action, resource, ...(context && { context }) }, now), limits };
  return limits.length === 0 ? undefined : { limits };
}

function limitOf({ arn, policy }: Resource): Limit {
  return { title: `policy of ${arn}`, known: true, policies: [policy] };
}

function limitsAround({ account }: Resource, subject: Subject, action: string): readonly Limit[] {
  const limits = subject.resources?.limitsOn(account ?? subject.account, action) ?? [];
  return account === null ? limits.map((limit) => ({ ...limit, mayNotBind: true })) : limits;
}

/**
 * A key whose policy is not known: as AWS makes them, they leave it to the account's policies. Where all of the account's keys
 * that are known do not let the subject in, the others may not either.
 */
function otherKeys(subject: Subject, { action, context }: Request, now: Date): Limit {
  const { resources, account } = subject;
  const isOpen = [...speakingOf(subject, action, 'allow')].some(({ resource: key }) => {
    if (key.account !== account || !KEY.test(key.arn)) return false;
    const target = { account, policy: limitOf(key), limits: limitsAround(key, subject, action) };
    return decide(subject, { action, resource: key.arn, target, ...(context && { context }) }, now).outcome === 'allow';
  });
  if (isOpen || resources?.hasKeysOf(account) !== true)
    return { title: 'policy of a key as AWS makes it', known: true, policies: [ownKey(subject)] };
  return { title: `policies of other keys of ${account}`, known: false, policies: [] };
}

const KEY = /^arn:[^:]*:kms:[^:]*:\d{12}:key\//;

function ownKey({ partition, account }: Subject): Policy {
  const name = `${partition}:iam::${account}`;
  let policy = ownKeys.get(name);
  if (policy === undefined) {
    const read = readPolicyDocument({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:${name}:root` }, Action: 'kms:*', Resource: '*' }],
    });
    if (!read.ok) throw new TypeError(read.why);
    policy = { name: 'default', kind: RESOURCE_POLICY, inline: true, document: read.document };
    ownKeys.set(name, policy);
  }
  return policy;
}

const ownKeys = new Map<string, Policy>();

/** `kind` of a resource's own policy. */
export const RESOURCE_POLICY = 'resource-policy';

/** Statements of resources' policies on an action that speak of the subject; how far they do is told with them. */
export function* speakingOf(
  subject: Subject,
  action: string,
  effect: 'allow' | 'deny',
): Generator<Speaking & { readonly named: Judgement }> {
  const told = new Set<Statement>();
  for (const speaking of subject.resources?.speakingOn(action, effect, subject) ?? []) {
    if (told.has(speaking.statement)) continue;
    told.add(speaking.statement);
    const { judgement } = judgePrincipal(speaking.statement, subject);
    if (judgement.truth !== 'false') yield { ...speaking, named: judgement };
  }
}
