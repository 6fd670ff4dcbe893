import { lstatSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CrawlContext } from '../../src/contracts/index.ts';
import { eachRecord, type GitRepository, scopeOf } from '../../src/files/git.ts';
import { excluder, walk } from '../../src/files/walk.ts';
import { codeOf } from '../../src/util/errors.ts';
import type { Checkout, Place } from './checkout.ts';
import type { Tally } from './tally.ts';

export interface ListedFile {
  /** Relative to `root`, `/`-separated. */
  readonly path: string;
  readonly size: number;
  /** Blob id of a tracked file whose content is as in the index. */
  readonly id?: string;
  /** Blob id that the index has for it, where it is not sure that the file still has that content. */
  readonly staged?: string;
  /** Which file it is and when it last changed; absent where that is so short ago that it may have changed since. */
  readonly times?: string;
}

export interface Listing {
  readonly root: string;
  readonly files: readonly ListedFile[];
  /** Repositories inside it, relative to `root`. */
  readonly nested: readonly string[];
  readonly submodules: readonly string[];
}

/** The files of a directory that is no repository. What is met but not listed is counted. */
export function listDirectory(place: Place, context: CrawlContext, tally: Tally): Listing {
  const files: ListedFile[] = [];
  const nested: string[] = [];
  const isExcluded = excluder(context.options.exclude);
  const { includeIgnored = false } = context.options;
  for (const entry of walk(place.path, { isExcluded: (path) => isExcluded(place.below + path), includeIgnored })) {
    if (entry.kind === 'file') files.push({ path: entry.path, size: entry.size });
    else if (entry.kind === 'repository') nested.push(entry.path);
    else if (entry.kind === 'ignored') tally.ignore(place.below + entry.path);
    else if (entry.kind === 'excluded') tally.exclude(entry.path, place.below + entry.path);
    else if (entry.kind === 'unreadable') tally.fail(`could not be read: ${entry.why}`, entry.path === '' ? '.' : entry.path);
    else tally.skip(entry.kind === 'symlink' ? 'symlinks' : 'special files', entry.path);
    if (files.length % 1024 === 0) context.signal.throwIfAborted();
  }
  return { root: place.path, files, nested, submodules: [] };
}

/** Tracked files and those that are neither tracked nor ignored, by git's own rules. */
export async function listWorkTree(
  checkout: Checkout,
  root: string,
  context: CrawlContext,
  tally: Tally,
  patience = PATIENCE,
): Promise<Listing> {
  const { repository } = checkout;
  const call = { separator: 'nul', signal: context.signal, patience } as const;
  const isWhole = context.options.includeIgnored === true;
  const [tracked, others, ignored] = await Promise.all([
    trackedFiles(repository, call),
    otherFiles(repository, call),
    isWhole ? ignoredFiles(repository, call) : [],
  ]);
  const files: ListedFile[] = [];
  const nested: string[] = [];
  const submodules: string[] = [];
  const paths = new RealPaths(root);
  const settled = context.now().getTime() - SETTLING;
  const consider = (path: string, entry: IndexEntry | undefined) => {
    if (!paths.isReal(path))
      return checkout.isExcluded(path) ? tally.exclude(path, checkout.fromTarget(path)) : tally.skip('symlinks', path);
    let stat: Stats;
    try {
      stat = lstatSync(join(root, path));
    } catch (error) {
      // Deleted but tracked: it is no part of the work tree, and its blob is read with the history.
      if (codeOf(error) === 'ENOENT' && entry !== undefined) return;
      if (checkout.isExcluded(path)) return tally.exclude(path, checkout.fromTarget(path));
      return tally.fail(`could not be read: ${codeOf(error) ?? 'unknown'}`, path);
    }
    if (checkout.isExcluded(path)) return tally.exclude(path, checkout.fromTarget(path));
    if (stat.isSymbolicLink()) return tally.skip('symlinks', path);
    if (stat.isDirectory() && entry !== undefined) return tally.fail('tracked as files are directories', path);
    if (!stat.isFile()) return tally.skip('special files', path);
    const id = entry === undefined ? {} : isUnchanged(entry, stat) ? { id: entry.id } : { staged: entry.id };
    files.push({ path, size: stat.size, ...id, ...timesOf(stat, settled) });
  };
  for (const [path, entry] of tracked) {
    if (entry.mode !== '160000') consider(path, entry);
    else if (checkout.isExcluded(path)) tally.exclude(path, checkout.fromTarget(path));
    else submodules.push(path);
  }
  for (const path of others) {
    if (!path.endsWith('/')) consider(path, undefined);
    else if (checkout.isExcluded(path)) tally.exclude(path, checkout.fromTarget(path));
    else nested.push(path.slice(0, -1));
  }
  for (const path of ignored) {
    if (!path.endsWith('/')) consider(path, undefined);
    else tally.skip('repositories that git ignores', path);
  }
  return { root, files, nested, submodules };
}

/** Tells what `.gitignore` and `.git/info/exclude` leave out, whole directories as one. */
export async function noteIgnored(checkout: Checkout, context: CrawlContext, tally: Tally, patience = PATIENCE): Promise<void> {
  if (context.options.includeIgnored === true) return;
  const call = { separator: 'nul', signal: context.signal, patience } as const;
  let directory: string | undefined;
  for (const path of await ignoredFiles(checkout.repository, call, ['--directory'])) {
    // git names a directory, and in some cases what lies in it, too.
    if (directory !== undefined && path.startsWith(directory)) continue;
    if (path.endsWith('/')) directory = path;
    if (!checkout.isExcluded(path)) tally.ignore(checkout.fromTarget(path));
  }
}

type ListCall = Parameters<typeof eachRecord>[2];

/** Listing takes a second in the largest work trees; minutes on a slow network drive. */
const PATIENCE = 180_000;
/** The coarsest clock of a file system, FAT's: what changed twice within it may show one time. */
const SETTLING = 2_000;
const MTIME = /^ {2}mtime: (\d+):(\d+)$/m;
const CTIME = /^ {2}ctime: (\d+):(\d+)$/m;

interface IndexEntry {
  readonly mode: string;
  readonly id: string;
  readonly size: number;
  /** Milliseconds; NaN when git did not tell. The second cannot be set at will, as the first can. */
  readonly mtime: number;
  readonly ctime: number;
  /** Not older than the index itself: it may have changed since, and equal times prove nothing. */
  readonly isRacy: boolean;
}

/**
 * The index, with the times that git noted. `ls-files -m` would say what is modified, but runs the repository's clean
 * filters to find out. An entry whose time and size are as noted counts as unchanged; any doubt means that the blob is
 * read once more with the history.
 */
async function trackedFiles(repository: GitRepository, call: ListCall): Promise<Map<string, IndexEntry>> {
  const written = indexTime(repository);
  const entries = new Map<string, IndexEntry>();
  let path: string | undefined;
  let head = '';
  const finish = (debug: string) => {
    if (path === undefined) return;
    const [mode = '', id = '', stage = ''] = head.split(' ');
    const [mtime, ctime] = [timeIn(debug, MTIME), timeIn(debug, CTIME)];
    const size = Number(/^ {2}size: (\d+)\t/m.exec(debug)?.[1] ?? Number.NaN);
    const isRacy = !(mtime < written) || stage !== '0';
    entries.set(path, { mode, id, size, mtime, ctime, isRacy });
  };
  const args = ['ls-files', '-z', '--stage', '--debug', ...scopeOf(repository)];
  await eachRecord(repository, args, call, (buffer, start, end) => {
    // `MODE ID STAGE TAB PATH NUL`, then lines about that entry, then the next one without a gap.
    const text = buffer.toString('utf8', start, end);
    const begin = /(?:^|\n)(?<head>\d{6} [0-9a-f]{40,64} \d)\t/.exec(text);
    finish(begin === null ? text : text.slice(0, begin.index + 1));
    path = begin === null ? undefined : text.slice(begin.index + begin[0].length);
    head = begin?.groups?.head ?? '';
    return undefined;
  });
  return entries;
}

function otherFiles(repository: GitRepository, call: ListCall): Promise<readonly string[]> {
  return untracked(repository, call, []);
}

function ignoredFiles(repository: GitRepository, call: ListCall, options: readonly string[] = []): Promise<readonly string[]> {
  return untracked(repository, call, ['--ignored', ...options]);
}

async function untracked(repository: GitRepository, call: ListCall, options: readonly string[]): Promise<readonly string[]> {
  const paths: string[] = [];
  const args = ['ls-files', '-z', '--others', '--exclude-standard', ...options, ...scopeOf(repository)];
  await eachRecord(repository, args, call, (buffer, start, end) => {
    paths.push(buffer.toString('utf8', start, end));
    return undefined;
  });
  return paths;
}

function indexTime(repository: GitRepository): number {
  return statSync(join(repository.gitDir, 'index'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isUnchanged(entry: IndexEntry, stat: Stats): boolean {
  const isSame = isSameTime(entry.mtime, stat.mtimeMs) && isSameTime(entry.ctime, stat.ctimeMs);
  return isSame && entry.size === stat.size && !entry.isRacy;
}

/** The second time cannot be set at will, as the first can. */
function timesOf({ ino, mtimeMs, ctimeMs }: Stats, settled: number): { readonly times?: string } {
  return Math.max(mtimeMs, ctimeMs) < settled ? { times: `${ino} ${mtimeMs} ${ctimeMs}` } : {};
}

function timeIn(debug: string, pattern: RegExp): number {
  const [, seconds, nanoseconds] = pattern.exec(debug) ?? [];
  return Number(seconds) * 1000 + Number(nanoseconds) / 1e6;
}

/** Node gives times as fractions of milliseconds: good to a quarter of a microsecond. */
function isSameTime(a: number, b: number): boolean {
  return Math.abs(a - b) < 0.001;
}

/** Knows which directories are real: a tracked path may lead through a directory that became a symlink to elsewhere. */
class RealPaths {
  readonly #root: string;
  readonly #known = new Map<string, boolean>();

  constructor(root: string) {
    this.#root = root;
  }

  isReal(path: string): boolean {
    const slash = path.lastIndexOf('/');
    return slash < 0 || this.#isRealDirectory(path.slice(0, slash));
  }

  #isRealDirectory(directory: string): boolean {
    const known = this.#known.get(directory);
    if (known !== undefined) return known;
    // What is not there is no symlink: reading the file will tell.
    const isLink = lstatSync(join(this.#root, directory), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
    const isReal = !isLink && this.isReal(directory);
    this.#known.set(directory, isReal);
    return isReal;
  }
}
