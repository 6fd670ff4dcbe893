import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { codeOf } from '../util/errors.ts';
import { gitDirOf, isGitDir } from './git.ts';

/** What a walk met. `excluded` is what the user left out, and was not looked at; `ignored` is what a `.gitignore` leaves out, a directory with a closing slash; `repository` is a directory with its own `.git`, or a bare repository: it is not descended into. */
export interface WalkEntry {
  readonly kind: 'file' | 'symlink' | 'special' | 'unreadable' | 'repository' | 'excluded' | 'ignored';
  /** Relative to the root, `/`-separated. */
  readonly path: string;
  readonly size: number;
  readonly why?: string;
}

interface Rules {
  /** Directory of the `.gitignore`, with a closing slash; empty at the root. */
  readonly base: string;
  readonly rules: Ignore;
}

interface Folder {
  readonly path: string;
  readonly rules: readonly Rules[];
  /** Walked only so that what is in it can be counted. */
  readonly isExcluded: boolean;
  /** Walked although a `.gitignore` leaves it out. */
  readonly isIgnored: boolean;
}

export interface WalkOptions {
  readonly isExcluded?: (path: string) => boolean;
  /** Read what a `.gitignore` leaves out; repositories in it stay out. */
  readonly includeIgnored?: boolean;
}

/**
 * Walks a directory that is no git repository: `.gitignore` files count, `.git` is left out, symlinks are never followed
 * (what they lead to inside the root is met anyway, what lies outside is not ours), nor anything but plain files opened.
 * Depth first, names in byte order, so that two walks tell the same story.
 */
export function* walk(root: string, options: WalkOptions = {}): Generator<WalkEntry> {
  const { isExcluded = () => false, includeIgnored = false } = options;
  const folders: Folder[] = [{ path: '', rules: [], isExcluded: false, isIgnored: false }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: Dirent[];
    try {
      entries = readdirSync(join(root, folder.path), { withFileTypes: true });
    } catch (error) {
      if (folder.isExcluded) continue;
      yield { kind: 'unreadable', path: folder.path, size: 0, why: codeOf(error) ?? 'cannot be listed' };
      continue;
    }
    const names = new Set(entries.map((entry) => entry.name));
    const isNested = folder.path !== '' && (names.has('.git') || looksBare(names));
    if (isNested && isRepository(join(root, folder.path), names)) {
      const kind = folder.isExcluded ? 'excluded' : folder.isIgnored ? 'ignored' : 'repository';
      yield { kind, path: folder.path.slice(0, -1), size: 0 };
      continue;
    }
    const rules = names.has('.gitignore') ? [...folder.rules, ...rulesIn(root, folder.path)] : folder.rules;
    const below: Folder[] = [];
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name === '.git') continue;
      const path = folder.path + entry.name;
      if (entry.isDirectory()) {
        const inside = `${path}/`;
        const isLeft = folder.isIgnored || isIgnored(rules, inside);
        if (isLeft && !includeIgnored) {
          if (!folder.isExcluded && !isExcluded(inside)) yield { kind: 'ignored', path: inside, size: 0 };
          continue;
        }
        const isLeftOut = folder.isExcluded || isExcluded(inside);
        below.push({ path: inside, rules: rulesWithin(rules, inside), isExcluded: isLeftOut, isIgnored: isLeft });
        continue;
      }
      if (!includeIgnored && isIgnored(rules, path)) {
        if (!folder.isExcluded && !isExcluded(path)) yield { kind: 'ignored', path, size: 0 };
        continue;
      }
      if (folder.isExcluded || isExcluded(path)) yield { kind: 'excluded', path, size: 0 };
      else yield describe(root, path, entry);
    }
    folders.push(...below.reverse());
  }
}

/** Tells paths that a user's `--exclude` globs (gitignore syntax) leave out. */
export function excluder(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false;
  const rules = ignore().add([...globs]);
  return (path) => path !== '' && rules.ignores(path);
}

/** Of the globs, those that did leave something out. */
export class MatchedGlobs {
  readonly #globs: readonly string[];
  readonly #open: Map<string, Ignore>;

  constructor(globs: readonly string[]) {
    this.#globs = [...new Set(globs)];
    this.#open = new Map(globs.map((glob) => [glob, ignore().add(glob)]));
  }

  /** In the order given. */
  get names(): readonly string[] {
    return this.#globs.filter((glob) => !this.#open.has(glob));
  }

  /** Takes a path that was left out. */
  note(path: string): void {
    for (const [glob, rules] of this.#open) {
      if (path !== '' && rules.ignores(path)) this.#open.delete(glob);
    }
  }
}

function describe(root: string, path: string, entry: Dirent): WalkEntry {
  if (entry.isSymbolicLink()) return { kind: 'symlink', path, size: 0 };
  try {
    const stat = lstatSync(join(root, path));
    return { kind: stat.isFile() ? 'file' : 'special', path, size: stat.size };
  } catch (error) {
    return { kind: 'unreadable', path, size: 0, why: codeOf(error) ?? 'cannot be read' };
  }
}

function isRepository(directory: string, names: ReadonlySet<string>): boolean {
  // A `.git` that leads nowhere makes no repository: the files beside it are read like any others.
  return names.has('.git') ? gitDirOf(directory) !== undefined : isGitDir(directory);
}

function looksBare(names: ReadonlySet<string>): boolean {
  return names.has('HEAD') && names.has('objects') && names.has('refs');
}

function rulesIn(root: string, base: string): Rules[] {
  try {
    const file = join(root, base, '.gitignore');
    if (!lstatSync(file).isFile()) return [];
    return [{ base, rules: ignore().add(readFileSync(file, 'utf8')) }];
  } catch {
    return [];
  }
}

/**
 * Rules that ignore a directory which deeper ones took back say nothing inside it: `ignore` would refuse all of it for
 * its parent's sake.
 */
function rulesWithin(rules: readonly Rules[], directory: string): readonly Rules[] {
  const isSilent = ({ base, rules: own }: Rules) => own.test(directory.slice(base.length)).ignored;
  return rules.some(isSilent) ? rules.filter((entry) => !isSilent(entry)) : rules;
}

/** Deeper files have the last word, as in git. */
function isIgnored(rules: readonly Rules[], path: string): boolean {
  let ignored = false;
  for (const { base, rules: own } of rules) {
    const result = own.test(path.slice(base.length));
    if (result.ignored) ignored = true;
    else if (result.unignored) ignored = false;
  }
  return ignored;
}
