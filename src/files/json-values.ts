/**
 * JSON as exports really come: one value, several concatenated ones (a loop of CLI calls into one file), one a line, or
 * cut off in the middle. What can be read whole is returned; the rest is told with its place.
 */
export interface JsonValues {
  readonly values: readonly unknown[];
  readonly broken?: Broken;
}

export interface Broken {
  /** Byte offset (UTF-8) at which reading had to stop. */
  readonly byte: number;
  readonly line: number;
  /** `ends in the middle of a value`, `is not JSON` or `nests too deep`. */
  readonly what: string;
  /** Whole leading objects of the broken value were kept. */
  readonly recovered: boolean;
}

export function readJsonValues(text: string): JsonValues {
  const whole = isTooDeep(text) ? undefined : tryParse(text);
  if (whole !== undefined) return { values: [whole.value] };
  const values: unknown[] = [];
  for (let from = skipSpace(text, 0); from < text.length; from = skipSpace(text, from)) {
    const span = findValue(text, from);
    if (span.end !== undefined) {
      const parsed = tryParse(text.slice(from, span.end));
      if (parsed === undefined) return { values, broken: brokenAt(text, from, 'is not JSON', false) };
      values.push(parsed.value);
      from = span.end;
      continue;
    }
    const rescued = span.keep === undefined ? undefined : tryParse(text.slice(from, span.keep.end) + span.keep.closers);
    if (rescued !== undefined) values.push(rescued.value);
    const what = span.isTooDeep ? 'nests too deep' : span.stop === text.length ? 'ends in the middle of a value' : 'is not JSON';
    return { values, broken: brokenAt(text, span.stop, what, rescued !== undefined) };
  }
  return { values };
}

interface Span {
  /** Just after the value; absent when it is not whole. */
  readonly end?: number;
  readonly stop: number;
  readonly isTooDeep?: boolean;
  /** Up to where it can be cut so that only whole records remain, and what closes it there. */
  readonly keep?: { readonly end: number; readonly closers: string };
}

/** No export nests so deep. `JSON.parse` would read on; those who walk through the values by recursion would not come back. */
const MAX_DEPTH = 500;

/** Before anything is parsed; for 56 MiB of records it takes 0.2 s, parsing them 1.1 s. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x22) {
      i = endOfString(text, i);
      if (i < 0) return false;
    } else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (unit === 0x7d || unit === 0x5d) depth--;
  }
  return false;
}

/** Containers under which an object is a record of a list: a bare list, a list in an answer, a list in one of several answers. */
const LISTS_OF_RECORDS = new Set(['[', '{[', '[{[']);

/** Finds the end of the object or list at `from` by counting brackets outside strings. */
function findValue(text: string, from: number): Span {
  const first = text[from];
  if (first !== '{' && first !== '[') return { stop: from };
  let open = '';
  let keep: Span['keep'];
  for (let i = from; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x22) {
      const close = endOfString(text, i);
      if (close < 0) return { stop: text.length, ...(keep === undefined ? {} : { keep }) };
      i = close;
    } else if (unit === 0x7b || unit === 0x5b) {
      open += text[i];
      if (open.length > MAX_DEPTH) return { stop: i, isTooDeep: true, ...(keep === undefined ? {} : { keep }) };
    } else if (unit === 0x7d || unit === 0x5d) {
      if (open.at(-1) !== (unit === 0x7d ? '{' : '[')) return { stop: i, ...(keep === undefined ? {} : { keep }) };
      open = open.slice(0, -1);
      if (open === '') return { stop: i, end: i + 1 };
      if (unit === 0x7d && open.length <= 3 && LISTS_OF_RECORDS.has(open)) keep = { end: i + 1, closers: closersOf(open) };
    }
  }
  return { stop: text.length, ...(keep === undefined ? {} : { keep }) };
}

function closersOf(open: string): string {
  let closers = '';
  for (const bracket of open) closers = (bracket === '{' ? '}' : ']') + closers;
  return closers;
}

function endOfString(text: string, start: number): number {
  let i = start;
  for (;;) {
    i = text.indexOf('"', i + 1);
    if (i < 0) return -1;
    let slashes = 0;
    while (text.charCodeAt(i - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return i;
  }
}

/** White space, and the commas that a naive join leaves between values. */
function skipSpace(text: string, from: number): number {
  let i = from;
  while (i < text.length && /[\s,\ufeff]/.test(text.charAt(i))) i++;
  return i;
}

function tryParse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function brokenAt(text: string, index: number, what: string, recovered: boolean): Broken {
  const before = text.slice(0, index);
  return { byte: Buffer.byteLength(before), line: before.split('\n').length, what, recovered };
}
