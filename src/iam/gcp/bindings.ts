import {
  type GrantObservation,
  type IdentityId,
  type JsonObject,
  type Location,
  type Observation,
  parseIdentityId,
  type TrustObservation,
} from '../../contracts/index.ts';
import { accountIdentity, isServiceAgent } from './accounts.ts';
import { capabilitiesOf, isKnownRole, type JudgePermission, permissionsOf } from './capability.ts';
import type { Condition } from './condition.ts';
import { accountOf, type Hierarchy, isContainer } from './hierarchy.ts';
import { judgeOf } from './judge.ts';
import { hasLimits, type Limits } from './limits.ts';
import { type Member, readMember } from './members.ts';
import { type Pools, poolFacts } from './pools.ts';

/** A binding and what it is on. */
export interface BoundRole {
  readonly role: string;
  readonly members: readonly string[];
  readonly condition?: Condition | undefined;
  /** `projects/hc-prod`, or a full resource name. */
  readonly resource: string;
  /** Its address in the input. */
  readonly pointer: string;
  /** `projects/hc-prod`, where the resource's own name does not tell in which it lies. */
  readonly within?: string | undefined;
  /** Its members have it as members of this group. */
  readonly group?: string;
}

export interface Known {
  /** Project ids by number. */
  readonly projectIds: ReadonlyMap<string, string>;
  /** Permissions of roles whose definition is in the same input. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly now: Date;
  readonly hierarchy?: Hierarchy;
  readonly limits?: Limits;
  readonly pools?: Pools;
  /** Service accounts that lie below a project, folder or organisation, the most privileged first. */
  readonly accountsBelow?: (container: string) => readonly AccountBelow[];
  /** May it start something that runs as an account of that project? `undefined` where nobody tells. */
  readonly runsCode?: (member: string, project: string) => boolean | undefined;
  /** Of the project that a resource lies in. */
  readonly environmentOf?: (resource: string) => string | undefined;
}

export interface AccountBelow {
  readonly email: string;
  readonly project: string | undefined;
  readonly identity: IdentityId;
  /** `//iam.googleapis.com/projects/P/serviceAccounts/EMAIL` */
  readonly resource: string;
}

export interface BindingTally {
  /** Roles whose permissions nobody tells. */
  readonly unknownRoles: Set<string>;
  /** Grants to people, groups and domains: not listed. */
  people: number;
  /** Federated principals that were told with whose tokens they are. */
  readonly federated?: Set<string>;
  /** Capabilities that a deny policy, a boundary or a condition takes away. */
  heldBack?: number;
  /** Trust inherited from a project, folder or organisation that is not listed account by account. */
  capped?: number;
}

/** By these somebody becomes a service account. https://cloud.google.com/iam/docs/service-account-permissions */
const BECOMES: readonly string[] = [
  'iam.serviceAccounts.getAccessToken',
  'iam.serviceAccounts.signBlob',
  'iam.serviceAccounts.signJwt',
  'iam.serviceAccounts.implicitDelegation',
  'iam.serviceAccountKeys.create',
  'iam.serviceAccounts.setIamPolicy',
  'iam.serviceAccounts.actAs',
  'iam.serviceAccounts.getOpenIdToken',
];

/** Of the accounts below a container, so many are told one by one for each member that may become them all. */
const TOLD_BELOW = 100;

/** Grants of machine identities; who may become which service account, also by what is inherited. */
export function* bindingRows(bound: BoundRole, at: Location, known: Known, tally: BindingTally): Generator<Observation> {
  const here = { ...at, pointer: bound.pointer };
  for (const written of bound.members) {
    const member = readMember(written, known.projectIds);
    const judge = judgeOf(bound, written, known);
    yield* trustRows(member, written, bound, judge, here, known, tally);
    if (member.identity === undefined) tally.people++;
    else yield* memberGrants(member, bound, judge, here, known, tally);
  }
}

function* trustRows(
  member: Member,
  written: string,
  bound: BoundRole,
  judge: JudgePermission,
  at: Location,
  known: Known,
  tally: BindingTally,
): Generator<TrustObservation> {
  const permissions = permissionsOf(bound.role, known.roles);
  const ways = permissions === undefined ? [] : BECOMES.filter((one) => permissions.includes(one));
  if (ways.length === 0) return;
  const target = accountOf(bound.resource);
  if (target !== undefined) {
    const how = howBy(ways, judge);
    const identity = accountIdentity(target.email, target.project, known.projectIds);
    if (how === undefined) return;
    const needsMore = how.how.every((one) => NEEDS_MORE.has(one));
    if (needsMore && known.runsCode?.(written, target.project ?? '-') === false) return;
    yield trustRow(identity, member, bound, at, how, known);
    return;
  }
  // Owners and editors are administrators of all that lies below already; deleted ones are nobody; Google's agents need it.
  if (!isContainer(bound.resource) || known.accountsBelow === undefined) return;
  const isAgent = isServiceAgent(written.slice('serviceAccount:'.length));
  if (/^roles\/(?:owner|editor)$/.test(bound.role) || member.detail.deleted === true || isAgent) return;
  const everywhere = howBy(ways, judge);
  const isLimited = known.limits !== undefined && hasLimits(known.limits);
  const mayRun = (who: string, project: string | undefined) => known.runsCode?.(who, project ?? '-');
  let told = 0;
  for (const account of known.accountsBelow(bound.resource)) {
    if (account.identity === member.identity) continue;
    if (told >= TOLD_BELOW) {
      // The rest is counted, not judged: a right on an organisation reaches tens of thousands.
      told++;
      continue;
    }
    const how = isLimited ? howBy(ways, judgeOf(bound, written, known, account.resource)) : everywhere;
    if (how === undefined) continue;
    if (how.how.every((one) => NEEDS_MORE.has(one)) && mayRun(written, account.project) !== true) continue;
    told++;
    yield trustRow(account.identity, member, bound, at, { ...how, inheritedFrom: bound.resource }, known);
  }
  if (told > TOLD_BELOW) tally.capped = (tally.capped ?? 0) + told - TOLD_BELOW;
}

/** These alone make nobody the account: something must be there to run as it, or to take its identity token. */
const NEEDS_MORE = new Set(['iam.serviceAccounts.actAs', 'iam.serviceAccounts.getOpenIdToken']);

function howBy(ways: readonly string[], judge: JudgePermission): How | undefined {
  const left = ways.map((one) => ({ permission: one, ...judge(one) })).filter(({ truth }) => truth !== 'false');
  if (left.length === 0) return undefined;
  const isSure = left.some(({ truth }) => truth === 'true');
  return {
    unknown: isSure ? [] : [...new Set(left.flatMap(({ attributes }) => attributes))],
    how: left.map(({ permission }) => permission),
  };
}

function* memberGrants(
  member: Member,
  bound: BoundRole,
  judge: JudgePermission,
  at: Location,
  known: Known,
  tally: BindingTally,
): Generator<Observation> {
  const plain = grantRow(member, bound, at);
  if (plain === undefined) return;
  const federated = federatedIdentity(member, at);
  if (federated !== undefined) yield federated;
  const entrance = federated === undefined ? undefined : entranceRow(member, at, known, tally);
  if (entrance !== undefined) yield entrance;
  yield plain;
  const permissions = known.roles.get(bound.role);
  if (permissions === undefined && !isKnownRole(bound.role)) tally.unknownRoles.add(bound.role);
  if (member.detail.deleted === true) return;
  const environment = known.environmentOf?.(bound.within ?? bound.resource);
  const left = capabilitiesOf(bound.role, permissions, bound.resource, judge);
  if (bound.condition !== undefined || known.limits !== undefined) {
    const lost = capabilitiesOf(bound.role, permissions, bound.resource).length - left.length;
    if (lost > 0) tally.heldBack = (tally.heldBack ?? 0) + lost;
  }
  for (const one of left) {
    yield {
      ...plain,
      permission: one.permission ?? bound.role,
      capability: one.capability,
      confidence: one.confidence,
      detail: {
        ...member.detail,
        path: `${bound.role}${one.permission === undefined ? '' : ` (${one.permission})`} on ${bound.resource}${bound.group === undefined ? '' : `, by the group ${bound.group}`}`,
        ...(environment === undefined ? {} : { environment }),
        ...(one.unknown === undefined ? {} : { unknown: [...new Set(one.unknown)] }),
      },
    };
  }
}

function grantRow(member: Member, bound: BoundRole, at: Location): GrantObservation | undefined {
  if (member.identity === undefined) return undefined;
  return {
    kind: 'grant',
    identity: member.identity,
    effect: 'allow',
    permission: bound.role,
    resource: bound.resource,
    ...(bound.condition === undefined ? {} : { condition: conditionJson(bound.condition) }),
    via: bound.resource,
    viaKind: bound.group === undefined ? 'binding' : `group:${bound.group}`,
    at,
    ...(Object.keys(member.detail).length === 0 ? {} : { detail: member.detail }),
  };
}

/** A pool's principal that holds roles itself, without a service account between, is an identity of its own. */
function federatedIdentity(member: Member, at: Location): Observation | undefined {
  if (member.principalType !== 'oidc' || member.identity === undefined) return undefined;
  const parts = parseIdentityId(member.identity);
  return {
    kind: 'identity',
    id: member.identity,
    provider: 'gcp',
    type: 'federated',
    name: parts?.name ?? member.principal,
    ...(parts?.scope === undefined ? {} : { scope: parts.scope }),
    at,
    detail: { ...member.detail, principal: member.principal },
  };
}

/** Whose tokens make somebody a principal of a pool that holds roles itself. */
function entranceRow(member: Member, at: Location, known: Known, tally: BindingTally): TrustObservation | undefined {
  const pool = poolFacts(member, known.pools);
  if (member.identity === undefined || pool?.issuer === undefined || tally.federated?.has(member.identity) === true)
    return undefined;
  tally.federated?.add(member.identity);
  return {
    kind: 'trust',
    identity: member.identity,
    effect: 'allow',
    principal: pool.issuer,
    principalType: 'oidc',
    issuer: pool.issuer,
    ...(pool.subject === undefined ? {} : { subject: pool.subject }),
    ...(pool.audience === undefined ? {} : { audience: pool.audience }),
    at,
    detail: { ...member.detail, ...pool.detail },
  };
}

interface How {
  readonly unknown: readonly string[];
  readonly how: readonly string[];
  readonly inheritedFrom?: string;
}

function trustRow(identity: string, member: Member, bound: BoundRole, at: Location, how: How, known: Known): TrustObservation {
  const pool = poolFacts(member, known.pools);
  const subject = pool?.subject ?? member.subject;
  return {
    kind: 'trust',
    identity,
    effect: 'allow',
    principal: member.principal,
    principalType: member.principalType,
    ...(pool?.issuer === undefined ? {} : { issuer: pool.issuer }),
    ...(subject === undefined ? {} : { subject }),
    ...(pool?.audience === undefined ? {} : { audience: pool.audience }),
    ...(bound.condition === undefined ? {} : { condition: conditionJson(bound.condition) }),
    at,
    detail: {
      ...member.detail,
      role: bound.role,
      ...(bound.group === undefined ? {} : { group: bound.group }),
      permissions: [...how.how],
      ...(how.inheritedFrom === undefined
        ? {}
        : { inheritedFrom: how.inheritedFrom, basis: `${bound.role} on ${how.inheritedFrom}` }),
      ...(how.unknown.length === 0 ? {} : { unknown: [...how.unknown] }),
      ...(pool === undefined ? {} : pool.detail),
    },
  };
}

export function conditionJson(condition: Condition): JsonObject {
  return { expression: condition.expression, ...(condition.title === undefined ? {} : { title: condition.title }) };
}
