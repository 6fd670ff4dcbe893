import { type Assertion, type Node, parseRe2 } from './re2-parse.ts';
import { count, has, pairsOf, type Runes, writeRunes } from './runes.ts';

/** A Go regex as JavaScript: the same matches, for well-formed text. */
export interface Translated {
  /** For `new RegExp(source, 'u')`, with `g`, `y` or `d` as needed; never `i`, `m` or `s`. */
  readonly source: string;
  readonly groups: number;
  /** Numbers of the groups that have names. */
  readonly names: Readonly<Record<string, number>>;
  /** Longest match in code points; `Infinity` when unbounded. */
  readonly maxLength: number;
  /** May a match hold a line feed? */
  readonly crossesLines: boolean;
  /** A repeat within a repeat, both without end: what can take a backtracking engine for ever. */
  readonly nestsRepeats: boolean;
  /** How many long repeats of one match may end in more than one place: the power with which the time grows. */
  readonly longRepeats: number;
  /**
   * A repeat whose body would rather match nothing: the two kinds of engine then disagree about where a match ends.
   * Found in no published pack.
   */
  readonly isInexact: boolean;
}

/** Throws `Re2SyntaxError` for what Go would not compile. */
export function translateRe2(pattern: string): Translated {
  const { root, groups } = parseRe2(pattern);
  return {
    source: write(root),
    groups,
    names: Object.fromEntries(namesOf(root)),
    maxLength: longest(root),
    crossesLines: holdsNewline(root),
    nestsRepeats: nests(root, false),
    longRepeats: longRepeats(root),
    isInexact: prefersNothingInRepeat(root),
  };
}

/** Does every match hold one of the keywords (lower case)? Then only their surroundings need be searched. */
export function alwaysHolds(pattern: string, keywords: readonly string[]): boolean {
  if (keywords.length === 0 || keywords.some((keyword) => keyword === '')) return false;
  return textsOf(parseRe2(pattern).root, keywords).isSure;
}

function namesOf(node: Node): [string, number][] {
  switch (node.kind) {
    case 'group':
      return [...(node.name === undefined ? [] : [[node.name, node.index] as [string, number]]), ...namesOf(node.item)];
    case 'repeat':
      return namesOf(node.item);
    case 'sequence':
    case 'either':
      return node.items.flatMap(namesOf);
    default:
      return [];
  }
}

function write(node: Node): string {
  switch (node.kind) {
    case 'empty':
      return '(?:)';
    case 'set':
      return writeRunes(node.runes);
    case 'assertion':
      return ASSERTIONS[node.what];
    case 'group':
      return `(${write(node.item)})`;
    case 'sequence':
      return node.items.map((item) => (item.kind === 'either' ? `(?:${write(item)})` : write(item))).join('');
    case 'either':
      return node.items.length === 1 ? write(node.items[0] as Node) : node.items.map(write).join('|');
    case 'repeat': {
      // JavaScript takes no turn that matches nothing, even where nothing is preferred; a choice has no such rule.
      if (node.min === 0 && node.max === 1 && mayBeEmpty(node.item)) {
        return node.lazy ? `(?:|${write(node.item)})` : `(?:${write(node.item)}|)`;
      }
      const body = node.item.kind === 'set' || node.item.kind === 'group' ? write(node.item) : `(?:${write(node.item)})`;
      return body + writeCount(node.min, node.max) + (node.lazy ? '?' : '');
    }
  }
}

function writeCount(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

const ASSERTIONS: { readonly [what in Assertion]: string } = {
  'text-start': '^',
  'text-end': '$',
  // JavaScript's own `m` also stops at CR and two Unicode separators.
  'line-start': '(?<![^\\n])',
  'line-end': '(?![^\\n])',
  boundary: '\\b',
  'no-boundary': '\\B',
};

function longest(node: Node): number {
  switch (node.kind) {
    case 'set':
      return 1;
    case 'group':
      return longest(node.item);
    case 'sequence':
      return node.items.reduce((sum, item) => sum + longest(item), 0);
    case 'either':
      return Math.max(...node.items.map(longest));
    case 'repeat': {
      const item = longest(node.item);
      return item === 0 || node.max === 0 ? 0 : item * node.max;
    }
    default:
      return 0;
  }
}

function holdsNewline(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return has(node.runes, 10);
    case 'group':
    case 'repeat':
      return holdsNewline(node.item);
    case 'sequence':
    case 'either':
      return node.items.some(holdsNewline);
    default:
      return false;
  }
}

/** A repeat this often can be told from an endless one only by the patient. */
const MANY = 20;

function nests(node: Node, isInside: boolean): boolean {
  switch (node.kind) {
    case 'repeat': {
      const isMany = node.max >= MANY && longest(node.item) > 0;
      return (isMany && isInside) || nests(node.item, isInside || isMany);
    }
    case 'group':
      return nests(node.item, isInside);
    case 'sequence':
    case 'either':
      return node.items.some((item) => nests(item, isInside));
    default:
      return false;
  }
}

/** Repeats beyond this many are counted as endless. */
const LONG = 200;

function longRepeats(node: Node): number {
  switch (node.kind) {
    case 'repeat':
      return longRepeats(node.item) + (node.max >= LONG && longest(node.item) > 0 ? 1 : 0);
    case 'group':
      return longRepeats(node.item);
    case 'sequence':
      return node.items.reduce(
        (sum, item, index) => sum + (isSettled(item, node.items.slice(index + 1)) ? 0 : longRepeats(item)),
        0,
      );
    case 'either':
      return Math.max(...node.items.map(longRepeats));
    default:
      return 0;
  }
}

/** What must follow cannot be part of the repeat: it ends where it ends. */
function isSettled(node: Node, rest: readonly Node[]): boolean {
  if (node.kind !== 'repeat' || node.item.kind !== 'set') return false;
  for (const next of rest) {
    if (next.kind === 'set') return !overlaps(node.item.runes, next.runes);
    if (next.kind !== 'repeat' || next.item.kind !== 'set' || overlaps(node.item.runes, next.item.runes)) return false;
    if (next.min > 0) return true;
  }
  return false;
}

function overlaps(one: Runes, other: Runes): boolean {
  return pairsOf(one).some(([from, to]) => pairsOf(other).some(([low, high]) => from <= high && low <= to));
}

function prefersNothingInRepeat(node: Node): boolean {
  switch (node.kind) {
    case 'repeat':
      return (node.max > 1 && mayBeEmpty(node.item) && prefersNothing(node.item)) || prefersNothingInRepeat(node.item);
    case 'group':
      return prefersNothingInRepeat(node.item);
    case 'sequence':
    case 'either':
      return node.items.some(prefersNothingInRepeat);
    default:
      return false;
  }
}

export function mayBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'group':
      return mayBeEmpty(node.item);
    case 'sequence':
      return node.items.every(mayBeEmpty);
    case 'either':
      return node.items.some(mayBeEmpty);
    case 'repeat':
      return node.min === 0 || mayBeEmpty(node.item);
    default:
      return true;
  }
}

/** Does it match nothing where it could match something? */
function prefersNothing(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'group':
      return prefersNothing(node.item);
    case 'sequence':
      return node.items.some(prefersNothing);
    case 'either':
      return node.items.some((item, index) => prefersNothing(item) || (mayBeEmpty(item) && index < node.items.length - 1));
    case 'repeat':
      return (node.min === 0 && node.lazy) || prefersNothing(node.item);
    default:
      return false;
  }
}

/** What a node may match, as far as these are few; and whether a keyword is surely in it. */
interface Texts {
  /** All of them, lower case; `undefined` when they are many. */
  readonly all: readonly string[] | undefined;
  readonly isSure: boolean;
}

const MOST_TEXTS = 256;
const MOST_RUNES = 6;

function textsOf(node: Node, keywords: readonly string[]): Texts {
  switch (node.kind) {
    case 'empty':
    case 'assertion':
      return { all: [''], isSure: false };
    case 'set':
      return judge(lettersOf(node.runes), keywords);
    case 'group':
      return textsOf(node.item, keywords);
    case 'either': {
      const parts = node.items.map((item) => textsOf(item, keywords));
      const all = parts.every((part) => part.all !== undefined)
        ? [...new Set(parts.flatMap((part) => part.all ?? []))]
        : undefined;
      return { all: all !== undefined && all.length <= MOST_TEXTS ? all : undefined, isSure: parts.every((part) => part.isSure) };
    }
    case 'sequence':
      return inSequence(node.items, keywords);
    case 'repeat': {
      if (node.max === 0) return { all: [''], isSure: false };
      const item = textsOf(node.item, keywords);
      if (node.min === node.max && node.min <= 4)
        return inSequence(
          Array.from({ length: node.min }, () => node.item),
          keywords,
        );
      if (node.min === 0 && node.max === 1) return { all: item.all === undefined ? undefined : ['', ...item.all], isSure: false };
      return { all: undefined, isSure: item.isSure && node.min > 0 };
    }
  }
}

/** Runs of parts with few texts are multiplied out: a keyword may lie across them. */
function inSequence(items: readonly Node[], keywords: readonly string[]): Texts {
  let run: readonly string[] = [''];
  let isWhole = true;
  for (const item of items) {
    const { all, isSure } = textsOf(item, keywords);
    if (isSure) return { all: undefined, isSure };
    const next = all === undefined ? undefined : [...new Set(run.flatMap((head) => all.map((tail) => head + tail)))];
    if (next !== undefined && next.length <= MOST_TEXTS) {
      run = next;
    } else {
      isWhole = false;
      run = all ?? [''];
    }
    if (run.every((text) => keywords.some((keyword) => text.includes(keyword)))) return { all: undefined, isSure: true };
  }
  return { all: isWhole ? run : undefined, isSure: false };
}

function judge(all: readonly string[] | undefined, keywords: readonly string[]): Texts {
  return { all, isSure: all?.every((text) => keywords.some((keyword) => text.includes(keyword))) === true };
}

function lettersOf(runes: Runes): readonly string[] | undefined {
  if (count(runes) > MOST_RUNES) return undefined;
  const letters = new Set<string>();
  for (const [from, to] of pairsOf(runes)) {
    for (let rune = from; rune <= to; rune++) {
      // The two beyond ASCII that fold to k and s: no keyword is met in them, in gitleaks neither.
      if (rune === 0x212a || rune === 0x17f) continue;
      letters.add(String.fromCodePoint(rune).toLowerCase());
    }
  }
  return [...letters];
}
