import type { IdentityId, IdentityObservation, Location, Observation } from '../../src/contracts/index.ts';
import type { Answers, Placed } from './answers.ts';
import { amountsOfUser, isActive } from './rights.ts';
import type { User } from './schema.ts';
import { emailOf, type Telling } from './telling.ts';
import type { World } from './world.ts';

/** Users as such are people and out of sight; those that tokens act as have rights that tokens have. */
export function* userRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  for (const placed of answers.users.values()) {
    const { one: user, pointer } = placed;
    yield userIdentity(user, world.idOf(`user/${user.id}`, placed), world, placed, { ...at, pointer });
    const email = emailOf(user);
    if (email === undefined || world.isServiceUser(user.id)) continue;
    yield {
      kind: 'person',
      email,
      ...(user.name === '' ? {} : { name: user.name }),
      at: { ...at, pointer },
      detail: { left: user.status === 'DEPROVISIONED', ...(user.status === undefined ? {} : { status: user.status }) },
    };
  }
  const subjects = new Map<string, Placed<unknown>>();
  for (const role of answers.roles.values()) {
    if (role.of.kind !== 'user') continue;
    const identity = world.idOf(`user/${role.of.id}`, role);
    subjects.set(role.of.id, role);
    if (!isActive(role.one)) continue;
    yield {
      kind: 'grant',
      identity,
      effect: 'allow',
      permission: role.one.type,
      resource: role.one['resource-set'] ?? '*',
      via: role.one.label ?? role.one.type,
      viaKind: role.one.assignmentType === 'GROUP' ? 'group' : 'attached',
      at: { ...at, pointer: role.pointer },
    };
  }
  for (const [id, placed] of subjects) {
    const roles = (world.rolesOf('user', id) ?? []).map((role) => role.one);
    for (const { capability, by, confidence } of amountsOfUser(roles)) {
      yield {
        kind: 'grant',
        identity: world.idOf(`user/${id}`, placed),
        effect: 'allow',
        permission: by,
        resource: '*',
        capability,
        confidence,
        at: { ...at, pointer: placed.pointer },
        detail: { path: `${by} of Okta` },
      };
    }
  }
}

function userIdentity(user: User, id: IdentityId, world: World, placed: Placed<unknown>, at: Location): IdentityObservation {
  const scope = world.hostOf(placed);
  return {
    kind: 'identity',
    id,
    provider: 'okta',
    type: 'user',
    name: user.login ?? user.email ?? user.id,
    ...(scope === undefined ? {} : { scope }),
    ...(user.created === undefined ? {} : { createdAt: user.created }),
    ...(user.lastLogin === undefined ? {} : { lastUsedAt: user.lastLogin }),
    ...(user.status === undefined ? {} : { enabled: !['DEPROVISIONED', 'SUSPENDED'].includes(user.status) }),
    human: isPerson(user, world),
    at,
    detail: { user: user.id, ...(user.status === undefined ? {} : { status: user.status }) },
  };
}

/** A login that says itself that nobody signs in with it. */
const MACHINE_LOGIN =
  /(?:^|[._+-])(?:svc|service|bot|automation|robot|api|scim|sync|provisioning|integration|terraform|ci|noreply|no-reply|system|daemon)(?:[._+@-]|$)/i;

export function isPerson(user: User, world: World): boolean {
  return !world.isServiceUser(user.id) && !MACHINE_LOGIN.test(`${(user.login ?? user.email ?? '').split('@')[0] ?? ''}@`);
}
