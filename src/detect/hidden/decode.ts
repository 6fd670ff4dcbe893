import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { SKIPPED } from './anchors.ts';
import type { Run } from './view.ts';

/** Encoded characters of one run that are decoded at most. */
export const MAX_RUN = 256 * 1024;
const MAX_UNPACKED = 1024 * 1024;
/** A line of a wrapped run has at least so many characters. */
const SHORTEST_LINE = 32;
/** So many bytes behind an anchor must be text before the rest is decoded: in an image they are not. */
const PROBED = 10;
const MIN_HEX = 32;
/** Twelve bytes: nothing shorter that a keyword begins is a secret. */
const SHORTEST = 16;

const NONE = 255;
const VALUES = valuesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', '-_');
const DIGITS = valuesOf('0123456789abcdef', 'ABCDEF');
export interface Decoded extends Run {
  /** More was there than is decoded. */
  readonly isCut: boolean;
}

/**
 * The base64 run in which an encoded anchor stands at `at`; nothing when what follows the anchor is no text. What stands before
 * `least` was decoded already.
 */
export function base64At(bytes: Buffer, at: number, phase: 0 | 1 | 2, least: number): Decoded | undefined {
  const start = at - SKIPPED[phase];
  if (start < least) return undefined;
  for (let place = start; place < at; place++) if (VALUES[bytes[place] as number] === NONE) return undefined;
  if (!isPrintable64(bytes, start, phase, 4 + PROBED)) return undefined;
  const limits = { from: Math.max(least, start - MAX_RUN / 2), to: Math.min(bytes.length, start + MAX_RUN / 2) };
  const first = startOf64(bytes, start, limits.from);
  if (end64(bytes, first, limits.to) - first < SHORTEST) return undefined;
  const run = decode64(bytes, first, limits.to);
  return { ...run, how: ['base64'], isStructured: false, isCut: run.end === limits.to && limits.to < bytes.length };
}

/** A base64 run that begins at `start`, when it says something. */
export function base64From(bytes: Buffer, start: number, to: number, isStructured: boolean): Decoded | undefined {
  const limit = Math.min(to, start + MAX_RUN);
  if (!mayBeText(bytes, start, limit)) return undefined;
  const run = decode64(bytes, start, limit);
  const said = asText(run);
  if (said === undefined) return undefined;
  return { ...said, how: ['base64', ...said.how], isStructured, isCut: said.isCut === true || (run.end === limit && limit < to) };
}

/** The run of hex digits in which an anchor stands at `at`, no further back than `from`. */
export function hexAt(bytes: Buffer, at: number, from: number): Decoded | undefined {
  let probed = at;
  while (probed < at + 2 * (4 + PROBED) && isHex(bytes[probed]) && isHex(bytes[probed + 1])) probed += 2;
  if (!isPrintable(Buffer.from(bytes.toString('latin1', at, probed), 'hex'))) return undefined;
  let start = at;
  const least = Math.max(from, at - MAX_RUN / 2);
  while (start - 2 >= least && isHex(bytes[start - 1]) && isHex(bytes[start - 2])) start -= 2;
  return hexFrom(bytes, start, Math.min(bytes.length, at + MAX_RUN / 2));
}

/** At least 32 digits. */
export function hexFrom(bytes: Buffer, start: number, to: number): Decoded | undefined {
  const limit = Math.min(to, start + MAX_RUN);
  let end = start;
  while (end + 1 < limit && isHex(bytes[end]) && isHex(bytes[end + 1])) end += 2;
  if (end - start < MIN_HEX) return undefined;
  const size = (end - start) / 2;
  const run = {
    start,
    end,
    bytes: Buffer.from(bytes.toString('latin1', start, end), 'hex'),
    starts: Uint32Array.from({ length: size }, (_, index) => start + 2 * index),
    ends: Uint32Array.from({ length: size }, (_, index) => start + 2 * index + 2),
  };
  return { ...run, how: ['hex'], isStructured: false, isCut: end + 1 >= limit && limit < to };
}

type Said = Omit<Run, 'isStructured'> & { readonly how: readonly string[]; readonly isCut?: boolean };

/** Is what was decoded meant to be read? Text as it is; UTF-16 as bytes; gzip unpacked: no bytes when it is too large. Else nothing. */
export function asText(run: Omit<Run, 'how' | 'isStructured'>): Said | undefined {
  const { bytes } = run;
  if (bytes.length < 4) return undefined;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const unpacked = gunzip(bytes);
    if (unpacked === undefined) return undefined;
    return { start: run.start, end: run.end, bytes: unpacked, how: ['gzip'], isCut: unpacked.length === 0 };
  }
  if (isPrintable(bytes) && isUtf8(bytes)) return { ...run, how: [] };
  const halves = utf16Of(run);
  return halves === undefined || !isPrintable(halves.bytes) ? undefined : { ...halves, how: ['utf-16'] };
}

/** Told by the first characters of a run: text, UTF-16 or gzip. Most runs are neither: nothing is made for them. */
function mayBeText(bytes: Buffer, start: number, limit: number): boolean {
  let [bits, held, index, high] = [0, 0, 0, 0];
  let isWide = true;
  for (let at = start; at < limit && at < start + 32; at++) {
    const value = VALUES[bytes[at] as number] as number;
    if (value === NONE) break;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    const byte = (held >> bits) & 0xff;
    if (index === 0 && byte === 0x1f) return true;
    if (index % 2 === 1 && byte !== 0) isWide = false;
    if (byte >= 0x80) high++;
    else if ((byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && (byte !== 0 || !isWide)) || byte === 127) return false;
    index++;
  }
  return high * 2 <= index;
}

function gunzip(bytes: Buffer): Buffer | undefined {
  try {
    const unpacked = gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
    return unpacked.length === 0 ? undefined : unpacked;
  } catch (error) {
    return (error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? Buffer.alloc(0) : undefined;
  }
}

function utf16Of(run: Omit<Run, 'how' | 'isStructured'>): Omit<Run, 'how' | 'isStructured'> | undefined {
  const { bytes, starts, ends } = run;
  if (bytes.length < 8 || bytes[1] !== 0 || bytes[3] !== 0 || starts === undefined || ends === undefined) return undefined;
  const size = bytes.length >> 1;
  for (let at = 0; at < size; at++) if (bytes[2 * at + 1] !== 0) return undefined;
  return {
    start: run.start,
    end: run.end,
    bytes: Buffer.from(Uint8Array.from({ length: size }, (_, at) => bytes[2 * at] as number)),
    starts: Uint32Array.from({ length: size }, (_, at) => starts[2 * at] as number),
    ends: Uint32Array.from({ length: size }, (_, at) => ends[2 * at + 1] as number),
  };
}

/** No control characters but those of text. */
export function isPrintable(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte < 32 ? byte !== 9 && byte !== 10 && byte !== 13 : byte === 127) return false;
  }
  // Random bytes are not caught by that alone when they are few.
  let high = 0;
  for (const byte of bytes) if (byte >= 0x80) high++;
  return high * 4 <= bytes.length;
}

/** Is it text, what so many bytes of a run decode to? As `isPrintable`, and nothing is made for it: anchors may stand side by side. */
function isPrintable64(bytes: Buffer, start: number, skipped: number, count: number): boolean {
  let [bits, held, index, high, told] = [0, 0, 0, 0, 0];
  for (let at = start; told < count; at++) {
    const value = at < bytes.length ? (VALUES[bytes[at] as number] as number) : NONE;
    if (value === NONE) break;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    if (index++ < skipped) continue;
    const byte = (held >> bits) & 0xff;
    if (byte < 32 ? byte !== 9 && byte !== 10 && byte !== 13 : byte === 127) return false;
    if (byte >= 0x80) high++;
    told++;
  }
  return high * 4 <= told;
}

function decode64(bytes: Buffer, start: number, limit: number) {
  // Most runs are short: what they hold is measured before room is made.
  const room = Math.ceil(((end64(bytes, start, limit) - start) * 3) / 4) + 3;
  const [out, starts, ends] = [Buffer.allocUnsafe(room), new Uint32Array(room), new Uint32Array(room)];
  let [fill, bits, held, from, line, at] = [0, 0, 0, start, 0, start];
  let end = start;
  while (at < limit) {
    const value = VALUES[bytes[at] as number] as number;
    if (value === NONE) {
      const next = line >= SHORTEST_LINE ? breakAt(bytes, at, limit) : 0;
      if (next === 0) break;
      at = next;
      line = 0;
      continue;
    }
    if (bits === 0) from = at;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    at++;
    line++;
    end = at;
    if (bits < 8) continue;
    bits -= 8;
    out[fill] = (held >> bits) & 0xff;
    starts[fill] = from;
    ends[fill++] = at;
    from = at - 1;
  }
  while (end < limit && bytes[end] === EQUALS && end - at < 2) end++;
  return { start, end, bytes: out.subarray(0, fill), starts: starts.subarray(0, fill), ends: ends.subarray(0, fill) };
}

function end64(bytes: Buffer, start: number, limit: number): number {
  for (let at = start, line = start; ; at++) {
    if (at < limit && VALUES[bytes[at] as number] !== NONE) continue;
    const next = at < limit && at - line >= SHORTEST_LINE ? breakAt(bytes, at, limit) : 0;
    if (next === 0) return at;
    line = next;
    at = next - 1;
  }
}

/** Where a run goes on behind the end of a line, real or written `\n`; 0 when it does not. */
function breakAt(bytes: Buffer, at: number, limit: number): number {
  let next = at;
  while (bytes[next] === BACKSLASH && (bytes[next + 1] === LETTER_R || bytes[next + 1] === LETTER_N)) next += 2;
  if (next === at) {
    if (bytes[next] === CARRIAGE_RETURN) next++;
    if (bytes[next] !== NEWLINE) return 0;
    next++;
    while (bytes[next] === SPACE || bytes[next] === TAB) next++;
  }
  let end = next;
  while (end < limit && end - next < SHORTEST_LINE && VALUES[bytes[end] as number] !== NONE) end++;
  if (end === next) return 0;
  // A shorter line is the last one: nothing but the end of the value stands behind it.
  const after = bytes[end];
  const isLast =
    end >= limit || after === EQUALS || after === NEWLINE || after === CARRIAGE_RETURN || after === QUOTE || after === BACKSLASH;
  return end - next >= SHORTEST_LINE || isLast ? next : 0;
}

/** Goes back from the start of a group to that of the run, over line ends, by whole groups. */
function startOf64(bytes: Buffer, at: number, least: number): number {
  let [start, count, place] = [at, 0, at];
  while (place > least) {
    const isWritten = bytes[place - 1] === LETTER_N && bytes[place - 2] === BACKSLASH;
    if (!isWritten && VALUES[bytes[place - 1] as number] !== NONE) {
      place--;
      if (++count % 4 === 0) start = place;
      continue;
    }
    const before = isWritten ? place - 2 : breakBefore(bytes, place);
    if (before === undefined) break;
    let size = 0;
    while (size < SHORTEST_LINE && isBase64(bytes[before - size - 1])) size++;
    if (size < SHORTEST_LINE || count % 4 !== 0) break;
    place = before;
  }
  return start;
}

function breakBefore(bytes: Buffer, at: number): number | undefined {
  let before = at;
  while (bytes[before - 1] === SPACE || bytes[before - 1] === TAB) before--;
  if (bytes[before - 1] !== NEWLINE) return undefined;
  before--;
  return bytes[before - 1] === CARRIAGE_RETURN ? before - 1 : before;
}

function isHex(byte: number | undefined): boolean {
  return byte !== undefined && DIGITS[byte] !== NONE;
}

function valuesOf(alphabet: string, other: string): Uint8Array {
  const values = new Uint8Array(256).fill(NONE);
  for (let at = 0; at < alphabet.length; at++) values[alphabet.charCodeAt(at)] = at;
  const first = alphabet.length - other.length;
  for (let at = 0; at < other.length; at++) values[other.charCodeAt(at)] = first + at;
  return values;
}

/** Where the characters of base64 that begin at `at` end. */
export function wordOf64(bytes: Buffer, at: number): number {
  let end = at;
  while (isBase64(bytes[end])) end++;
  return end;
}

function isBase64(byte: number | undefined): boolean {
  return byte !== undefined && VALUES[byte] !== NONE;
}

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const TAB = 9;
const SPACE = 32;
const QUOTE = 34;
const EQUALS = 61;
const BACKSLASH = 92;
const LETTER_N = 110;
const LETTER_R = 114;
