import { CelError, type CelNode, nodesOf, parseCel } from './cel.ts';

export interface Condition {
  readonly title?: string | undefined;
  readonly expression: string;
}

export type Truth = 'true' | 'false' | 'unknown';

/** `unknown` names the attributes that it hangs on. */
export interface ConditionTruth {
  readonly truth: Truth;
  readonly attributes: readonly string[];
}

/** What is known of the call that a condition is asked about. */
export interface Asked {
  readonly now: Date;
  /** What the resource's name begins with, as conditions have it: `projects/_/buckets/reports`; absent where it may be any. */
  readonly resourceName?: string;
  /** `storage.googleapis.com`. */
  readonly service?: string;
  /** Types that the permission may be used on: `storage.googleapis.com/Object`. */
  readonly types?: readonly string[];
  /**
   * Of a call that sets a policy: is it worth having to be allowed to grant this role? `undefined` where nobody tells. Absent of
   * calls that set none: `api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', [])` is empty then.
   */
  readonly isPowerful?: (role: string) => boolean | undefined;
}

type Value =
  | { readonly kind: 'known'; readonly value: string | number | boolean | Date | readonly Value[] }
  /** A text that begins so. */
  | { readonly kind: 'begins'; readonly with: string }
  | { readonly kind: 'unknown'; readonly attributes: readonly string[] };

/** One of the calls that the caller may make, and when. */
interface Call {
  readonly at: Date;
  readonly type: string | undefined;
  /** The role that it grants; none where it sets no policy. */
  readonly granted: string | undefined;
  readonly asked: Asked;
}

const TRUE: ConditionTruth = { truth: 'true', attributes: [] };
const GRANTS = 'iam.googleapis.com/modifiedGrantsByRole';
/** More different calls than that are not tried. */
const MAX_CALLS = 500;

/**
 * Does a condition let any call through? Each kind of call that the caller may choose is tried by itself, so that "not" and "and" hold
 * of one and the same. Three-valued: what the input does not tell is unknown, and named; so is what only a later time lets through.
 * https://cloud.google.com/iam/docs/conditions-attribute-reference
 */
export function judgeCondition(condition: Condition | undefined, asked: Asked): ConditionTruth {
  if (condition === undefined || condition.expression.trim() === '') return TRUE;
  const expression = readExpression(condition.expression);
  const types = asked.types === undefined || asked.types.length === 0 ? [undefined] : asked.types;
  const grants = grantsToTry(expression, asked);
  const later = (expression?.times ?? []).filter((time) => time >= asked.now.getTime());
  const count = types.length * grants.length * (1 + 2 * later.length);
  if (expression === undefined || count > MAX_CALLS) return { truth: 'unknown', attributes: [textOf(condition)] };
  const judgedAt = (at: Date) =>
    best(
      grants.flatMap(({ granted, isSure }) =>
        types.map((type) => {
          const judged = truthOf(evaluate(expression.node, { at, type, granted, asked }), condition);
          return judged.truth === 'true' && !isSure
            ? { truth: 'unknown' as const, attributes: [`what ${granted} holds`] }
            : judged;
        }),
      ),
    );
  const now = judgedAt(asked.now);
  if (now.truth !== 'false') return now;
  for (const time of later) {
    // At that time or just after it: a start may be written both ways.
    const then = best([judgedAt(new Date(time)), judgedAt(new Date(time + 1))]);
    const from = `request.time (from ${new Date(time).toISOString().slice(0, 10)})`;
    if (then.truth !== 'false') return { truth: 'unknown', attributes: [from, ...then.attributes] };
  }
  return now;
}

/** A caller takes the call that suits. */
function best(all: readonly ConditionTruth[]): ConditionTruth {
  const sure = all.find(({ truth }) => truth === 'true');
  if (sure !== undefined) return sure;
  const open = all.filter(({ truth }) => truth === 'unknown');
  if (open.length === 0) return { truth: 'false', attributes: [] };
  return { truth: 'unknown', attributes: [...new Set(open.flatMap(({ attributes }) => attributes))] };
}

/** Stands for all roles that a condition does not name. */
const ANY_OTHER = 'any other role';

/**
 * "May change the policy, but only grants of these roles": as good as the best of them.
 * https://cloud.google.com/iam/docs/setting-limits-on-granting-roles
 */
function grantsToTry(
  expression: Expression | undefined,
  { isPowerful }: Asked,
): { readonly granted: string | undefined; readonly isSure: boolean }[] {
  if (isPowerful === undefined || expression === undefined || !expression.asksForGrants)
    return [{ granted: undefined, isSure: true }];
  const named = expression.texts.flatMap((granted) => {
    const power = /(?:^|\/)roles\/[^/]+$/.test(granted) ? isPowerful(granted) : false;
    return power === false ? [] : [{ granted, isSure: power === true }];
  });
  return [...named, { granted: ANY_OTHER, isSure: true }];
}

interface Expression {
  readonly node: CelNode;
  /** Of its timestamps, in order. */
  readonly times: readonly number[];
  /** Names of roles are among them, where it asks for grants. */
  readonly texts: readonly string[];
  readonly asksForGrants: boolean;
}

/** The same few conditions stand on thousands of bindings. */
const read = new Map<string, Expression | undefined>();
const MOST_KEPT = 1000;

function readExpression(text: string): Expression | undefined {
  if (read.has(text)) return read.get(text);
  if (read.size >= MOST_KEPT) read.clear();
  const expression = parsed(text);
  read.set(text, expression);
  return expression;
}

/** `undefined` for what is no expression, or one that is not read here. */
function parsed(text: string): Expression | undefined {
  let node: CelNode;
  try {
    node = parseCel(text);
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
  const times = new Set<number>();
  const texts = new Set<string>();
  let asksForGrants = false;
  for (const each of nodesOf(node)) {
    if (each.kind === 'literal' && typeof each.value === 'string') texts.add(each.value);
    if (each.kind !== 'call') continue;
    const literals = each.args.flatMap((one) => (one.kind === 'literal' && typeof one.value === 'string' ? [one.value] : []));
    if (each.name === 'timestamp') for (const one of literals) times.add(Date.parse(one));
    else if (literals.includes(GRANTS)) asksForGrants = true;
  }
  return {
    node,
    times: [...times].filter((time) => !Number.isNaN(time)).sort((a, b) => a - b),
    texts: [...texts],
    asksForGrants,
  };
}

function truthOf(value: Value, condition: Condition): ConditionTruth {
  if (isTruth(value)) return { truth: value.value ? 'true' : 'false', attributes: [] };
  const attributes = attributesOf(value);
  return { truth: 'unknown', attributes: attributes.length === 0 ? [textOf(condition)] : [...new Set(attributes)] };
}

function isTruth(value: Value): value is { readonly kind: 'known'; readonly value: boolean } {
  return value.kind === 'known' && typeof value.value === 'boolean';
}

function textOf({ title, expression }: Condition): string {
  return `condition ${(title ?? expression).slice(0, 200)}`;
}

function unknown(...attributes: readonly string[]): Value {
  return { kind: 'unknown', attributes };
}

function known(value: string | number | boolean | Date | readonly Value[]): Value {
  return { kind: 'known', value };
}

function evaluate(node: CelNode, call: Call): Value {
  switch (node.kind) {
    case 'literal':
      return known(node.value);
    case 'list':
      return known(node.items.map((item) => evaluate(item, call)));
    case 'path':
      return attribute(node.path, call);
    case 'not':
      return negated(evaluate(node.of, call));
    case 'and':
    case 'or':
      return joined(node.kind, evaluate(node.left, call), evaluate(node.right, call));
    case 'choice': {
      const test = evaluate(node.test, call);
      return isTruth(test) ? evaluate(test.value ? node.yes : node.no, call) : unknown(...attributesOf(test));
    }
    case 'compare':
      return compared(node.operator, evaluate(node.left, call), evaluate(node.right, call));
    case 'call':
      return called(node, call);
  }
}

function attribute(path: string, { at, type, asked }: Call): Value {
  if (path === 'request.time') return known(at);
  if (path === 'resource.service' && asked.service !== undefined) return known(asked.service);
  if (path === 'resource.type' && type !== undefined) return known(type);
  if (path === 'resource.name' && asked.resourceName !== undefined) return { kind: 'begins', with: asked.resourceName };
  return unknown(path);
}

function attributesOf(value: Value): readonly string[] {
  if (value.kind === 'unknown') return value.attributes;
  return value.kind === 'begins' ? ['resource.name'] : [];
}

function negated(value: Value): Value {
  return isTruth(value) ? known(!value.value) : unknown(...attributesOf(value));
}

/** One side that is false decides an "and", one that is true an "or", whatever the other is. */
function joined(kind: 'and' | 'or', left: Value, right: Value): Value {
  const deciding = kind === 'or';
  const sides = [left, right];
  if (sides.some((side) => isTruth(side) && side.value === deciding)) return known(deciding);
  return sides.every(isTruth) ? known(!deciding) : unknown(...sides.flatMap(attributesOf));
}

type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in';

function compared(operator: Operator, left: Value, right: Value): Value {
  if (left.kind === 'begins' && right.kind === 'known') return beginning(operator, left.with, right.value);
  if (left.kind !== 'known' || right.kind !== 'known') return unknown(...attributesOf(left), ...attributesOf(right));
  return ofKnown(operator, left.value, right.value);
}

function ofKnown(operator: Operator, left: unknown, right: unknown): Value {
  if (operator === 'in') return Array.isArray(right) ? isAmong(left, right as readonly Value[]) : unknown('in');
  const [a, b] = [plain(left), plain(right)];
  if (a === undefined || b === undefined || typeof a !== typeof b) return unknown(`${operator} of unlike values`);
  const order = a < b ? -1 : a > b ? 1 : 0;
  const holds = {
    '==': order === 0,
    '!=': order !== 0,
    '<': order < 0,
    '<=': order <= 0,
    '>': order > 0,
    '>=': order >= 0,
  }[operator];
  return known(holds);
}

function isAmong(value: unknown, list: readonly Value[]): Value {
  if (list.some((item) => item.kind === 'known' && item.value === value)) return known(true);
  return list.every((item) => item.kind === 'known') ? known(false) : unknown(...list.flatMap(attributesOf));
}

function plain(value: unknown): string | number | boolean | undefined {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

/** Another beginning is another text; the same may go on otherwise. */
function beginning(operator: Operator, start: string, other: unknown): Value {
  if (typeof other !== 'string' || other.startsWith(start)) return unknown('resource.name');
  if (operator === '==') return known(false);
  return operator === '!=' ? known(true) : unknown('resource.name');
}

function called(node: Extract<CelNode, { kind: 'call' }>, call: Call): Value {
  const { name, receiver } = node;
  const args = node.args.map((one) => evaluate(one, call));
  const [first] = args;
  const text = first?.kind === 'known' && typeof first.value === 'string' ? first.value : undefined;
  if (name === 'timestamp' && text !== undefined) {
    const time = new Date(text);
    return Number.isNaN(time.getTime()) ? unknown(`timestamp ${text}`) : known(time);
  }
  if (name === 'api.getAttribute') {
    if (text !== GRANTS) return unknown(text ?? name);
    return known(call.granted === undefined ? [] : [known(call.granted)]);
  }
  if (receiver === undefined) return unknown(name);
  const on = evaluate(receiver, call);
  if (name === 'hasOnly') return hasOnly(on, first);
  // Hours and weekdays come again.
  if (on.kind === 'known' && on.value instanceof Date) return unknown('request.time');
  if (/^(?:matchTag|matchTagId|hasTagKey|hasTagKeyId)$/.test(name)) return unknown('tags of the resource');
  const test = text === undefined ? undefined : textTest(name, text);
  if (test === undefined) return unknown(...(attributesOf(on).length === 0 ? [name] : attributesOf(on)));
  if (on.kind === 'known' && typeof on.value === 'string') return known(test(on.value));
  if (on.kind === 'begins' && name === 'startsWith' && text !== undefined) {
    return on.with.startsWith(text) ? known(true) : text.startsWith(on.with) ? unknown('resource.name') : known(false);
  }
  return unknown(...attributesOf(on));
}

function textTest(name: string, text: string): ((value: string) => boolean) | undefined {
  if (name === 'startsWith') return (value) => value.startsWith(text);
  if (name === 'endsWith') return (value) => value.endsWith(text);
  if (name === 'contains') return (value) => value.includes(text);
  return undefined;
}

function hasOnly(on: Value, list: Value | undefined): Value {
  const [some, all] = [itemsOf(on), list === undefined ? undefined : itemsOf(list)];
  if (some === undefined || all === undefined) return unknown(GRANTS);
  const each = some.map((one) => (one.kind === 'known' ? isAmong(one.value, all) : one));
  return each.reduce((left, right) => joined('and', left, right), known(true));
}

function itemsOf(value: Value): readonly Value[] | undefined {
  return value.kind === 'known' && Array.isArray(value.value) ? (value.value as readonly Value[]) : undefined;
}
