import type { HiddenAnchor, Trick } from './anchors.ts';
import { jointEnd } from './respell.ts';
import { isWordly } from './view.ts';

/** An anchor that was met, and looks like more than chance. */
export interface Trigger {
  readonly anchor: HiddenAnchor;
  readonly at: number;
  /** Up to where a value may begin; behind the anchor when absent. */
  readonly end?: number;
}

const VALUE: HiddenAnchor = { text: '', trick: 'value', phase: 0 };
const SHORTEST_VALUE = 24;
const BESIDE = 16;

/** What a guess took for a secret, or nearly: it may be one that is encoded. */
export function valueAt({ start, end }: { readonly start: number; readonly end: number }): Trigger {
  return { anchor: VALUE, at: start, end };
}

/** Is a whole file one encoded value? */
export function startsEncoded(bytes: Buffer): boolean {
  if (bytes.length < SHORTEST_VALUE) return false;
  for (let at = 0; at < SHORTEST_VALUE; at++) {
    const byte = bytes[at] as number;
    if (!isWordly(byte) && byte !== PLUS && byte !== SLASH) return false;
  }
  return true;
}

/** Tells strong anchors that are cut in two. */
export class Splits {
  /** By the last byte of the left part and the first of the right one. */
  readonly #seams = new Uint8Array(65_536);
  /** By the last two bytes of the left part; of a single byte, 0 and that. */
  readonly #ends = new Uint8Array(65_536);
  /** Of the seams that were met. */
  readonly #parts = new Map<number, readonly (readonly [left: string, right: string])[]>();
  /** Where a character spelled otherwise was let through last. */
  readonly #let = new Map<Trick, number>();
  /** What of the text at hand is known to be of one word. */
  readonly word = { start: 0, end: -1 };
  readonly #strong: readonly string[];

  constructor(strong: readonly string[]) {
    this.#strong = strong;
    for (const anchor of strong) {
      for (let at = 1; at < anchor.length; at++) {
        const seam = (anchor.charCodeAt(at - 1) << 8) | anchor.charCodeAt(at);
        this.#seams[seam] = 1;
        this.#ends[((at > 1 ? anchor.charCodeAt(at - 2) : 0) << 8) | anchor.charCodeAt(at - 1)] = 1;
      }
    }
  }

  #partsAt(seam: number): readonly (readonly [left: string, right: string])[] {
    const known = this.#parts.get(seam);
    if (known !== undefined) return known;
    const two = String.fromCharCode(seam >> 8, seam & 0xff);
    const parts: (readonly [left: string, right: string])[] = [];
    for (const anchor of this.#strong) {
      for (let at = anchor.indexOf(two); at >= 0; at = anchor.indexOf(two, at + 1)) {
        parts.push([anchor.slice(0, at + 1), anchor.slice(at + 1)]);
      }
    }
    this.#parts.set(seam, parts);
    return parts;
  }

  /** Does it stand on the line and within a few bytes of one that was let through? What is copied for that one holds it. */
  isBeside(trick: Trick, bytes: Buffer, at: number): boolean {
    const before = this.#let.get(trick) ?? -BESIDE;
    if (at - before >= BESIDE) return false;
    for (let place = before; place < at; place++) if (bytes[place] === NEWLINE) return false;
    return true;
  }

  note(trick: Trick, at: number, isLet: boolean): boolean {
    if (isLet) this.#let.set(trick, at);
    return isLet;
  }

  /** Forgets the text before. */
  begin(): void {
    this.#let.clear();
    this.word.start = 0;
    this.word.end = -1;
  }

  /** Could the left part of an anchor end at `left`? */
  mayEnd(bytes: Buffer, left: number): boolean {
    const before = bytes[left - 2];
    return this.#ends[((isWordly(before) ? (before as number) : 0) << 8) | (bytes[left - 1] as number)] === 1;
  }

  /** Does an anchor stand over the gap `[left, right)`? Of its right part, what is in the next piece. */
  has(bytes: Buffer, left: number, right: number): boolean {
    const seam = ((bytes[left - 1] ?? 0) << 8) | (bytes[right] ?? 0);
    if (this.#seams[seam] === 0) return false;
    for (const [before, after] of this.#partsAt(seam)) {
      const isLeft = bytes.toString('latin1', Math.max(0, left - before.length), left) === before;
      if (!isLeft) continue;
      const rest = bytes.toString('latin1', right, right + after.length);
      // The rest of the anchor may be cut in its turn.
      const word = /^[\w-]*/.exec(rest)?.[0] ?? '';
      if (rest === after || (word.length > 0 && word.length < after.length && after.startsWith(word))) return true;
    }
    return false;
  }
}

/** Cheap refusal of an anchor that means something else where it stands: in a regex, a table, a URL. */
export function mayHide({ text, trick }: HiddenAnchor, bytes: Buffer, at: number, splits: Splits): boolean {
  switch (trick) {
    case 'escapes':
      if (splits.isBeside(trick, bytes, at)) return false;
      return splits.note(trick, at, text[0] === ':' ? isSlashed(bytes, at) : isRespelled(bytes, at, ESCAPED));
    case 'entities':
      return !splits.isBeside(trick, bytes, at) && splits.note(trick, at, isRespelled(bytes, at, ENTITIES));
    case 'percent':
      return !splits.isBeside(trick, bytes, at) && splits.note(trick, at, isPercent(bytes, at, text));
    case 'concatenation':
      return isSplit(bytes, at, splits);
    case 'interrupted':
      return interruptedAt(bytes, at + text.length, splits) >= 0;
    case 'call':
      return text !== ';base64,' || !isMedia(bytes, at);
    case 'kubernetes':
      return !isWordly(bytes[at + text.length]);
    default:
      return true;
  }
}

/**
 * Is an anchor refused for what stands within `reach` bytes from its start, or two before it? False where that takes a closer
 * look, whatever comes of it.
 */
export function isRefusedNearby(
  { text, trick }: HiddenAnchor,
  bytes: Buffer,
  at: number,
  splits: Splits,
  reach: number,
): boolean {
  if (trick === 'concatenation') return !isWordly(bytes[at - 1]) || !splits.mayEnd(bytes, at);
  if (trick !== 'interrupted') return false;
  const limit = Math.min(bytes.length, at + reach - 1);
  for (let end = at + text.length; end < limit; end++) {
    const byte = bytes[end] as number;
    if (!isWordly(byte) && !BODY_BYTES.includes(byte)) return !OPENS_JOINT.includes(byte);
  }
  return limit === bytes.length;
}

function isSlashed(bytes: Buffer, at: number): boolean {
  let end = at + 1;
  while (bytes[end] === BACKSLASH || bytes[end] === SLASH) end++;
  return isWord(bytes[at - 1]) && isWord(bytes[end]);
}

const ONE_ESCAPE = String.raw`\\{1,4}(?:u00[2-7][0-9a-f]|[ux]\{0{0,6}[2-7][0-9a-f]\}|x[2-7][0-9a-f]|[01][0-7]{2})`;
const ONE_ENTITY = String.raw`&(?:#x0{0,4}[2-7][0-9a-f]|#0{0,4}\d{2,3}|lowbar|hyphen|equals|plus|sol);`;
const ESCAPED = respellingsOf(ONE_ESCAPE);
const ENTITIES = respellingsOf(ONE_ENTITY);

interface Respellings {
  readonly some: RegExp;
  readonly inWord: RegExp;
}

function respellingsOf(one: string): Respellings {
  return { some: new RegExp(`(?:${one}){3}`, 'iy'), inWord: new RegExp(`${one}[\\w:]`, 'iy') };
}

/** Several characters in a row, or one within a word. */
function isRespelled(bytes: Buffer, at: number, { some, inWord }: Respellings): boolean {
  // In tables and regexes a range or a bracket stands behind: told without a regex.
  const text = bytes.toString('latin1', at, at + 40);
  inWord.lastIndex = 0;
  if (isWord(bytes[at - 1]) && inWord.test(text)) return true;
  some.lastIndex = 0;
  return some.test(text);
}

const PERCENTS = /(?:%(?:25)?[2-7][0-9a-f]){3}/iy;
const BODY = /(?:\w|%(?:2[bf]|3d)){12}/iy;

function isPercent(bytes: Buffer, at: number, text: string): boolean {
  if (text === '%3a%2f%2f')
    return isWord(bytes[at - 1]) && /^[^\s"'<>]{0,300}(?:%40|@)/.test(bytes.toString('latin1', at + 9, at + 320));
  const isTwice = text.startsWith('%25');
  if (text.length === 2 || isTwice) {
    if (!isTwice && bytes[at + 3] !== PERCENT) return false;
    PERCENTS.lastIndex = 0;
    return PERCENTS.test(bytes.toString('latin1', at, at + 16));
  }
  if (!isWord(bytes[at - 1]) || bytes[at + 3] === undefined) return false;
  if (text === '%2d' || text === '%5f') return isWord(bytes[at + 3]);
  for (let place = Math.max(0, at - 12); place < at; place++) {
    const byte = bytes[place];
    if (!isWord(byte) && byte !== PERCENT) return false;
  }
  BODY.lastIndex = 0;
  return text === '%3d' || BODY.test(bytes.toString('latin1', at, at + 40));
}

/** Does a token's beginning stand over the joint at `at`? */
function isSplit(bytes: Buffer, at: number, splits: Splits): boolean {
  if (!isWordly(bytes[at - 1]) || !splits.mayEnd(bytes, at)) return false;
  const end = jointEnd(bytes, at);
  return end > 0 && splits.has(bytes, at, end);
}

/** Is the token whose beginning ends at `at` broken off by a joint? Returns where. */
function interruptedAt(bytes: Buffer, at: number, { word }: Splits): number {
  const limit = Math.min(bytes.length, at + 256);
  // Beginnings may stand side by side: their word is gone through once.
  const isKnown = at >= word.start && at <= word.end;
  let end = isKnown ? Math.min(limit, word.end) : at;
  while (end < limit && (isWordly(bytes[end]) || BODY_BYTES.includes(bytes[end] as number))) end++;
  if (!isKnown) word.start = at;
  word.end = end;
  if (end >= bytes.length || !OPENS_JOINT.includes(bytes[end] as number)) return -1;
  const next = jointEnd(bytes, end);
  if (next === 0 || !isWordly(bytes[next])) return -1;
  // Items of a list are pieces only where they are joined.
  const isItem = bytes.subarray(end, next).includes(COMMA);
  return isItem && !/join|concat|implode/i.test(bytes.toString('latin1', end, end + 400)) ? -1 : end;
}

/** The data URI of an image or a font. */
function isMedia(bytes: Buffer, at: number): boolean {
  const before = bytes.toString('latin1', Math.max(0, at - 60), at);
  return /(?:image|font|audio|video)\/[\w.+-]*(?:;[\w=-]*)*$|font[\w-]*$|wasm$/i.test(before) && !/svg\+xml/i.test(before);
}

function isWord(byte: number | undefined): boolean {
  return byte === COLON || (byte !== HYPHEN && isWordly(byte));
}

const NEWLINE = 10;
const QUOTE = 34;
const DOLLAR = 36;
const PERCENT = 37;
const APOSTROPHE = 39;
const PLUS = 43;
const COMMA = 44;
const HYPHEN = 45;
const SLASH = 47;
const COLON = 58;
const BACKSLASH = 92;
const BACKTICK = 96;
const OPENS_JOINT: readonly number[] = [QUOTE, APOSTROPHE, BACKTICK, BACKSLASH, DOLLAR];
/** `+ . / =` */
const BODY_BYTES: readonly number[] = [43, 46, 47, 61];
