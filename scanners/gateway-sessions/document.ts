import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { emptyExport, isGroupList, type Shape, shapeOf } from './shape.ts';

/** One record of an export, told by its keys. */
export interface Item {
  readonly shape: Shape | undefined;
  readonly value: { readonly [key: string]: unknown };
  /** 1-based line, for exports with one record a line. */
  readonly line?: number;
}

/** One page of a list. */
export interface Page {
  readonly total: number;
  readonly held: number;
  /** What is said of it where it stands alone. */
  readonly gap?: string;
}

export interface Document {
  /** Each record once, if there are two of one id the fuller; those of a large file are read as they are asked for. */
  readonly items: Iterable<Item>;
  /** Said by the name alone, when there is no record to look at. */
  readonly empty?: Shape;
  /** A list, as an answer of the API that names all there is; not one record that was asked for by its id. */
  readonly isList: boolean;
  /** Of a list of groups: their names. */
  readonly groups?: readonly string[];
  /** Of a list that says how long the whole is. */
  readonly page?: Page;
  /** Records (lines, elements) that could not be read at all. */
  readonly failed: number;
  /** Why the file does not hold all there is. */
  readonly gaps: readonly string[];
}

/** From here on, a file of one record a line is read line by line: its records together take ten times its size. */
const LARGE = 16 * 1024 * 1024;

/** As `readDocument`, without the file in one piece where it is large; `undefined` where it must be. */
export function readLargeDocument(bytes: Uint8Array, path: string): Document | undefined {
  if (bytes.length < LARGE) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const best = new Best();
  const broken: number[] = [];
  let records = 0;
  for (const { text, line } of linesOf(buffer)) {
    const value = parseLine(text);
    if (isRecord(value)) {
      records += 1;
      best.meet(toItem(value, path), line);
    } else broken.push(line);
    // Not a file of one record a line.
    if (broken.length > records + 3) return undefined;
  }
  if (records < 2) return undefined;
  return { items: chosen(buffer, path, new Set(best.places())), isList: true, failed: broken.length, gaps: brokenLines(broken) };
}

function* chosen(buffer: Buffer, path: string, lines: ReadonlySet<number>): Generator<Item> {
  for (const { text, line } of linesOf(buffer)) {
    if (!lines.has(line)) continue;
    const value = parseLine(text);
    if (isRecord(value)) yield { ...toItem(value, path), line };
  }
}

function* linesOf(buffer: Buffer): Generator<{ readonly text: string; readonly line: number }> {
  let line = 0;
  for (let at = 0; at < buffer.length; ) {
    const found = buffer.indexOf(0x0a, at);
    const end = found < 0 ? buffer.length : found;
    line += 1;
    const text = buffer.toString('utf8', at, end).trim();
    if (text !== '') yield { text, line };
    at = end + 1;
  }
}

/** Which of the records of one id stands: overlapping pages give a session twice, and one of the two may be fuller. */
class Best {
  readonly #known = new Map<string, { readonly place: number; readonly isWhole: boolean }>();

  meet({ shape, value }: Item, place: number): void {
    const key = typeof value.id === 'string' && shape !== undefined ? `${shape} ${value.id}` : `#${place}`;
    const known = this.#known.get(key);
    const whole = isWhole(value);
    if (known === undefined) this.#known.set(key, { place, isWhole: whole });
    else if (!known.isWhole && whole) this.#known.set(key, { place, isWhole: whole });
  }

  /** In the order in which the ids were met. */
  places(): number[] {
    return [...this.#known.values()].map(({ place }) => place);
  }
}

/** Only a single session has these. */
export function isWhole(value: Item['value']): boolean {
  // Rows of a list have the same keys, with null.
  return (value.script ?? value.event_stream ?? value.ai_analysis ?? undefined) !== undefined;
}

function distinct(items: readonly Item[]): Item[] {
  const best = new Best();
  for (const [index, item] of items.entries()) best.meet(item, index);
  return best.places().flatMap((place) => items[place] ?? []);
}

/**
 * A file as people save it: an array, the API's `{ data: […] }` or `{ items: […] }`, one object, or one record a line.
 * A file that breaks off gives the whole records before the break.
 */
export function readDocument(text: string, path: string): Document {
  const body = text.trim();
  const empty = emptyExport(path, body);
  if (empty !== undefined) return { items: [], empty, isList: true, failed: 0, gaps: [] };
  try {
    const value: unknown = JSON.parse(body);
    if (isGroupList(path) && Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '')) {
      return { items: [], groups: value, isList: true, failed: 0, gaps: [] };
    }
    return fromValue(value, path);
  } catch {
    return fromLines(body, path) ?? fromBroken(body, path);
  }
}

function fromValue(value: unknown, path: string): Document {
  const list = listOf(value, path);
  const items: Item[] = [];
  let failed = 0;
  for (const element of list ?? [value]) {
    if (isRecord(element)) items.push(toItem(element, path));
    else failed += 1;
  }
  return {
    items: distinct(items),
    isList: list !== undefined,
    failed,
    ...(list === undefined || !isRecord(value) ? { gaps: [] } : pagingOf(value, list.length)),
  };
}

/** `undefined` when it is one record by itself. */
function listOf(value: unknown, path: string): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  // A plugin has a list of connections, and is one record.
  if (!isRecord(value) || shapeOf(new Set(Object.keys(value)), path) !== undefined) return undefined;
  for (const key of ['data', 'items', 'sessions', 'connections']) {
    const inner = value[key];
    if (Array.isArray(inner)) return inner;
  }
  return undefined;
}

/** The list tells how much more there was. https://github.com/hoophq/hoop: `SessionList`, `PaginatedResponse`. */
function pagingOf(page: { readonly [key: string]: unknown }, held: number): Pick<Document, 'gaps' | 'page'> {
  const pages = isRecord(page.pages) ? page.pages : {};
  const total = typeof page.total === 'number' ? page.total : pages.total;
  const gaps =
    page.has_next_page === true
      ? [`more pages follow this one (has_next_page); it holds ${held} records: give all pages`]
      : typeof total !== 'number' || total <= held || page.has_next_page === false
        ? []
        : [`it holds ${held} of ${total} records: give all pages`];
  // A count that was cut off at its limit is none.
  if (typeof total !== 'number' || total <= held || page.total_is_capped === true) return { gaps };
  return { gaps, page: { total, held, ...(gaps[0] === undefined ? {} : { gap: gaps[0] }) } };
}

function fromLines(body: string, path: string): Document | undefined {
  const lines = body.split('\n');
  if (lines.length < 2) return undefined;
  const items: Item[] = [];
  const broken: number[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const value = parseLine(line);
    if (isRecord(value)) items.push({ ...toItem(value, path), line: index + 1 });
    else broken.push(index + 1);
  }
  // More broken lines than whole ones: not a file of one record a line.
  if (items.length === 0 || broken.length > items.length) return undefined;
  return { items: distinct(items), isList: true, failed: broken.length, gaps: brokenLines(broken) };
}

function brokenLines(broken: readonly number[]): string[] {
  return broken.length === 0 ? [] : [`line ${broken.slice(0, 5).join(', ')}${broken.length > 5 ? ' …' : ''} is not JSON`];
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function fromBroken(body: string, path: string): Document {
  const errors: ParseError[] = [];
  const value = parseTolerantly(body, errors);
  const first = errors[0];
  const line = first === undefined ? 1 : body.slice(0, first.offset).split('\n').length;
  const what = first === undefined ? 'not JSON' : `not valid JSON at line ${line} (${printParseErrorCode(first.error)})`;
  const list = listOf(value, path);
  // The last record before a break may lack its end: what is missing would be read as "not said".
  const whole = (list ?? []).slice(0, -1).filter(isRecord);
  return {
    items: distinct(whole.map((element) => toItem(element, path))),
    isList: list !== undefined,
    failed: 1,
    gaps: [`${what}; ${whole.length} whole records were read: export it again`],
  };
}

function parseTolerantly(body: string, errors: ParseError[]): unknown {
  try {
    return parse(body, errors, { allowTrailingComma: true });
  } catch (error) {
    // The parser calls itself for every level.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function toItem(value: { readonly [key: string]: unknown }, path: string): Item {
  return { shape: shapeOf(new Set(Object.keys(value)), path), value };
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
