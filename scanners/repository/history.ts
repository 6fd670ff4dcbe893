import type { BulkItem, BulkMatch, CrawlContext, Location, SightingObservation } from '../../src/contracts/index.ts';
import { BlobTable } from '../../src/files/blob-table.ts';
import { readBlobs } from '../../src/files/blobs.ts';
import { explainGitError, GitError, type GitRepository, gitPrefix } from '../../src/files/git.ts';
import {
  headKey,
  type Introduction,
  isOlder,
  shallowCommits,
  type Trace,
  type TraceOptions,
  traceBlobs,
} from '../../src/files/history.ts';
import { type HistoryWalk, startWalk } from '../../src/files/history-walk.ts';
import { objectStoreOf } from '../../src/files/object-store.ts';
import { headOfBytes, sourceFile } from '../../src/files/source-file.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { messageOf } from '../../src/util/errors.ts';
import { BlobResults } from './blob-results.ts';
import type { Checkout } from './checkout.ts';
import type { HistoryMemory, KeptHistory } from './kept.ts';
import { type Listed, listBlobs } from './list-blobs.ts';
import type { CommitRange } from './refs.ts';
import type { Tally } from './tally.ts';
import { type FoundInFile, sightingIn } from './work-tree.ts';

/** What the search of the object store found, before it is known where in the history each blob belongs. */
export interface HistorySearch extends Searched {
  /** What of it HEAD has: git tells it while the commits are looked for. */
  readonly head: Promise<ReadonlySet<string>>;
}

export interface Searched {
  readonly hits: ReadonlyMap<string, readonly BulkMatch[]>;
  readonly blobs: BlobTable;
  /** Every blob of the store is in `blobs`, so that what is not there is absent. */
  readonly isWhole: boolean;
  /** How many were read as files of the work tree. */
  readonly asFiles: number;
  /** Blobs at paths that were read as files, where that matters: what counts there is told of the file. */
  readonly asFile?: ReadonlySet<string>;
  /** How many an earlier scan had read. */
  readonly earlier: number;
  /** The blobs that were known before. */
  readonly before?: BlobTable;
  /** A walk over all commits, begun with the search. */
  readonly walk?: HistoryWalk;
  /** For the next scan, but for where in the history each belongs. */
  readonly kept?: KeptHistory;
}

interface PastBlob {
  readonly id: string;
  /** Absent when no commit leads to it. */
  readonly introduction: Introduction | undefined;
}

interface PastSighting {
  readonly id: string;
  readonly sighting: SightingObservation;
}

/** All past versions of one path that hold the same credential. */
interface Past {
  readonly path: string;
  oldest: PastBlob;
  readonly sightings: PastSighting[];
  readonly blobs: Set<string>;
  atHead: boolean;
}

/** What a search of the history begins with; git can be at it while the files are read. */
export interface Beginning {
  readonly range: CommitRange | undefined;
  readonly before: KeptHistory | undefined;
  readonly list: Promise<Listed>;
  readonly walk: Promise<HistoryWalk | undefined>;
}

/**
 * Where all of a large history will be read, threads and the list of its blobs are begun before anything else is known of
 * the repository: both take a while.
 */
export function expectHistory(repository: GitRepository, { options, memory, bulk, signal }: CrawlContext): HeadStart | undefined {
  const isWhole = options.history && options.search && options.since === undefined && memory === undefined;
  if (!isWhole || repository.prefix !== '' || !isLarge(repository)) return undefined;
  const stop = new AbortController();
  // Sizes are for stores, which keep them for the next scan.
  const list = listBlobs(repository, undefined, undefined, AbortSignal.any([signal, stop.signal]), undefined, { sized: false });
  // Awaited when the repository is open; until then a failure must not go unhandled.
  list.catch(() => undefined);
  bulk.expect?.();
  return { list, stop: () => stop.abort() };
}

export interface HeadStart {
  readonly list: Promise<Listed>;
  /** The repository cannot be opened. */
  stop(): void;
}

/** Lists the blobs; where the whole history must be walked, starts with that too. `range` limits it to some commits. */
export function beginHistory(
  checkout: Checkout,
  {
    range,
    memory,
    headStart,
  }: Pick<Beginning, 'range'> & { memory: HistoryMemory | undefined; headStart: HeadStart | undefined },
  context: CrawlContext,
  tally: Tally,
): Beginning {
  const { repository } = checkout;
  const before = range === undefined ? memory?.before : undefined;
  const listed = headStart?.list ?? listBlobs(repository, range, before, context.signal, tally);
  const list = listed.catch(async (error: unknown): Promise<Listed> => {
    if (!(error instanceof GitError)) throw error;
    tally.note(`the objects could not be listed (${messageOf(await explainGitError(repository, error))})`);
    return { blobs: BlobTable.from([]), unreadable: 0, isWhole: false, isFailed: true };
  });
  if (before === undefined && range === undefined && isLarge(repository)) context.bulk.expect?.();
  const isPlain = before === undefined && context.options.exclude.length === 0;
  const walk = list.then(({ blobs, isWhole }) =>
    isPlain && isWhole && blobs.length > 0 ? startWalk(repository, blobs, context.signal) : undefined,
  );
  // Awaited when the files are read; until then a failure must not go unhandled.
  walk.catch(() => undefined);
  return { range, before, list, walk };
}

/** Told from the indexes of the packs, some 30 bytes an object: what is in them is still being listed. */
function isLarge(repository: GitRepository): boolean {
  let bytes = 0;
  for (const pack of objectStoreOf(repository.gitDir)?.packs ?? []) bytes += Number(pack.slice(pack.lastIndexOf(' ') + 1));
  return bytes > LARGE_INDEXES;
}

const LARGE_INDEXES = 512 * 1024;

/** A search that is about to be made: where it waits for nothing else, the blobs are being found in their packs. */
export interface Prepared {
  readonly beginning: Beginning;
  /** Blobs that are read as files of the work tree. */
  readonly readBefore: ReadonlySet<string>;
  readonly list: Listed;
  readonly results: BlobResults;
  /** Those that new rules are tried on first. */
  readonly again: BlobTable;
  /** Those that are to be searched; not known before that has been tried. */
  readonly left: BlobTable | undefined;
  readonly items: AsyncIterable<BulkItem> | undefined;
}

/** Finds out what is to be read while the files of the work tree still are. */
export async function prepareHistory(
  { repository }: Checkout,
  beginning: Beginning,
  readBefore: ReadonlySet<string>,
  { bulk, detectors }: CrawlContext,
): Promise<Prepared> {
  const list = await beginning.list;
  const results = new BlobResults(list, beginning.before, detectors?.digests);
  // With new rules: what they find something in is searched anew with all of them, for one rule has a say in what another finds.
  const again = results.again(readBefore);
  const left = again.length > 0 ? undefined : results.left(readBefore);
  const items = left === undefined || left.length === 0 ? undefined : bulk.blobs(sourceOf(repository), left);
  return { beginning, readBefore, list, results, again, left, items };
}

function sourceOf(repository: GitRepository): { readonly gitDir: string; readonly git: readonly string[] } {
  return { gitDir: repository.gitDir, git: gitPrefix(repository) };
}

/** Searches every blob that was not read as a file of the work tree, nor by an earlier scan with the same rules. */
export async function searchHistory(
  { repository }: Checkout,
  prepared: Prepared,
  context: CrawlContext,
  tally: Tally,
): Promise<Searched> {
  const { beginning, readBefore, list, results, again } = prepared;
  const { range, before } = beginning;
  const walk = await beginning.walk;
  if (list.unreadable > 0) tally.fail('objects could not be read', '', list.unreadable);
  const source = sourceOf(repository);
  if (again.length > 0) {
    context.progress.phase('Trying new rules on history', again.length);
    try {
      for await (const item of context.bulk.blobs(source, again, results.changedDetectors)) {
        context.signal.throwIfAborted();
        results.tried(item);
        context.progress.advance(1, item.bytes);
      }
    } finally {
      context.progress.end();
    }
  }
  const left = prepared.left ?? results.left(readBefore);
  context.progress.phase('Reading history', left.length);
  try {
    for await (const item of prepared.items ?? (left.length === 0 ? [] : context.bulk.blobs(source, left))) {
      context.signal.throwIfAborted();
      tally.item(item, item.key.slice(0, 12));
      results.add(item);
      context.progress.advance(1, item.bytes);
    }
  } finally {
    context.progress.end();
  }
  const { asFiles, earlier } = results.count(readBefore, again, tally);
  tally.readBefore(asFiles);
  return {
    hits: results.hits(readBefore),
    blobs: list.blobs,
    isWhole: list.isWhole,
    asFiles,
    earlier,
    ...(before === undefined ? {} : { before: before.blobs }),
    ...(walk === undefined ? {} : { walk }),
    ...(range !== undefined || list.isFailed === true ? {} : { kept: results.kept(list.store, readBefore) }),
  };
}

/** Finds the commits behind the hits and behind `also`, and checks on the way that no named blob is absent. */
export async function traceHits(
  checkout: Checkout,
  search: HistorySearch,
  also: ReadonlySet<string>,
  memory: HistoryMemory | undefined,
  context: CrawlContext,
  tally: Tally,
): Promise<Trace> {
  const { repository, isExcluded } = checkout;
  context.progress.phase('Finding commits');
  try {
    const refused = new Set<string>();
    const countsUnwanted = context.options.exclude.length > 0 && context.options.search;
    const trace = await traceBlobs(repository, {
      countsUnwanted,
      wanted: new Set([...search.hits.keys(), ...also]),
      ...(search.isWhole ? { known: (id: string) => search.blobs.has(id) } : {}),
      ...traceMemory(checkout, search, memory, context),
      ...(search.walk === undefined ? {} : { walk: search.walk }),
      acceptsPath: (path) => {
        const isAccepted = path.startsWith(repository.prefix) && !isExcluded(path);
        if (!isAccepted) refused.add(checkout.fromTarget(path));
        return isAccepted;
      },
      signal: context.signal,
    });
    if (countsUnwanted) {
      let excluded = 0;
      for (const { id } of search.blobs) if (trace.refused.has(id)) excluded += 1;
      tally.disregard(excluded, refused);
    }
    if (trace.absent > 0) {
      tally.fail('blobs that commits name are missing from this clone (a partial clone, or damage)', '', trace.absent);
    }
    if (trace.why !== undefined) tally.note(`the commits could not be walked to the end (${trace.why})`);
    const cut = shallowCommits(repository);
    if (cut > 0) {
      const oldest = cut === 1 ? 'its oldest commit' : `its ${cut} oldest commits`;
      tally.note(`this is a shallow clone: what came before ${oldest} is not in it (git fetch --unshallow)`);
    }
    return trace;
  } finally {
    context.progress.end();
  }
}

/** Paths decide what a trace finds: where some are left out, it is made anew each time. */
function traceMemory(
  { repository }: Checkout,
  search: HistorySearch,
  memory: HistoryMemory | undefined,
  { options }: CrawlContext,
): Pick<TraceOptions, 'keeps' | 'state' | 'before' | 'isNew'> {
  if (memory === undefined || !search.isWhole || repository.prefix !== '' || options.exclude.length > 0) return {};
  const before = memory.before?.trace;
  return {
    keeps: true,
    state: memory.state,
    ...(before === undefined || search.before === undefined ? {} : { before, isNew: (id) => search.before?.has(id) === false }),
  };
}

/**
 * The sightings of files and of history, told once: a credential that many versions of a file hold is one sighting, at
 * the commit that brought it, with the number of versions; where it is in the work tree still, it is that sighting.
 */
export async function* joinSightings(
  checkout: Checkout,
  files: readonly FoundInFile[],
  search: HistorySearch,
  trace: Trace,
  memory: HistoryMemory | undefined,
  context: CrawlContext,
): AsyncGenerator<SightingObservation> {
  const past = await pastSightings(checkout, search, trace, memory, context);
  for (const { file, sighting } of files) {
    const own = file.id === undefined ? undefined : trace.introductions.get(file.id);
    const key = keyOf(sighting, file.path);
    const older = past.get(key);
    past.delete(key);
    const oldest = oldestOf(own, older?.oldest.introduction);
    const versions = (older?.blobs.size ?? 0) + 1;
    const paths = [oldest?.path, ...(oldest?.otherPaths ?? [])].filter((path) => path !== undefined && path !== file.path);
    yield withDetail({ ...sighting, at: { ...sighting.at, ...commitOf(oldest) } }, { versions, paths });
  }
  for (const { path, oldest, sightings, blobs, atHead } of past.values()) {
    const { id, introduction } = oldest;
    const paths = introduction === undefined ? [] : pathsOf(introduction).filter((other) => other !== path);
    const detail = { versions: blobs.size, paths, blob: id };
    const isUnreachable = introduction === undefined || introduction.unreachable;
    for (const { sighting } of sightings.filter((past) => past.id === id)) {
      const at = { ...sighting.at, atHead };
      yield withDetail({ ...sighting, at }, { ...detail, ...(isUnreachable ? { unreachable: true } : {}) });
    }
  }
}

/** Commit, author and date of an introduction, for a location. */
export function commitOf(introduction: Introduction | undefined): Location {
  if (introduction === undefined) return {};
  const { commit, author, date } = introduction;
  return { commit, author, ...(date === undefined ? {} : { date }) };
}

async function pastSightings(
  checkout: Checkout,
  search: HistorySearch,
  trace: Trace,
  memory: HistoryMemory | undefined,
  context: CrawlContext,
): Promise<Map<string, Past>> {
  const past = new Map<string, Past>();
  const [head, owned] = await Promise.all([search.head, rereadOwned(checkout, search, trace, memory, context)]);
  // Threads find them in any order; of blobs that no commit leads to, the first one speaks for the others.
  for (const [id, matches] of [...search.hits].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (trace.unwanted.has(id)) continue;
    const introduction = trace.introductions.get(id);
    // Outside the target: only what some commit put below it is asked for.
    if (introduction === undefined && checkout.repository.prefix !== '') continue;
    const at = pastLocation(checkout, id, introduction);
    // Where HEAD has it comes first: that is where it is to be taken out.
    const atHead = introduction === undefined ? [] : pathsOf(introduction).filter((path) => head.has(headKey(id, path)));
    const all = introduction === undefined ? [] : [...new Set([...atHead, ...pathsOf(introduction)])];
    const paths = all.filter((path) => search.asFile?.has(headKey(id, path)) !== true);
    const places = introduction === undefined ? [at] : paths.map((path) => ({ ...at, path }));
    const reported = context.settle?.(matches, places) ?? matches;
    const sightings =
      owned.get(id)?.map((sighting) => ({ sighting: movedTo(sighting, all[0]), path: all[0] ?? '' })) ??
      reported.map((match) => {
        const place: Location = places.find((one) => context.isDiscarded?.(match, one) !== true) ?? at;
        return { sighting: sightingIn(match, place, 'history', context), path: place.path ?? '' };
      });
    const blob = { id, introduction };
    for (const { sighting, path } of sightings) {
      const key = keyOf(sighting, path);
      const isAtHead = atHead.includes(path);
      const group = past.get(key) ?? { path, oldest: blob, sightings: [], blobs: new Set<string>(), atHead: false };
      past.set(key, group);
      if (oldestOf(group.oldest.introduction, introduction) !== group.oldest.introduction) group.oldest = blob;
      group.sightings.push({ id, sighting });
      group.blobs.add(id);
      group.atHead ||= isAtHead;
    }
  }
  return past;
}

/**
 * Blobs that a file scanner would read itself (notebooks by cell) are read by it, so that the location says the cell;
 * what the bulk search saw in their raw bytes is dropped for that. Only sightings are kept: who used what in an old
 * version of a file is past.
 */
async function rereadOwned(
  checkout: Checkout,
  search: HistorySearch,
  trace: Trace,
  memory: HistoryMemory | undefined,
  context: CrawlContext,
): Promise<Map<string, readonly SightingObservation[]>> {
  const candidates: string[] = [];
  const owned = new Map<string, readonly SightingObservation[]>();
  for (const id of search.hits.keys()) {
    const introduction = trace.introductions.get(id);
    const size = search.blobs.sizeOf(id) ?? 0;
    if (introduction === undefined || !mayBeOwned(introduction.path, size, context)) continue;
    const known = memory?.owned(id, introduction);
    if (known === undefined) candidates.push(id);
    else if (known !== null) owned.set(id, known);
  }
  for await (const { id, bytes } of readBlobs(checkout.repository, candidates, context.options.maxFileBytes, context.signal)) {
    const introduction = trace.introductions.get(id);
    if (bytes === undefined || introduction === undefined) continue;
    if (context.claims(headOfBytes(introduction.path, bytes))?.content !== 'own') {
      memory?.keepOwned(id, introduction, null);
      continue;
    }
    const at = pastLocation(checkout, id, introduction);
    const sightings: SightingObservation[] = [];
    for await (const observation of context.read(sourceFile(introduction.path, bytes, at, 'history'))?.observations ?? []) {
      if (observation.kind !== 'sighting') continue;
      const environment = observation.environment ?? environmentOf(introduction.path);
      sightings.push({ ...observation, place: 'history', ...(environment === undefined ? {} : { environment }) });
    }
    owned.set(id, sightings);
    memory?.keepOwned(id, introduction, sightings);
  }
  return owned;
}

/** Most files are refused by their path; for the others the content must be fetched before a scanner can tell. Who leaves the search to us is not asked. */
function mayBeOwned(path: string, size: number, context: CrawlContext): boolean {
  let isHeadAsked = false;
  const head = () => {
    isHeadAsked = true;
    return '';
  };
  return context.claims({ path, size, head }, 'own') !== undefined || isHeadAsked;
}

function pastLocation(checkout: Checkout, id: string, introduction: Introduction | undefined): Location {
  if (introduction === undefined) return { ...checkout.at, pointer: `object ${id}`, atHead: false };
  return { ...checkout.at, path: introduction.path, ...commitOf(introduction), atHead: false };
}

function pathsOf(introduction: Introduction): readonly string[] {
  return [introduction.path, ...introduction.otherPaths];
}

function movedTo(sighting: SightingObservation, path: string | undefined): SightingObservation {
  return path === undefined ? sighting : { ...sighting, at: { ...sighting.at, path } };
}

function keyOf(sighting: SightingObservation, path: string): string {
  return `${sighting.detector}\0${sighting.fingerprint}\0${path}`;
}

function oldestOf(a: Introduction | undefined, b: Introduction | undefined): Introduction | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isOlder(b, a) ? b : a;
}

function withDetail(
  sighting: SightingObservation,
  detail: {
    readonly versions: number;
    readonly paths: readonly (string | undefined)[];
    readonly blob?: string;
    readonly unreachable?: boolean;
  },
): SightingObservation {
  const paths = detail.paths.filter((path) => path !== undefined).slice(0, 10);
  const all = {
    ...sighting.detail,
    ...(detail.versions > 1 ? { versions: detail.versions } : {}),
    ...(paths.length > 0 ? { paths } : {}),
    ...(detail.blob === undefined ? {} : { blob: detail.blob }),
    ...(detail.unreachable === true ? { unreachable: true } : {}),
  };
  return Object.keys(all).length === 0 ? sighting : { ...sighting, detail: all };
}
