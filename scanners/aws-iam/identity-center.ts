import { z } from 'zod';
import { identityIdFromArn, type JsonObject, type Location, type Observation } from '../../src/contracts/index.ts';
import { quoted } from '../../src/files/coverage.ts';
import type { World } from './principals.ts';

/**
 * IAM Identity Center: who is assigned to a permission set in an account may become the role that AWS keeps there for it. What
 * the role may do stands in the authorization details of that account.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
 */
export interface IdentityCenter {
  /** Names by ARN. */
  readonly sets: Map<string, string>;
  readonly assignments: Map<string, Assignment>;
  readonly users: Map<string, CenterUser>;
  /** Names by id. */
  readonly groups: Map<string, string>;
  /** Ids of members by the id of their group. */
  readonly members: Map<string, Set<string>>;
}

const text = z.string().min(1);
const optional = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

export const SetArn = z.string().regex(/^arn:aws[a-z-]*:sso:::permissionSet\//, 'the ARN of a permission set');

export const PermissionSet = z
  .object({ PermissionSetArn: SetArn, Name: text })
  .transform((raw) => ({ arn: raw.PermissionSetArn, name: raw.Name }));

export const Assignment = z
  .object({
    AccountId: z.string().regex(/^\d{12}$/, 'an account id'),
    PermissionSetArn: SetArn,
    PrincipalType: z.enum(['USER', 'GROUP']),
    PrincipalId: text,
  })
  .transform((raw) => ({
    account: raw.AccountId,
    set: raw.PermissionSetArn,
    type: raw.PrincipalType,
    principal: raw.PrincipalId,
  }));
export type Assignment = z.infer<typeof Assignment>;

export const CenterUser = z
  .object({
    UserId: text,
    UserName: optional,
    UserStatus: optional,
    Emails: z.array(z.object({ Value: optional, Primary: z.boolean().nullish() })).nullish(),
  })
  .transform((raw) => {
    const emails = (raw.Emails ?? []).filter((one) => one.Value !== undefined);
    const email = (emails.find((one) => one.Primary === true) ?? emails[0])?.Value?.toLowerCase();
    return { id: raw.UserId, name: email ?? raw.UserName, disabled: raw.UserStatus === 'DISABLED' };
  });
export type CenterUser = z.infer<typeof CenterUser>;

export const CenterGroup = z
  .object({ GroupId: text, DisplayName: optional })
  .transform((raw) => ({ id: raw.GroupId, name: raw.DisplayName ?? raw.GroupId }));

export const Membership = z
  .object({ GroupId: text, MemberId: z.object({ UserId: text }) })
  .transform((raw) => ({ group: raw.GroupId, user: raw.MemberId.UserId }));

export function newCenter(): IdentityCenter {
  return { sets: new Map(), assignments: new Map(), users: new Map(), groups: new Map(), members: new Map() };
}

export function addAssignment(center: IdentityCenter, one: Assignment): void {
  center.assignments.set([one.account, one.set, one.type, one.principal].join(' '), one);
}

export function addMember(center: IdentityCenter, { group, user }: z.infer<typeof Membership>): void {
  const members = center.members.get(group) ?? new Set();
  center.members.set(group, members.add(user));
}

export function tellsOfCenter({ sets, assignments, users, groups, members }: IdentityCenter): boolean {
  return sets.size + assignments.size + users.size + groups.size + members.size > 0;
}

/** Of what two tell of, the last counts; groups have the members that any tells of. */
export function mergeCenters(all: readonly IdentityCenter[]): IdentityCenter {
  const members = new Map<string, Set<string>>();
  for (const [group, users] of all.flatMap((one) => [...one.members]))
    members.set(group, new Set([...(members.get(group) ?? []), ...users]));
  return {
    sets: new Map(all.flatMap((one) => [...one.sets])),
    assignments: new Map(all.flatMap((one) => [...one.assignments])),
    users: new Map(all.flatMap((one) => [...one.users])),
    groups: new Map(all.flatMap((one) => [...one.groups])),
    members,
  };
}

/** `AWSReservedSSO_Name_0123456789abcdef`, with the name of the permission set. */
const RESERVED = /^AWSReservedSSO_(?<set>.+)_[0-9a-f]{16}$/;
/** Rows of members told for one file; the rows of their groups are told in full. */
const MAX_MEMBERS = 10_000;

/** Who may become the reserved roles, by the assignments of one file. Returns what keeps that from being whole. */
export function* centerRows(own: IdentityCenter, world: World, at: Location): Generator<Observation, string[]> {
  const all = world.center;
  const roles = reservedRoles(world);
  const lost = { sets: new Set<string>(), accounts: new Set<string>(), principals: new Set<string>(), groups: new Set<string>() };
  let told = 0;
  let left = 0;
  const seen = new Set<string>();
  for (const { account, set, type, principal } of own.assignments.values()) {
    const name = all.sets.get(set);
    if (name === undefined) {
      lost.sets.add(set);
      continue;
    }
    const arn = roles.get(`${account} ${name}`);
    const identity = arn === undefined ? undefined : identityIdFromArn(arn);
    if (identity === undefined) {
      lost.accounts.add(account);
      continue;
    }
    const here = { ...at, pointer: set };
    const detail: JsonObject = { source: 'Identity Center', permissionSet: name };
    const shared = { kind: 'trust', identity, effect: 'allow', at: here } as const;
    if (type === 'USER') {
      const user = all.users.get(principal);
      if (user?.name === undefined) lost.principals.add(principal);
      if (user?.disabled !== true) yield { ...shared, principal: user?.name ?? principal, principalType: 'person', detail };
      continue;
    }
    const group = all.groups.get(principal);
    if (group === undefined) lost.principals.add(principal);
    const members = all.members.get(principal);
    if (members === undefined) lost.groups.add(group ?? principal);
    yield { ...shared, principal: group ?? principal, principalType: 'group', detail: { ...detail, groupId: principal } };
    for (const id of members ?? []) {
      const user = all.users.get(id);
      if (user?.disabled === true || seen.has(`${identity} ${principal} ${id}`)) continue;
      seen.add(`${identity} ${principal} ${id}`);
      if (user?.name === undefined) lost.principals.add(id);
      if (++told > MAX_MEMBERS) left++;
      else
        yield {
          ...shared,
          principal: user?.name ?? id,
          principalType: 'person',
          detail: { ...detail, group: group ?? principal },
        };
    }
  }
  return lostReasons(lost, left);
}

function reservedRoles({ compiled }: World): ReadonlyMap<string, string> {
  const roles = new Map<string, string>();
  for (const { arn, account, name, type } of compiled.subjects.values()) {
    const set = type === 'role' ? RESERVED.exec(name)?.groups?.set : undefined;
    if (set !== undefined) roles.set(`${account} ${set}`, arn);
  }
  return roles;
}

function lostReasons(lost: { readonly [what: string]: ReadonlySet<string> }, left: number): string[] {
  const why: string[] = [];
  const list = (all: ReadonlySet<string> | undefined) => quoted([...(all ?? [])].sort()).join(', ');
  const say = (all: ReadonlySet<string> | undefined, what: (names: string) => string) => {
    if (all !== undefined && all.size > 0) why.push(what(list(all)));
  };
  say(lost.sets, (names) => `the names of permission sets are not here (${names}): export sso-admin describe-permission-set`);
  say(
    lost.accounts,
    (names) => `the roles of permission sets in ${names} are not here: export the authorization details of these accounts, too`,
  );
  say(
    lost.principals,
    (names) => `known by their ids alone are ${names}: export identitystore list-users and identitystore list-groups`,
  );
  say(lost.groups, (names) => `no members are here of ${names}: export identitystore list-group-memberships, if it has any`);
  if (left > 0) why.push(`${left} members of groups are not listed; their groups are`);
  return why;
}
