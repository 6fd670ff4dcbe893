import { jsonObjects } from './json-slices.ts';

/** One object of a file, not yet parsed: most of a large dump is of kinds that say nothing about identities. */
export interface Slice {
  /** A YAML or JSON text that parses by itself. */
  readonly text: string;
  /** Offset of `text` in the file. */
  readonly start: number;
  readonly format: 'yaml' | 'json';
  readonly kind: string | undefined;
  readonly apiVersion: string | undefined;
  /** Item of a list, as `kubectl get` writes it. */
  readonly inList: boolean;
}

/** The objects of a text: YAML documents, JSON objects, and the items of lists in either. */
export function* slicesOf(text: string, note: (problem: string) => void): Generator<Slice> {
  for (const [start, end] of documentsOf(text)) {
    const piece = text.slice(start, end);
    const first = /^(?:\s|#[^\n]*(?:\n|$))*/.exec(piece)?.[0].length ?? 0;
    if (first === piece.length) continue;
    const opening = piece[first];
    if (opening === '{' && !/^\{[{%]/.test(piece.slice(first, first + 2))) yield* jsonObjects(text, start + first, end, note);
    else if (opening === '[') yield* jsonObjects(text, start + first, end, note);
    else yield* yamlObjects(piece, start);
  }
}

/** A line that begins with `---` ends a document wherever it stands: block scalars may not hold one. */
function* documentsOf(text: string): Generator<readonly [number, number]> {
  let start = 0;
  for (const marker of text.matchAll(/^(?:---(?=\s|$)[ \t]*(?:#[^\n]*)?|\.\.\.[ \t\r]*$)/gm)) {
    if (marker.index > start) yield [start, marker.index];
    // A document may begin on the marker's line: `--- {…}`.
    start = marker.index + marker[0].length;
  }
  if (start < text.length) yield [start, text.length];
}

const KIND = /^kind[ \t]*:[ \t]*["']?([A-Za-z][\w.-]*)/m;
const API_VERSION = /^apiVersion[ \t]*:[ \t]*["']?([A-Za-z0-9][\w./-]*)/m;

function* yamlObjects(piece: string, start: number): Generator<Slice> {
  const kind = KIND.exec(piece)?.[1];
  const apiVersion = API_VERSION.exec(piece)?.[1];
  const items = /^items[ \t]*:[ \t]*(?:#[^\n]*)?\r?\n/m.exec(piece);
  if (items === null || (kind !== undefined && !kind.endsWith('List'))) {
    yield { text: piece, start, format: 'yaml', kind, apiVersion, inList: false };
    return;
  }
  yield* yamlItems(piece, start, items.index + items[0].length, kind, apiVersion);
}

/** Items are told by the column of their dash: all that is in one stands deeper. */
function* yamlItems(
  piece: string,
  start: number,
  from: number,
  listKind: string | undefined,
  listVersion: string | undefined,
): Generator<Slice> {
  const indent = /(?:^|\n)([ \t]*)-(?=[ \t\r\n])/.exec(piece.slice(from, from + 2000))?.[1];
  if (indent === undefined) {
    // Written in some other way, or empty.
    yield { text: piece, start, format: 'yaml', kind: listKind ?? 'List', apiVersion: listVersion, inList: true };
    return;
  }
  const ofList = listKind === undefined || listKind === 'List' ? undefined : listKind.slice(0, -'List'.length);
  const dash = new RegExp(`^${indent}-(?=[ \\t\\r\\n])`, 'gm');
  const end = indent === '' ? endOfItems(piece, from) : piece.length;
  dash.lastIndex = from;
  const starts: number[] = [];
  for (let match = dash.exec(piece); match !== null && match.index < end; match = dash.exec(piece)) starts.push(match.index);
  for (const [index, at] of starts.entries()) {
    // The dash gives way to a blank, so that every offset stands.
    const item = piece.slice(at, starts[index + 1] ?? end).replace('-', ' ');
    const column = columnOfKeys(item);
    yield {
      text: item,
      start: start + at,
      format: 'yaml',
      kind: keyAt(item, 'kind', column) ?? ofList,
      apiVersion: keyAt(item, 'apiVersion', column) ?? listVersion,
      inList: true,
    };
  }
}

/** Dashes in the first column: the first line there that is none is the next key of the list. */
function endOfItems(piece: string, from: number): number {
  const next = /^[A-Za-z]/gm;
  next.lastIndex = from;
  return next.exec(piece)?.index ?? piece.length;
}

/** How far the first key stands from the left; the dash may stand on a line of its own. */
function columnOfKeys(item: string): number {
  const first = /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?<blanks>[ \t]*)/.exec(item);
  return first?.groups?.blanks?.length ?? 0;
}

function keyAt(item: string, name: string, column: number): string | undefined {
  return new RegExp(`^[ \\t]{${column}}["']?${name}["']?[ \\t]*:[ \\t]*["']?([A-Za-z0-9][\\w./-]*)`, 'm').exec(item)?.[1];
}
