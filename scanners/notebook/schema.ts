import type { Node } from 'jsonc-parser';
import { DecodedText, type RawText } from './decoded-text.ts';
import { type NamedValue, papermillValues } from './named-value.ts';
import { entries, stringOf } from './node.ts';

// https://nbformat.readthedocs.io/en/latest/format_description.html (versions 3 and 4)

/** One stretch of text of a notebook, ready to be searched. */
export interface NotebookText {
  readonly text: DecodedText;
  /** 1-based; absent for the notebook's own metadata. */
  readonly cell?: number;
  readonly part: 'source' | 'output' | 'metadata' | 'attachment';
  readonly cellType?: string;
  readonly outputType?: string;
  readonly mediaType?: string;
}

export interface Notebook {
  readonly texts: readonly NotebookText[];
  readonly cells: number;
  /** Images, sound, PDF and other binary content that was left out. */
  readonly media: number;
  /** False when the JSON has no list of cells. */
  readonly hasCells: boolean;
  /** Beside what stands in texts: told by their names. */
  readonly values?: readonly NamedValue[];
}

/**
 * Reads the tree of a notebook, whatever its shape: known fields become source, output and attachment texts, all other
 * strings become metadata, so that nothing goes unread. Repeated keys are all read, where JSON.parse keeps the last.
 */
export function readNotebook(root: Node | undefined, raw: RawText): Notebook {
  const reading: Reading = { raw, texts: [], media: 0 };
  const lists = root === undefined ? [] : cellLists(root);
  let cells = 0;
  for (const list of lists) {
    for (const node of list.children ?? []) {
      cells += 1;
      readCell(node, cells, reading);
    }
  }
  if (root !== undefined) addRendered(root, new Set(lists), { part: 'metadata' }, reading);
  const values = root === undefined ? [] : papermillValues(root);
  return { texts: reading.texts, cells, media: reading.media, hasCells: lists.length > 0, values };
}

export interface Reading {
  readonly raw: RawText;
  readonly texts: NotebookText[];
  media: number;
}

export type Place = Omit<NotebookText, 'text'>;

/** Words of the format itself. Others are left out of reports: they are a stranger's text and might be anything. */
const CELL_TYPES = ['code', 'markdown', 'raw', 'heading'];
const OUTPUT_TYPES = ['stream', 'display_data', 'execute_result', 'error', 'pyout', 'pyerr', 'update_display_data'];
const MEDIA_TYPES = ['plain', 'html', 'markdown', 'latex', 'csv']
  .map((name) => `text/${name}`)
  .concat('application/json', 'application/javascript', 'image/svg+xml');

function knownWord(word: string | undefined, known: readonly string[]): string | undefined {
  return word !== undefined && known.includes(word) ? word : undefined;
}

/** Format 4 has `cells`, format 3 `worksheets[].cells`. */
function cellLists(root: Node): Node[] {
  const lists: Node[] = [];
  for (const [key, value] of entries(root)) {
    if (key === 'cells' && value.type === 'array') lists.push(value);
    if (key !== 'worksheets') continue;
    for (const sheet of value.children ?? []) {
      for (const [name, list] of entries(sheet)) if (name === 'cells' && list.type === 'array') lists.push(list);
    }
  }
  return lists;
}

function readCell(node: Node, cell: number, reading: Reading): void {
  const cellType = knownWord(stringOf(node, 'cell_type'), CELL_TYPES);
  const about = { cell, ...(cellType === undefined ? {} : { cellType }) };
  const known = new Set<Node>();
  for (const [key, value] of entries(node)) {
    if (key === 'id' || key === 'cell_type') known.add(value);
    if (key === 'source' || key === 'input') {
      known.add(value);
      addText(value, { ...about, part: 'source' }, reading);
    }
    if (key === 'outputs' && value.type === 'array') {
      known.add(value);
      for (const output of value.children ?? []) readOutput(output, about, reading);
    }
    if (key === 'attachments' && value.type === 'object') {
      known.add(value);
      for (const [, file] of entries(value)) readMedia(file, { ...about, part: 'attachment' }, reading);
    }
  }
  addRendered(node, known, { ...about, part: 'metadata' }, reading);
}

function readOutput(node: Node, about: Pick<Place, 'cell' | 'cellType'>, reading: Reading): void {
  const outputType = knownWord(stringOf(node, 'output_type'), OUTPUT_TYPES);
  const place: Place = { ...about, part: 'output', ...(outputType === undefined ? {} : { outputType }) };
  const known = new Set<Node>();
  for (const [key, value] of entries(node)) {
    if (key === 'output_type' || key === 'name') known.add(value);
    if (key === 'text' || key === 'evalue' || key === 'traceback') {
      known.add(value);
      addText(value, place, reading, key === 'traceback' ? '\n' : '');
    }
    if (key === 'data' && value.type === 'object') {
      known.add(value);
      readMedia(value, place, reading);
    }
    // Format 3 keeps rich output beside the text, under short names.
    const mediaType = FORMAT_3_MEDIA[key];
    if (mediaType !== undefined) {
      known.add(value);
      readOneMedia(mediaType, value, place, reading);
    }
  }
  addRendered(node, known, place, reading);
}

const FORMAT_3_MEDIA: { readonly [key: string]: string | undefined } = Object.assign(Object.create(null), {
  html: 'text/html',
  json: 'application/json',
  latex: 'text/latex',
  javascript: 'application/javascript',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpeg: 'image/jpeg',
  pdf: 'application/pdf',
});

/** A MIME bundle: media type to content. */
function readMedia(bundle: Node, place: Place, reading: Reading): void {
  for (const [mediaType, value] of entries(bundle)) readOneMedia(mediaType, value, place, reading);
}

function readOneMedia(mediaType: string, value: Node, place: Place, reading: Reading): void {
  if (isBinary(mediaType)) {
    reading.media += 1;
    return;
  }
  const known = knownWord(mediaType, MEDIA_TYPES);
  addText(value, known === undefined ? place : { ...place, mediaType: known }, reading);
}

function isBinary(mediaType: string): boolean {
  if (mediaType === 'image/svg+xml') return false;
  return /^(?:image|audio|video|font)\/|^application\/(?:pdf|octet-stream|zip)$/i.test(mediaType);
}

/** A string, or an array of strings that make one text; anything else is rendered as JSON without escapes. */
export function addText(node: Node, place: Place, reading: Reading, separator = ''): void {
  const strings = node.type === 'array' ? (node.children ?? []) : [node];
  if (strings.some((each) => each.type === 'object' || each.type === 'array')) {
    addRendered(node, new Set(), place, reading);
    return;
  }
  const text = new DecodedText(reading.raw);
  for (const each of strings) {
    if (each.type !== 'string') continue;
    if (separator !== '' && !text.isEmpty) text.fill(separator);
    text.append(each.value, each.offset + 1);
  }
  if (!text.isEmpty) reading.texts.push({ ...place, text });
}

/**
 * Every string below `node` as a line `"key": "value",` with the value unescaped, so that detectors which want a name
 * beside a value find both. `known` nodes were read elsewhere.
 */
export function addRendered(node: Node, known: ReadonlySet<Node>, place: Place, reading: Reading): void {
  const text = new DecodedText(reading.raw);
  const pending: { readonly node: Node; readonly key: string; readonly parent: string }[] = [{ node, key: '', parent: '' }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (known.has(item.node) || isNoise(item.key, item.parent)) continue;
    if (item.node.type === 'string') {
      text.fill(item.key === '' ? '"' : `"${item.key}": "`);
      text.append(item.node.value, item.node.offset + 1);
      text.fill('",\n');
      continue;
    }
    if (item.node.type === 'array') {
      for (const child of (item.node.children ?? []).toReversed())
        pending.push({ node: child, key: item.key, parent: item.parent });
      continue;
    }
    const secretValue = stringOf(item.node, 'model_name') === 'PasswordModel';
    for (const [key, value] of entries(item.node).toReversed()) {
      // A password widget keeps what was typed as `state.value`: give it the name that says what it is.
      const named = key === 'value' && item.parent === 'PasswordModel' ? 'password' : key;
      pending.push({ node: value, key: named, parent: secretValue && key === 'state' ? 'PasswordModel' : item.key });
    }
  }
  if (!text.isEmpty) reading.texts.push({ ...place, text });
}

/** Hashes and plot data that look random and are none of anybody's secrets. */
function isNoise(key: string, parent: string): boolean {
  return (key === 'hash' && parent === 'interpreter') || key === 'model_id' || key === 'bdata';
}
