import { isServiceAgent } from './accounts.ts';
import type { BoundRole } from './bindings.ts';
import { permissionsOf } from './capability.ts';
import type { Escalation } from './escalation.ts';
import type { EstateFacts } from './estate.ts';
import { isContainer, lineage } from './hierarchy.ts';
import { judgeOf } from './judge.ts';
import type { DenyRule, Limits } from './limits.ts';
import { isMachine, type Powers, powersOf, type Standing } from './powers.ts';

const LIFTS = ['iam.denypolicies.delete', 'iam.denypolicies.update'];
/** With more places the search would be made anew too often. */
const MAX_PLACES = 20;

interface Lifter {
  readonly member: string;
  readonly bound: BoundRole;
  readonly isSure: boolean;
  readonly unknown: readonly string[];
}

/**
 * Who may delete the deny policy that holds it back is not held back: what it could do without the policies that lie at or below the
 * place of that right. https://cloud.google.com/iam/docs/deny-overview
 */
export function lifting(
  facts: EstateFacts,
  powers: Powers,
  standing: ReadonlyMap<string, Standing>,
  search: (facts: EstateFacts, powers: Powers) => readonly Escalation[],
): Escalation[] {
  if (facts.limits.denials.length === 0) return [];
  const found = new Map<string, Escalation>();
  const byPlace = Map.groupBy(liftersIn(facts, standing), ({ bound }) => bound.resource);
  for (const [place, lifters] of [...byPlace].slice(0, MAX_PLACES)) {
    const lifted = facts.limits.denials.filter(({ attachedTo }) => lineage(attachedTo, facts.hierarchy).includes(place));
    if (lifted.length === 0) continue;
    const limits: Limits = { ...facts.limits, denials: facts.limits.denials.filter((rule) => !lifted.includes(rule)) };
    const free: EstateFacts = { ...facts, limits };
    const freed = powersOf(free, { ...facts, projectIds: facts.hierarchy.projectIds, limits });
    const ways = Map.groupBy(search(free, freed), ({ member }) => member);
    for (const lifter of lifters) {
      const outright = freed.standing.get(lifter.member);
      const way = ways.get(lifter.member)?.[0];
      if (found.has(lifter.member) || powers.standing.has(lifter.member) || (outright === undefined && way === undefined))
        continue;
      const then = way === undefined ? `${outright?.which ?? ''} again` : `uses ${way.path}`;
      found.set(lifter.member, {
        member: lifter.member,
        capability: 'escalates',
        method: 'lift-deny-policy',
        ...(way?.target === undefined ? {} : { target: way.target }),
        path: `${lifter.bound.role} on ${place}: lifts the deny policy ${namesOf(lifted)}, then ${then}`,
        cut: lifter.bound,
        confidence: lifter.isSure && (way?.confidence === 'high' || outright?.isSure === true) ? 'high' : 'medium',
        hops: (way?.hops ?? 0) + 1,
        unknown: [...new Set([...lifter.unknown, ...(way?.unknown ?? [])])],
      });
    }
  }
  return [...found.values()];
}

function* liftersIn(facts: EstateFacts, standing: ReadonlyMap<string, Standing>): Generator<Lifter> {
  for (const bound of facts.bindings) {
    const permissions = isContainer(bound.resource) ? permissionsOf(bound.role, facts.roles) : undefined;
    const held = LIFTS.filter((one) => permissions?.includes(one) === true);
    if (held.length === 0) continue;
    for (const member of bound.members) {
      if (!isMachine(member) || standing.has(member) || isServiceAgent(member.slice('serviceAccount:'.length))) continue;
      const truths = held.map((one) => judgeOf(bound, member, facts)(one)).filter(({ truth }) => truth !== 'false');
      const [any] = truths;
      if (any === undefined) continue;
      // Google names the role for organisations alone.
      const below = bound.resource.startsWith('organizations/') ? [] : [`whether ${bound.role} counts below an organisation`];
      const isHeld = truths.some(({ truth }) => truth === 'true');
      yield { member, bound, isSure: isHeld && below.length === 0, unknown: [...(isHeld ? [] : any.attributes), ...below] };
    }
  }
}

function namesOf(rules: readonly DenyRule[]): string {
  const names = [...new Set(rules.map(({ policy }) => policy.split('/').at(-1) ?? policy))].sort();
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
