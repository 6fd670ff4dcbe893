import { judgeCondition, type RequestContext } from './condition.ts';
import { coversAction } from './covers.ts';
import type { ConditionTest, Statement } from './document.ts';
import { and, FALSE, type Judgement, not, or, TRUE, unknown } from './judgement.ts';
import { readOperator } from './operator.ts';
import { commonText, compilePattern, exampleOf, FRESH, type Pattern, type Variables } from './pattern.ts';
import type { Limit } from './subject.ts';

/** Statements of a trust policy that speak of one caller and action, with what the organisation lets be done to the role. */
export interface Door {
  readonly allow: readonly Statement[];
  readonly deny: readonly Statement[];
  readonly hasVariables: boolean;
  readonly limits: readonly Limit[];
  readonly action: string;
  readonly now: Date;
}

/** One way to stand before a door. */
export interface Caller {
  readonly context: RequestContext;
  /** What somebody else decides: whether an external id became known, whether a workflow may be called. */
  readonly given: Judgement;
}

/** Ways to stand before a door that are tried; a stranger's policy may tell millions apart. */
const MAX_CALLERS = 4_000;

/**
 * Does one of the callers get in? They are tried one by one against the whole policy, each knowing all that a caller may choose: so
 * tests of several statements, a Deny among them, are heard together.
 */
export function judgeAny(door: Door, callers: Iterable<Caller>): Judgement {
  let found = FALSE;
  let tried = 0;
  for (const caller of callers) {
    if (++tried > MAX_CALLERS) return or(found, unknown('more conditions than were tried'));
    found = or(found, judgeCaller(door, caller));
    if (found.truth === 'true') return found;
  }
  return found;
}

export function judgeCaller(door: Door, { context, given }: Caller): Judgement {
  const variables = variablesFrom(context);
  const scope = { context, variables: door.hasVariables ? variables : undefined, now: door.now };
  const allowed = or(...door.allow.map(({ tests }) => judgeCondition(tests, scope)));
  if (allowed.truth === 'false') return FALSE;
  const denied = or(...door.deny.map(({ tests }) => judgeCondition(tests, scope)));
  const bounds = door.limits.map((limit) => judgeBound(limit, door, context, variables));
  return and(allowed, not(denied), given, ...bounds);
}

/** A level whose policies are not known counts as one that lets everything be done, as AWS makes it. */
function judgeBound(
  { known, mayNotBind, policies, title }: Limit,
  { action, now }: Door,
  context: RequestContext,
  variables: Variables,
): Judgement {
  if (!known) return TRUE;
  let allow = FALSE;
  let deny = FALSE;
  for (const { document } of policies) {
    for (const statement of document.statements) {
      if (!coversAction(statement, action)) continue;
      const held = judgeCondition(statement.tests, { context, variables: document.variables ? variables : undefined, now });
      // One that names its resources may be meant for others than this role.
      const all = statement.resources?.includes('*') === true;
      const judged = all ? held : and(held, unknown(title));
      if (statement.effect === 'allow') allow = or(allow, judged);
      else deny = or(deny, judged);
    }
  }
  const bound = and(allow, not(deny));
  return mayNotBind === true ? or(bound, unknown(title)) : bound;
}

/** Code may leave a reference where a value will be; no policy variable is named like it. It stands for something that is one. */
function variablesFrom(context: RequestContext): Variables {
  return (name) => {
    if (!name.includes(':')) return `\${${name}}`;
    const values = context(name.toLowerCase());
    return values === null || values === undefined ? values : (values[0] ?? null);
  };
}

/** All tests that a caller meets at the door, by key in lower case. */
export function testsOf({ allow, deny, limits, action }: Door): Map<string, ConditionTest[]> {
  const found = new Map<string, ConditionTest[]>();
  const bounding = limits.flatMap(({ policies }) => policies.flatMap(({ document }) => document.statements));
  for (const { tests } of [...allow, ...deny, ...bounding.filter((one) => coversAction(one, action))]) {
    for (const test of tests) {
      const key = test.key.toLowerCase();
      const same = found.get(key);
      if (same === undefined) found.set(key, [test]);
      else same.push(test);
    }
  }
  return found;
}

/** Stands for the one character of a `?`. */
const MARK = '\u0001';

/** Did a wildcard leave it open? */
export function isFresh(text: string): boolean {
  return text.includes(FRESH) || text.includes(MARK);
}

/** What the tests compare a text with, as patterns. */
export function patternsIn(tests: readonly ConditionTest[]): Pattern[] {
  return tests.flatMap(({ operator: written, values }) => {
    const operator = readOperator(written);
    if (operator === undefined || !['text', 'arn', 'folded'].includes(operator.family)) return [];
    if (operator.kind === 'exact') return values.map((value) => compilePattern(value, undefined, 'exact'));
    return values.map((value) => compilePattern(value.replaceAll('?', MARK), undefined, operator.kind));
  });
}

/** Texts of a shape that the tests tell apart: one for each pattern, and for two of them together. */
export function textsLike(tests: readonly ConditionTest[], shape: string): string[] {
  // Parts of an ARN keep their places.
  const within = compilePattern(shape, undefined, shape.startsWith('arn:') ? 'arn' : 'text');
  const patterns = patternsIn(tests);
  const texts = new Set<string>();
  let steps = ENOUGH_STEPS;
  const meet = (left: Pattern, right: Pattern): string | undefined => {
    steps -= left.units.length * (left.literal === undefined ? right.units.length : 1);
    return steps < 0 ? undefined : commonText(left, right);
  };
  for (const pattern of patterns) {
    const text = meet(pattern, within);
    if (text !== undefined) texts.add(text);
  }
  const open = patterns.filter(({ literal }) => literal === undefined).slice(0, MAX_OPEN);
  for (const [index, pattern] of open.entries()) {
    for (const other of open.slice(index + 1)) {
      const both = meet(pattern, other);
      const text = both === undefined ? undefined : meet(compilePattern(both.replaceAll(FRESH, '*')), within);
      if (text !== undefined) texts.add(text);
    }
  }
  return [...texts];
}

/** Patterns with wildcards that are tried together with each other. */
const MAX_OPEN = 12;
/** Of characters with characters. Some thousands do for policies that people write; a stranger's may be made to need millions. */
const ENOUGH_STEPS = 40_000;

/** Values of a key by which the statement may hold, whatever the other keys are: all its tests must. */
export function fitting<T>(door: Door, key: string, choices: readonly T[], valueIn: (choice: T) => Values): T[] {
  const tests = door.allow.flatMap((one) => one.tests.filter((test) => test.key.toLowerCase() === key));
  if (tests.length === 0 || door.allow.length > 1) return [...choices];
  return choices.filter((choice) => {
    const value = valueIn(choice);
    const context: RequestContext = (asked) => (asked === key ? value : undefined);
    const variables = door.hasVariables ? variablesFrom(context) : undefined;
    return judgeCondition(tests, { context, variables, now: door.now }).truth !== 'false';
  });
}

type Values = readonly string[] | null | undefined;

/** Values worth trying for a key that the caller fills in as it likes; `null`: it leaves it out. */
export function valuesFor(tests: readonly ConditionTest[]): (string | null)[] {
  const values = new Set<string | null>([null, FRESH, ...textsLike(tests, '*'), ...patternsIn(tests).map(exampleOf)]);
  for (const { operator: written, values: wanted } of tests) {
    const family = readOperator(written)?.family;
    if (family === 'bool') values.add('true').add('false');
    else if (family === 'number') for (const one of wanted) for (const by of [-1, 0, 1]) values.add(String(Number(one) + by));
    else if (family === 'date' || family === 'binary' || family === 'address') for (const one of wanted) values.add(one);
  }
  return [...values];
}

/** Of each key one of its choices, in all ways. */
export function* combinations<T>(choices: ReadonlyMap<string, readonly T[]>): Generator<ReadonlyMap<string, T>> {
  const keys = [...choices.keys()];
  const chosen = new Map<string, T>();
  function* choose(place: number): Generator<ReadonlyMap<string, T>> {
    const key = keys[place];
    if (key === undefined) {
      yield chosen;
      return;
    }
    for (const choice of choices.get(key) ?? []) {
      chosen.set(key, choice);
      yield* choose(place + 1);
    }
  }
  yield* choose(0);
}
