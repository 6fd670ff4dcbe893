import { realpathSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import type { PathTarget, Target } from '../contracts/index.ts';
import { findRepository, GitError, type GitRepository, gitOutput } from '../files/git.ts';
import { excluder, walk } from '../files/walk.ts';

export interface Overlap {
  readonly target: PathTarget;
  /** The target that reads it anyway. */
  readonly within: PathTarget;
}

/** How the targets are looked at. */
interface Look {
  /** Globs that are left out. */
  readonly exclude: readonly string[];
  /** Only changes are asked for. */
  readonly isPremerge: boolean;
  /** What git ignores is read, too. */
  readonly includeIgnored?: boolean | undefined;
}

/**
 * Targets that another one reads anyway: `scan a a/b` would count the files of `a/b` twice. What the outer one leaves out
 * (excluded, ignored by git, a repository of its own) stays a target.
 */
export async function findOverlaps(targets: readonly Target[], look: Look): Promise<readonly Overlap[]> {
  const paths = targets.flatMap((target) => (target.kind === 'path' ? [{ target, real: realpathSync(target.path) }] : []));
  const isExcluded = excluder(look.exclude);
  const overlaps: Overlap[] = [];
  for (const inner of paths) {
    for (const outer of paths) {
      if (!outer.target.isDirectory || inner === outer) continue;
      // The same by another name: the first one stands.
      if (inner.real === outer.real && paths.indexOf(inner) < paths.indexOf(outer)) continue;
      const below = relative(outer.real, inner.real).split(sep).join('/');
      if (below === '..' || below.startsWith('../') || isAbsolute(below)) continue;
      if (below !== '' && (isExcluded(below) || !(await reads(outer.real, inner.real, inner.target.isDirectory, look)))) continue;
      overlaps.push({ target: inner.target, within: outer.target });
      break;
    }
  }
  return overlaps;
}

/** On Windows, another drive. */
function isAbsolute(below: string): boolean {
  return /^[A-Za-z]:/.test(below);
}

async function reads(
  outer: string,
  inner: string,
  isDirectory: boolean,
  { isPremerge, includeIgnored = false }: Look,
): Promise<boolean> {
  const around = findRepository(outer);
  const own = findRepository(isDirectory ? inner : dirname(inner));
  if (around === undefined) {
    const below = relative(outer, inner).split(sep).join('/');
    // With the repositories in it, but their changes alone it does not look for.
    return !(isPremerge && own !== undefined) && isWalked(outer, below, includeIgnored);
  }
  return own?.gitDir === around.gitDir && (includeIgnored || !(await isIgnored(around, inner)));
}

/** Does a walk of a plain directory come by it, whatever its `.gitignore` files say? */
function isWalked(root: string, below: string, includeIgnored: boolean): boolean {
  for (const { kind, path } of walk(root, { includeIgnored })) {
    if (kind === 'file' || kind === 'repository') if (path === below || path.startsWith(`${below}/`)) return true;
  }
  return false;
}

/** When in doubt, it is: then both are read. */
async function isIgnored(repository: GitRepository, path: string): Promise<boolean> {
  if (repository.workTree === undefined) return true;
  const below = relative(realpathSync(repository.workTree), path).split(sep).join('/');
  try {
    await gitOutput(repository, ['check-ignore', '--quiet', '--', `./${below}`]);
    return true;
  } catch (error) {
    if (error instanceof GitError) return error.exitCode !== 1;
    throw error;
  }
}
