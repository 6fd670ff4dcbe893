import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { emptyExport, isGroupList, type Shape, shapeOf } from './shape.ts';

/** One record of an export, told by its keys. */
export interface Item {
  readonly shape: Shape | undefined;
  readonly value: { readonly [key: string]: unknown };
  /** 1-based line, for exports with one record a line. */
  readonly line?: number;
}

export interface Document {
  readonly items: readonly Item[];
  /** Said by the name alone, when there is no record to look at. */
  readonly empty?: Shape;
  /** A list, as an answer of the API that names all there is; not one record that was asked for by its id. */
  readonly isList: boolean;
  /** Of a list of groups: their names. */
  readonly groups?: readonly string[];
  /** Records (lines, elements) that could not be read at all. */
  readonly failed: number;
  /** Why the file does not hold all there is. */
  readonly gaps: readonly string[];
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
    items,
    isList: list !== undefined,
    failed,
    gaps: list === undefined || !isRecord(value) ? [] : pagingGaps(value, list.length),
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
function pagingGaps(page: { readonly [key: string]: unknown }, held: number): string[] {
  const pages = isRecord(page.pages) ? page.pages : {};
  const total = typeof page.total === 'number' ? page.total : pages.total;
  if (page.has_next_page === true)
    return [`more pages follow this one (has_next_page); it holds ${held} records: give all pages`];
  if (typeof total !== 'number' || total <= held || page.has_next_page === false) return [];
  return [`it holds ${held} of ${total} records: give all pages`];
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
  const gaps = broken.length === 0 ? [] : [`line ${broken.slice(0, 5).join(', ')}${broken.length > 5 ? ' …' : ''} is not JSON`];
  return { items, isList: true, failed: broken.length, gaps };
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
    items: whole.map((element) => toItem(element, path)),
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
