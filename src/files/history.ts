import { join } from 'node:path';
import type { IsoTime } from '../contracts/index.ts';
import { eachChange } from './commit-changes.ts';
import { CommitOrders } from './commit-orders.ts';
import { commonDirOf, eachRecord, GitError, type GitRepository } from './git.ts';
import type { HistoryWalk } from './history-walk.ts';
import { readRegularFile } from './source-file.ts';
import { type HistoryState, type KeptTrace, leadTo, REFLOG, readCommits, sameTips, stateOf } from './trace-state.ts';
import { Tracer } from './tracer.ts';

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
  /** Smaller is older: see `CommitOrders`. */
  readonly order: number;
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
  /** What the next trace may begin with; absent where it may not. */
  readonly kept?: KeptTrace;
}

export interface TraceOptions {
  /** Ids to find. */
  readonly wanted: ReadonlySet<string>;
  /** Is this blob in the store? What the history names beyond those is absent. */
  readonly known?: (id: string) => boolean;
  readonly acceptsPath?: (path: string) => boolean;
  /** Look at the path of every blob, not only of the wanted ones. */
  readonly countsUnwanted?: boolean;
  /** Keep what the next trace may begin with. Only for a repository as a whole, with every path accepted. */
  readonly keeps?: boolean;
  /** What an earlier trace of this repository kept: then only commits that came since are walked, if it still holds. */
  readonly before?: KeptTrace;
  /** Where the history stands, if that is being read already. */
  readonly state?: Promise<HistoryState>;
  /** A walk over the whole history that was begun before: nothing of it is walked again. Not with `before` or `countsUnwanted`. */
  readonly walk?: HistoryWalk;
  /** Did this blob come into the store after that trace? No commit that it walked can have named it. */
  readonly isNew?: (id: string) => boolean;
  readonly signal?: AbortSignal;
}

const MAX_SHALLOW_BYTES = 64 * 1024 * 1024;

/**
 * Finds the introducing commit of every wanted blob: the oldest, where a commit is never older than one it builds on. One
 * streaming pass over the plain commits; a second over the merges, only for what came into being in a merge; a third over
 * reflogs. What is missing then is an unreachable object.
 */
export async function traceBlobs(repository: GitRepository, options: TraceOptions): Promise<Trace> {
  const isAsked = options.wanted.size > 0 || options.known !== undefined || options.countsUnwanted === true;
  if (!isAsked) return { introductions: new Map(), unwanted: new Set(), refused: new Set(), absent: 0 };
  const { keeps, signal } = options;
  let tracer = new Tracer(options);
  let why: string | undefined;
  let kept: KeptTrace | undefined;
  try {
    const state = keeps === true ? await (options.state ?? stateOf(repository, signal)) : undefined;
    const before = state === undefined ? undefined : await usable(repository, state, options);
    tracer = new Tracer(options, before);
    kept = await walk(repository, tracer, { options, state, before });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof GitError)) throw error;
    why = error.message;
  }
  return {
    introductions: tracer.introductions(),
    unwanted: tracer.unwanted,
    refused: tracer.refused,
    absent: tracer.absent.size,
    ...(why === undefined ? {} : { why }),
    ...(kept === undefined ? {} : { kept }),
  };
}

interface Beginning {
  readonly options: TraceOptions;
  readonly state: HistoryState | undefined;
  /** Where the walk may go on. */
  readonly before: KeptTrace | undefined;
}

async function walk(
  repository: GitRepository,
  tracer: Tracer,
  { options, state, before }: Beginning,
): Promise<KeptTrace | undefined> {
  const { signal } = options;
  const counts = options.countsUnwanted === true;
  const since = before === undefined || state === undefined || sameTips(before, state) ? [] : before.tips;
  const isMoved = before === undefined || since.length > 0;
  // Asked at the same time: what each commit changed, which is older, and whether reflogs lead beyond them.
  const isAsked = isMoved || before.logs !== state?.logs;
  const logged = isAsked ? (options.walk?.logged ?? readCommits(repository, REFLOG, [], signal)) : undefined;
  logged?.catch(() => undefined);
  let orders = before?.orders ?? CommitOrders.NONE;
  if (options.walk !== undefined) {
    const walked = await options.walk.changes;
    orders = walked.orders;
    tracer.replay(walked, 'plain', orders);
    if (tracer.isOpen('merge')) tracer.replay(walked, 'merge', orders);
    walked.release();
  } else if (isMoved) {
    const commits = readCommits(repository, ['--all'], since, signal);
    const ordered = commits.then((known) => orders.with(known));
    await tracer.pass(repository, ['--all', '--no-merges'], 'plain', ordered, since);
    orders = await ordered;
    const hasMerges = (await commits).some(({ parents }) => parents.length > 1);
    if (hasMerges && (counts || tracer.isOpen('merge'))) {
      await tracer.pass(repository, ['--all', '--merges', '-c'], 'merge', ordered, since);
    }
  }
  if (logged !== undefined && (counts || tracer.isOpen('reflog'))) {
    tracer.forgetReflogs();
    const commits = await logged;
    if (commits.length > 0) await tracer.pass(repository, ['-c', ...REFLOG], 'reflog', Promise.resolve(orders.with(commits)));
  }
  return state === undefined ? undefined : { ...state, orders, blobs: tracer.traced(), absent: [...tracer.absent] };
}

/**
 * May the walk begin where the last one ended? Not when the history was cut elsewhere, when commits it saw are gone from
 * every branch, or when a blob is wanted that it was not asked for.
 */
async function usable(repository: GitRepository, now: HistoryState, options: TraceOptions): Promise<KeptTrace | undefined> {
  const { before, isNew = () => false, signal } = options;
  if (before === undefined || before.cut !== now.cut) return undefined;
  const absent = new Set(before.absent);
  for (const id of options.wanted) {
    if (!before.blobs.has(id) && (absent.has(id) || !isNew(id))) return undefined;
  }
  if (sameTips(before, now)) return before;
  return (await leadTo(repository, before.tips, signal)) ? before : undefined;
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
    { signal },
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
    await eachRecord(repository, args, { separator: 'nul', signal }, (buffer, start, end) => {
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

/** Is `a` older than `b`? Never, where it builds on it. */
export function isOlder(a: Introduction, b: Introduction): boolean {
  return a.order === b.order ? a.commit < b.commit : a.order < b.order;
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
