/**
 * Texts inside which a token is broken up by the escapes of JSON and its kin: `https:\/\/…`, `xoxb\u002d…`. They are
 * searched once more in a copy in which these are undone, with every byte's place in the original.
 */

/** Anchors in the search of the original: only where one is met is a copy made. */
export const ESCAPES: readonly string[] = [
  ':\\/\\/',
  ':\\\\/\\\\/',
  // - . / : = @ _ + & are what tokens and URLs hold and encoders escape.
  ...['2d', '2e', '2f', '3a', '3d', '40', '5f', '2b', '26'].map((hex) => `\\u00${hex}`),
];

/** A stretch around an anchor: a token may begin before it, and the longest is some thousand bytes. */
const BEFORE = 512;
const AFTER = 4096;
/** So much of one piece is copied at most: a file that is escaped throughout is no reason to search it twice. */
const MAX_COPIED = 1024 * 1024;

export interface Unescaped {
  readonly bytes: Buffer;
  /** Place in the original of each byte of the copy; one more at the end. */
  readonly places: Uint32Array;
  /** Place in the original of the first escape between two of the copy, when these stand in one line of the original. */
  firstEscape(start: number, end: number): number | undefined;
}

/** Cheap refusal: is the escape part of a word or URL, and not of a regex or a table of characters? */
export function mayUnescape(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === COLON) {
    let end = at + 1;
    while (bytes[end] === BACKSLASH || bytes[end] === SLASH) end++;
    return isWordly(bytes[at - 1]) && isWordly(bytes[end]);
  }
  return isWordly(bytes[at - 1]) && isWordly(bytes[at + 6]);
}

/** Copies what surrounds the anchors at `hits` (ascending), line by line, with the escapes undone. */
export function unescapeAround(bytes: Buffer, hits: readonly number[]): Unescaped | undefined {
  const copy: number[] = [];
  const places: number[] = [];
  let done = 0;
  for (const hit of hits) {
    if (hit < done) continue;
    const start = Math.max(done, hit - BEFORE, bytes.lastIndexOf(NEWLINE, hit) + 1);
    const lineEnd = bytes.subarray(hit, hit + AFTER).indexOf(NEWLINE);
    const end = lineEnd < 0 ? Math.min(bytes.length, hit + AFTER) : hit + lineEnd;
    if (copy.length + end - start > MAX_COPIED) break;
    copyUnescaped(bytes, start, end, copy, places);
    copy.push(NEWLINE);
    places.push(end);
    done = end;
  }
  if (copy.length === 0) return undefined;
  places.push(done);
  const unescaped = Buffer.from(copy);
  function firstEscape(start: number, end: number): number | undefined {
    // What begins where a stretch was cut out may be the rest of a longer word.
    const before = (places[start] as number) - 1;
    const isCut = (start === 0 || unescaped[start - 1] === NEWLINE) && before >= 0 && bytes[before] !== NEWLINE;
    if (isCut || unescaped.subarray(start, end).includes(NEWLINE)) return undefined;
    for (let at = start; at < end; at++) {
      if ((places[at + 1] as number) - (places[at] as number) > 1) return places[at];
    }
    return undefined;
  }
  return { bytes: unescaped, places: Uint32Array.from(places), firstEscape };
}

const BACKSLASH = 92;
const SLASH = 47;
const COLON = 58;
const NEWLINE = 10;

function copyUnescaped(bytes: Buffer, start: number, end: number, copy: number[], places: number[]): void {
  for (let at = start; at < end; ) {
    const from = at;
    let next = bytes[at++] as number;
    if (next === BACKSLASH) {
      let mark = at;
      // Text in a string in a string is escaped twice over.
      while (bytes[mark] === BACKSLASH && mark - at < 3) mark++;
      const code = bytes[mark] === SLASH ? SLASH : codeAt(bytes, mark);
      if (code !== undefined) {
        next = code;
        at = mark + (bytes[mark] === SLASH ? 1 : 5);
      }
    }
    copy.push(next);
    places.push(from);
  }
}

/** The printable character of `u00XX`. */
function codeAt(bytes: Buffer, at: number): number | undefined {
  const hex = /^u00([2-7][0-9a-f])$/i.exec(bytes.toString('latin1', at, at + 5))?.[1];
  const code = hex === undefined ? undefined : Number.parseInt(hex, 16);
  return code === undefined || code === 0x7f ? undefined : code;
}

function isWordly(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95 || byte === 58;
}
