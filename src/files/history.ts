import { join } from 'node:path';
import type { IsoTime } from '../contracts/index.ts';
import { commonDirOf, eachRecord, type GitCall, GitError, type GitRepository, scopeOf } from './git.ts';
import { readRegularFile } from './source-file.ts';
import {
  CommitOrders,
  type Found,
  type HistoryState,
  type KeptTrace,
  leadTo,
  type PlaceInHistory,
  readCommits,
  sameTips,
  stateOf,
  TRACE_KINDS,
  type TraceKind,
} from './trace-state.ts';

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
  /** Did this blob come into the store after that trace? No commit that it walked can have named it. */
  readonly isNew?: (id: string) => boolean;
  readonly signal?: AbortSignal;
}

const MAX_OTHER_PATHS = 10;
const MAX_SHALLOW_BYTES = 64 * 1024 * 1024;
const NO_BLOB = /^0+$/;

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

/** Commits that only a reflog leads to. */
const REFLOG = ['--reflog', '--not', '--all'] as const;

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
  const logged = isMoved || before.logs !== state?.logs ? readCommits(repository, REFLOG, [], signal) : undefined;
  logged?.catch(() => undefined);
  let orders = before?.orders ?? CommitOrders.NONE;
  if (isMoved) {
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
    abort(signal),
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

interface Commit {
  readonly id: string;
  readonly author: string;
  readonly date: string;
}

/** A wanted blob at a path of a commit, as a walk comes by it. */
interface Met {
  readonly id: string;
  readonly path: string;
  readonly commit: Commit;
}

class Tracer {
  readonly absent = new Set<string>();
  readonly refused = new Set<string>();
  readonly #unwanted = new Set<string>();
  readonly #accepted = new Set<string>();
  readonly #found = new Map<string, Found>();
  readonly #options: TraceOptions;
  readonly #wanted: ReadonlySet<string>;

  constructor(options: TraceOptions, before?: KeptTrace) {
    this.#options = options;
    this.#wanted = options.wanted;
    if (before === undefined) return;
    // What was asked before may be asked again: it is kept up to date, within reason.
    if (before.blobs.size < 2 * options.wanted.size + 10_000) this.#wanted = new Set([...options.wanted, ...before.blobs.keys()]);
    for (const id of this.#wanted) {
      const known = before.blobs.get(id);
      if (known !== undefined) this.#found.set(id, known);
    }
    for (const id of before.absent) if (options.known?.(id) === false) this.absent.add(id);
  }

  get unwanted(): ReadonlySet<string> {
    return new Set([...this.#unwanted].filter((id) => !this.#found.has(id)));
  }

  /** Is there a wanted blob that a walk of this kind may still tell of? */
  isOpen(kind: TraceKind): boolean {
    for (const id of this.#wanted) {
      const known = this.#found.get(id);
      if (known === undefined ? !this.#unwanted.has(id) : rankOf(known.kind) >= rankOf(kind)) return true;
    }
    return false;
  }

  /** Walks commits, and takes the blobs met. `orders` may still be under way: it is waited for at the end. */
  async pass(
    repository: GitRepository,
    range: readonly string[],
    kind: TraceKind,
    orders: Promise<CommitOrders>,
    since: readonly string[] = [],
  ): Promise<void> {
    const { known, acceptsPath = () => true, countsUnwanted, signal } = this.#options;
    // Awaited at the end; until then a failure must not go unhandled.
    orders.catch(() => undefined);
    const met: Met[] = [];
    let commit: Commit | undefined;
    await eachChange(
      repository,
      since.length === 0 ? range : [...range, '--stdin'],
      { ...abort(signal), ...(since.length === 0 ? {} : { input: since.map((tip) => `^${tip}\n`).join('') }) },
      (header) => {
        commit = parseHeader(header);
      },
      (id, path) => {
        if (known !== undefined && !known(id)) this.absent.add(id);
        if (countsUnwanted === true) this.#judge(id, acceptsPath(path()));
        if (!this.#wanted.has(id) || commit === undefined) return;
        if (acceptsPath(path())) met.push({ id, path: path(), commit });
        else this.#unwanted.add(id);
      },
    );
    this.#take(met, kind, await orders);
  }

  /** What a reflog told of, it may tell no more. */
  forgetReflogs(): void {
    for (const [id, { kind }] of this.#found) if (kind === 'reflog') this.#found.delete(id);
  }

  introductions(): ReadonlyMap<string, Introduction> {
    const all = new Map<string, Introduction>();
    for (const [id, { kind, places }] of this.#found) {
      const [first, ...others] = places;
      if (first === undefined) continue;
      const date = isoTime(first.date);
      all.set(id, {
        commit: first.commit,
        author: first.author,
        ...(date === undefined ? {} : { date }),
        path: first.path,
        otherPaths: others.map((place) => place.path),
        unreachable: kind === 'reflog',
        order: first.order,
      });
    }
    return all;
  }

  /** All that was asked, with what is not found. */
  traced(): ReadonlyMap<string, Found> {
    return new Map([...this.#wanted].map((id) => [id, this.#found.get(id) ?? { kind: 'reflog', places: [] }]));
  }

  #judge(id: string, isAccepted: boolean): void {
    if (!isAccepted) {
      if (!this.#accepted.has(id)) this.refused.add(id);
      return;
    }
    this.#accepted.add(id);
    this.refused.delete(id);
  }

  #take(met: readonly Met[], kind: TraceKind, orders: CommitOrders): void {
    const byId = new Map<string, Map<string, PlaceInHistory>>();
    for (const { id, path, commit } of met) {
      const known = this.#found.get(id);
      if (known !== undefined && known.places.length > 0 && rankOf(known.kind) < rankOf(kind)) continue;
      const places = byId.get(id) ?? new Map<string, PlaceInHistory>();
      byId.set(id, places);
      keepOlder(places, { commit: commit.id, order: orders.of(commit.id), author: commit.author, date: commit.date, path });
    }
    for (const [id, places] of byId) {
      const known = this.#found.get(id);
      if (known?.kind === kind) for (const place of known.places) keepOlder(places, place);
      // The first ones of two parts hold the first ones of the whole, so that a walk may go on where another ended.
      this.#found.set(id, { kind, places: [...places.values()].sort(byAge).slice(0, 1 + MAX_OTHER_PATHS) });
    }
  }
}

function rankOf(kind: TraceKind): number {
  return TRACE_KINDS.indexOf(kind);
}

function keepOlder(places: Map<string, PlaceInHistory>, place: PlaceInHistory): void {
  const known = places.get(place.path);
  if (known === undefined || byAge(place, known) < 0) places.set(place.path, place);
}

function byAge(a: PlaceInHistory, b: PlaceInHistory): number {
  if (a.order !== b.order) return a.order - b.order;
  if (a.commit !== b.commit) return a.commit < b.commit ? -1 : 1;
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/**
 * Streams what commits change. `--raw -z` output is a run of NUL-closed tokens: a commit's header (begun by
 * byte 1), then pairs of a line `:MODES IDS STATUS` and a path. A path may begin with any byte, so the pair decides.
 */
async function eachChange(
  repository: GitRepository,
  range: readonly string[],
  call: GitCall,
  onCommit: (header: string) => void,
  onBlob: (id: string, path: () => string) => void,
): Promise<void> {
  const scope = repository.prefix === '' ? [] : ['--full-history', ...scopeOf(repository)];
  const args = ['log', '--raw', '-z', '--no-abbrev', '--no-renames', '--root', '--encoding=UTF-8'];
  const options = [...args, '--no-show-signature', '--no-ext-diff', '--no-textconv', '--ignore-submodules=all'];
  let id: string | undefined;
  await eachRecord(
    repository,
    [...options, '--format=%x01%H%x02%an <%ae>%x02%aI', ...range, ...scope],
    { ...call, separator: 'nul' },
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

function parseHeader(header: string): Commit {
  const first = header.indexOf('\u0002');
  const last = header.lastIndexOf('\u0002');
  return {
    id: header.slice(0, first),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: names are strangers' text, bound for a terminal
    author: header.slice(first + 1, last).replace(/[\u0000-\u001f\u007f-\u009f]/g, ''),
    date: header.slice(last + 1),
  };
}

function isoTime(date: string): IsoTime | undefined {
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function abort(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { signal };
}
