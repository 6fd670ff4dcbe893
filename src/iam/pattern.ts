/**
 * Wildcard patterns of IAM: `*` is any text, `?` one character. `*` is let run over `:`: AWS lets a `*` at the end of an
 * ARN segment do so, and one rule for all is the wider reading.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export interface Pattern {
  readonly source: string;
  /** UTF-16 units; `ANY` and `ONE` stand for the wildcards. */
  readonly units: readonly number[];
  /** Set when there is no wildcard: matching is comparing. */
  readonly literal: string | undefined;
  /** Policy variables whose value is not known; each counts as `*`. */
  readonly open: readonly string[];
}

const ANY = -1;
const ONE = -2;

/** Stands for "some name that no policy mentions" in texts made from patterns. */
export const FRESH = 'nhi0probe';

/** Value of a policy variable; `null` when it certainly has none, `undefined` when it is not known. */
export type Variables = (name: string) => string | null | undefined;

/** No name holds it: a variable without value or default makes its pattern match nothing. */
const NOTHING = '\u0000';

/** With `wildcards` false, `*` and `?` are plain characters and only policy variables are read. */
export function compilePattern(source: string, variables?: Variables, wildcards = true): Pattern {
  const units: number[] = [];
  const open: string[] = [];
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
    } else if (wildcards && unit === 0x2a) {
      if (units.at(-1) !== ANY) units.push(ANY);
      wild = true;
    } else if (wildcards && unit === 0x3f) {
      units.push(ONE);
      wild = true;
    } else units.push(unit);
  }
  return { source, units, literal: wild ? undefined : textOf(units), open };
}

export function matches(pattern: Pattern, text: string): boolean {
  if (pattern.literal !== undefined) return pattern.literal === text;
  const { units } = pattern;
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const unit = units[p];
    if (unit === ANY) {
      star = p++;
      resume = t;
    } else if (unit !== undefined && (unit === ONE || unit === text.charCodeAt(t))) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (units[p] === ANY) p++;
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
    if (x === ANY && y === ANY) return prefixed(FRESH, meet(i + 1, j + 1) ?? meet(i + 1, j) ?? meet(i, j + 1));
    if (x === ANY) return meet(i + 1, j) ?? (y === undefined ? undefined : prefixed(textUnit(y), meet(i, j + 1)));
    if (y === ANY) return meet(i, j + 1) ?? (x === undefined ? undefined : prefixed(textUnit(x), meet(i + 1, j)));
    if (x === undefined || y === undefined) return undefined;
    if (x === ONE || y === ONE || x === y) return prefixed(textUnit(x === ONE ? y : x), meet(i + 1, j + 1));
    return undefined;
  };
  return meet(0, 0);
}

/** A text that the pattern matches, with names that nothing else mentions for its wildcards. */
export function exampleOf(pattern: Pattern): string {
  return pattern.literal ?? pattern.units.map((unit) => (unit === ANY ? FRESH : textUnit(unit))).join('');
}

function prefixed(head: string, tail: string | undefined): string | undefined {
  return tail === undefined ? undefined : head + tail;
}

function textUnit(unit: number): string {
  return unit === ONE ? 'q' : String.fromCharCode(unit);
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
