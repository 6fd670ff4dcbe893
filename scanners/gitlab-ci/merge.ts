import { type Entry, entriesOf, get, type Mapping, type Scalar, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';

import type { Layer } from './included.ts';

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
/** Keys merged and values looked up for one file. */
const MAX_WORK = 400_000;

/** Jobs and templates that a file may refer to. */
export interface Sources {
  /** The file's documents without the head of a component. */
  readonly own: Mapping | undefined;
  readonly text: string;
  /** This file and those around it. */
  readonly layers: readonly Layer[];
  readonly work: Work;
}

/** What was done for a file so far: templates are put together once, and all of it within bounds. */
export interface Work {
  left: number;
  readonly resolved: Map<string, ResolvedJob>;
  readonly found: Map<string, Found | undefined>;
  /** Names that are in no file at hand. */
  readonly missing: Set<string>;
  readonly problems: Set<string>;
}

export function newWork(): Work {
  return { left: MAX_WORK, resolved: new Map(), found: new Map(), missing: new Set(), problems: new Set() };
}

/** Is there enough left, of the whole and of a part, to do so much more? */
function mayDo(work: Work, amount: number, part: { left: number } = work): boolean {
  if (work.left >= amount && part.left >= amount) {
    work.left -= amount;
    if (part !== work) part.left -= amount;
    return true;
  }
  part.left = 0;
  work.problems.add('`extends` and `!reference` join more than is read: some jobs are told in part');
  return false;
}

/** A job with all that it extends, and the parts of this file that it is made of. */
export interface ResolvedJob {
  readonly tree: Mapping;
  readonly parts: readonly Tree[];
}

export function resolveJob(name: string, tree: Mapping, sources: Sources): ResolvedJob {
  return extend(tree, sources, new Set([name]));
}

/** `open`: names of the jobs that are being put together; one that extends itself is no valid pipeline. */
function extend(tree: Mapping, sources: Sources, open: Set<string>): ResolvedJob {
  const wanted = get(tree, 'extends');
  if (wanted === undefined) return { tree, parts: [tree] };
  if (open.size > MAX_EXTENDS) {
    sources.work.problems.add(`\`extends\` over more than ${MAX_EXTENDS} levels: what lies deeper was not read`);
    return { tree, parts: [tree] };
  }
  const parts = new Set<Tree>([tree]);
  let base: Mapping | undefined;
  for (const name of textsOf(wanted)) {
    if (open.has(name)) continue;
    const whole = template(name, wanted, sources, open);
    if (whole === undefined) continue;
    if (!mayDo(sources.work, whole.parts.length + whole.tree.entries.length)) break;
    for (const part of whole.parts) parts.add(part);
    base = base === undefined ? whole.tree : merge(base, whole.tree, sources.work);
  }
  return { tree: base === undefined ? tree : merge(base, tree, sources.work), parts: [...parts] };
}

/** What stands in another file is told at the place that names it, so it is put together once for each such place. */
function template(name: string, at: Tree, sources: Sources, open: Set<string>): ResolvedJob | undefined {
  const found = find(name, sources);
  if (found?.tree.type !== 'mapping') {
    sources.work.missing.add(name);
    return undefined;
  }
  const key = JSON.stringify(found.isOwn ? [name] : [name, at.start]);
  const known = sources.work.resolved.get(key);
  if (known !== undefined) return known;
  open.add(name);
  const { tree, parts } = extend(found.isOwn ? found.tree : (movedTo(found.tree, at, sources.work) as Mapping), sources, open);
  open.delete(name);
  // A part of another file has no lines here.
  const resolved = { tree, parts: found.isOwn ? parts : parts.slice(1) };
  sources.work.resolved.set(key, resolved);
  return resolved;
}

interface Found {
  readonly tree: Tree;
  /** Something of it stands in this file; the rest is told there. */
  readonly isOwn: boolean;
}

/** A key at the top, as GitLab merges it from all files of the pipeline; what may be no part of that comes last. */
export function find(name: string, sources: Sources): Found | undefined {
  const { found } = sources.work;
  if (!found.has(name)) found.set(name, findAnew(name, sources));
  return found.get(name);
}

function findAnew(name: string, { layers, work }: Sources): Found | undefined {
  const all = layers.flatMap(({ top, isOwn, merges }) => {
    const tree = get(top, name);
    return tree === undefined ? [] : [{ tree, isOwn, merges }];
  });
  const own = all.find(({ isOwn }) => isOwn);
  let tree: Tree | undefined;
  for (const each of all.filter(({ merges }) => merges)) {
    const placed = own === undefined || each.isOwn ? each.tree : movedTo(each.tree, own.tree, work);
    tree = tree?.type === 'mapping' && placed.type === 'mapping' ? merge(tree, placed, work) : placed;
  }
  tree ??= all[0]?.tree;
  return tree === undefined ? undefined : { tree, isOwn: own !== undefined };
}

/** Is it this file that tells of a job? The one that says what it does, else the last that has anything of it. */
export function isHome(name: string, { layers }: Sources): boolean {
  const merged = layers.filter(({ top, merges }) => merges && get(top, name)?.type === 'mapping');
  const working = merged.filter(({ top }) => ['script', 'run', 'trigger'].some((key) => get(get(top, name), key) !== undefined));
  return (working.at(-1) ?? merged.at(-1))?.isOwn !== false;
}

/** What stands at the top, or below it; what stands in another file is told at the place that refers to it. */
export function lookUp(name: string, sources: Sources, at: Tree, path: readonly string[] = []): Tree | undefined {
  const found = find(name, sources);
  let tree = found?.tree;
  for (const key of path) tree = get(tree, key);
  return tree === undefined || found?.isOwn !== false ? tree : movedTo(tree, at, sources.work);
}

function movedTo(tree: Tree, at: Tree, work: Work): Tree {
  return mayDo(work, sizeOf(tree))
    ? moveTo(tree, at)
    : { type: 'mapping', entries: [], start: at.start, end: at.end, pointer: at.pointer };
}

function sizeOf(tree: Tree): number {
  if (tree.type === 'scalar') return 1;
  let size = 1;
  for (const each of tree.type === 'list' ? tree.items : tree.entries.map(({ value }) => value)) size += sizeOf(each);
  return size;
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
function merge(base: Mapping, over: Mapping, work: Work): Mapping {
  if (!mayDo(work, base.entries.length + over.entries.length)) return over;
  const entries = new Map<string, Tree>(base.entries.map(({ key, value }) => [key, value]));
  for (const { key, value } of over.entries) {
    const known = entries.get(key);
    entries.set(key, known?.type === 'mapping' && value.type === 'mapping' ? merge(known, value, work) : value);
  }
  return { ...over, entries: [...entries].map(([key, value]): Entry => ({ key, value })) };
}

/** The commands of a `script`: strings, lists in lists, and `!reference [job, script]`. */
export function scriptsOf(tree: Tree | undefined, sources: Sources): Scalar[] {
  const scripts: Scalar[] = [];
  for (const each of flat(tree, sources)) {
    if (each.type !== 'scalar' || each.value === '') continue;
    if (scripts.length === MAX_SCRIPTS) {
      sources.work.problems.add(`a job of more than ${MAX_SCRIPTS} commands: the rest was not read`);
      break;
    }
    scripts.push(each);
  }
  return scripts;
}

/** One job may take so many of the values that are looked up. */
const MAX_LIST = 5000;

/** What is in a list, in the lists in it, and in what it refers to. */
export function flat(tree: Tree | undefined, sources: Sources): Generator<Tree> {
  return flatten(tree, sources, { left: MAX_LIST }, 0);
}

function* flatten(tree: Tree | undefined, sources: Sources, list: { left: number }, depth: number): Generator<Tree> {
  if (tree === undefined || depth > 10 || !mayDo(sources.work, 1, list)) return;
  const target = referenceOf(tree, sources);
  if (target !== undefined) yield* flatten(target, sources, list, depth + 1);
  else if (tree.type !== 'list') yield tree;
  else for (const item of tree.items) yield* flatten(item, sources, list, depth + 1);
}

/** Entries of a mapping, with those of `!reference [job, variables]` in its place. */
export function entriesWithReferences(tree: Tree | undefined, sources: Sources): readonly Entry[] {
  if (tree?.type === 'list') return entriesOf(referenceOf(tree, sources));
  return entriesOf(tree);
}

export function referenceOf(tree: Tree, sources: Sources): Tree | undefined {
  if (tree.type !== 'list' || tree.tag !== '!reference') return undefined;
  const [name, ...path] = tree.items.map((item) => textOf(item) ?? '');
  if (name === undefined) return undefined;
  if (find(name, sources) === undefined) sources.work.missing.add(name);
  return lookUp(name, sources, tree, path);
}
