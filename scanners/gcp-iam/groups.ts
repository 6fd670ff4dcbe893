import type { BoundRole } from '../../src/iam/gcp/bindings.ts';
import type { Answers } from './collect.ts';

/** Bindings of the service accounts in a group, for each group that a binding names. */
export type ByGroup = (bound: BoundRole) => readonly BoundRole[];

/** Groups may be in groups, and two in each other. */
export function groupsIn(all: readonly Answers[]): ByGroup {
  const addresses = new Map(all.flatMap((one) => [...one.groups]));
  const members = new Map<string, Set<string>>();
  for (const { group, member, email } of all.flatMap((one) => one.memberships)) {
    const address = addresses.get(group) ?? email;
    if (address === undefined || member === undefined) continue;
    members.set(address, (members.get(address) ?? new Set()).add(member));
  }
  const known = new Map<string, readonly string[]>();
  const accountsIn = (group: string): readonly string[] => {
    const before = known.get(group);
    if (before !== undefined) return before;
    const seen = new Set([group]);
    // A set is walked on to what is added on the way.
    for (const one of seen) for (const member of members.get(one) ?? []) seen.add(member);
    const accounts = [...seen].filter((one) => one.endsWith('gserviceaccount.com')).sort();
    known.set(group, accounts);
    return accounts;
  };
  return (bound) =>
    bound.members.flatMap((written) => {
      const group = /^group:(?<email>.+)$/.exec(written)?.groups?.email?.toLowerCase();
      const accounts = group === undefined ? [] : accountsIn(group);
      if (group === undefined || accounts.length === 0) return [];
      return [{ ...bound, members: accounts.map((email) => `serviceAccount:${email}`), group }];
    });
}

/** Members of groups of which nothing tells the address. */
export function namelessGroups(answers: Answers, all: readonly Answers[]): number {
  const known = new Set(all.flatMap((one) => [...one.groups.keys()]));
  return new Set(
    answers.memberships.filter(({ email, group }) => email === undefined && !known.has(group)).map(({ group }) => group),
  ).size;
}
