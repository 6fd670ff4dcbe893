import type { SourceFile } from '../../src/contracts/index.ts';
import { credentialFile, holdsLogin } from '../../src/files/credential-file.ts';
import { excluder } from '../../src/files/walk.ts';
import { copyOf } from './copy.ts';
import type { Dockerfile } from './parse.ts';

/** A file of credentials that a `COPY` of its directory takes along. */
export interface TakenAlong {
  /** From the root of the repository. */
  readonly path: string;
  readonly name: string;
  readonly kind: string;
  readonly certain: boolean;
}

/**
 * What lies in the directories that a build copies whole, as far as `.dockerignore` lets it: the repository has it, so the
 * image does. The build's context is taken to be the directory of the Dockerfile.
 */
export async function takenAlong(parsed: Dockerfile, file: SourceFile): Promise<ReadonlyMap<string, readonly TakenAlong[]>> {
  const found = new Map<string, readonly TakenAlong[]>();
  const { around } = file;
  if (around === undefined) return found;
  const root = file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')));
  const rules = (await around.read(`${file.path}.dockerignore`)) ?? (await around.read(inside(root, '.dockerignore')));
  const isLeftOut = excluder(rules === undefined ? [] : rules.text().split(/\r?\n/));
  for (const source of new Set(contextSources(parsed))) {
    const below = source.replace(/^\.?\/+|\/?\.?$/g, '');
    if (below.startsWith('..') || /[*?[$]/.test(below)) continue;
    const files: TakenAlong[] = [];
    for (const path of await around.list(inside(root, below))) {
      const known = credentialFile(path);
      if (known === undefined || isLeftOut(root === '' ? path : path.slice(root.length + 1))) continue;
      const text = known.certain ? '' : ((await around.read(path))?.text() ?? '');
      if (known.certain || holdsLogin(text))
        files.push({ path, name: path.slice(path.lastIndexOf('/') + 1), kind: known.kind, certain: true });
    }
    if (files.length > 0) found.set(source, files);
  }
  return found;
}

/** Of files of settings that are copied by their name: whether the one in the repository holds a login. */
export async function settledFiles(parsed: Dockerfile, file: SourceFile): Promise<ReadonlyMap<string, boolean>> {
  const settled = new Map<string, boolean>();
  const root = file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')));
  for (const source of new Set(contextSources(parsed))) {
    if (credentialFile(source)?.certain !== false) continue;
    const text = (await file.around?.read(inside(root, source.replace(/^(?:\.?\/)+/, ''))))?.text();
    if (text !== undefined) settled.set(source, holdsLogin(text));
  }
  return settled;
}

function* contextSources({ stages }: Dockerfile): Generator<string> {
  for (const { instructions } of stages) {
    for (const instruction of instructions) {
      if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') continue;
      const { sources, from } = copyOf(instruction);
      if (from === undefined) for (const { path } of sources) yield path;
    }
  }
}

function inside(root: string, name: string): string {
  return root === '' || name === '' ? `${root}${name}` : `${root}/${name}`;
}
