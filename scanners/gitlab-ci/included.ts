import type { SourceFile, Surroundings } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Mapping, type Tree, textOf } from '../../src/formats/tree.ts';
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

const MAX_FILES = 50;
const kept = new WeakMap<Surroundings, Map<string, Promise<Mapping | undefined>>>();

/** The top levels of local files that a pipeline includes, and, for an included file, of the pipeline that does so. */
export async function readAround(file: SourceFile, own: Mapping | undefined): Promise<Mapping[]> {
  if (file.around === undefined) return [];
  const others: Mapping[] = [];
  const seen = new Set([file.path]);
  const root = await rootOf(file);
  const base = root === undefined ? '' : root.slice(0, root.lastIndexOf('/') + 1);
  const pending = localPaths(own).map((path) => base + path);
  if (root !== undefined && root !== file.path) pending.push(root);
  for (let path = pending.shift(); path !== undefined && seen.size < MAX_FILES; path = pending.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const top = await topLevel(file.around, path);
    if (top === undefined) continue;
    others.push(top);
    pending.push(...localPaths(top).map((each) => base + each));
  }
  return others;
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

/** Without wildcards and variables: which files those mean is not told by the name. */
function localPaths(top: Mapping | undefined): string[] {
  return readIncludes(get(top, 'include'))
    .filter(({ kind, what }) => kind === 'local' && !/[*$]/.test(what))
    .map(({ what }) => what.replace(/^\.?\//, ''));
}

async function topLevel(around: Surroundings, path: string): Promise<Mapping | undefined> {
  const files = kept.get(around) ?? new Map<string, Promise<Mapping | undefined>>();
  kept.set(around, files);
  const known = files.get(path);
  if (known !== undefined) return known;
  const reading = around.read(path).then((file) => {
    if (file === undefined || file.bytes.length > 1_000_000) return undefined;
    return lastMapping(readYamlStream(file.text()).documents);
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
