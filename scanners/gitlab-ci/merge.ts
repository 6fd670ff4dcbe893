import {
  type Entry,
  entriesOf,
  get,
  itemsOf,
  type Mapping,
  type Scalar,
  type Tree,
  textOf,
  textsOf,
} from '../../src/formats/tree.ts';

// https://docs.gitlab.com/ci/yaml/yaml_optimization/ · https://docs.gitlab.com/ci/yaml/#extends

/** Keys at the top that are no jobs. */
export const RESERVED: ReadonlySet<string> = new Set([
  'stages',
  'variables',
  'default',
  'include',
  'workflow',
  'image',
  'services',
  'before_script',
  'after_script',
  'cache',
  'types',
  'spec',
]);

/** GitLab allows 11 levels. */
const MAX_EXTENDS = 11;
const MAX_SCRIPTS = 500;

/** Jobs and templates that a file may refer to: its own, then those of files it includes. */
export interface Sources {
  /** The file's documents without the head of a component. */
  readonly own: Mapping | undefined;
  readonly text: string;
  /** Top levels of the files included and of the pipeline that includes this one. */
  readonly others: readonly Mapping[];
}

/** A job with all that it extends, and the parts of this file that it is made of. */
export interface ResolvedJob {
  readonly tree: Mapping;
  readonly parts: readonly Tree[];
}

export function resolveJob(name: string, tree: Mapping, sources: Sources): ResolvedJob {
  const parts: Tree[] = [tree];
  const resolved = extend(tree, sources, parts, new Set([name]), 0);
  return { tree: resolved, parts };
}

function extend(tree: Mapping, sources: Sources, parts: Tree[], seen: ReadonlySet<string>, depth: number): Mapping {
  const wanted = get(tree, 'extends');
  if (wanted === undefined || depth >= MAX_EXTENDS) return tree;
  let base: Mapping | undefined;
  for (const name of textsOf(wanted)) {
    if (seen.has(name)) continue;
    const found = lookUp(name, sources, wanted);
    if (found?.tree.type !== 'mapping') continue;
    if (found.isOwn) parts.push(found.tree);
    const whole = extend(found.tree, sources, parts, new Set([...seen, name]), depth + 1);
    base = base === undefined ? whole : merge(base, whole);
  }
  return base === undefined ? tree : merge(base, tree);
}

/** A key at the top of this file, else of one that it includes; what stands elsewhere is told at the place that refers to it. */
export function lookUp(name: string, sources: Sources, at: Tree): { readonly tree: Tree; readonly isOwn: boolean } | undefined {
  const own = get(sources.own, name);
  if (own !== undefined) return { tree: own, isOwn: true };
  for (const other of sources.others) {
    const found = get(other, name);
    if (found !== undefined) return { tree: moveTo(found, at), isOwn: false };
  }
  return undefined;
}

/** The same values, told to stand at another place. */
export function moveTo(tree: Tree, { start, end, pointer }: Tree): Tree {
  if (tree.type === 'scalar') return { ...tree, start, end, pointer };
  if (tree.type === 'list')
    return { ...tree, items: tree.items.map((item) => moveTo(item, { ...tree, start, end, pointer })), start, end, pointer };
  return {
    ...tree,
    entries: tree.entries.map(({ key, value }) => ({ key, value: moveTo(value, { ...tree, start, end, pointer }) })),
    start,
    end,
    pointer,
  };
}

/** Mappings are merged, everything else replaced. */
function merge(base: Mapping, over: Mapping): Mapping {
  const entries = new Map<string, Tree>(base.entries.map(({ key, value }) => [key, value]));
  for (const { key, value } of over.entries) {
    const known = entries.get(key);
    entries.set(key, known?.type === 'mapping' && value.type === 'mapping' ? merge(known, value) : value);
  }
  return { ...over, entries: [...entries].map(([key, value]): Entry => ({ key, value })) };
}

/** The commands of a `script`: strings, lists in lists, and `!reference [job, script]`. */
export function scriptsOf(tree: Tree | undefined, sources: Sources, depth = 0): Scalar[] {
  if (tree === undefined || depth > 10) return [];
  if (tree.type === 'scalar') return tree.value === '' ? [] : [tree];
  const target = referenceOf(tree, sources);
  if (target !== undefined) return scriptsOf(target, sources, depth + 1);
  return itemsOf(tree)
    .flatMap((item) => scriptsOf(item, sources, depth + 1))
    .slice(0, MAX_SCRIPTS);
}

/** Entries of a mapping, with those of `!reference [job, variables]` in its place. */
export function entriesWithReferences(tree: Tree | undefined, sources: Sources): readonly Entry[] {
  if (tree?.type === 'list') return entriesOf(referenceOf(tree, sources));
  return entriesOf(tree);
}

export function referenceOf(tree: Tree, sources: Sources): Tree | undefined {
  if (tree.type !== 'list' || !/!reference\s*$/.test(sources.text.slice(Math.max(0, tree.start - 16), tree.start)))
    return undefined;
  const [name, ...path] = tree.items.map((item) => textOf(item) ?? '');
  if (name === undefined) return undefined;
  let found = lookUp(name, sources, tree)?.tree;
  for (const key of path) found = get(found, key);
  return found;
}
