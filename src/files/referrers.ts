import type { Surroundings } from '../contracts/index.ts';

/** How files name others, as far as a pattern tells. */
export interface Reference {
  isFile(path: string): boolean;
  /** A word without which none is named: files without it are not looked through. */
  readonly word: string;
  /** Global, with a group `to`. */
  readonly pattern: RegExp;
  /** What is meant by it in a file: a path of the tree. */
  target(from: string, to: string): string;
}

/** More files, and larger ones, are nobody's own. */
const MAX_FILES = 5000;
const MAX_BYTES = 1024 * 1024;

const known = new WeakMap<Surroundings, Map<Reference, Promise<ReadonlyMap<string, readonly string[]>>>>();

/** The files that name a path, by that path. All are looked through once. */
export function referrers(around: Surroundings, reference: Reference): Promise<ReadonlyMap<string, readonly string[]>> {
  const all = known.get(around) ?? new Map<Reference, Promise<ReadonlyMap<string, readonly string[]>>>();
  known.set(around, all);
  const found = all.get(reference) ?? findReferrers(around, reference);
  all.set(reference, found);
  return found;
}

async function findReferrers(around: Surroundings, reference: Reference): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, Set<string>>();
  const paths = [...(await around.paths())].filter((path) => reference.isFile(path));
  if (paths.length < 2) return new Map();
  for (const path of paths.slice(0, MAX_FILES)) {
    const file = await around.read(path);
    if (file === undefined || file.bytes.length > MAX_BYTES || !has(file.bytes, reference.word)) continue;
    for (const { groups } of file.text().matchAll(reference.pattern)) {
      const target = reference.target(path, groups?.to ?? '');
      found.set(target, (found.get(target) ?? new Set()).add(path));
    }
  }
  return new Map([...found].map(([target, from]) => [target, [...from]]));
}

function has({ buffer, byteOffset, length }: Uint8Array, word: string): boolean {
  return Buffer.from(buffer, byteOffset, length).includes(word);
}

/** A path as written in a file, from the top of the tree: `../role` in `a/b/main.tf` is `a/role`. */
export function pathFrom(file: string, written: string): string {
  const parts = file.split('/').slice(0, -1);
  for (const part of written.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
