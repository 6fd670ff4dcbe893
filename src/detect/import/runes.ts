/**
 * Sets of code points as sorted, disjoint, closed ranges: `[from, to, from, to, …]`. Classes are computed here as RE2
 * does it, case folding included, and written out; the JavaScript regex then needs no flag that changes their meaning.
 */
export type Runes = readonly number[];

export const LAST_RUNE = 0x10ffff;
export const ANY: Runes = [0, LAST_RUNE];
export const NOT_NEWLINE: Runes = [0, 9, 11, LAST_RUNE];

export function normalise(pairs: readonly (readonly [number, number])[]): Runes {
  const sorted = [...pairs].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const out: number[] = [];
  for (const [from, to] of sorted) {
    const last = out.length - 1;
    if (last > 0 && from <= (out[last] as number) + 1) out[last] = Math.max(out[last] as number, to);
    else out.push(from, to);
  }
  return out;
}

export function union(...sets: readonly Runes[]): Runes {
  return normalise(sets.flatMap(pairsOf));
}

export function negate(set: Runes): Runes {
  const out: number[] = [];
  let next = 0;
  for (const [from, to] of pairsOf(set)) {
    if (from > next) out.push(next, from - 1);
    next = to + 1;
  }
  if (next <= LAST_RUNE) out.push(next, LAST_RUNE);
  return out;
}

export function has(set: Runes, rune: number): boolean {
  return pairsOf(set).some(([from, to]) => from <= rune && rune <= to);
}

export function count(set: Runes): number {
  let total = 0;
  for (const [from, to] of pairsOf(set)) total += to - from + 1;
  return total;
}

export function pairsOf(set: Runes): [number, number][] {
  const pairs: [number, number][] = [];
  for (let at = 0; at < set.length; at += 2) pairs.push([set[at] as number, set[at + 1] as number]);
  return pairs;
}

/** With every code point also those that differ from it in case alone. */
export function fold(set: Runes): Runes {
  const extra: [number, number][] = [];
  for (const [from, to] of pairsOf(set)) {
    if (from === 0 && to === LAST_RUNE) return set;
    addShifted(extra, from, to, 65, 90, 32);
    addShifted(extra, from, to, 97, 122, -32);
    if (contains(from, to, 75) || contains(from, to, 107)) extra.push([0x212a, 0x212a]);
    if (contains(from, to, 83) || contains(from, to, 115)) extra.push([0x17f, 0x17f]);
    if (to < 0x80) continue;
    for (const [rune, others] of foldOrbits()) {
      if (contains(from, to, rune)) for (const other of others) extra.push([other, other]);
    }
  }
  return normalise([...pairsOf(set), ...extra]);
}

function contains(from: number, to: number, rune: number): boolean {
  return from <= rune && rune <= to;
}

function addShifted(out: [number, number][], from: number, to: number, low: number, high: number, by: number): void {
  const [start, end] = [Math.max(from, low), Math.min(to, high)];
  if (start <= end) out.push([start + by, end + by]);
}

let orbits: ReadonlyMap<number, readonly number[]> | undefined;

/** Simple case folding beyond ASCII: made once, and only for a pattern that needs it. */
function foldOrbits(): ReadonlyMap<number, readonly number[]> {
  if (orbits !== undefined) return orbits;
  const links = new Map<number, Set<number>>();
  const link = (a: number, b: number): void => {
    const all = new Set([a, b, ...(links.get(a) ?? []), ...(links.get(b) ?? [])]);
    for (const rune of all) links.set(rune, all);
  };
  for (let rune = 0; rune <= LAST_RUNE; rune++) {
    if (rune === 0x3400) rune = 0xa000;
    if (rune === 0xac00) rune = 0xf900;
    if (rune === 0x20000) break;
    const text = String.fromCodePoint(rune);
    for (const other of [text.toLowerCase(), text.toUpperCase()]) {
      const code = other.codePointAt(0) as number;
      if (other === text || other.length !== String.fromCodePoint(code).length) continue;
      if (new RegExp(`^\\u{${rune.toString(16)}}$`, 'iu').test(other)) link(rune, code);
    }
  }
  orbits = new Map([...links].map(([rune, all]) => [rune, [...all].filter((other) => other !== rune)]));
  return orbits;
}

const properties = new Map<string, Runes | undefined>();

/** `\p{Greek}`, `\pL`: a general category or a script; `undefined` when there is none of that name. */
export function property(name: string): Runes | undefined {
  if (name === 'Any') return ANY;
  const key = name;
  if (!properties.has(key)) properties.set(key, readProperty(name));
  return properties.get(key);
}

function readProperty(name: string): Runes | undefined {
  if (!/^[A-Z][A-Za-z_]*$/.test(name)) return undefined;
  const test = propertyTest(name);
  if (test === undefined) return undefined;
  const out: number[] = [];
  let isIn = false;
  for (let rune = 0; rune <= LAST_RUNE; rune++) {
    const now = test.test(String.fromCodePoint(rune));
    if (now === isIn) continue;
    if (now) out.push(rune);
    else out.push(rune - 1);
    isIn = now;
  }
  if (isIn) out.push(LAST_RUNE);
  return out;
}

function propertyTest(name: string): RegExp | undefined {
  // RE2 knows categories by their short names only, and scripts by their long ones.
  const sources = name.length <= 2 ? [`\\p{General_Category=${name}}`] : [`\\p{Script=${name}}`];
  for (const source of sources) {
    try {
      return new RegExp(`^${source}$`, 'u');
    } catch {
      // Not a name that is known.
    }
  }
  return undefined;
}

const POSIX: { readonly [name: string]: Runes } = {
  alnum: [48, 57, 65, 90, 97, 122],
  alpha: [65, 90, 97, 122],
  ascii: [0, 127],
  blank: [9, 9, 32, 32],
  cntrl: [0, 31, 127, 127],
  digit: [48, 57],
  graph: [33, 126],
  lower: [97, 122],
  print: [32, 126],
  punct: [33, 47, 58, 64, 91, 96, 123, 126],
  space: [9, 13, 32, 32],
  upper: [65, 90],
  word: [48, 57, 65, 90, 95, 95, 97, 122],
  xdigit: [48, 57, 65, 70, 97, 102],
};

export function posixClass(name: string): Runes | undefined {
  return Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
}

/** `\d`, `\s`, `\w`: ASCII only, and no vertical tab in `\s`. */
export function perlClass(letter: string): Runes | undefined {
  switch (letter) {
    case 'd':
      return [48, 57];
    case 's':
      return [9, 10, 12, 13, 32, 32];
    case 'w':
      return [48, 57, 65, 90, 95, 95, 97, 122];
    default:
      return undefined;
  }
}

/** The class in JavaScript syntax, for a regex with the flag `u` and without `i`. */
export function writeRunes(set: Runes): string {
  if (set.length === 0) return '[]';
  if (set.length === 2 && set[0] === 0 && set[1] === LAST_RUNE) return '[^]';
  if (set.length === 2 && set[0] === set[1]) return writeRune(set[0] as number);
  const other = negate(set);
  return other.length < set.length || (other.length === set.length && set[set.length - 1] === LAST_RUNE)
    ? `[^${other.length === 0 ? '' : writeRanges(other)}]`
    : `[${writeRanges(set)}]`;
}

function writeRanges(set: Runes): string {
  return pairsOf(set)
    .map(([from, to]) => {
      if (from === to) return writeRune(from);
      return to === from + 1 ? writeRune(from) + writeRune(to) : `${writeRune(from)}-${writeRune(to)}`;
    })
    .join('');
}

function writeRune(rune: number): string {
  const text = String.fromCodePoint(rune);
  if (/^[A-Za-z0-9_]$/.test(text)) return text;
  // Those the flag `u` lets one escape anywhere; `-` only in a class, so it is written by its number.
  if (/^[\^$\\.*+?()[\]{}|/]$/.test(text)) return `\\${text}`;
  if (rune >= 32 && rune < 127 && text !== '-') return text;
  return rune < 256 ? `\\x${rune.toString(16).padStart(2, '0')}` : `\\u{${rune.toString(16)}}`;
}
