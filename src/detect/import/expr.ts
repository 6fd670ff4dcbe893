import type { PlaceTest } from '../../contracts/scanner.ts';
import type { Expr } from './expr-parse.ts';

/**
 * Runs the expressions of Betterleaks. `attributes` say where the text lies; when that is not known (a blob of the
 * history has many places), what only they decide is left open, as a test to be made for each place.
 */
export interface ExprInput {
  readonly attributes: ReadonlyMap<string, string> | undefined;
  readonly finding: ReadonlyMap<string, string | number>;
  readonly tools: ExprTools;
}

/** What needs a compiler or a word list; given from outside, so that this file is about the language alone. */
export interface ExprTools {
  matchesAny(text: string, patterns: readonly string[], owner: object): boolean;
  findMatch(text: string, pattern: string): string;
  failsTokenEfficiency(text: string): boolean;
  /** The number of a test that only the place decides. */
  placeTest(expr: Expr): number;
}

type Value = string | number | boolean | null | readonly Value[] | ReadonlyMap<string, string | number> | Open;

/** What is left open. */
class Open {
  readonly test: PlaceTest;

  constructor(test: PlaceTest) {
    this.test = test;
  }
}

type Scope = ReadonlyMap<string, Value>;
const EMPTY: ReadonlyMap<string, string> = new Map();
const NO_NAMES: Scope = new Map();

/** Is the finding to be discarded? A faulty expression discards nothing, as Betterleaks has it. */
export function discards(expr: Expr, input: ExprInput): PlaceTest {
  try {
    const value = run(expr, input, NO_NAMES);
    return value instanceof Open ? value.test : value === true;
  } catch (error) {
    if (error instanceof TypeFault) return false;
    throw error;
  }
}

/** Names of functions an expression may call. */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  'matchesAny',
  'findMatch',
  'containsAny',
  'entropy',
  'failsTokenEfficiency',
  'get',
  'len',
  'size',
  'min',
  'max',
  'lower',
  'upper',
  'trim',
  'split',
  'string',
  'int',
  'float',
  'abs',
  'replace',
  'substring',
  'indexOf',
  'lastIndexOf',
]);

/** The first function or name that is not known, if any. */
export function unknownIn(expr: Expr, names: ReadonlySet<string> = new Set(['attributes', 'finding'])): string | undefined {
  switch (expr.kind) {
    case 'name':
      return names.has(expr.name) ? undefined : expr.name;
    case 'let':
      return unknownIn(expr.value, names) ?? unknownIn(expr.body, new Set([...names, expr.name]));
    case 'call':
      if (!FUNCTIONS.has(expr.name)) return `${expr.name}()`;
      break;
  }
  for (const part of partsOf(expr)) {
    const unknown = unknownIn(part, names);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}

export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'list':
    case 'call':
      return expr.items;
    case 'not':
      return [expr.item];
    case 'binary':
      return [expr.left, expr.right];
    case 'if':
      return [expr.test, expr.yes, expr.no];
    case 'index':
      return [expr.of, expr.at];
    case 'slice':
      return [expr.of, expr.from, expr.to].filter((part) => part !== undefined);
    case 'let':
      return [expr.value, expr.body];
    default:
      return [];
  }
}

class TypeFault extends Error {}

function fault(what: string): never {
  throw new TypeFault(what);
}

/** Does only the place decide it? `undefined`: the place has no part in it. */
function dependsOnPlace(expr: Expr): 'only' | 'also' | undefined {
  const known = dependence.get(expr);
  if (known !== undefined) return known === 'no' ? undefined : known;
  const names = namesIn(expr);
  const result = !names.has('attributes') ? undefined : names.size === 1 ? 'only' : 'also';
  dependence.set(expr, result ?? 'no');
  return result;
}

const dependence = new WeakMap<Expr, 'only' | 'also' | 'no'>();

function namesIn(expr: Expr): Set<string> {
  const names = new Set<string>(expr.kind === 'name' ? [expr.name] : []);
  for (const part of partsOf(expr)) for (const name of namesIn(part)) names.add(name);
  return names;
}

function run(expr: Expr, input: ExprInput, scope: Scope): Value {
  switch (expr.kind) {
    case 'value':
      return expr.value;
    case 'not':
      return negate(run(expr.item, input, scope));
    case 'if': {
      const test = run(expr.test, input, scope);
      if (!(test instanceof Open)) return run(truth(test) ? expr.yes : expr.no, input, scope);
      const [yes, no] = [asTest(run(expr.yes, input, scope)), asTest(run(expr.no, input, scope))];
      return open(either([both([test.test, yes]), both([not(test.test), no])]));
    }
    case 'let':
      return run(expr.body, input, new Map([...scope, [expr.name, run(expr.value, input, scope)]]));
    case 'binary':
      if (expr.operator === '||' || expr.operator === '&&') return connect(expr, input, scope);
  }
  if (input.attributes === undefined && dependsOnPlace(expr) === 'only' && expr.kind !== 'name') {
    return new Open(input.tools.placeTest(expr));
  }
  return runPlain(expr, input, scope);
}

/** Nothing below is left open: a place that is not known counts as none. */
function runPlain(expr: Expr, input: ExprInput, scope: Scope): Value {
  const inner = (part: Expr): Value => settled(part, input, scope);
  switch (expr.kind) {
    case 'name':
      if (expr.name === 'attributes') return input.attributes ?? EMPTY;
      if (expr.name === 'finding') return input.finding;
      return scope.get(expr.name) ?? fault(`${expr.name} is not known`);
    case 'list':
      return expr.items.map(inner);
    case 'index':
      return indexed(inner(expr.of), inner(expr.at));
    case 'slice':
      return sliced(inner(expr.of), expr.from && inner(expr.from), expr.to && inner(expr.to));
    case 'binary':
      return compare(expr.operator, inner(expr.left), inner(expr.right));
    case 'call':
      return call(expr, expr.items.map(inner), input);
    default:
      return run(expr, input, scope);
  }
}

function settled(expr: Expr, input: ExprInput, scope: Scope): Value {
  const value = run(expr, input, scope);
  if (!(value instanceof Open)) return value;
  return run(expr, { ...input, attributes: EMPTY }, scope);
}

function connect(expr: Expr & { kind: 'binary' }, input: ExprInput, scope: Scope): Value {
  const isOr = expr.operator === '||';
  const left = run(expr.left, input, scope);
  if (!(left instanceof Open)) {
    if (truth(left) === isOr) return isOr;
    const right = run(expr.right, input, scope);
    return right instanceof Open ? right : truth(right);
  }
  const tests = [left.test, asTest(run(expr.right, input, scope))];
  return open(isOr ? either(tests) : both(tests));
}

function asTest(value: Value): PlaceTest {
  return value instanceof Open ? value.test : truth(value);
}

function open(test: PlaceTest): Value {
  return typeof test === 'boolean' ? test : new Open(test);
}

function negate(value: Value): Value {
  return value instanceof Open ? open(not(value.test)) : !truth(value);
}

export function not(test: PlaceTest): PlaceTest {
  if (typeof test === 'boolean') return !test;
  return ['not', test];
}

export function either(tests: readonly PlaceTest[]): PlaceTest {
  if (tests.includes(true)) return true;
  const rest = tests.filter((test) => test !== false);
  return rest.length === 0 ? false : rest.length === 1 ? (rest[0] as PlaceTest) : ['or', ...rest];
}

export function both(tests: readonly PlaceTest[]): PlaceTest {
  if (tests.includes(false)) return false;
  const rest = tests.filter((test) => test !== true);
  return rest.length === 0 ? true : rest.length === 1 ? (rest[0] as PlaceTest) : ['and', ...rest];
}

/** The answer for one place. */
export function settle(test: PlaceTest, holds: (number: number) => boolean): boolean {
  if (typeof test === 'boolean') return test;
  if (typeof test === 'number') return holds(test);
  const [operator, ...parts] = test;
  if (operator === 'not') return !settle(parts[0] as PlaceTest, holds);
  return operator === 'and' ? parts.every((part) => settle(part, holds)) : parts.some((part) => settle(part, holds));
}

function truth(value: Value): boolean {
  return typeof value === 'boolean' ? value : fault('not a truth value');
}

function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : fault('not a text');
}

function number(value: Value | undefined): number {
  if (typeof value === 'number') return value;
  // Betterleaks gives `entropy` of a finding as text.
  return typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)) ? Number(value) : fault('not a number');
}

function texts(value: Value | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return isList(value) ? value.map(text) : fault('not a list of texts');
}

function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

function indexed(of: Value, at: Value): Value {
  if (of instanceof Map) return (of.get(text(at)) as Value | undefined) ?? null;
  if (isList(of)) return of.at(number(at)) ?? null;
  return fault('nothing to index');
}

function sliced(of: Value, from: Value | undefined, to: Value | undefined): Value {
  const [start, end] = [from === undefined ? 0 : number(from), to === undefined ? undefined : number(to)];
  if (typeof of === 'string' || isList(of)) return of.slice(start, end);
  return fault('nothing to slice');
}

function compare(operator: string, left: Value, right: Value): Value {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '??':
      return left ?? right;
    case 'in':
      return isIn(left, right);
    case 'not in':
      return !isIn(left, right);
    case 'contains':
      return isList(left) ? left.includes(right) : text(left).includes(text(right));
    case 'startsWith':
      return text(left).startsWith(text(right));
    case 'endsWith':
      return text(left).endsWith(text(right));
    case '+':
      return typeof left === 'string' || typeof right === 'string' ? text(left) + text(right) : number(left) + number(right);
  }
  if (typeof left === 'string' && typeof right === 'string' && /^[<>]/.test(operator)) return ordered(operator, left, right);
  const [one, other] = [number(left), number(right)];
  switch (operator) {
    case '-':
      return one - other;
    case '*':
      return one * other;
    case '/':
      return one / other;
    case '%':
      return one % other;
    default:
      return ordered(operator, one, other);
  }
}

function ordered<T extends string | number>(operator: string, one: T, other: T): boolean {
  if (operator === '<') return one < other;
  if (operator === '<=') return one <= other;
  return operator === '>' ? one > other : one >= other;
}

function isIn(item: Value, of: Value): boolean {
  if (of instanceof Map) return of.has(text(item));
  return isList(of) ? of.includes(item) : text(of).includes(text(item));
}

function call(expr: Expr & { kind: 'call' }, args: readonly Value[], { tools }: ExprInput): Value {
  const [first, second, third] = args;
  switch (expr.name) {
    case 'matchesAny':
      return tools.matchesAny(text(first), texts(second), expr);
    case 'findMatch':
      return tools.findMatch(text(first), text(second));
    case 'containsAny': {
      const folded = text(first).toLowerCase();
      return texts(second).some((term) => folded.includes(term));
    }
    case 'entropy':
      return entropyOfBytes(text(first));
    case 'failsTokenEfficiency':
      return tools.failsTokenEfficiency(text(first));
    case 'get':
      return first instanceof Map ? ((first.get(text(second)) as Value | undefined) ?? third ?? null) : fault('get needs a map');
    case 'len':
    case 'size':
      return isList(first) ? first.length : [...text(first)].length;
    case 'min':
      return Math.min(...args.map(number));
    case 'max':
      return Math.max(...args.map(number));
    case 'abs':
      return Math.abs(number(first));
    case 'int':
      return Math.trunc(number(first));
    case 'float':
      return number(first);
    case 'string':
      return text(first);
    case 'lower':
      return text(first).toLowerCase();
    case 'upper':
      return text(first).toUpperCase();
    case 'trim':
      return text(first).trim();
    case 'split':
      return text(first).split(text(second));
    case 'replace':
      return text(first).replaceAll(text(second), text(third));
    case 'substring':
      return text(first).slice(number(second), third === undefined ? undefined : number(third));
    case 'indexOf':
      return text(first).indexOf(text(second));
    case 'lastIndexOf':
      return text(first).lastIndexOf(text(second));
    default:
      return fault(`${expr.name}() is not known`);
  }
}

/** Bits a byte: Betterleaks counts bytes. */
function entropyOfBytes(secret: string): number {
  const bytes = Buffer.from(secret, 'utf8');
  const counts = new Map<number, number>();
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  let bits = 0;
  for (const times of counts.values()) bits -= (times / bytes.length) * Math.log2(times / bytes.length);
  return bits;
}
