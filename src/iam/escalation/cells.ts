import { statementsOn } from '../covers.ts';
import { type Decision, exceptedPatterns, resourcePatterns } from '../evaluate.ts';
import { policiesAround } from '../mentions.ts';
import type { Pattern } from '../pattern.ts';
import type { Estate, Subject } from '../subject.ts';
import { type Hub, isEverything, membersMatching, type Node, type Population, partitionBy, patternKey } from './population.ts';

/** Targets that the subject reaches, and the decision that holds for each of them. */
export interface Cell {
  readonly hub: Hub;
  readonly decision: Decision;
}

/**
 * What the subject can do to whom of the population. Two members that no pattern of its policies tells apart are decided
 * alike, so one of each part is asked about: the cost grows with the patterns, not with the pairs.
 */
export function cellsOf(
  { subject, estate }: { readonly subject: Subject; readonly estate: Estate },
  calls: readonly string[],
  population: Population,
  ask: (target: Subject) => Decision | undefined,
): Cell[] {
  const { subjects, whole } = population;
  const askOneOf = (nodes: readonly Node[]): Decision | undefined => {
    const target = nodes.map((node) => subjects[node]).find((one) => one !== subject);
    return target === undefined ? undefined : ask(target);
  };
  const splitters = splittersOf(subject, estate, calls, population);
  if (splitters.length === 0) return positive(whole, askOneOf(whole.members.slice(0, 2)));
  // Of itself it has everything already.
  const parts = partitionBy(population, splitters).parts.filter(({ size, examples: [first = -1] }) => {
    return size > 1 || subjects[first] !== subject;
  });
  const asked = parts.map((part) => ({ part, decision: askOneOf(part.examples) }));
  const [one] = asked;
  if (one?.decision !== undefined && asked.every(({ decision }) => isSame(decision, one.decision))) {
    return positive(whole, one.decision);
  }
  return asked.flatMap(({ part, decision }) => (isPositive(decision) ? [{ hub: part.hub(), decision }] : []));
}

function positive(hub: Hub, decision: Decision | undefined): Cell[] {
  return isPositive(decision) ? [{ hub, decision }] : [];
}

function isPositive(decision: Decision | undefined): decision is Decision {
  return decision !== undefined && decision.outcome !== 'deny';
}

function isSame(a: Decision | undefined, b: Decision | undefined): boolean {
  return a?.outcome === b?.outcome && a?.by?.statement === b?.by?.statement && a?.keys.join() === b?.keys.join();
}

function splittersOf(subject: Subject, estate: Estate, calls: readonly string[], population: Population): Pattern[] {
  const splitters = new Map<string, Pattern>();
  const size = population.whole.members.length;
  const account = population.subjects[population.whole.members[0] ?? -1]?.account ?? '';
  const limits = estate.resourceLimits?.get(account) ?? [];
  for (const { document } of [...policiesAround(subject), ...limits.flatMap(({ policies }) => policies)]) {
    for (const call of calls) {
      for (const statement of statementsOn(document, call)) {
        const patterns =
          statement.notResources === undefined
            ? resourcePatterns(statement, document, subject)
            : exceptedPatterns(statement, document, subject);
        for (const pattern of patterns) {
          if (isEverything(pattern)) continue;
          const matched = membersMatching(population, pattern).length;
          if (matched > 0 && matched < size) splitters.set(patternKey(pattern), pattern);
        }
      }
    }
  }
  return [...splitters.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pattern]) => pattern);
}
