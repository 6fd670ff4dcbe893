import { CelError, type CelNode, parseCel } from './cel.ts';

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
  /** Is it worth having to be allowed to grant this role? Of `api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', [])`. */
  readonly isPowerful?: (role: string) => boolean;
}

type Value =
  | { readonly kind: 'known'; readonly value: string | number | boolean | Date | readonly Value[] }
  /** One of several; which is the caller's choice. */
  | { readonly kind: 'any'; readonly of: readonly string[] }
  /** A text that begins so. */
  | { readonly kind: 'begins'; readonly with: string }
  /** The time of the call: it passes by itself. */
  | { readonly kind: 'now'; readonly at: number }
  | { readonly kind: 'grants' }
  | { readonly kind: 'unknown'; readonly attributes: readonly string[] };

const TRUE: ConditionTruth = { truth: 'true', attributes: [] };

/**
 * Does a condition hold? Three-valued: what the input does not tell is unknown, and named.
 * https://cloud.google.com/iam/docs/conditions-attribute-reference
 */
export function judgeCondition(condition: Condition | undefined, asked: Asked): ConditionTruth {
  if (condition === undefined || condition.expression.trim() === '') return TRUE;
  try {
    const value = evaluate(parseCel(condition.expression), asked);
    if (value.kind === 'known' && typeof value.value === 'boolean')
      return { truth: value.value ? 'true' : 'false', attributes: [] };
    return { truth: 'unknown', attributes: value.kind === 'unknown' ? [...new Set(value.attributes)] : [textOf(condition)] };
  } catch (error) {
    if (error instanceof CelError) return { truth: 'unknown', attributes: [textOf(condition)] };
    throw error;
  }
}

function textOf({ title, expression }: Condition): string {
  return `condition ${title ?? expression}`;
}

function unknown(...attributes: readonly string[]): Value {
  return { kind: 'unknown', attributes };
}

function known(value: string | number | boolean | Date | readonly Value[]): Value {
  return { kind: 'known', value };
}

function evaluate(node: CelNode, asked: Asked): Value {
  switch (node.kind) {
    case 'literal':
      return known(node.value);
    case 'list':
      return known(node.items.map((item) => evaluate(item, asked)));
    case 'path':
      return attribute(node.path, asked);
    case 'not':
      return negated(evaluate(node.of, asked));
    case 'and':
    case 'or':
      return joined(node.kind, evaluate(node.left, asked), evaluate(node.right, asked));
    case 'choice': {
      const test = evaluate(node.test, asked);
      if (test.kind === 'known') return evaluate(test.value === true ? node.yes : node.no, asked);
      return unknown(...attributesOf(test));
    }
    case 'compare':
      return compared(node.operator, evaluate(node.left, asked), evaluate(node.right, asked));
    case 'call':
      return called(node, asked);
  }
}

function attribute(path: string, asked: Asked): Value {
  if (path === 'request.time') return { kind: 'now', at: asked.now.getTime() };
  if (path === 'resource.service' && asked.service !== undefined) return known(asked.service);
  if (path === 'resource.type' && asked.types !== undefined && asked.types.length > 0) return { kind: 'any', of: asked.types };
  if (path === 'resource.name' && asked.resourceName !== undefined) return { kind: 'begins', with: asked.resourceName };
  return unknown(path);
}

function attributesOf(value: Value): readonly string[] {
  if (value.kind === 'unknown') return value.attributes;
  if (value.kind === 'any') return ['resource.type'];
  if (value.kind === 'begins') return ['resource.name'];
  if (value.kind === 'now') return ['request.time'];
  if (value.kind === 'grants') return ['iam.googleapis.com/modifiedGrantsByRole'];
  return [];
}

function negated(value: Value): Value {
  if (value.kind === 'known') return known(value.value !== true);
  return unknown(...attributesOf(value));
}

/** One side that is false decides an "and", one that is true an "or", whatever the other is. */
function joined(kind: 'and' | 'or', left: Value, right: Value): Value {
  const deciding = kind === 'or';
  for (const side of [left, right]) if (side.kind === 'known' && side.value === deciding) return known(deciding);
  const open = [left, right].filter((side) => side.kind !== 'known').flatMap(attributesOf);
  return open.length === 0 ? known(!deciding) : unknown(...open);
}

type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in';

function compared(operator: Operator, left: Value, right: Value): Value {
  if (left.kind === 'now' || right.kind === 'now') return timed(operator, left, right);
  if (left.kind === 'any' || right.kind === 'any') return chosen(operator, left, right);
  if (left.kind === 'begins' && right.kind === 'known') return beginning(operator, left.with, right.value);
  if (left.kind !== 'known' || right.kind !== 'known') return unknown(...attributesOf(left), ...attributesOf(right));
  return ofKnown(operator, left.value, right.value);
}

function ofKnown(operator: Operator, left: unknown, right: unknown): Value {
  if (operator === 'in') {
    if (!Array.isArray(right)) return unknown('in');
    const items = right as readonly Value[];
    if (items.some((item) => item.kind === 'known' && item.value === left)) return known(true);
    const open = items.flatMap(attributesOf);
    return open.length === 0 ? known(false) : unknown(...open);
  }
  const [a, b] = [plain(left), plain(right)];
  if (operator === '==') return known(a === b);
  if (operator === '!=') return known(a !== b);
  if (a === undefined || b === undefined || typeof a !== typeof b) return unknown(`${operator} of unlike values`);
  const order = a < b ? -1 : a > b ? 1 : 0;
  const holds = { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[operator];
  return known(holds);
}

function plain(value: unknown): string | number | boolean | undefined {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

/** An end that is past never comes again; a start that is still to come will. */
function timed(operator: Operator, left: Value, right: Value): Value {
  const other = left.kind === 'now' ? right : left;
  const now = left.kind === 'now' ? left : right.kind === 'now' ? right : undefined;
  if (other.kind !== 'known' || !(other.value instanceof Date) || now === undefined)
    return unknown('request.time', ...attributesOf(other));
  const isEnd = left.kind === 'now' ? operator.startsWith('<') : operator.startsWith('>');
  const isStart = left.kind === 'now' ? operator.startsWith('>') : operator.startsWith('<');
  const at = other.value.getTime();
  if (isEnd) return known(now.at < at);
  if (isStart) return now.at >= at ? known(true) : unknown(`request.time (from ${other.value.toISOString().slice(0, 10)})`);
  return unknown('request.time');
}

/** Another beginning is another text; the same may go on otherwise. */
function beginning(operator: Operator, start: string, other: unknown): Value {
  if (typeof other !== 'string' || other.startsWith(start)) return unknown('resource.name');
  if (operator === '==') return known(false);
  return operator === '!=' ? known(true) : unknown('resource.name');
}

/** Of several types the caller takes the one that suits. */
function chosen(operator: Operator, left: Value, right: Value): Value {
  const any = left.kind === 'any' ? left : right;
  const other = left.kind === 'any' ? right : left;
  if (any.kind !== 'any' || other.kind !== 'known') return unknown('resource.type', ...attributesOf(other));
  const results = any.of.map((one) =>
    left.kind === 'any' ? ofKnown(operator, one, other.value) : ofKnown(operator, other.value, one),
  );
  if (results.some((one) => one.kind === 'known' && one.value === true)) return known(true);
  return results.every((one) => one.kind === 'known') ? known(false) : unknown('resource.type');
}

function called(node: Extract<CelNode, { kind: 'call' }>, asked: Asked): Value {
  const { name, receiver } = node;
  const args = node.args.map((one) => evaluate(one, asked));
  const [first] = args;
  const text = first?.kind === 'known' && typeof first.value === 'string' ? first.value : undefined;
  if (name === 'timestamp' && text !== undefined) {
    const time = new Date(text);
    return Number.isNaN(time.getTime()) ? unknown(`timestamp ${text}`) : known(time);
  }
  if (name === 'api.getAttribute')
    return text === 'iam.googleapis.com/modifiedGrantsByRole' ? { kind: 'grants' } : unknown(text ?? name);
  if (receiver === undefined) return unknown(name);
  const on = evaluate(receiver, asked);
  if (name === 'hasOnly' && on.kind === 'grants') return grantsOnly(first, asked);
  // Hours and weekdays come again.
  if (on.kind === 'now') return unknown('request.time');
  if (/^(?:matchTag|matchTagId|hasTagKey|hasTagKeyId)$/.test(name)) return unknown('tags of the resource');
  const test = text === undefined ? undefined : textTest(name, text);
  if (test === undefined) return unknown(...(attributesOf(on).length === 0 ? [name] : attributesOf(on)));
  if (on.kind === 'known' && typeof on.value === 'string') return known(test(on.value));
  if (on.kind === 'any') return known(on.of.some(test));
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

/**
 * "May change the policy, but only grants of these roles": as good as the best of them.
 * https://cloud.google.com/iam/docs/setting-limits-on-granting-roles
 */
function grantsOnly(list: Value | undefined, asked: Asked): Value {
  if (list?.kind !== 'known' || !Array.isArray(list.value)) return unknown('iam.googleapis.com/modifiedGrantsByRole');
  const roles = (list.value as readonly Value[]).flatMap((one) =>
    one.kind === 'known' && typeof one.value === 'string' ? [one.value] : [],
  );
  const { isPowerful } = asked;
  return isPowerful === undefined ? unknown('iam.googleapis.com/modifiedGrantsByRole') : known(roles.some(isPowerful));
}
