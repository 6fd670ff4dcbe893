import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import { LineIndex } from '../files/location.ts';
import { messageOf } from '../util/errors.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { type Entry, pointerTo, type Tree } from './tree.ts';

export interface YamlFile {
  /** The first document. */
  readonly root: Tree | undefined;
  /** What could not be read, with the line; empty when all of it was. */
  readonly problems: readonly string[];
  /** 1-based. */
  position(offset: number): { line: number; column: number };
}

/** An alias makes its anchor's nodes anew: these bounds keep a "billion laughs" document small. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 100;

/** Reads the first document of a text. Never throws: what is broken is named in `problems`. */
export function readYaml(text: string): YamlFile {
  const root = readPlainYaml(text);
  if (root === undefined) return readAnyYaml(text);
  const lines = new LineIndex(text);
  return { root, problems: [], position: (offset) => lines.at(offset) };
}

/** The same for whatever is YAML, by the library. */
export function readAnyYaml(text: string): YamlFile {
  const lines = new LineIndex(text);
  const position = (offset: number) => lines.at(offset);
  try {
    const document = parsed(
      text,
      (given) => parseDocument(given, OPTIONS),
      ({ errors }) => errors,
    );
    const { root, problems } = read(document, '', position);
    return { root, problems, position };
  } catch (error) {
    return { root: undefined, problems: [`cannot be read as YAML (${messageOf(error)})`], position };
  }
}

export interface YamlStream {
  /** One for each document that holds something, in the order of the text. */
  readonly documents: readonly Tree[];
  readonly problems: readonly string[];
  /** 1-based. */
  position(offset: number): { line: number; column: number };
}

/** Reads all documents of a stream; a broken one does not lose the others. Never throws. */
export function readYamlStream(text: string): YamlStream {
  const lines = new LineIndex(text);
  const position = (offset: number) => lines.at(offset);
  const only = readPlainYaml(text);
  if (only !== undefined) return { documents: [only], problems: [], position };
  const documents: Tree[] = [];
  const problems = new Set<string>();
  try {
    const all = parsed(
      text,
      (given) => parseAllDocuments(given, OPTIONS),
      (read) => (Array.isArray(read) ? read.flatMap(({ errors }) => errors) : []),
    );
    if (Array.isArray(all)) {
      for (const document of all.slice(0, MAX_DOCUMENTS)) {
        const { root, problems: own } = read(document, '', position);
        if (root !== undefined) documents.push(root);
        for (const problem of own) problems.add(problem);
      }
      if (all.length > MAX_DOCUMENTS) problems.add(`more than ${MAX_DOCUMENTS} documents: the rest was not read`);
    }
  } catch (error) {
    problems.add(`cannot be read as YAML (${messageOf(error)})`);
  }
  return { documents, problems: [...problems], position };
}

const OPTIONS = { uniqueKeys: false, logLevel: 'silent', strict: false, prettyErrors: false } as const;
const MAX_DOCUMENTS = 20_000;

/** Each such text has the file read once more: characters and times that this may take. */
const MAX_REREAD = 600_000;
const MAX_JOINED = 10;

/**
 * Other readers of YAML (libyaml, Go's) take a quoted text whose lines stand left of its key, and people write policies and
 * scripts so. The lines of such a text are joined, each character at its place, and the text is read again.
 */
function parsed<T>(text: string, parse: (text: string) => T, errorsOf: (read: T) => readonly YAMLParseError[]): T {
  let read = parse(text);
  let joined = text;
  const rounds = Math.min(MAX_JOINED, MAX_REREAD / text.length);
  for (let round = 1; round <= rounds; round += 1) {
    const open = errorsOf(read).find(({ code, message }) => code === 'MISSING_CHAR' && /closing .quote/.test(message));
    const next = open === undefined ? undefined : joinQuoted(joined, open.pos[0], open.message.includes("'") ? "'" : '"');
    if (next === undefined || next === joined) break;
    joined = next;
    read = parse(joined);
  }
  return read;
}

/** Puts blanks for the line breaks, and for the blanks that begin lines, from within a quoted text to its end. */
function joinQuoted(text: string, from: number, quote: "'" | '"'): string | undefined {
  const end = endOfQuoted(text, from, quote);
  if (end === undefined) return undefined;
  return (
    text.slice(0, from) + text.slice(from, end).replace(/\r?\n[ \t]*/g, (blank) => ' '.repeat(blank.length)) + text.slice(end)
  );
}

function endOfQuoted(text: string, from: number, quote: "'" | '"'): number | undefined {
  for (let i = from; i < text.length; i += 1) {
    if (quote === '"' && text[i] === '\\') i += 1;
    else if (text[i] === quote) {
      if (quote === '"' || text[i + 1] !== quote) return i;
      i += 1;
    } else if (text[i] === '\n' && /^(?:---|\.\.\.)(?:\s|$)/.test(text.slice(i + 1, i + 5))) return undefined;
  }
  return undefined;
}

function read(
  document: Document.Parsed,
  pointer: string,
  position: YamlFile['position'],
): { readonly root: Tree | undefined; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const first = document.errors[0];
  if (first !== undefined) problems.push(`not valid YAML at line ${position(first.pos[0]).line} (${first.code})`);
  const building: Building = { document, nodes: 0, problems: new Set() };
  const root = document.contents === null ? undefined : build(document.contents, pointer, 0, building);
  return { root, problems: [...problems, ...building.problems] };
}

interface Building {
  readonly document: Document.Parsed;
  nodes: number;
  readonly problems: Set<string>;
}

function build(node: Node | null | undefined, pointer: string, depth: number, building: Building): Tree | undefined {
  building.nodes += 1;
  if (building.nodes > MAX_NODES) {
    building.problems.add(`more than ${MAX_NODES} YAML nodes: the rest was not read`);
    return undefined;
  }
  if (depth > MAX_DEPTH) {
    building.problems.add(`nested more than ${MAX_DEPTH} levels deep: what lies deeper was not read`);
    return undefined;
  }
  if (isAlias(node)) {
    const anchor = resolve(node.source, building);
    // An alias inside its own anchor ends at the depth limit.
    return anchor === undefined ? undefined : build(anchor, pointer, depth + 1, building);
  }
  const [start, end] = node?.range ?? [0, 0];
  const own = tagOf(node);
  if (isMap(node)) {
    const entries: Entry[] = [];
    for (const pair of node.items) {
      const key = keyOf(pair.key);
      const value = build(pair.value as Node | null, pointerTo(pointer, key), depth + 1, building);
      if (value === undefined) continue;
      if (key === '<<' && !isQuoted(pair.key)) entries.unshift(...mergedIn(value, building));
      else entries.push({ key, value });
    }
    return { type: 'mapping', entries, start, end, pointer, ...own };
  }
  if (isSeq(node)) {
    const items: Tree[] = [];
    for (const [index, item] of node.items.entries()) {
      const value = build(item as Node | null, `${pointer}[${index}]`, depth + 1, building);
      if (value !== undefined) items.push(value);
    }
    return { type: 'list', items, start, end, pointer, ...own };
  }
  if (!isScalar(node)) return { type: 'scalar', value: '', quoted: false, start, end, pointer, ...own };
  const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  const value = typeof node.value === 'string' ? node.value : node.value === null ? '' : (node.source ?? String(node.value));
  return { type: 'scalar', value, quoted, start, end, pointer, ...own };
}

/** What `<<: *a` and `<<: [*a, *b]` put in: of a repeated key the last is taken, so the first mapping comes last. https://yaml.org/type/merge.html */
function mergedIn(value: Tree, { problems }: Building): readonly Entry[] {
  if (value.type === 'mapping') return value.entries;
  const mappings = value.type === 'list' ? value.items : [value];
  return mappings.toReversed().flatMap((each) => {
    if (each.type === 'mapping') return each.entries;
    problems.add('a merge key (`<<`) of something that is no mapping: it was not merged');
    return [];
  });
}

function isQuoted(key: unknown): boolean {
  return isScalar(key) && (key.type === 'QUOTE_DOUBLE' || key.type === 'QUOTE_SINGLE');
}

const NO_TAG = {};

function tagOf(node: Node | null | undefined): { readonly tag?: string } {
  const tag = isAlias(node) ? undefined : (node?.tag as string | undefined);
  return tag?.startsWith('!') === true && tag !== '!' ? { tag } : NO_TAG;
}

/** The anchor's node. `Alias.resolve` walks the whole document each time; anchors are looked up once. */
function resolve(name: string, building: Building): Node | undefined {
  let anchors = ANCHORS.get(building.document);
  if (anchors === undefined) {
    anchors = new Map();
    const pending: unknown[] = [building.document.contents];
    for (let node = pending.pop(); pending.length > 0 || node !== undefined; node = pending.pop()) {
      if (isMap(node)) for (const pair of node.items) pending.push(pair.value, pair.key);
      else if (isSeq(node)) for (const item of node.items) pending.push(item);
      if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) anchors.set(node.anchor, node);
    }
    ANCHORS.set(building.document, anchors);
  }
  return anchors.get(name);
}

const ANCHORS = new WeakMap<Document.Parsed, Map<string, Node>>();

function keyOf(key: unknown): string {
  if (isScalar(key)) return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  return '';
}
