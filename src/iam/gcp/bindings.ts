import {
  type GrantObservation,
  gcpServiceAccountId,
  type JsonObject,
  type Location,
  type Observation,
  parseIdentityId,
  type TrustObservation,
} from '../../contracts/index.ts';
import { isoTime, namedParts } from './accounts.ts';
import { capabilitiesOf, isKnownRole } from './capability.ts';
import { type Member, readMember } from './members.ts';

export interface Condition {
  readonly title?: string | undefined;
  readonly expression: string;
}

/** A binding and what it is on. */
export interface BoundRole {
  readonly role: string;
  readonly members: readonly string[];
  readonly condition?: Condition | undefined;
  /** `projects/hc-prod`, or a full resource name. */
  readonly resource: string;
  /** Its address in the input. */
  readonly pointer: string;
}

export interface Known {
  /** Project ids by number. */
  readonly projectIds: ReadonlyMap<string, string>;
  /** Permissions of roles whose definition is in the same input. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly now: Date;
}

export interface BindingTally {
  /** Roles of one's own whose permissions are not in the input. */
  readonly unknownRoles: Set<string>;
  /** Grants to people, groups and domains: not listed. */
  people: number;
}

/** Roles on a service account by which somebody becomes it. */
const BECOMES =
  /^roles\/(?:owner|editor|iam\.(?:serviceAccountTokenCreator|serviceAccountOpenIdTokenCreator|workloadIdentityUser|serviceAccountKeyAdmin|serviceAccountAdmin|serviceAccountUser))$/;

/** Grants of machine identities; on a service account also who may become it. */
export function* bindingRows(bound: BoundRole, at: Location, known: Known, tally: BindingTally): Generator<Observation> {
  const here = { ...at, pointer: bound.pointer };
  const target = namedParts(bound.resource.replace(/^\/\/iam\.googleapis\.com\//, ''));
  for (const written of bound.members) {
    const member = readMember(written, known.projectIds);
    if (target !== undefined && BECOMES.test(bound.role)) {
      yield trustRow(gcpServiceAccountId(target.account, target.project), member, bound, here);
    }
    if (member.identity === undefined) tally.people++;
    else yield* memberGrants(member, bound, here, known, tally);
  }
}

function* memberGrants(
  member: Member,
  bound: BoundRole,
  at: Location,
  known: Known,
  tally: BindingTally,
): Generator<Observation> {
  const plain = grantRow(member, bound, at);
  if (plain === undefined) return;
  const federated = federatedIdentity(member, at);
  if (federated !== undefined) yield federated;
  yield plain;
  const permissions = known.roles.get(bound.role);
  if (permissions === undefined && !isKnownRole(bound.role)) tally.unknownRoles.add(bound.role);
  const truth = conditionTruth(bound.condition, known.now);
  if (truth === 'false' || member.detail.deleted === true) return;
  for (const one of capabilitiesOf(bound.role, permissions, bound.resource)) {
    const unknown = truth === 'unknown' ? [`condition ${bound.condition?.title ?? bound.condition?.expression ?? ''}`] : [];
    yield {
      ...plain,
      permission: one.permission ?? bound.role,
      capability: one.capability,
      confidence: truth === 'unknown' ? 'medium' : one.confidence,
      detail: {
        ...member.detail,
        path: `${bound.role}${one.permission === undefined ? '' : ` (${one.permission})`} on ${bound.resource}`,
        ...(unknown.length === 0 ? {} : { unknown }),
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
    viaKind: 'binding',
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

function trustRow(identity: string, member: Member, bound: BoundRole, at: Location): TrustObservation {
  return {
    kind: 'trust',
    identity,
    effect: 'allow',
    principal: member.principal,
    principalType: member.principalType,
    ...(member.subject === undefined ? {} : { subject: member.subject }),
    ...(bound.condition === undefined ? {} : { condition: conditionJson(bound.condition) }),
    at,
    detail: { ...member.detail, role: bound.role },
  };
}

function conditionJson(condition: Condition): JsonObject {
  return { expression: condition.expression, ...(condition.title === undefined ? {} : { title: condition.title }) };
}

/** Only the expiry that the console writes is judged; any other expression may hold or not. */
function conditionTruth(condition: Condition | undefined, now: Date): 'true' | 'false' | 'unknown' {
  if (condition === undefined) return 'true';
  const until = /^\s*request\.time\s*<\s*timestamp\(\s*["'](?<until>[^"']+)["']\s*\)\s*$/.exec(condition.expression)?.groups
    ?.until;
  const end = isoTime(until);
  if (end === undefined) return 'unknown';
  return end > now.toISOString() ? 'true' : 'false';
}
