import type { ConditionTest } from './document.ts';
import { edgesOf, isEveryAddress } from './ip.ts';
import { and, FALSE, type Judgement, TRUE, unknown } from './judgement.ts';
import {
  applyOperator,
  type Family,
  foldedPatterns,
  isInOrder,
  numberOf,
  type Operator,
  patternsOf,
  rangesOf,
  readOperator,
  timeOf,
} from './operator.ts';
import { compilePattern, exampleOf, FRESH, type Pattern, type Variables } from './pattern.ts';
import { allCells } from './region.ts';

/**
 * What is known of a request: the values of a key (lower case), `null` for "the key is certainly absent", `undefined`
 * for "not known".
 */
export type RequestContext = (key: string) => readonly string[] | null | undefined;

export interface ConditionScope {
  readonly context: RequestContext;
  /** Of a value that is not known in full, the pattern that it has. */
  readonly shapes?: (key: string) => string | undefined;
  /** Could the caller use the service at all, by its namespace? */
  readonly mayUse?: (service: string) => boolean;
  /** Absent for documents that have no policy variables. */
  readonly variables: Variables | undefined;
  readonly now: Date;
}

/** All tests of a statement must hold. */
export function judgeCondition(tests: readonly ConditionTest[], scope: ConditionScope): Judgement {
  if (tests.length === 0) return TRUE;
  const judged: Judgement[] = [];
  const open = new Map<string, Read[]>();
  const clock: Read[] = [];
  for (const test of tests) {
    const key = test.key.toLowerCase();
    const operator = readOperator(test.operator);
    const actual = scope.context(key);
    if (operator === undefined) judged.push(unknown(test.key));
    else if (actual !== undefined) judged.push(applyOperator(test, operator, actual, scope.variables));
    else if (isTime(operator) && CLOCKS.has(key)) clock.push({ test, operator });
    else open.set(key, [...(open.get(key) ?? []), { test, operator }]);
    if (judged.at(-1)?.truth === 'false') return FALSE;
  }
  if (clock.length > 0) judged.push(judgeClock(clock, scope.now));
  for (const [key, reads] of open) judged.push(judgeUnknown(key, reads, scope));
  return and(...judged);
}

interface Read {
  readonly test: ConditionTest;
  readonly operator: Operator;
}

function judgeUnknown(key: string, reads: readonly Read[], scope: ConditionScope): Judgement {
  const { context, shapes, variables, now } = scope;
  const shape = shapes?.(key);
  if (shape !== undefined) return judgeShaped(reads, compilePattern(shape), variables);
  if (CALLED_VIA.has(key) && isOutOfUse(reads, scope)) {
    return and(...reads.map(({ test, operator }) => applyOperator(test, operator, null, variables)));
  }
  if (key === 'aws:tokenissuetime' && reads.every(({ operator }) => isTime(operator))) {
    // Whoever takes the role anew has credentials of that time. A user has the key only where it asks for such.
    const anew = judgeClock(reads, now);
    const without = and(...reads.map(({ test, operator }) => applyOperator(test, operator, null, variables)));
    const isSession = context('aws:principaltype')?.includes('AssumedRole') === true;
    return isSession || !differs(anew, without) ? anew : unknown(...keysOf(reads));
  }
  return judgeOpen(reads, variables);
}

/**
 * Services that make the call for the caller, after a call of its own.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia
 */
const CALLED_VIA: ReadonlySet<string> = new Set(['aws:calledvia', 'aws:calledviafirst', 'aws:calledvialast']);

/** Only services are asked for that the caller cannot use: for it the key is as good as absent. */
function isOutOfUse(reads: readonly Read[], { mayUse }: ConditionScope): boolean {
  return reads.every(({ test, operator }) => {
    if (operator.family !== 'text' && operator.family !== 'folded') return false;
    return test.values.every((wanted) => {
      const service = /^(?<name>[a-z0-9-]+)\.amazonaws\.com$/i.exec(wanted)?.groups?.name;
      return service !== undefined && mayUse?.(service.toLowerCase()) === false;
    });
  });
}

/** Tests on a value of which a part is known: tried on one of every kind that they tell apart. */
function judgeShaped(reads: readonly Read[], shape: Pattern, variables: Variables | undefined): Judgement {
  const open = unknown(...keysOf(reads));
  if (reads.some(({ operator: { family } }) => family !== 'text' && family !== 'null')) return open;
  const patterns = reads.flatMap(({ test, operator }) =>
    operator.family === 'text' ? patternsOf(test, operator, variables) : [],
  );
  const values = patterns.length > MAX_PATTERNS ? undefined : allCells([shape], patterns);
  const [first, ...others] = (values ?? []).map((value) =>
    and(...reads.map(({ test, operator }) => applyOperator(test, operator, [value], variables))),
  );
  if (first === undefined || first.truth === 'unknown') return open;
  return others.some((other) => differs(first, other)) ? open : first;
}

function keysOf(reads: readonly Read[]): ReadonlySet<string> {
  return new Set(reads.map(({ test }) => test.key));
}

/**
 * Tests on a key nobody knows may still be sure: `StringLikeIfExists: *` always holds, `StringEquals: a` beside
 * `StringEquals: b` never. They are tried on one value of every kind that they tell apart.
 */
function judgeOpen(reads: readonly Read[], variables: Variables | undefined): Judgement {
  const varies = variables !== undefined && reads.some(({ test }) => test.values.some((wanted) => wanted.includes('${')));
  if (varies) return tryAll(reads, variables);
  const [first] = reads;
  if (first === undefined) return TRUE;
  // The tests of a statement come in one order, so the first stands for all of its key.
  let known = sure.get(first.test);
  if (known === undefined) {
    known = tryAll(reads, undefined);
    sure.set(first.test, known);
  }
  return known;
}

const sure = new WeakMap<ConditionTest, Judgement>();

function tryAll(reads: readonly Read[], variables: Variables | undefined): Judgement {
  const nulls = reads.filter(({ operator }) => operator.family === 'null');
  const families = new Set(reads.map(({ operator }) => operator.family).filter((family) => family !== 'null'));
  if (families.size === 0) return tryFamily('null', nulls, variables);
  const judged = [...families].map((family) => {
    return tryFamily(family, [...reads.filter(({ operator }) => operator.family === family), ...nulls], variables);
  });
  return and(...judged);
}

function tryFamily(family: Family, reads: readonly Read[], variables: Variables | undefined): Judgement {
  const open = unknown(...keysOf(reads));
  if (family === 'address' && reads.every(({ test }) => test.key.toLowerCase() === 'aws:sourceip')) {
    // The caller chooses where it calls from: a range of every address is no condition. Other addresses not every call has.
    const [narrow, every] = parted(reads, ({ test, operator }) => isFree(operator) && test.values.some(isEveryAddress));
    if (every.some(({ operator }) => operator.negated)) return FALSE;
    if (every.length > 0) return narrow.length === 0 ? TRUE : tryFamily(family, narrow, variables);
  }
  const holds = (values: readonly string[] | null): Judgement =>
    and(...reads.map(({ test, operator }) => applyOperator(test, operator, values, variables)));
  const first = holds(null);
  // Most conditions hold for one value and not for another: that is soon seen.
  for (const value of likelyValues(family, reads, variables)) if (differs(first, holds([value]))) return openOf(open, first);
  const values = tellingValues(family, reads, variables);
  const wanted = reads.reduce((sum, { test }) => sum + test.values.length, 0);
  if (values === undefined || values.length * wanted > MAX_COMPARISONS) return openOf(open, first);
  for (const value of values) if (differs(first, holds([value]))) return openOf(open, first);
  if (reads.some(({ operator }) => operator.set !== undefined)) {
    // A second value can break "all", or help a second "any"; a third would matter only to a third "any".
    if (reads.filter(({ operator }) => operator.set === 'any').length > 2) return openOf(open, first);
    if (values.length ** 2 * wanted > MAX_COMPARISONS) return openOf(open, first);
    for (const one of values) for (const two of values) if (differs(first, holds([one, two]))) return openOf(open, first);
  }
  return first;
}

/** Whatever the call, it has an address that can be in a range of all. */
function isFree(operator: Operator): boolean {
  return operator.family === 'address' && operator.set === undefined && !(operator.negated && operator.ifExists);
}

function differs(first: Judgement, other: Judgement): boolean {
  return first.truth === 'unknown' || first.truth !== other.truth;
}

function openOf(open: Judgement, more: Judgement): Judgement {
  return unknown(...new Set([...open.keys, ...more.keys]));
}

function likelyValues(family: Family, reads: readonly Read[], variables: Variables | undefined): string[] {
  const mine = reads.filter(({ operator }) => operator.family === family);
  if (family === 'folded') return [FRESH, ...foldedValues(mine, variables).slice(0, 4)];
  if (family !== 'text' && family !== 'arn') return mine.flatMap(({ test }) => test.values.slice(0, 4));
  const patterns = mine.flatMap(({ test, operator }) => patternsOf(test, operator, variables).slice(0, 4));
  return [FRESH, ...patterns.map(exampleOf)];
}

/** What the tests compare with, a variable by its value. */
function foldedValues(reads: readonly Read[], variables: Variables | undefined): string[] {
  return reads
    .filter(({ operator }) => operator.family === 'folded')
    .flatMap(({ test }) => foldedPatterns(test.values, variables).map(exampleOf));
}

/** Of values with values, for one key of one statement: about 20 ms. What would take more is not known. */
const MAX_COMPARISONS = 200_000;

/** More patterns than this on one key are not told apart exactly. */
const MAX_PATTERNS = 12;

/** One value of every kind that the tests tell apart; `undefined` when they are too many. */
function tellingValues(family: Family, reads: readonly Read[], variables: Variables | undefined): readonly string[] | undefined {
  const wanted = reads.flatMap(({ test, operator }) => (operator.family === family ? test.values : []));
  switch (family) {
    case 'text':
    case 'arn': {
      const patterns = reads.flatMap(({ test, operator }) =>
        operator.family === family ? patternsOf(test, operator, variables) : [],
      );
      const distinct = [...new Map(patterns.map((pattern) => [pattern.units.join(), pattern])).values()];
      return distinct.length > MAX_PATTERNS ? undefined : allCells([compilePattern('*')], distinct);
    }
    case 'number':
      return between(wanted.map(numberOf).filter(Number.isFinite)).map(String);
    case 'date': {
      const times = wanted.map(timeOf).filter((time) => Math.abs(time) < 1e15);
      return between(times).map((time) => new Date(time).toISOString());
    }
    case 'bool':
      return ['true', 'false'];
    case 'binary':
      return [...wanted, 'bmhp', 'cHJvYmU='];
    case 'address':
      return edgesOf(rangesOf(wanted));
    case 'folded':
      return [...foldedValues(reads, variables), FRESH];
    default:
      return [...wanted, FRESH];
  }
}

/** Every bound, and a number on each side of it. */
function between(bounds: readonly number[]): number[] {
  const sorted = [...new Set(bounds)].sort((a, b) => a - b);
  const [least = 0] = sorted;
  const values = [least - 1];
  for (const [index, bound] of sorted.entries()) {
    const next = sorted[index + 1];
    values.push(bound, next === undefined ? bound + 1 : (bound + next) / 2);
  }
  return values;
}

const CLOCKS: ReadonlySet<string> = new Set(['aws:currenttime', 'aws:epochtime']);

function isTime({ family }: Operator): boolean {
  return family === 'date' || family === 'number';
}

/** Time only grows: what holds now counts; what will never hold again is decided for good; the rest is not known. */
function judgeClock(reads: readonly Read[], now: Date): Judgement {
  const present = now.getTime();
  const holdsAt = (time: number): boolean =>
    reads.every(({ test, operator }) => {
      const hit = test.values.some((wanted) => isInOrder(operator.order, time, timeOf(wanted)));
      return operator.negated ? !hit : hit;
    });
  if (holdsAt(present)) return TRUE;
  const bounds = reads.flatMap(({ test }) => test.values.map(timeOf)).filter((time) => time > present);
  const later = bounds.flatMap((bound) => [bound - 1, bound, bound + 1]);
  return later.some(holdsAt) ? unknown(...keysOf(reads)) : FALSE;
}

function parted<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const [no, yes]: [T[], T[]] = [[], []];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [no, yes];
}
