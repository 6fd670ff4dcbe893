import { statementsOn } from '../covers.ts';
import { type Decision, exceptedPatterns, resourcePatterns } from '../evaluate.ts';
import { policiesAround } from '../mentions.ts';
import type { Estate, Subject } from '../subject.ts';
import { BOUNDARY_KEY, boundaryContext, boundaryOf, heedsBoundary, type Search } from './call.ts';
import {
  type Hub,
  isEverything,
  membersBy,
  membersMatching,
  membersTagged,
  type Node,
  type Population,
  partitionBy,
  patternKey,
  type Splitter,
} from './population.ts';
import { type Context, mayTag, TAGGING, tagContext, tagsAskedFor, withoutTags } from './target-tags.ts';

/** Targets that the subject reaches, and the decision that holds for each of them. */
export interface Cell {
  readonly hub: Hub;
  readonly decision: Decision;
}

/**
 * What the subject can do to whom of the population. Two members that no pattern of its policies tells apart are decided
 * alike, so one of each part is asked about: the cost grows with the patterns, not with the pairs. Of others: the subject may or may
 * not be in a hub.
 */
export function cellsOf(
  { subject, estate, now }: Pick<Search, 'subject' | 'estate' | 'now'>,
  calls: readonly string[],
  population: Population,
  ask: (target: Subject, context: Context) => Decision | undefined,
  of: 'others' | 'all' = 'others',
): Cell[] {
  const { subjects, whole } = population;
  const isAsked = (one: Subject | undefined): boolean => of === 'all' || one !== subject;
  const askOneOf = (nodes: readonly Node[]): Decision | undefined => {
    const target = nodes.map((node) => subjects[node]).find(isAsked);
    if (target === undefined) return undefined;
    const known = { ...tagContext(target, tags), ...(isBoundaryKnown ? boundaryContext(target) : {}) };
    const decision = ask(target, known);
    return isPositive(decision) || tags.size === 0 || !mayTag(subject, target, now) ? decision : ask(target, withoutTags(known));
  };
  const { splitters, tags, isBoundaryKnown } = splittersOf(subject, estate, calls, population);
  if (splitters.length === 0) return positive(whole, askOneOf(whole.members.slice(0, 2)));
  // Of itself it has everything already.
  const parts = partitionBy(population, splitters).parts.filter(({ size, examples: [first = -1] }) => {
    return size > 1 || isAsked(subjects[first]);
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

const PASSWORDS: ReadonlySet<string> = new Set(['iam:CreateLoginProfile', 'iam:UpdateLoginProfile']);

/** Of whom the tags may be changed may be told apart by name. */
function addNamed(splitters: Map<string, Splitter>, subject: Subject, population: Population): void {
  for (const { document } of policiesAround(subject)) {
    for (const statement of TAGGING.flatMap((call) => statementsOn(document, call))) {
      for (const pattern of [
        ...resourcePatterns(statement, document, subject),
        ...exceptedPatterns(statement, document, subject),
      ]) {
        const key = patternKey(pattern);
        if (!isEverything(pattern)) splitters.set(key, { key, members: membersMatching(population, pattern) });
      }
    }
  }
}

/** More values of a tag than these are not told apart: conditions on it are then not known. */
const MAX_VALUES = 50;

interface Splitters {
  readonly splitters: readonly Splitter[];
  /** Tags of the target that are known in the decisions, lower case. */
  readonly tags: ReadonlySet<string>;
  /** Is the boundary of the target? */
  readonly isBoundaryKnown: boolean;
}

function splittersOf(subject: Subject, estate: Estate, calls: readonly string[], population: Population): Splitters {
  const splitters = new Map<string, Splitter>();
  const tags = new Set<string>();
  let asksBoundary = false;
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
          const members = membersMatching(population, pattern);
          const key = patternKey(pattern);
          if (members.length > 0 && members.length < size) splitters.set(key, { key, members });
        }
        for (const tag of tagsAskedFor(statement, call)) tags.add(tag);
        asksBoundary ||= heedsBoundary(call) && statement.tests.some(({ key }) => key.toLowerCase() === BOUNDARY_KEY);
      }
    }
  }
  if (tags.size > 0) addNamed(splitters, subject, population);
  for (const tag of tags) {
    const byValue = membersTagged(population, tag);
    if (byValue.size > MAX_VALUES) tags.delete(tag);
    else for (const [value, members] of byValue) splitters.set(`${tag}=${value}`, { key: `${tag}=${value}`, members });
  }
  if (tags.size > 0) {
    const untold = membersBy(population, 'tags not told', ({ tagsTold }) => (tagsTold === true ? undefined : '')).get('') ?? [];
    if (untold.length > 0) splitters.set('tags not told', { key: 'tags not told', members: untold });
  }
  const divide = (name: string, byValue: ReadonlyMap<string, readonly Node[]>): boolean => {
    if (byValue.size > MAX_VALUES) return false;
    for (const [value, members] of byValue) splitters.set(`${name} ${value}`, { key: `${name} ${value}`, members });
    return true;
  };
  const isBoundaryKnown =
    !asksBoundary ||
    divide(
      'boundary',
      membersBy(population, 'boundary', (one) => String(boundaryOf(one))),
    );
  for (const call of calls) {
    if (PASSWORDS.has(call))
      divide(
        'password',
        membersBy(population, 'password', ({ hasPassword }) => hasPassword?.toString()),
      );
    if (call === 'iam:CreateAccessKey')
      divide(
        'keys',
        membersBy(population, 'keys', ({ accessKeys }) => accessKeys?.toString()),
      );
  }
  return { splitters: [...splitters.values()].sort((a, b) => (a.key < b.key ? -1 : 1)), tags, isBoundaryKnown };
}
