import type { SourceFile, Surroundings } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Mapping, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { readYamlStream } from '../../src/formats/yaml.ts';

// https://docs.gitlab.com/ci/yaml/#include

/** One entry of `include`. */
export interface Include {
  readonly kind: 'local' | 'project' | 'remote' | 'template' | 'component' | 'artifact';
  /** What it names: a path, a URL, `group/project`, a component with its version. */
  readonly what: string;
  readonly ref?: string;
  /** Cannot change without this file changing: local, a commit id, a content hash; templates come with the server. */
  readonly pinned: boolean;
  readonly tree: Tree;
}

export function readIncludes(include: Tree | undefined): Include[] {
  const entries = include?.type === 'list' ? itemsOf(include) : include === undefined ? [] : [include];
  return entries.flatMap((tree): Include[] => {
    const text = textOf(tree);
    if (text !== undefined && text !== '') {
      const kind = /^https?:\/\//.test(text) ? 'remote' : 'local';
      return [{ kind, what: text, pinned: kind === 'local', tree }];
    }
    for (const kind of ['project', 'remote', 'component', 'template', 'local', 'artifact'] as const) {
      const what = textOf(get(tree, kind));
      if (what === undefined || what === '') continue;
      const ref = kind === 'component' ? what.slice(what.lastIndexOf('@') + 1) : textOf(get(tree, 'ref'));
      const pinned =
        kind === 'local' ||
        kind === 'template' ||
        kind === 'artifact' ||
        (kind === 'remote'
          ? textOf(get(tree, 'integrity')) !== undefined || /\/[0-9a-f]{40}\//.test(what)
          : /^[0-9a-f]{40}$/.test(ref ?? ''));
      return [{ kind, what, pinned, tree, ...(ref === undefined ? {} : { ref }) }];
    }
    return [];
  });
}

/** One file of a pipeline. */
export interface Layer {
  readonly path: string;
  readonly top: Mapping;
  readonly isOwn: boolean;
  /** False where it may not be part of the pipeline: what it has is taken where nothing else has it. */
  readonly merges: boolean;
}

/** What a pipeline is made of, as far as its files are at hand. */
export interface Around {
  /** In the order in which GitLab merges them: the later wins. */
  readonly layers: readonly Layer[];
  /** Of the pipeline itself: the files that it is made of or starts, beside it. */
  readonly parts: readonly string[];
  /** What the file includes and nobody here can read. */
  readonly unread: readonly string[];
}

const MAX_FILES = 50;
const MAX_BYTES = 1_000_000;
/** Each is looked for among all files. */
const MAX_WILDCARDS = 20;

/** The local files that a pipeline includes, and, for an included file, those of the pipeline that does so. */
export async function readAround(file: SourceFile, own: Mapping): Promise<Around> {
  const root = await rootOf(file);
  const walk: Walk = {
    around: file.around,
    base: root === undefined ? '' : root.slice(0, root.lastIndexOf('/') + 1),
    own: { path: file.path, top: own },
    seen: new Set(),
    layers: [],
    wildcards: 0,
    unread: new Set(),
  };
  const top = root === undefined || root === file.path ? undefined : await topLevel(file.around, root);
  if (root !== undefined && typeof top === 'object') await visit(root, top, true, walk);
  if (!walk.seen.has(file.path)) {
    // Another pipeline that this one starts, or a file that other projects include.
    walk.layers = walk.layers.map((layer) => ({ ...layer, merges: false }));
    await visit(file.path, own, true, walk);
  }
  const started: string[] = [];
  for (const { value } of own.entries) started.push(...(await localPaths(get(get(value, 'trigger'), 'include'), walk, true)));
  const parts = [...new Set([...walk.layers.map(({ path }) => path), ...started])];
  return {
    layers: walk.layers,
    parts: root === file.path ? parts.filter((path) => path !== root) : [],
    unread: [...walk.unread],
  };
}

interface Walk {
  readonly around: Surroundings | undefined;
  /** Paths of includes begin where the pipeline lies. */
  readonly base: string;
  readonly own: { readonly path: string; readonly top: Mapping };
  readonly seen: Set<string>;
  layers: Layer[];
  /** Includes with `*` that were looked up. */
  wildcards: number;
  readonly unread: Set<string>;
}

/** What a file includes comes before it. */
async function visit(path: string, top: Mapping, merges: boolean, walk: Walk): Promise<void> {
  walk.seen.add(path);
  const isOwn = path === walk.own.path;
  const include = get(top, 'include');
  for (const each of include?.type === 'list' ? itemsOf(include) : include === undefined ? [] : [include]) {
    for (const target of await localPaths(each, walk, isOwn)) {
      if (walk.seen.has(target)) continue;
      if (walk.seen.size >= MAX_FILES) {
        walk.unread.add(`more than ${MAX_FILES} files`);
        continue;
      }
      const found = target === walk.own.path ? walk.own.top : await topLevel(walk.around, target);
      if (typeof found === 'object') await visit(target, found, merges && get(each, 'rules') === undefined, walk);
      else if (isOwn) walk.unread.add(`${shown(target)} (${found})`);
    }
  }
  walk.layers.push({ path, top: isOwn ? walk.own.top : top, isOwn, merges: merges || isOwn });
}

/** The paths of local files that an include means; what else it means is noted. */
async function localPaths(include: Tree | undefined, walk: Walk, isNoted: boolean): Promise<string[]> {
  const { around, base, unread } = walk;
  const paths: string[] = [];
  for (const { kind, what, tree } of readIncludes(include)) {
    if (kind !== 'local' || what.includes('$')) {
      const file = textsOf(get(tree, 'file'))[0];
      if (isNoted) unread.add(`${kind} ${shown(what)}${kind === 'project' && file !== undefined ? ` ${shown(file)}` : ''}`);
      continue;
    }
    const path = base + what.replace(/^\.?\//, '');
    if (!path.includes('*')) paths.push(path);
    else if (walk.wildcards >= MAX_WILDCARDS || path.length > 300) unread.add(`local ${shown(what)}`);
    else if (around !== undefined) {
      walk.wildcards += 1;
      paths.push(...[...(await around.paths())].filter((each) => isMeant(path, each)).sort());
    }
  }
  return paths;
}

const shown = (text: string) => text.slice(0, 100);

/**
 * `*` is within a directory, `**` in all below. https://docs.gitlab.com/ci/yaml/includes/#use-includelocal-with-wildcard-file-paths
 * No pattern of a stranger becomes a regular expression: each is met in time that grows with both lengths.
 */
function isMeant(pattern: string, path: string): boolean {
  const parts = pattern.split('/').flatMap((part) => {
    if (part === '**') return ['*', '**'];
    return part.includes('**') ? ['**', part.replace(/\*+/g, '*')] : [part];
  });
  return fits(parts, path.split('/'), '**', (part, name) => fits([...part], [...name], '*', (one, other) => one === other));
}

/** Where `star` stands for any number of things: the last one met takes one more whenever the rest does not fit. */
function fits(
  pattern: readonly string[],
  things: readonly string[],
  star: string,
  isOne: (part: string, thing: string) => boolean,
): boolean {
  let [at, next] = [0, 0];
  let [starAt, taken] = [-1, 0];
  while (next < things.length) {
    const part = pattern[at];
    if (part === star) {
      [starAt, taken] = [at, next];
      at += 1;
    } else if (part !== undefined && isOne(part, things[next] ?? '')) {
      at += 1;
      next += 1;
    } else if (starAt >= 0) {
      taken += 1;
      [at, next] = [starAt + 1, taken];
    } else return false;
  }
  return pattern.slice(at).every((part) => part === star);
}

/** The pipeline of the repository that the file is in. */
async function rootOf({ path, around }: SourceFile): Promise<string | undefined> {
  if (/(?:^|\/)\.gitlab-ci\.ya?ml$/.test(path)) return path;
  let directory = path;
  while (around !== undefined) {
    directory = directory.slice(0, Math.max(0, directory.lastIndexOf('/')));
    const files = await around.list(directory);
    const found = files.find((each) => /(?:^|\/)\.gitlab-ci\.ya?ml$/.test(each));
    if (found !== undefined) return found;
    if (directory === '') return undefined;
  }
  return undefined;
}

const kept = new WeakMap<Surroundings, Map<string, Promise<Mapping | string>>>();

/** What a file holds, or why that is not read. */
async function topLevel(around: Surroundings | undefined, path: string): Promise<Mapping | string> {
  if (around === undefined) return 'not at hand';
  const files = kept.get(around) ?? new Map<string, Promise<Mapping | string>>();
  kept.set(around, files);
  const known = files.get(path);
  if (known !== undefined) return known;
  const reading = around.read(path).then((file) => {
    if (file === undefined) return 'not there';
    if (file.bytes.length > MAX_BYTES) return 'larger than 1 MB';
    return lastMapping(readYamlStream(file.text()).documents) ?? 'no mapping';
  });
  files.set(path, reading);
  return reading;
}

/** A component has a head, `spec`, in a document of its own. */
export function lastMapping(documents: readonly Tree[]): Mapping | undefined {
  const [first, ...rest] = documents.filter((tree): tree is Mapping => tree.type === 'mapping');
  if (first === undefined) return undefined;
  const isHead = entriesOf(first).every(({ key }) => key === 'spec');
  return isHead ? rest[0] : first;
}
