import type { SourceFile, Surroundings } from '../../src/contracts/index.ts';
import { pathFrom } from '../../src/files/referrers.ts';
import { get, itemsOf, textOf, textsOf } from '../../src/formats/tree.ts';

/** What is longer is a dump, and a dump names the namespace of each object. */
const MAX_TEXT = 4 * 1024 * 1024;

const NAMESPACE_KIND = /^(?:kind|["']kind["'])[ \t]*:[ \t]*["']?Namespace\b/;
const DOCUMENT = /^(?:---|\.\.\.)(?:\s|$)/;

/**
 * The namespaces that a text names for what stands beside them: those of its own Namespaces, else those in which its bindings
 * look for their accounts. Line by line: a template or a broken line must not cost more than its length.
 */
function namespacesNamed(text: string): ReadonlySet<string> {
  const own = new Set<string>();
  if (text.length > MAX_TEXT) return own;
  if (text.includes('Namespace')) for (const name of ownNamespaces(text)) own.add(name);
  if (own.size > 0) return own;
  for (const [, name] of text.matchAll(
    /^[ \t]*(?:- )?kind:[ \t]*["']?ServiceAccount["']?[ \t]*\r?\n(?:[ \t]+(?:name|apiGroup):[^\n]*\n){1,2}[ \t]+namespace:[ \t]*["']?([a-z0-9-]+)/gm,
  ))
    if (name !== undefined) own.add(name);
  return own;
}

function* ownNamespaces(text: string): Generator<string> {
  let [isNamespace, name, isIn] = [false, '', ''];
  // How deep the keys of the metadata stand: those of its labels stand deeper.
  let depth = 0;
  for (const line of text.split('\n')) {
    if (DOCUMENT.test(line)) {
      if (isNamespace && name !== '') yield name;
      [isNamespace, name, isIn] = [false, '', ''];
      continue;
    }
    const indent = line.length - line.trimStart().length;
    const key = line.slice(indent);
    if (key === '' || key.startsWith('#')) continue;
    if (indent === 0) {
      if (NAMESPACE_KIND.test(line)) isNamespace = true;
      isIn = /^["']?metadata["']?[ \t]*:/.test(line) ? 'metadata' : '';
      if (isIn !== '') name = /[{,][ \t]*["']?name["']?[ \t]*:[ \t]*["']?([a-z0-9-]+)/.exec(line)?.[1] ?? name;
      depth = 0;
    } else if (isIn === 'metadata') {
      if (depth === 0) depth = indent;
      if (indent === depth) name = /^["']?name["']?[ \t]*:[ \t]*["']?([a-z0-9-]+)["']?[ \t\r]*(?:#|$)/.exec(key)?.[1] ?? name;
    }
  }
  if (isNamespace && name !== '') yield name;
}

/** The one namespace among them; several tell nothing. */
function onlyOne(names: ReadonlySet<string>): string | undefined {
  const [only] = names;
  return names.size === 1 ? only : undefined;
}

const KUSTOMIZATION = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/;
const NAMES_ONE = /(?:^|[-_./])(?:[a-z-]*binding|rbac|namespaces?|ns|accounts?|sa)s?(?:[-_.][^/]*)?\.ya?ml$/i;
/** Files of one directory that are looked through. */
const MAX_FILES = 100;

/** Is it a file that may tell the namespace of those beside it? By its name: not every manifest is read for every other. */
export function mayNameNamespace(path: string): boolean {
  return KUSTOMIZATION.test(path) || NAMES_ONE.test(path);
}

interface Told {
  /** What the kustomization puts everything it names into, and the paths of that. */
  readonly kustomization: { readonly namespace: string; readonly paths: ReadonlySet<string> } | undefined;
  readonly named: ReadonlySet<string>;
}

const known = new WeakMap<Surroundings, Map<string, Promise<Told>>>();

/**
 * Where a manifest names no namespace, the command that applies it does. What its kustomization says, or the other objects
 * of the file or its directory name, is as good as told: a role, its binding and its account often stand in three files.
 */
export async function namespaceFor({ path, around, text }: SourceFile): Promise<string | undefined> {
  const own = onlyOne(namespacesNamed(text()));
  if (around === undefined || !/\.ya?ml$/i.test(path)) return own;
  const slash = path.lastIndexOf('/');
  const directory = path.slice(0, Math.max(0, slash));
  const directories = known.get(around) ?? new Map<string, Promise<Told>>();
  known.set(around, directories);
  const told = directories.get(directory) ?? readDirectory(directory, around);
  directories.set(directory, told);
  const { kustomization, named } = await told;
  if (kustomization?.paths.has(path)) return kustomization.namespace;
  return own ?? onlyOne(named);
}

async function readDirectory(directory: string, around: Surroundings): Promise<Told> {
  let kustomization: Told['kustomization'];
  const named = new Set<string>();
  for (const path of (await around.list(directory)).slice(0, MAX_FILES)) {
    const file = await around.read(path);
    if (file === undefined || file.bytes.length > MAX_TEXT) continue;
    const text = file.text();
    if (KUSTOMIZATION.test(path)) {
      const namespace = /^namespace:[ \t]*["']?([a-z0-9-]+)["']?[ \t\r]*(?:#|$)/m.exec(text)?.[1];
      if (namespace !== undefined) kustomization = { namespace, paths: await pathsNamed(path, text) };
    } else for (const one of namespacesNamed(text)) named.add(one);
  }
  return { kustomization, named };
}

/** Files that a kustomization applies, and those it changes them by. A comment names nothing, nor does a part of a name. */
async function pathsNamed(kustomization: string, text: string): Promise<ReadonlySet<string>> {
  const { readYaml } = await import('../../src/formats/yaml.ts');
  const { root } = readYaml(text);
  const written = ['resources', 'bases', 'components', 'patchesStrategicMerge'].flatMap((key) => textsOf(get(root, key)));
  for (const key of ['patches', 'patchesJson6902']) {
    for (const patch of itemsOf(get(root, key))) written.push(textOf(get(patch, 'path')) ?? '');
  }
  return new Set(written.filter((one) => one !== '' && !one.includes('\n')).map((one) => pathFrom(kustomization, one)));
}
