import { realpathSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import type { PathTarget, Target } from '../contracts/index.ts';
import { findRepository } from '../files/git.ts';

/**
 * Directories and repositories of one name are told apart by the end of the path that leads to them: without it, facts of
 * `team-a/shop` and `team-b/shop` would be taken for facts of one.
 */
export function tellApart(targets: readonly Target[]): readonly Target[] {
  const tops = new Map<Target, string>();
  for (const target of targets) if (target.kind === 'path' && target.isDirectory) tops.set(target, topOf(target));
  const all = new Set(tops.values());
  if (tops.size < 2) return targets;
  return targets.map((target) => {
    const top = tops.get(target);
    return top === undefined ? target : { ...target, label: labelOf(top, all) };
  });
}

/** Two targets in one repository have its name. */
function topOf({ path }: PathTarget): string {
  const repository = findRepository(path);
  return realpathSync(repository?.workTree ?? repository?.gitDir ?? path);
}

/** The name, and as much of the path above it as no other of that name has. */
function labelOf(top: string, all: ReadonlySet<string>): string {
  const name = nameOf(top);
  const folders = foldersOf(top);
  const twins = [...all].filter((other) => other !== top && nameOf(other) === name).map(foldersOf);
  for (let count = 0; count < folders.length; count += 1) {
    const end = endOf(folders, count);
    if (twins.every((twin) => endOf(twin, count) !== end)) return [...folders.slice(folders.length - count), name].join('/');
  }
  return [...folders, name].join('/');
}

function nameOf(top: string): string {
  return basename(top).replace(/\.git$/, '');
}

function endOf(folders: readonly string[], count: number): string {
  return count === 0 ? '' : folders.slice(-count).join('/');
}

function foldersOf(top: string): readonly string[] {
  return dirname(top)
    .split(sep)
    .filter((folder) => folder !== '');
}
