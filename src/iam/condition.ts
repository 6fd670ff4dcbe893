import type { ConditionTest } from './document.ts';
import { isEveryAddress, isInRange } from './ip.ts';
import { compilePattern, matches, type Pattern, type Variables } from './pattern.ts';

/** Three values: a condition may hang on a key of the request that nobody can know beforehand. */
export type Truth = 'true' | 'false' | 'unknown';

export interface Judgement {
  readonly truth: Truth;
  /** Condition keys that the unknown hangs on. */
  readonly keys: readonly string[];
}

/**
 * What is known of a request: the values of a key (lower case), `null` for "the key is certainly absent", `undefined`
 * for "not known".
 */
export type RequestContext = (key: string) => readonly string[] | null | undefined;

export interface ConditionScope {
  readonly context: RequestContext;
  /** Absent for documents that have no policy variables. */
  readonly variables: Variables | undefined;
  readonly now: Date;
}

export const TRUE: Judgement = { truth: 'true', keys: [] };
export const FALSE: Judgement = { truth: 'false', keys: [] };

export function unknown(...keys: readonly string[]): Judgement {
  return { truth: 'unknown', keys };
}

export function and(...parts: readonly Judgement[]): Judgement {
  if (parts.some((part) => part.truth === 'false')) return FALSE;
  const open = parts.filter((part) => part.truth === 'unknown');
  return open.length === 0 ? TRUE : unknown(...new Set(open.flatMap((part) => part.keys)));
}

export function or(...parts: readonly Judgement[]): Judgement {
  if (parts.some((part) => part.truth === 'true')) return TRUE;
  const open = parts.filter((part) => part.truth === 'unknown');
  return open.length === 0 ? FALSE : unknown(...new Set(open.flatMap((part) => part.keys)));
}

export function not(part: Judgement): Judgement {
  if (part.truth === 'unknown') return part;
  return part.truth === 'true' ? FALSE : TRUE;
}

/** All tests of a statement must hold. */
export function judgeCondition(tests: readonly ConditionTest[], scope: ConditionScope): Judgement {
  return tests.length === 0 ? TRUE : and(...tests.map((test) => judgeTest(test, scope)));
}

interface Operator {
  readonly base: string;
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly set: 'all' | 'any' | undefined;
}

/**
 * One operator on one key: any of the values may hold (none of them, for a negated operator).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
function judgeTest(test: ConditionTest, scope: ConditionScope): Judgement {
  const operator = readOperator(test.operator);
  const key = test.key.toLowerCase();
  const actual = scope.context(key);
  if (operator.base === 'null') return judgeNull(test, actual);
  const compare = comparison(operator.base, scope);
  if (compare === undefined) return unknown(test.key);
  if (isClock(key) && actual === undefined) return judgeClock(test, operator, scope.now);
  if (actual === null) return judgeAbsent(operator);
  if (actual === undefined) return judgeUnknown(test, operator);
  const each = actual.map((value) => {
    const hit = or(...test.values.map((wanted) => compare(value, wanted, test.key)));
    return operator.negated ? not(hit) : hit;
  });
  if (operator.set === 'all') return and(...each);
  if (operator.set === 'any') return or(...each);
  // Without a set operator a key has one value; should it have several, a negated test must hold for each.
  return operator.negated ? and(...each) : or(...each);
}

function judgeNull(test: ConditionTest, actual: readonly string[] | null | undefined): Judgement {
  if (actual === undefined) return unknown(test.key);
  const absent = actual === null || actual.length === 0;
  return or(...test.values.map((wanted) => (wanted.toLowerCase() === String(absent) ? TRUE : FALSE)));
}

function judgeAbsent(operator: Operator): Judgement {
  if (operator.ifExists || operator.set === 'all') return TRUE;
  if (operator.set === 'any') return FALSE;
  return operator.negated ? TRUE : FALSE;
}

function judgeUnknown(test: ConditionTest, operator: Operator): Judgement {
  if (test.values.length === 0 && operator.set === undefined && !operator.ifExists) return operator.negated ? TRUE : FALSE;
  if (operator.base === 'ipaddress' && test.values.some(isEveryAddress)) return operator.negated ? FALSE : TRUE;
  return unknown(test.key);
}

function readOperator(written: string): Operator {
  let name = written.toLowerCase();
  let set: Operator['set'];
  if (name.startsWith('forallvalues:')) {
    set = 'all';
    name = name.slice('forallvalues:'.length);
  } else if (name.startsWith('foranyvalue:')) {
    set = 'any';
    name = name.slice('foranyvalue:'.length);
  }
  const ifExists = name.endsWith('ifexists');
  if (ifExists) name = name.slice(0, -'ifexists'.length);
  const negated = /^(?:string|numeric|date|arn)not|^not/.test(name);
  return { base: negated ? name.replace('not', '') : name, negated, ifExists, set };
}

type Comparison = (actual: string, wanted: string, key: string) => Judgement;

function comparison(base: string, scope: ConditionScope): Comparison | undefined {
  switch (base) {
    case 'stringequals':
      return onPattern(scope, (wanted, actual) => wanted.literal === actual, false);
    case 'stringequalsignorecase':
      return onPattern(scope, (wanted, actual) => wanted.literal?.toLowerCase() === actual.toLowerCase(), false);
    case 'stringlike':
    case 'arnlike':
    case 'arnequals':
      return onPattern(scope, matches, true);
    case 'bool':
      return (actual, wanted) => when(actual.toLowerCase() === wanted.toLowerCase());
    case 'ipaddress':
      return (actual, wanted) => when(isInRange(actual, wanted));
    default:
      return orderComparison(base);
  }
}

function orderComparison(base: string): Comparison | undefined {
  const match = /^(?<kind>numeric|date)(?<order>equals|lessthan|lessthanequals|greaterthan|greaterthanequals)$/.exec(base);
  const { kind, order } = match?.groups ?? {};
  if (kind === undefined || order === undefined) return undefined;
  const read = kind === 'date' ? timeOf : Number;
  return (actual, wanted) => when(compareOrder(order, read(actual), read(wanted)));
}

/** NaN (a date or number that is none) is never in any order. */
function compareOrder(order: string, left: number, right: number): boolean {
  if (order === 'equals') return left === right;
  if (order === 'lessthan') return left < right;
  if (order === 'lessthanequals') return left <= right;
  return order === 'greaterthan' ? left > right : left >= right;
}

/** In `StringEquals` a `*` is a star; only policy variables are read. */
function onPattern(scope: ConditionScope, test: (wanted: Pattern, actual: string) => boolean, wild: boolean): Comparison {
  return (actual, wanted, key) => {
    const pattern = compilePattern(wanted, scope.variables, wild);
    return pattern.open.length > 0 ? unknown(key, ...pattern.open) : when(test(pattern, actual));
  };
}

function isClock(key: string): boolean {
  return key === 'aws:currenttime' || key === 'aws:epochtime';
}

/** Time only grows: a bound that lies behind us decides for good; one that lies ahead is not known yet. */
function judgeClock(test: ConditionTest, operator: Operator, now: Date): Judgement {
  const order = /^(?:date|numeric)(?<order>.+)$/.exec(operator.base)?.groups?.order;
  if (order === undefined) return unknown(test.key);
  const hit = or(
    ...test.values.map((wanted) => {
      const bound = timeOf(wanted);
      if (Number.isNaN(bound)) return FALSE;
      const past = now.getTime() > bound;
      if (order.startsWith('lessthan')) return when(!past);
      if (order.startsWith('greaterthan')) return past ? TRUE : unknown(test.key);
      return past ? FALSE : unknown(test.key);
    }),
  );
  return operator.negated ? not(hit) : hit;
}

function timeOf(text: string): number {
  if (/^\d+$/.test(text)) return text.length <= 4 ? Date.UTC(Number(text), 0) : Number(text) * 1000;
  return Date.parse(text);
}

function when(holds: boolean): Judgement {
  return holds ? TRUE : FALSE;
}
