import type { SourceFile, Surroundings } from '../../src/contracts/index.ts';
import { type Reference, referrers } from '../../src/files/referrers.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { entriesOf, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { recognises } from './recognise.ts';

// https://learn.microsoft.com/azure/devops/pipelines/process/templates

const MAX_TEMPLATES = 200;

/** What the stages, jobs, steps and variables of a file are made of, as it names them. */
export function templatesIn(tree: Tree | undefined, key = '', found = new Set<string>()): ReadonlySet<string> {
  if (key === 'inputs' || found.size >= MAX_TEMPLATES) return found;
  for (const item of itemsOf(tree)) templatesIn(item, '', found);
  for (const entry of entriesOf(tree)) {
    const name = entry.key === 'template' ? textOf(entry.value) : undefined;
    if (name === undefined) templatesIn(entry.value, entry.key, found);
    else if (name !== '') found.add(name);
  }
  return found;
}

/** `/` is the top of the repository, anything else begins beside the file; `@self` is this repository, `@other` another. */
function pathOf(from: string, name: string): string | undefined {
  const [path = '', repository = 'self'] = name.split('@', 2);
  if (repository !== 'self' || /\$[({[]/.test(path) || path === '') return undefined;
  const parts = path.startsWith('/') ? [] : from.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** Templates that are not here, and why. */
export async function unreadTemplates(tree: Tree, { path, around }: SourceFile): Promise<string[]> {
  const unread: string[] = [];
  for (const name of templatesIn(tree)) {
    const target = pathOf(path, name);
    const said = name.slice(0, 100);
    if (target === undefined)
      unread.push(/\$[({[]/.test(name) ? `${said} (named when it runs)` : `${said} (of another repository)`);
    else if (around === undefined || (await around.read(target)) === undefined) unread.push(`${said} (not there)`);
  }
  return unread;
}

/** Templates may have any name: those that do not look like a pipeline are read with the first file that leads to them. */
export async function* templatesOf(tree: Tree, { path, around }: SourceFile): AsyncGenerator<SourceFile> {
  if (around === undefined) return;
  const named = [...templatesIn(tree)].flatMap((name) => pathOf(path, name) ?? []);
  for (const target of new Set(named)) {
    const file = target === path ? undefined : await around.read(target);
    if (file === undefined || isPipeline(file) || (await readerOf(target, around)) !== path) continue;
    yield { ...file, around };
  }
}

function isPipeline(file: SourceFile): boolean {
  return recognises(headOfBytes(file.path, file.bytes));
}

const TEMPLATE: Reference = {
  isFile: (path) => /\.ya?ml$/i.test(path),
  word: 'template',
  pattern: /\btemplate["']?[ \t]*:[ \t]*["']?(?<to>[^\s"'#,}]{1,300})/g,
  target: (from, to) => pathOf(from, to) ?? '',
};

/** Of all files that name a template, the first that is a pipeline, or else that is itself read with one. */
async function readerOf(template: string, around: Surroundings): Promise<string | undefined> {
  const from = ((await referrers(around, TEMPLATE)).get(template) ?? []).filter((each) => each !== template).toSorted();
  for (const path of from) {
    const file = await around.read(path);
    if (file !== undefined && isPipeline(file)) return path;
  }
  return from[0];
}
