import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { LineIndex } from '../../src/files/location.ts';
import { messageOf } from '../../src/util/errors.ts';

/** A YAML document as plain nodes that know where they stand. Keys stay in lists: `__proto__` is a key like any other. */
export type Tree = Scalar | Mapping | List;

interface Placed {
  /** Offsets in the text; of the anchor's node where an alias stands. */
  readonly start: number;
  readonly end: number;
  /** `jobs.deploy.steps[2].env.AWS_KEY` */
  readonly pointer: string;
}

export interface Scalar extends Placed {
  readonly type: 'scalar';
  readonly value: string;
  readonly quoted: boolean;
}

export interface Mapping extends Placed {
  readonly type: 'mapping';
  readonly entries: readonly Entry[];
}

export interface List extends Placed {
  readonly type: 'list';
  readonly items: readonly Tree[];
}

export interface Entry {
  readonly key: string;
  readonly value: Tree;
}

export interface YamlFile {
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
  const lines = new LineIndex(text);
  const position = (offset: number) => lines.at(offset);
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { uniqueKeys: false, logLevel: 'silent', strict: false, prettyErrors: false });
  } catch (error) {
    return { root: undefined, problems: [`cannot be read as YAML (${messageOf(error)})`], position };
  }
  const problems: string[] = [];
  const first = document.errors[0];
  if (first !== undefined) problems.push(`not valid YAML at line ${position(first.pos[0]).line} (${first.code})`);
  const building: Building = { document, nodes: 0, problems: new Set() };
  const root = document.contents === null ? undefined : build(document.contents, '', 0, building);
  return { root, problems: [...problems, ...building.problems], position };
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
  if (isMap(node)) {
    const entries: Entry[] = [];
    for (const pair of node.items) {
      const key = keyOf(pair.key);
      const value = build(pair.value as Node | null, pointerTo(pointer, key), depth + 1, building);
      if (value === undefined) continue;
      if (key === '<<' && value.type === 'mapping') entries.unshift(...value.entries);
      else entries.push({ key, value });
    }
    return { type: 'mapping', entries, start, end, pointer };
  }
  if (isSeq(node)) {
    const items: Tree[] = [];
    for (const [index, item] of node.items.entries()) {
      const value = build(item as Node | null, `${pointer}[${index}]`, depth + 1, building);
      if (value !== undefined) items.push(value);
    }
    return { type: 'list', items, start, end, pointer };
  }
  if (!isScalar(node)) return { type: 'scalar', value: '', quoted: false, start, end, pointer };
  const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  const value = typeof node.value === 'string' ? node.value : node.value === null ? '' : (node.source ?? String(node.value));
  return { type: 'scalar', value, quoted, start, end, pointer };
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

function pointerTo(pointer: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${pointer}[${JSON.stringify(key)}]`;
  return pointer === '' ? key : `${pointer}.${key}`;
}

export function entriesOf(tree: Tree | undefined): readonly Entry[] {
  return tree?.type === 'mapping' ? tree.entries : [];
}

export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.type === 'list' ? tree.items : [];
}

/** The value of a key; of a repeated one the last, as most readers have it. */
export function get(tree: Tree | undefined, key: string): Tree | undefined {
  return entriesOf(tree).findLast((entry) => entry.key === key)?.value;
}

export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.type === 'scalar' ? tree.value : undefined;
}

/** A string, or a list of strings. */
export function textsOf(tree: Tree | undefined): string[] {
  const single = textOf(tree);
  if (single !== undefined) return single === '' ? [] : [single];
  return itemsOf(tree).flatMap((item) => (item.type === 'scalar' && item.value !== '' ? [item.value] : []));
}

/** Every scalar below, with the key it stands under. Recursion is bounded by `MAX_DEPTH`. */
export function* scalarsOf(tree: Tree | undefined, key = ''): Generator<{ readonly key: string; readonly scalar: Scalar }> {
  if (tree === undefined) return;
  if (tree.type === 'scalar') yield { key, scalar: tree };
  else if (tree.type === 'list') for (const item of tree.items) yield* scalarsOf(item, key);
  else for (const entry of tree.entries) yield* scalarsOf(entry.value, entry.key);
}
