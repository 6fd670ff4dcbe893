import type { BoundRole, Known } from './bindings.ts';
import { capabilitiesOf, permissionsOf } from './capability.ts';
import type { EstateFacts } from './estate.ts';
import { accountOf, isContainer, lineage } from './hierarchy.ts';
import { judgeOf } from './judge.ts';
import { STARTS } from './methods.ts';

/** A right that a member has somewhere, and the binding that gives it. */
export interface Holding {
  readonly bound: BoundRole;
  readonly permission: string;
  readonly isSure: boolean;
  readonly unknown: readonly string[];
}

/** How somebody is an administrator: outright, or by a way to one who is. */
export interface Standing {
  /** `has roles/editor on projects/p`, `by … mints access tokens of …, which has …`: what follows "which". */
  readonly which: string;
  readonly hops: number;
  readonly isSure: boolean;
  /** Reached by minting tokens of the next: then who may delegate through it has them too. */
  readonly byToken: boolean;
}

export interface Powers {
  readonly isPrivileged: (email: string) => boolean;
  readonly runsCode: NonNullable<Known['runsCode']>;
  readonly standing: ReadonlyMap<string, Standing>;
  readonly holds: (member: string, chain: readonly string[], permission: string) => Holding | undefined;
  /** Projects, folders and organisations that it has anything on. */
  readonly containersOf: (member: string) => readonly string[];
  /** Members with anything on any of these. */
  readonly membersOn: (chain: readonly string[]) => Iterable<string>;
}

/** An index of who holds what where, and who is an administrator outright. */
export function powersOf({ bindings, hierarchy, roles, limits, now }: EstateFacts, known: Known): Powers {
  const byMember = new Map<string, Map<string, BoundRole[]>>();
  const byResource = new Map<string, Set<string>>();
  const standing = new Map<string, Standing>();
  const sets = new Map<string, ReadonlySet<string>>();
  const permissionSet = (role: string) => {
    const set = sets.get(role) ?? new Set(permissionsOf(role, roles) ?? []);
    sets.set(role, set);
    return set;
  };
  const judging = { limits, hierarchy, roles, now };
  const told = new Set<string>();
  for (const bound of bindings) {
    told.add(bound.resource);
    const isWide = isContainer(bound.resource);
    if (!isWide && accountOf(bound.resource) === undefined) continue;
    for (const member of bound.members) {
      if (!isMachine(member)) continue;
      const places = getOr(byMember, member, () => new Map<string, BoundRole[]>());
      getOr(places, bound.resource, () => []).push(bound);
      getOr(byResource, bound.resource, () => new Set<string>()).add(member);
      if (isWide) noteStanding(standing, member, bound, known);
    }
  }
  const holds: Powers['holds'] = (member, chain, permission) => {
    const places = byMember.get(member);
    if (places === undefined) return undefined;
    let best: Holding | undefined;
    for (const resource of chain) {
      for (const bound of places.get(resource) ?? []) {
        if (!permissionSet(bound.role).has(permission)) continue;
        const { truth, attributes } = judgeOf(bound, member, judging, chain[0])(permission);
        if (truth === 'true') return { bound, permission, isSure: true, unknown: [] };
        if (truth === 'unknown') best ??= { bound, permission, isSure: false, unknown: attributes };
      }
    }
    return best;
  };
  return {
    standing,
    holds,
    containersOf: (member) => [...(byMember.get(member)?.keys() ?? [])].filter(isContainer),
    isPrivileged: (email) => standing.has(`serviceAccount:${email}`),
    runsCode(member, project) {
      const chain = lineage(`projects/${project}`, hierarchy);
      // Of people nothing is kept; and where the project's policy is not there, nothing is known.
      if (!isMachine(member) || !told.has(`projects/${project}`)) return undefined;
      return STARTS.some((permission) => holds(member, chain, permission) !== undefined);
    },
    *membersOn(chain) {
      const seen = new Set<string>();
      for (const resource of chain) {
        for (const member of byResource.get(resource) ?? []) {
          if (seen.has(member)) continue;
          seen.add(member);
          yield member;
        }
      }
    },
  };
}

export function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

export function isMachine(member: string): boolean {
  return member.startsWith('serviceAccount:') || /^principal(?:Set)?:\/\//.test(member);
}

function noteStanding(standing: Map<string, Standing>, member: string, bound: BoundRole, known: Known): void {
  const permissions = known.roles.get(bound.role);
  const judge = judgeOf(bound, member, known);
  const wins = capabilitiesOf(bound.role, permissions, bound.resource, judge).find(
    ({ capability }) => capability === 'escalates' || capability === 'admin',
  );
  if (wins === undefined) return;
  const isSure = (wins.unknown ?? []).length === 0;
  const before = standing.get(member);
  if (before !== undefined && (before.isSure || !isSure)) return;
  standing.set(member, { which: `has ${bound.role} on ${bound.resource}`, hops: 0, isSure, byToken: false });
}
