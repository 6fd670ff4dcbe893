import { isServiceAgent } from './accounts.ts';
import type { BoundRole } from './bindings.ts';
import { permissionsOf } from './capability.ts';
import type { Escalation } from './escalation.ts';
import type { EstateFacts } from './estate.ts';
import { isContainer, lineage } from './hierarchy.ts';
import { judgeOf } from './judge.ts';
import { getOr, type Holding, isMachine, type Powers, type Standing } from './powers.ts';

/** Methods that lead to no account: own roles, organisation policies, keys of storage and APIs. */
export function* selfMade(facts: EstateFacts, powers: Powers, standing: ReadonlyMap<string, Standing>): Generator<Escalation> {
  const ownRoles = customRolesByMember(facts);
  const done = new Set<string>();
  for (const bound of facts.bindings) {
    if (!isContainer(bound.resource)) continue;
    const permissions = new Set(permissionsOf(bound.role, facts.roles) ?? []);
    for (const member of bound.members) {
      if (!isMachine(member) || powers.standing.has(member) || isServiceAgent(member.slice('serviceAccount:'.length))) continue;
      for (const make of SELF_MADE) {
        const one = make(member, bound, permissions, facts, powers, ownRoles);
        if (one === undefined || (one.capability === 'escalates' && standing.has(member))) continue;
        const key = `${member} ${one.method} ${one.target ?? bound.resource}`;
        if (done.has(key)) continue;
        done.add(key);
        yield one;
      }
    }
  }
}

type Maker = (
  member: string,
  bound: BoundRole,
  permissions: ReadonlySet<string>,
  facts: EstateFacts,
  powers: Powers,
  ownRoles: ReadonlyMap<string, readonly string[]>,
) => Escalation | undefined;

function right(
  member: string,
  bound: BoundRole,
  permission: string,
  { limits, hierarchy, roles, now }: EstateFacts,
): Holding | undefined {
  const { truth, attributes } = judgeOf(bound, member, { limits, hierarchy, roles, now })(permission);
  return truth === 'false' ? undefined : { bound, permission, isSure: truth === 'true', unknown: attributes };
}

const SELF_MADE: readonly Maker[] = [
  /** Who may change a role of one's own that it has writes into it what it wants. */
  (member, bound, permissions, facts, _powers, ownRoles) => {
    if (!permissions.has('iam.roles.update')) return undefined;
    const role = ownRoles.get(member)?.find((one) => isDefinedIn(one, bound.resource, facts));
    const held = role === undefined ? undefined : right(member, bound, 'iam.roles.update', facts);
    if (role === undefined || held === undefined) return undefined;
    return made(
      member,
      'escalates',
      'update-role',
      `${bound.role} on ${bound.resource}: adds permissions to ${role}, which it has itself`,
      held,
    );
  },
  (member, bound, permissions, facts) => {
    const held = permissions.has('orgpolicy.policy.set') ? right(member, bound, 'orgpolicy.policy.set', facts) : undefined;
    if (held === undefined) return undefined;
    const path = `${bound.role} on ${bound.resource}: lifts the organisation policies that hold others back`;
    return made(member, 'manages-identities', 'set-organisation-policy', path, held);
  },
  /** An HMAC key is as good as its account, but for storage alone. */
  (member, bound, permissions, facts, powers) => {
    if (!permissions.has('storage.hmacKeys.create') || !bound.resource.startsWith('projects/')) return undefined;
    const project = bound.resource.slice('projects/'.length);
    const chain = lineage(bound.resource, facts.hierarchy);
    if (powers.holds(member, chain, 'storage.objects.get') !== undefined) return undefined;
    const reader = [...powers.membersOn(chain)].find(
      (one) =>
        one !== member &&
        facts.accounts.get(one.slice('serviceAccount:'.length)) === project &&
        powers.holds(one, chain, 'storage.objects.get'),
    );
    const held = reader === undefined ? undefined : right(member, bound, 'storage.hmacKeys.create', facts);
    if (reader === undefined || held === undefined) return undefined;
    const target = reader.slice('serviceAccount:'.length);
    return {
      ...made(
        member,
        'reads-data',
        'create-hmac-key',
        `${bound.role} on ${bound.resource}: makes an HMAC key of ${target}, which reads its storage`,
        held,
      ),
      target,
    };
  },
  (member, bound, permissions, facts) => {
    const permission = ['serviceusage.apiKeys.list', 'apikeys.keys.getKeyString'].find((one) => permissions.has(one));
    if (permission === undefined || !bound.resource.startsWith('projects/')) return undefined;
    const keys = facts.boundKeys.get(bound.resource.slice('projects/'.length));
    const held = keys === undefined ? undefined : right(member, bound, permission, facts);
    if (keys === undefined || held === undefined) return undefined;
    const path = `${bound.role} on ${bound.resource}: reads the API keys of the project (${keys.slice(0, 3).join(', ')})`;
    return made(member, 'reads-secrets', 'read-api-keys', path, held);
  },
  (member, bound, permissions, facts) => {
    const permission = ['serviceusage.apiKeys.create', 'apikeys.keys.create'].find((one) => permissions.has(one));
    const held = permission === undefined ? undefined : right(member, bound, permission, facts);
    if (held === undefined) return undefined;
    return made(
      member,
      'manages-identities',
      'create-api-key',
      `${bound.role} on ${bound.resource}: makes API keys that are nobody's`,
      held,
    );
  },
];

function made(member: string, capability: Escalation['capability'], method: string, path: string, held: Holding): Escalation {
  const confidence = held.isSure ? (capability === 'escalates' ? 'high' : 'medium') : 'medium';
  return { member, capability, method, path, cut: held.bound, confidence, hops: 1, unknown: held.unknown };
}

function customRolesByMember({ bindings }: EstateFacts): Map<string, string[]> {
  const roles = new Map<string, string[]>();
  for (const { role, members, resource } of bindings) {
    if (role.startsWith('roles/') || !isContainer(resource)) continue;
    for (const member of members) if (isMachine(member)) getOr(roles, member, () => []).push(role);
  }
  return roles;
}

/** `projects/p/roles/x` can be changed by a right on the project or above it. */
function isDefinedIn(role: string, resource: string, { hierarchy }: EstateFacts): boolean {
  const home = /^(?<home>(?:projects|organizations)\/[^/]+)\/roles\//.exec(role)?.groups?.home;
  return home !== undefined && lineage(home, hierarchy).includes(resource);
}
