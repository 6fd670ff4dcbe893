import { buildAutomaton } from '../automaton.ts';
import { type ByteSet, has } from '../pattern.ts';

/** A keyword to search for, with what must surround it. */
export interface Anchor {
  /** Compared without regard to ASCII case. */
  readonly text: string;
  /** Only this spelling counts. */
  readonly isExact?: boolean;
  /** So many bytes must be left from the start of the keyword on; default: its own length. */
  readonly minLength?: number;
  /** 1 for every byte that must not stand right before. */
  readonly notBefore?: Uint8Array | undefined;
  /** `first[i]` has every byte that may stand `i` bytes after the start of the keyword; `i + 1 <= minLength`. */
  readonly first?: readonly ByteSet[];
}

/**
 * What a kernel reads, in one piece of memory that is also the image on disk:
 *
 *     0     HEADER words, see `Slot`
 *     256   classes: a 16-bit word for each byte, four times its class
 *     1024  transitions: a row of 32-bit words for each state; a state is the offset of its row. The accepting ones come
 *           last; the last word of their rows is the address of a list of anchors, ended by 0
 *     …     lists, anchors, byte sets
 *
 * An anchor is a record of words: number, length, least bytes left, number of checks, and for each check an offset from the
 * start of the keyword and the address of a set of 256 bits.
 */
export interface Tables {
  readonly words: Int32Array<ArrayBuffer>;
  readonly longest: number;
}

/** Tables as they were read, and what was kept with them. */
export interface ReadTables extends Tables {
  readonly notes: string;
}

export const Slot = {
  format: 0,
  /** Bytes of the whole. */
  size: 1,
  firstAccepting: 2,
  /** Offset of the last word in a row. */
  lastColumn: 3,
  longest: 4,
  anchors: 5,
  /** Most anchors in one list. */
  most: 6,
  /** Bytes of the notes that follow the tables in an image. */
  notes: 7,
  /** A hash of what it was made from: eight words. */
  key: 8,
  /** Written by the WASM kernel while it runs. */
  out: 32,
  lanes: 36,
} as const;

export const CLASSES = 256;
export const TRANSITIONS = 1024;
/** Raised when the layout changes: an image of another format is not read. */
export const FORMAT = 4;
/** No check looks further than this behind the start of its keyword. */
export const MAX_LOOK = 64;
/** And no further before it: to the beginning of an escape. */
export const MAX_LOOK_BACK = 6;

/** By anchor: how many bytes must be left of the text from its start on. */
export function leastLeft({ words }: Tables): Int32Array {
  const least = new Int32Array(words[Slot.anchors] as number);
  const lastColumn = words[Slot.lastColumn] as number;
  // Lists stand right behind the rows, in the order of these.
  let list = words.length;
  for (let state = words[Slot.firstAccepting] as number; (TRANSITIONS + state) / 4 < list; state += lastColumn + 4) {
    const own = (words[(TRANSITIONS + state + lastColumn) / 4] as number) / 4;
    list = Math.min(list, own);
    for (let at = own; words[at] !== 0; at++) {
      const record = (words[at] as number) / 4;
      least[words[record] as number] = words[record + 2] as number;
    }
  }
  return least;
}

/** Lays out the search for `anchors`. The numbers of the hits are their indexes. */
export function layTables(anchors: readonly Anchor[]): Tables {
  const keywords: string[] = [];
  const members: number[][] = [];
  const places = new Map<string, number>();
  for (const [index, { text }] of anchors.entries()) {
    const key = text.replace(/[A-Z]/g, (c) => c.toLowerCase());
    const known = places.get(key);
    if (known !== undefined) {
      members[known]?.push(index);
      continue;
    }
    places.set(key, keywords.length);
    keywords.push(text);
    members.push([index]);
  }
  const capitalized = new Set(members.keys().filter((place) => members[place]?.every((index) => endsInCapital(anchors[index]))));
  const automaton = buildAutomaton(keywords, capitalized);
  const { width, next, outputs, offsets } = automaton;
  // Rows begin with a line of the cache.
  const row = (width + 1 + 15) & ~15;
  const states = next.length / width;
  const checked = anchors.map(checksOf);
  const pool = new Pool();
  const listsAt = TRANSITIONS + states * row * 4;
  let lists = 0;
  let most = 0;
  for (let state = 0; state + 1 < offsets.length; state++) {
    const count = numbersAt(state).length;
    most = Math.max(most, count);
    lists += count + 1;
  }
  const recordsAt = listsAt + lists * 4;
  const recordAt = new Int32Array(anchors.length);
  let end = recordsAt;
  for (const [index, { checks }] of checked.entries()) {
    recordAt[index] = end;
    end += 16 + checks.length * 8;
  }
  const setsAt = (end + 7) & ~7;
  for (const { checks } of checked) for (const { set } of checks) pool.place(set);
  const size = setsAt + pool.sets.length * 32;
  const words = new Int32Array(size / 4);
  function numbersAt(state: number): number[] {
    return [...outputs.subarray(offsets[state], offsets[state + 1])].flatMap((keyword) => members[keyword] ?? []);
  }
  words[Slot.format] = FORMAT;
  words[Slot.size] = size;
  words[Slot.firstAccepting] = (automaton.firstAccepting / width) * row * 4;
  words[Slot.lastColumn] = (row - 1) * 4;
  words[Slot.longest] = automaton.longest;
  words[Slot.anchors] = anchors.length;
  words[Slot.most] = most;
  const classes = new Uint16Array(words.buffer, CLASSES, 256);
  for (let byte = 0; byte < 256; byte++) classes[byte] = (automaton.classes[byte] as number) * 4;
  for (let state = 0; state < states; state++) {
    const at = TRANSITIONS / 4 + state * row;
    for (let kind = 0; kind < width; kind++) words[at + kind] = ((next[state * width + kind] as number) / width) * row * 4;
  }
  let list = listsAt / 4;
  const firstAccepting = automaton.firstAccepting / width;
  for (let state = 0; state + 1 < offsets.length; state++) {
    words[TRANSITIONS / 4 + (firstAccepting + state) * row + row - 1] = list * 4;
    for (const number of numbersAt(state)) words[list++] = recordAt[number] as number;
    words[list++] = 0;
  }
  for (const [index, { checks, minLength, length }] of checked.entries()) {
    let at = (recordAt[index] as number) / 4;
    words[at++] = index;
    words[at++] = length;
    words[at++] = minLength;
    words[at++] = checks.length;
    for (const { offset, set } of checks) {
      words[at++] = offset;
      words[at++] = setsAt + pool.place(set) * 32;
    }
  }
  for (const [index, set] of pool.sets.entries()) words.set(set, setsAt / 4 + index * 8);
  return { words, longest: automaton.longest };
}

/** An image of tables, with notes behind them; nothing when it is of another format or cut. */
export function readTables(image: Uint8Array): ReadTables | undefined {
  if (image.length < TRANSITIONS) return undefined;
  const isAligned = image.byteOffset % 4 === 0 && image.buffer instanceof ArrayBuffer;
  const own = isAligned ? (image as Uint8Array<ArrayBuffer>) : Uint8Array.from(image);
  const head = new Int32Array(own.buffer, own.byteOffset, TRANSITIONS / 4);
  const [size = 0, notes = 0] = [head[Slot.size], head[Slot.notes]];
  if (head[Slot.format] !== FORMAT || size % 4 !== 0 || size + notes !== own.length) return undefined;
  return {
    words: new Int32Array(own.buffer, own.byteOffset, size / 4),
    longest: head[Slot.longest] as number,
    notes: Buffer.from(own.buffer, own.byteOffset + size, notes).toString('utf8'),
  };
}

function endsInCapital(anchor: Anchor | undefined): boolean {
  return anchor?.isExact === true && /[A-Z]$/.test(anchor.text);
}

interface Check {
  readonly offset: number;
  readonly set: ByteSet;
}

/** What is not already known when the keyword was met. */
function checksOf(anchor: Anchor): { readonly checks: readonly Check[]; readonly minLength: number; readonly length: number } {
  const spelling = Buffer.from(anchor.text, 'latin1');
  const length = spelling.length;
  const first = (anchor.first ?? []).slice(0, MAX_LOOK);
  const checks: Check[] = [];
  if (anchor.notBefore !== undefined) checks.push({ offset: -1, set: allBut(anchor.notBefore) });
  for (let place = 0; place < length; place++) {
    const set = first[place];
    const byte = spelling[place] as number;
    const spelled = anchor.isExact === true ? [byte] : cases(byte);
    const allowed = set === undefined ? spelled : spelled.filter((one) => has(set, one));
    if (allowed.length < cases(byte).length) checks.push({ offset: place, set: setOf(allowed) });
  }
  for (let place = length; place < first.length; place++) {
    const set = first[place] as ByteSet;
    if (set.some((word) => word !== 0xffffffff)) checks.push({ offset: place, set });
  }
  // The check that fails most often comes first.
  checks.sort((a, b) => weightOf(a.set) - weightOf(b.set));
  return { checks, minLength: Math.max(length, anchor.minLength ?? 0), length };
}

/** How often a byte of source text is in the set, roughly. */
function weightOf(set: ByteSet): number {
  let weight = weights.get(set);
  if (weight !== undefined) return weight;
  weight = 0;
  for (let byte = 0; byte < 256; byte++) if (has(set, byte)) weight += WEIGHTS[byte] as number;
  weights.set(set, weight);
  return weight;
}

const weights = new WeakMap<ByteSet, number>();
const WEIGHTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const text = String.fromCharCode(byte);
  if (/[ etnarosilcdpu]/.test(text)) return 40;
  return /[a-z.,/_"=()\n:;-]/.test(text) ? 12 : /[0-9]/.test(text) ? 6 : /[A-Z]/.test(text) ? 3 : 1;
});

function cases(byte: number): number[] {
  const isLetter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
  return isLetter ? [byte | 32, byte & ~32] : [byte];
}

function setOf(bytes: readonly number[]): ByteSet {
  const set = new Uint32Array(8);
  for (const byte of bytes) set[byte >> 5] = (set[byte >> 5] as number) | (1 << (byte & 31));
  return set;
}

const complements = new WeakMap<Uint8Array, ByteSet>();

function allBut(table: Uint8Array): ByteSet {
  const known = complements.get(table);
  if (known !== undefined) return known;
  const set = setOf(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => table[byte] !== 1));
  complements.set(table, set);
  return set;
}

/** Sets, each once. */
class Pool {
  readonly sets: ByteSet[] = [];
  readonly #known = new Map<ByteSet, number>();
  readonly #places = new Map<string, number>();

  place(set: ByteSet): number {
    const known = this.#known.get(set);
    if (known !== undefined) return known;
    const key = set.join();
    const place = this.#places.get(key) ?? this.sets.push(set) - 1;
    this.#places.set(key, place);
    this.#known.set(set, place);
    return place;
  }
}
