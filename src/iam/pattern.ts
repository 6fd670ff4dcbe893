/**
 * Wildcard patterns of IAM: `*` is any text, `?` one character.
 *
 * - `text`: wildcards run over everything (actions, `StringLike`).
 * - `exact`: `*` and `?` are plain characters, only policy variables are read (`StringEquals`).
 * - `resource`: an ARN of a Resource element. Before the fifth colon a wildcard stays in its segment, but a `*` that ends
 *   the segment may run on over colons; in the last part colons are characters like others.
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 * - `arn`: the six parts are compared one by one (`ArnLike`, `ArnEquals`).
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export type PatternKind = 'text' | 'exact' | 'resource' | 'arn';

export interface Pattern {
  readonly source: string;
  /** UTF-16 units; negative ones stand for the wildcards. */
  readonly units: readonly number[];
  /** Set when there is no wildcard: matching is comparing. */
  readonly literal: string | undefined;
  /** Policy variables whose value is not known; each counts as `*`. */
  readonly open: readonly string[];
}

export const ANY = -1;
const ONE = -2;
/** The same within one segment of an ARN: no colon. */
export const ANY_INSIDE = -3;
const ONE_INSIDE = -4;
export const COLON = 0x3a;

/** Stands for "some name that no policy mentions" in texts made from patterns. */
export const FRESH = 'nhi0probe';

/** Value of a policy variable; `null` when it certainly has none, `undefined` when it is not known. */
export type Variables = (name: string) => string | null | undefined;

/** No name holds it: a variable without value or default makes its pattern match nothing. */
const NOTHING = '\u0000';

export function compilePattern(source: string, variables?: Variables, kind: PatternKind = 'text'): Pattern {
  const units: number[] = [];
  const open: string[] = [];
  const segmented = kind === 'arn' ? source !== '*' : kind === 'resource' && source.startsWith('arn:');
  let colons = 0;
  let wild = false;
  for (let i = 0; i < source.length; i++) {
    const unit = source.charCodeAt(i);
    const variable = variables !== undefined && unit === 0x24 ? variableAt(source, i) : undefined;
    if (variable !== undefined && variables !== undefined) {
      const value = escapedCharacter(variable.name) ?? variables(variable.name);
      if (value === undefined) {
        open.push(variable.name);
        units.push(ANY);
        wild = true;
      } else pushText(units, value ?? variable.fallback ?? NOTHING);
      i = variable.end - 1;
      continue;
    }
    const inside = segmented && colons < 5;
    if (kind !== 'exact' && unit === 0x2a) {
      const ends = i + 1 === source.length || source.charCodeAt(i + 1) === COLON;
      const star = inside && !(kind === 'resource' && ends) ? ANY_INSIDE : ANY;
      if (units.at(-1) !== star) units.push(star);
      wild = true;
    } else if (kind !== 'exact' && unit === 0x3f) {
      units.push(inside ? ONE_INSIDE : ONE);
      wild = true;
    } else {
      if (unit === COLON) colons++;
      units.push(unit);
    }
  }
  return { source, units, literal: wild ? undefined : textOf(units), open };
}

export function isStar(unit: number | undefined): boolean {
  return unit === ANY || unit === ANY_INSIDE;
}

/** May this unit of a pattern (no star, or one of the characters a star takes) be that character? */
export function takes(unit: number, character: number): boolean {
  if (unit === ANY || unit === ONE) return true;
  if (unit === ANY_INSIDE || unit === ONE_INSIDE) return character !== COLON;
  return unit === character;
}

export function matches(pattern: Pattern, text: string): boolean {
  if (pattern.literal !== undefined) return pattern.literal === text;
  const { units } = pattern;
  let p = 0;
  let t = 0;
  // Where to go on after a mismatch: the last star, and, as that may not run over a colon, the last that may.
  let star = -1;
  let resume = 0;
  let wide = -1;
  let wideResume = 0;
  while (t < text.length) {
    const unit = units[p];
    const character = text.charCodeAt(t);
    if (unit === ANY) {
      star = wide = p++;
      resume = wideResume = t;
    } else if (unit === ANY_INSIDE) {
      star = p++;
      resume = t;
    } else if (unit !== undefined && takes(unit, character)) {
      p++;
      t++;
    } else if (star > wide && text.charCodeAt(resume) !== COLON) {
      p = star + 1;
      t = ++resume;
    } else if (wide >= 0) {
      star = wide;
      p = wide + 1;
      t = ++wideResume;
    } else return false;
  }
  while (isStar(units[p])) p++;
  return p === units.length;
}

/**
 * A text that both patterns match, or `undefined` when there is none. Where both are free it holds `FRESH`, so that it
 * is matched by a third pattern only if that one is free there too.
 */
export function commonText(left: Pattern, right: Pattern): string | undefined {
  if (left.literal !== undefined) return matches(right, left.literal) ? left.literal : undefined;
  if (right.literal !== undefined) return matches(left, right.literal) ? right.literal : undefined;
  const a = left.units;
  const b = right.units;
  const dead = new Set<number>();
  const width = b.length + 1;
  // No ARN is that long; a stranger's may be, and must not exhaust the stack.
  if (a.length + b.length > 5000) return matches(right, exampleOf(left)) ? exampleOf(left) : undefined;
  const meet = (i: number, j: number): string | undefined => {
    if (i === a.length && j === b.length) return '';
    const key = i * width + j;
    if (dead.has(key)) return undefined;
    const found = step(i, j);
    if (found === undefined) dead.add(key);
    return found;
  };
  const step = (i: number, j: number): string | undefined => {
    const x = a[i];
    const y = b[j];
    if (isStar(x) && isStar(y)) return prefixed(FRESH, meet(i + 1, j + 1) ?? meet(i + 1, j) ?? meet(i, j + 1));
    if (isStar(x)) return meet(i + 1, j) ?? (meetsStar(x, y) ? prefixed(textUnit(y), meet(i, j + 1)) : undefined);
    if (isStar(y)) return meet(i, j + 1) ?? (meetsStar(y, x) ? prefixed(textUnit(x), meet(i + 1, j)) : undefined);
    if (x === undefined || y === undefined) return undefined;
    if (x < 0 ? takes(x, y < 0 ? FREE : y) : takes(y, x)) return prefixed(textUnit(x < 0 ? y : x), meet(i + 1, j + 1));
    return undefined;
  };
  return meet(0, 0);
}

/** `q`, for any character but a colon. */
const FREE = 0x71;

function meetsStar(star: number | undefined, unit: number | undefined): unit is number {
  return star !== undefined && unit !== undefined && takes(star, unit < 0 ? FREE : unit);
}

/** A text that the pattern matches, with names that nothing else mentions for its wildcards. */
export function exampleOf(pattern: Pattern): string {
  return pattern.literal ?? pattern.units.map((unit) => (isStar(unit) ? FRESH : textUnit(unit))).join('');
}

function prefixed(head: string, tail: string | undefined): string | undefined {
  return tail === undefined ? undefined : head + tail;
}

function textUnit(unit: number): string {
  return String.fromCharCode(unit < 0 ? FREE : unit);
}

function textOf(units: readonly number[]): string {
  let text = '';
  for (const unit of units) text += String.fromCharCode(unit);
  return text;
}

function pushText(units: number[], text: string): void {
  for (let i = 0; i < text.length; i++) units.push(text.charCodeAt(i));
}

/** `${*}`, `${?}` and `${$}` are the characters themselves. */
function escapedCharacter(name: string): string | undefined {
  return name === '*' || name === '?' || name === '$' ? name : undefined;
}

/** `${aws:username}` or `${aws:PrincipalTag/team, 'none'}` at this place. */
function variableAt(source: string, start: number): { name: string; fallback: string | undefined; end: number } | undefined {
  if (source.charCodeAt(start + 1) !== 0x7b) return undefined;
  const close = source.indexOf('}', start);
  if (close < 0) return undefined;
  const body = source.slice(start + 2, close);
  const parts = /^(?<name>[^,]*?)\s*(?:,\s*'(?<fallback>[^']*)'\s*)?$/.exec(body)?.groups;
  return { name: parts?.name?.trim() ?? body, fallback: parts?.fallback, end: close + 1 };
}
