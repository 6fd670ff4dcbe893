import { join } from 'node:path';
import type { IsoTime } from '../contracts/index.ts';
import { commonDirOf, eachRecord, GitError, type GitRepository, scopeOf } from './git.ts';
import { readRegularFile } from './source-file.ts';

/** Where a blob came into the history. */
export interface Introduction {
  readonly commit: string;
  /** `Name <email>`. */
  readonly author: string;
  readonly date?: IsoTime;
  /** Where the introducing commit put it. */
  readonly path: string;
  /** Other paths that held it at some time, at most ten. */
  readonly otherPaths: readonly string[];
  /** The commit is known from a reflog only: no branch or tag leads to it. */
  readonly unreachable: boolean;
  /** Smaller is older, by topology. Absent for what a merge or a reflog brought. */
  readonly order?: number;
}

export interface Trace {
  readonly introductions: ReadonlyMap<string, Introduction>;
  /** Blobs met only at paths that the filter does not want. */
  readonly unwanted: ReadonlySet<string>;
  /** Blobs met at paths that the filter does not want, and nowhere else; filled when `countsUnwanted` was set. */
  readonly refused: ReadonlySet<string>;
  /** Blobs that commits speak of but that the object store lacks; counted when `known` was given. */
  readonly absent: number;
  /** Why the history could not be walked to its end. */
  readonly why?: string;
}

export interface TraceOptions {
  /** Ids to find. */
  readonly wanted: ReadonlySet<string>;
  /** All blobs the store has: what the history names beyond them is absent. */
  readonly known?: ReadonlySet<string>;
  readonly acceptsPath?: (path: string) => boolean;
  /** Look at the path of every blob, not only of the wanted ones. */
  readonly countsUnwanted?: boolean;
  readonly signal?: AbortSignal;
}

const MAX_OTHER_PATHS = 10;
const MAX_SHALLOW_BYTES = 64 * 1024 * 1024;
const NO_BLOB = /^0+$/;

/**
 * Finds the introducing commit of every wanted blob: the oldest by topology, for dates can lie. One streaming pass over
 * the plain commits; a second over the merges only for what came into being in a merge; a third over reflogs. What is
 * missing then is an unreachable object.
 */
export async function traceBlobs(repository: GitRepository, options: TraceOptions): Promise<Trace> {
  const tracer = new Tracer(options);
  const isAsked = options.wanted.size > 0 || options.known !== undefined || options.countsUnwanted === true;
  if (!isAsked) return { introductions: new Map(), unwanted: new Set(), refused: new Set(), absent: 0 };
  let why: string | undefined;
  try {
    await tracer.pass(repository, ['--all', '--no-merges'], 'ordered');
    const countsAll = options.countsUnwanted === true;
    if (countsAll || tracer.isOpen()) await tracer.pass(repository, ['--all', '--merges', '-c']);
    if (countsAll || tracer.isOpen()) await tracer.pass(repository, ['--reflog', '-c', '--not', '--all'], 'unreachable');
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof GitError)) throw error;
    why = error.message;
  }
  return {
    introductions: tracer.introductions,
    unwanted: tracer.unwanted,
    refused: tracer.refused,
    absent: tracer.absent.size,
    ...(why === undefined ? {} : { why }),
  };
}

/** Ids of blobs that commits after a ref, or since a date, brought in (`range` in the words of `git log`). */
export async function blobsOfCommits(
  repository: GitRepository,
  range: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly ids: readonly string[]; readonly commits: number }> {
  const ids = new Set<string>();
  let commits = 0;
  await eachChange(
    repository,
    ['-c', ...range],
    signal,
    () => {
      commits += 1;
    },
    (id) => void ids.add(id),
  );
  return { ids: [...ids], commits };
}

/** Which of the wanted blobs HEAD holds, and where: `ID NUL PATH`. Empty before the first commit. */
export async function blobsAtHead(
  repository: GitRepository,
  wanted: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const args = ['ls-tree', '-r', '-z', '--full-tree', 'HEAD'];
  try {
    await eachRecord(repository, args, { separator: 'nul', ...abort(signal) }, (buffer, start, end) => {
      const tab = buffer.indexOf(9, start);
      const id = buffer.toString('latin1', buffer.lastIndexOf(32, tab) + 1, tab);
      if (wanted.has(id)) found.add(headKey(id, buffer.toString('utf8', tab + 1, end)));
      return undefined;
    });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
  }
  return found;
}

/** Is `a` older than `b`: by topology where both have an order, else by date. */
export function isOlder(a: Introduction, b: Introduction): boolean {
  if (a.order !== undefined && b.order !== undefined) return a.order < b.order;
  return (a.date ?? '') < (b.date ?? '');
}

export function headKey(id: string, path: string): string {
  return `${id}\0${path}`;
}

/** Commits at which a shallow clone was cut off; 0 for a full one. */
export function shallowCommits(repository: GitRepository): number {
  try {
    const text = readRegularFile(join(commonDirOf(repository.gitDir), 'shallow'), MAX_SHALLOW_BYTES).toString('utf8');
    return text.split('\n').filter((line) => line !== '').length;
  } catch {
    return 0;
  }
}

interface Commit {
  readonly id: string;
  readonly author: string;
  readonly date: string;
  readonly order: number;
}

class Tracer {
  readonly introductions = new Map<string, Introduction>();
  readonly unwanted = new Set<string>();
  readonly absent = new Set<string>();
  readonly refused = new Set<string>();
  readonly #accepted = new Set<string>();
  readonly #options: TraceOptions;

  constructor(options: TraceOptions) {
    this.#options = options;
  }

  /** Is some wanted blob still without its commit? */
  isOpen(): boolean {
    for (const id of this.#options.wanted) if (!this.introductions.has(id) && !this.unwanted.has(id)) return true;
    return false;
  }

  async pass(repository: GitRepository, range: readonly string[], which?: 'ordered' | 'unreachable'): Promise<void> {
    const { wanted, known, acceptsPath = () => true, countsUnwanted, signal } = this.#options;
    let commit: Commit | undefined;
    let order = 0;
    await eachChange(
      repository,
      range,
      signal,
      (header) => {
        order += 1;
        commit = parseHeader(header, order);
      },
      (id, path) => {
        if (known !== undefined && !known.has(id)) this.absent.add(id);
        if (countsUnwanted === true) this.#judge(id, acceptsPath(path()));
        if (!wanted.has(id) || commit === undefined) return;
        if (!acceptsPath(path())) {
          if (!this.introductions.has(id)) this.unwanted.add(id);
          return;
        }
        this.unwanted.delete(id);
        this.#add(id, path(), commit, which);
      },
    );
  }

  #judge(id: string, isAccepted: boolean): void {
    if (!isAccepted) {
      if (!this.#accepted.has(id)) this.refused.add(id);
      return;
    }
    this.#accepted.add(id);
    this.refused.delete(id);
  }

  #add(id: string, path: string, commit: Commit, which: 'ordered' | 'unreachable' | undefined): void {
    const known = this.introductions.get(id);
    if (known !== undefined) {
      if (known.path === path || known.otherPaths.length >= MAX_OTHER_PATHS || known.otherPaths.includes(path)) return;
      this.introductions.set(id, { ...known, otherPaths: [...known.otherPaths, path] });
      return;
    }
    const date = isoTime(commit.date);
    this.introductions.set(id, {
      commit: commit.id,
      author: commit.author,
      ...(date === undefined ? {} : { date }),
      path,
      otherPaths: [],
      unreachable: which === 'unreachable',
      ...(which === 'ordered' ? { order: commit.order } : {}),
    });
  }
}

/**
 * Streams what commits change, oldest first. `--raw -z` output is a run of NUL-closed tokens: a commit's header (begun by
 * byte 1), then pairs of a line `:MODES IDS STATUS` and a path. A path may begin with any byte, so the pair decides.
 */
async function eachChange(
  repository: GitRepository,
  range: readonly string[],
  signal: AbortSignal | undefined,
  onCommit: (header: string) => void,
  onBlob: (id: string, path: () => string) => void,
): Promise<void> {
  const scope = repository.prefix === '' ? [] : ['--full-history', ...scopeOf(repository)];
  const args = ['log', '--raw', '-z', '--no-abbrev', '--no-renames', '--root', '--topo-order', '--reverse', '--encoding=UTF-8'];
  const options = [...args, '--no-show-signature', '--no-ext-diff', '--no-textconv', '--ignore-submodules=all'];
  let id: string | undefined;
  await eachRecord(
    repository,
    [...options, '--format=%x01%H%x02%an <%ae>%x02%aI', ...range, ...scope],
    { separator: 'nul', ...abort(signal) },
    (buffer, start, end) => {
      if (id !== undefined) {
        if (id !== '') onBlob(id, () => buffer.toString('utf8', start, end));
        id = undefined;
        return undefined;
      }
      const at = buffer[start] === 10 ? start + 1 : start;
      if (buffer[at] === 1) onCommit(buffer.toString('utf8', at + 1, end));
      else if (buffer[at] === 58) id = newBlob(buffer.toString('latin1', at, end));
      return undefined;
    },
  );
}

/** The id that a raw line leaves at the path; empty when it leaves no file there (deleted, or a submodule). */
function newBlob(line: string): string {
  const parents = line.lastIndexOf(':') + 1;
  const fields = line.slice(parents).split(' ');
  const mode = fields[parents] ?? '';
  const id = fields[2 * parents + 1] ?? '';
  return mode !== '160000' && !NO_BLOB.test(id) ? id : '';
}

function parseHeader(header: string, order: number): Commit {
  const first = header.indexOf('\u0002');
  const last = header.lastIndexOf('\u0002');
  return {
    id: header.slice(0, first),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: names are strangers' text, bound for a terminal
    author: header.slice(first + 1, last).replace(/[\u0000-\u001f\u007f-\u009f]/g, ''),
    date: header.slice(last + 1),
    order,
  };
}

function isoTime(date: string): IsoTime | undefined {
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function abort(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { signal };
}
