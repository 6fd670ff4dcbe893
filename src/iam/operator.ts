import type { ConditionTest } from './document.ts';
import { isInRange, readRange } from './ip.ts';
import { FALSE, type Judgement, not, or, unknown, when } from './judgement.ts';
import { compilePattern, matches, type Pattern, type PatternKind, type Variables } from './pattern.ts';

/**
 * The condition operators of IAM, on values that are known.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export type Family = 'text' | 'folded' | 'arn' | 'number' | 'date' | 'bool' | 'binary' | 'address' | 'null';

type Order = 'equals' | 'lessthan' | 'lessthanequals' | 'greaterthan' | 'greaterthanequals';

export interface Operator {
  readonly family: Family;
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly set: 'all' | 'any' | undefined;
  /** Of texts and ARNs. */
  readonly kind: PatternKind;
  /** Of numbers and dates. */
  readonly order: Order;
}

type Plain = Pick<Operator, 'family' | 'negated'> & Partial<Pick<Operator, 'kind' | 'order'>>;

const PLAIN: ReadonlyMap<string, Plain> = new Map([
  ['stringequals', { family: 'text', negated: false, kind: 'exact' }],
  ['stringnotequals', { family: 'text', negated: true, kind: 'exact' }],
  ['stringequalsignorecase', { family: 'folded', negated: false, kind: 'exact' }],
  ['stringnotequalsignorecase', { family: 'folded', negated: true, kind: 'exact' }],
  ['stringlike', { family: 'text', negated: false, kind: 'text' }],
  ['stringnotlike', { family: 'text', negated: true, kind: 'text' }],
  ['arnequals', { family: 'arn', negated: false, kind: 'arn' }],
  ['arnlike', { family: 'arn', negated: false, kind: 'arn' }],
  ['arnnotequals', { family: 'arn', negated: true, kind: 'arn' }],
  ['arnnotlike', { family: 'arn', negated: true, kind: 'arn' }],
  ['bool', { family: 'bool', negated: false }],
  ['binaryequals', { family: 'binary', negated: false }],
  ['ipaddress', { family: 'address', negated: false }],
  ['notipaddress', { family: 'address', negated: true }],
  ['null', { family: 'null', negated: false }],
  ...ordered('numeric', 'number'),
  ...ordered('date', 'date'),
] satisfies [string, Plain][]);

function ordered(prefix: string, family: Family): [string, Plain][] {
  const orders: Order[] = ['equals', 'lessthan', 'lessthanequals', 'greaterthan', 'greaterthanequals'];
  return [
    ...orders.map((order): [string, Plain] => [`${prefix}${order}`, { family, negated: false, order }]),
    [`${prefix}notequals`, { family, negated: true, order: 'equals' }],
  ];
}

const read = new Map<string, Operator | undefined>();

/** `ForAnyValue:StringLikeIfExists`; `undefined` for what is no operator. */
export function readOperator(written: string): Operator | undefined {
  if (read.has(written)) return read.get(written);
  const parts = /^(?:for(?<set>allvalues|anyvalue):)?(?<name>\w+?)(?<ifExists>ifexists)?$/.exec(written.toLowerCase())?.groups;
  const plain = PLAIN.get(parts?.name ?? '');
  // Null asks about existence itself: it takes neither suffix nor prefix.
  const isBent = plain?.family === 'null' && (parts?.ifExists !== undefined || parts?.set !== undefined);
  const operator: Operator | undefined =
    plain === undefined || isBent
      ? undefined
      : {
          kind: 'exact',
          order: 'equals',
          ...plain,
          ifExists: parts?.ifExists !== undefined,
          set: parts?.set === undefined ? undefined : parts.set === 'allvalues' ? 'all' : 'any',
        };
  // Operators are few; a stranger's inventions need not be kept.
  if (operator !== undefined) read.set(written, operator);
  return operator;
}

/** One test on what the key holds; `null`: the key is absent. Unknown only where a policy variable is. */
export function applyOperator(
  test: ConditionTest,
  operator: Operator,
  actual: readonly string[] | null,
  variables: Variables | undefined,
): Judgement {
  const absent = actual === null || actual.length === 0;
  if (operator.family === 'null') return when(test.values.some((wanted) => wanted.toLowerCase() === String(absent)));
  if (absent) return when(holdsWithout(operator));
  // To the set operators an empty text is no value, though the key is there.
  if (operator.set !== undefined && actual.every((value) => value === '')) return when(operator.set === 'all');
  const compare = comparison(test, operator, variables);
  const each = actual.map((value) => (operator.negated ? not(compare(value)) : compare(value)));
  if (operator.set === 'any') return or(...each);
  // Without a set operator a key has one value; should it have several, a negated test must hold for each.
  if (operator.set === 'all' || operator.negated) return not(or(...each.map(not)));
  return or(...each);
}

function holdsWithout(operator: Operator): boolean {
  if (operator.ifExists || operator.set === 'all') return true;
  return operator.set !== 'any' && operator.negated;
}

/** Does a value equal, resemble … any of the wanted ones? */
function comparison(test: ConditionTest, operator: Operator, variables: Variables | undefined): (actual: string) => Judgement {
  const { values } = test;
  switch (operator.family) {
    case 'text':
    case 'arn':
      return (actual) => matchAny(test, patternsOf(test, operator, variables), actual);
    case 'folded':
      return (actual) => matchAny(test, foldedPatterns(values, variables), actual.toLowerCase());
    case 'bool':
      return (actual) => matchAny(test, foldedPatterns(values, variables), actual.toLowerCase());
    case 'binary':
      return (actual) => when(isBase64(actual) && values.some((wanted) => isBase64(wanted) && sameBytes(actual, wanted)));
    case 'address':
      return (actual) => when(rangesOf(values).some((range) => isInRange(actual, range)));
    case 'date':
      return (actual) => when(values.some((wanted) => isInOrder(operator.order, timeOf(actual), timeOf(wanted))));
    default:
      return (actual) => when(values.some((wanted) => isInOrder(operator.order, numberOf(actual), numberOf(wanted))));
  }
}

function matchAny(test: ConditionTest, patterns: readonly Pattern[], actual: string): Judgement {
  let found = FALSE;
  for (const pattern of patterns) {
    if (!matches(pattern, actual)) continue;
    if (pattern.open.length === 0) return when(true);
    found = or(found, unknown(test.key, ...pattern.open));
  }
  return found;
}

const compiled = new WeakMap<ConditionTest, readonly Pattern[]>();

/** Patterns without variables are the same for everybody. */
export function patternsOf(test: ConditionTest, operator: Operator, variables: Variables | undefined): readonly Pattern[] {
  const varies = variables !== undefined && test.values.some((wanted) => wanted.includes('${'));
  if (varies) return test.values.map((wanted) => compilePattern(wanted, variables, operator.kind));
  let known = compiled.get(test);
  if (known === undefined) {
    known = test.values.map((wanted) => compilePattern(wanted, undefined, operator.kind));
    compiled.set(test, known);
  }
  return known;
}

export function foldedPatterns(values: readonly string[], variables: Variables | undefined): readonly Pattern[] {
  const folded: Variables = (name) => {
    const value = variables?.(name);
    return typeof value === 'string' ? value.toLowerCase() : value;
  };
  return values.map((wanted) => compilePattern(wanted.toLowerCase(), variables && folded, 'exact'));
}

export function rangesOf(values: readonly string[]): NonNullable<ReturnType<typeof readRange>>[] {
  return values.flatMap((wanted) => readRange(wanted) ?? []);
}

/** NaN (a date or number that is none) is in no order. */
export function isInOrder(order: Order, left: number, right: number): boolean {
  if (order === 'equals') return left === right;
  if (order === 'lessthan') return left < right;
  if (order === 'lessthanequals') return left <= right;
  return order === 'greaterthan' ? left > right : left >= right;
}

export function numberOf(text: string): number {
  return /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** The W3C profile of ISO 8601 (https://www.w3.org/TR/NOTE-datetime), or seconds since 1970. */
export function timeOf(text: string): number {
  if (/^\d+$/.test(text)) return text.length <= 4 ? Date.UTC(Number(text), 0) : Number(text) * 1000;
  return /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
}

function isBase64(text: string): boolean {
  return /^(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?$/i.test(text);
}

function sameBytes(left: string, right: string): boolean {
  return Buffer.from(left, 'base64').equals(Buffer.from(right, 'base64'));
}
