import { join } from 'node:path';
import type {
  BulkMatch,
  CrawlContext,
  JsonObject,
  Location,
  Observation,
  PathTarget,
  SightingObservation,
} from '../../src/contracts/index.ts';
import { BlobTable } from '../../src/files/blob-table.ts';
import { assertNoFifo, commonDirOf, explainGitError, findRepository, GitError } from '../../src/files/git.ts';
import { blobsAtHead, headKey } from '../../src/files/history.ts';
import { ConfigError, messageOf, TargetError } from '../../src/util/errors.ts';
import { type Checkout, directoryLocation, isIgnoredDirectory, openCheckout, type Place } from './checkout.ts';
import { FileTally } from './file-tally.ts';
import {
  beginHistory,
  commitOf,
  expectHistory,
  type HeadStart,
  joinSightings,
  prepareHistory,
  type Searched,
  searchHistory,
  traceHits,
} from './history.ts';
import { HistoryMemory } from './kept.ts';
import { FileMemory } from './kept-files.ts';
import { type ListedFile, type Listing, listDirectory, listWorkTree, noteIgnored } from './listing.ts';
import { leaveOwnOut } from './own-history.ts';
import { type CommitRange, commitRange, SINCE_INVALID } from './refs.ts';
import { configSightings } from './remote.ts';
import { Tally } from './tally.ts';
import { type FoundInFile, planReading, readClaimed, searchFiles } from './work-tree.ts';

/** What one crawl has come across so far. */
interface Crawl {
  /** Repositories met inside, to be read after the one at hand. */
  readonly places: Place[];
  /** Object stores met: linked work trees of one repository share theirs. */
  readonly stores: Set<string>;
}

/** All of a directory: the repositories in it with their history, and the files beside them. */
export async function* scanWhole(target: PathTarget, context: CrawlContext): AsyncGenerator<Observation> {
  const crawl: Crawl = { places: [{ path: target.path, below: '', target }], stores: new Set() };
  for (const place of crawl.places) {
    context.signal.throwIfAborted();
    yield* scanPlace(place, crawl, context);
  }
}

async function* scanPlace(place: Place, crawl: Crawl, context: CrawlContext): AsyncGenerator<Observation> {
  const found = findRepository(place.path);
  // A nested one that git knows and we do not (a damaged `.git`) would lead back to the repository around it.
  const isAround = place.below !== '' && found !== undefined && found.prefix !== '';
  if (found === undefined || isAround) return yield* scanPlain(place, crawl, context);
  let checkout: Checkout;
  let headStart: HeadStart | undefined;
  try {
    assertNoFifo(found);
    if (!crawl.stores.has(commonDirOf(found.gitDir))) headStart = expectHistory(found, context);
    if (await isIgnoredDirectory(found, context.signal)) return yield* scanPlain(place, crawl, context);
    checkout = await openCheckout(found, place, context);
  } catch (error) {
    headStart?.stop();
    context.signal.throwIfAborted();
    const reason = await explainGitError(found, error);
    if (!(reason instanceof GitError || reason instanceof TargetError)) throw reason;
    const why = `git could not open the repository (${messageOf(reason)}); its files were read, its history was not`;
    const at = directoryLocation(place);
    if (context.options.history && context.options.search) {
      const subject = at.repository ?? place.path;
      yield { kind: 'coverage', surface: 'history', subject, outcome: 'unsupported', why, covers: ['sighting'], at };
    }
    return yield* scanPlain(place, crawl, context, {});
  }
  yield* scanCheckout(checkout, { place, headStart }, crawl, context);
}

/** `more`: a directory that git knows nothing of says so: it is no repository, whatever it holds. */
async function* scanPlain(
  place: Place,
  crawl: Crawl,
  context: CrawlContext,
  more: JsonObject = { isPlain: true },
): AsyncGenerator<Observation> {
  const tally = new FileTally(context.options);
  const at = directoryLocation(place);
  const listing = listDirectory(place, context, tally);
  enqueue(crawl, place, listing);
  // A folder of repositories has nothing of its own to tell of.
  const isOnlyFolder = listing.files.length === 0 && listing.nested.length > 0;
  yield* readFiles(listing, at, undefined, context, tally);
  if (!isOnlyFolder) yield* tally.rows(at.repository ?? place.path, at, more);
}

async function* scanCheckout(
  checkout: Checkout,
  { place, headStart }: { readonly place: Place; readonly headStart: HeadStart | undefined },
  crawl: Crawl,
  context: CrawlContext,
): AsyncGenerator<Observation> {
  const { repository, name, at: base } = checkout;
  const tally = new FileTally(context.options);
  const store = commonDirOf(repository.gitDir);
  const isFirst = !crawl.stores.has(store);
  crawl.stores.add(store);
  const { history, search: isSearched, since } = context.options;
  const kept = `${name} ${place.below}`;
  const listed = listFiles(checkout, place, crawl, context, tally);
  // Awaited below; until then a failure must not go unhandled.
  listed.catch(() => undefined);
  const [files, memory] = await Promise.all([
    isSearched && repository.workTree !== undefined ? FileMemory.open(kept, context) : undefined,
    isSearched && isFirst && history ? HistoryMemory.open(kept, repository, context) : undefined,
  ]);
  if (!history || !isFirst) {
    if (isFirst && isSearched) yield* configSightings(checkout, context);
    const listing = await listed;
    if (listing === undefined) return;
    yield* readFiles(listing, base, files, context, tally);
    yield* tally.rows(name, base);
    await files?.save();
    return;
  }

  const past = new Tally(context.options.exclude);
  const range = since === undefined || !isSearched ? undefined : await rangeSince(since, checkout, place, context, past);
  // Not begun where the history is not asked for: it still tells who brought what the file scanners read.
  const beginning = isSearched ? beginHistory(checkout, { range, memory, headStart }, context, past) : undefined;
  if (isSearched) yield* configSightings(checkout, context);
  const listing = await listed;
  const plan = planReading(listing ?? { root: place.path, files: [], nested: [], submodules: [] }, base, context, tally);
  const readBefore = new Set<string>();
  for (const { id } of [...plan.bulk, ...plan.claimed, ...plan.logs]) if (id !== undefined) readBefore.add(id);
  const prepared = beginning === undefined ? undefined : prepareHistory(checkout, beginning, readBefore, context);
  // Awaited when the files are read; until then a failure must not go unhandled.
  prepared?.catch(() => undefined);
  const found: FoundInFile[] = [];
  const elsewhere = new Map<string, readonly BulkMatch[]>();
  for await (const item of searchFiles(plan, base, files, context, tally, elsewhere)) found.push(item);

  const searched = prepared === undefined ? NOTHING_FOUND : await searchHistory(checkout, await prepared, context, past);
  const all = withElsewhere(searched, elsewhere, plan.bulk);
  const head = blobsAtHead(repository, new Set(all.hits.keys()), context.signal);
  // Awaited when the commits are found; until then a failure must not go unhandled.
  head.catch(() => undefined);
  const search = { ...all, head };
  const also = new Set<string>();
  for (const { id } of [...found.map((item) => item.file), ...plan.claimed]) if (id !== undefined) also.add(id);
  const trace = await traceHits(checkout, search, also, memory, context, past);
  const others = await leaveOwnOut(checkout, search, trace, plan.setAside, memory, context, past);
  const origins = new Origins();
  for await (const sighting of joinSightings(checkout, found, others, trace, memory, context)) {
    origins.add(sighting);
    yield sighting;
  }
  const locate = (file: ListedFile): Location => ({
    ...base,
    path: file.path,
    ...(origins.of(file.path) ?? commitOf(trace.introductions.get(file.id ?? ''))),
    atHead: true,
  });
  yield* readClaimed(plan, locate, context, tally);
  if (listing !== undefined) yield* tally.rows(name, base);
  await files?.save();
  if (!isSearched) return;
  const { rulesOnPathAlone: count = 0 } = context;
  if (count > 0) {
    const rules = count === 1 ? '1 imported rule that looks' : `${count} imported rules that look`;
    past.note(`${rules} at the path of a file alone had the files of the work tree, not those of the past`);
  }
  const { earlier } = search;
  yield past.coverage('history', name, base, {
    readAsFiles: readBefore.size,
    ...(earlier === 0 ? {} : { readEarlier: earlier }),
  });
  if (search.kept !== undefined) {
    await memory?.save({ ...search.kept, ...(trace.kept === undefined ? {} : { trace: trace.kept }) });
  }
}

const NOTHING_FOUND: Searched = { hits: new Map(), blobs: BlobTable.from([]), isWhole: false, asFiles: 0, earlier: 0 };

/** What detectors found in files, at whose paths it does not count: the history may have the same blob at others. */
function withElsewhere(
  search: Searched,
  elsewhere: ReadonlyMap<string, readonly BulkMatch[]>,
  files: readonly ListedFile[],
): Searched {
  const hits = [...elsewhere].filter(([id]) => search.blobs.has(id));
  if (hits.length === 0) return search;
  const asFile = new Set(files.flatMap(({ id, path }) => (id === undefined ? [] : [headKey(id, path)])));
  return { ...search, hits: new Map([...search.hits, ...hits]), asFile };
}

/**
 * The commit that brought what was found in a file of the work tree. A file scanner finds the same credential there once
 * more, by its structure: both name one commit. Where several commits brought several credentials, a file has no one
 * commit, and only the sightings that have their own tell it.
 */
class Origins {
  readonly #byPath = new Map<string, Location>();

  add({ place, at }: SightingObservation): void {
    if (place === 'history' || at?.path === undefined) return;
    const { path, commit, author, date } = at;
    const origin = {
      ...(commit === undefined ? {} : { commit }),
      ...(author === undefined ? {} : { author }),
      ...(date === undefined ? {} : { date }),
    };
    const known = this.#byPath.get(path);
    this.#byPath.set(path, known === undefined || known.commit === commit ? origin : {});
  }

  of(path: string): Location | undefined {
    return this.#byPath.get(path);
  }
}

/** A ref the user gave must be in the repository he named; one met on the way may not have it. */
async function rangeSince(
  since: string,
  checkout: Checkout,
  place: Place,
  context: CrawlContext,
  past: Tally,
): Promise<CommitRange | undefined> {
  try {
    return await commitRange(checkout, since, context);
  } catch (error) {
    if (place.below === '' || !(error instanceof ConfigError) || error.code === SINCE_INVALID) throw error;
    past.note(`${error.message}: its whole history was read`);
    return undefined;
  }
}

async function* readFiles(
  listing: Listing,
  base: Location,
  memory: FileMemory | undefined,
  context: CrawlContext,
  tally: FileTally,
): AsyncGenerator<Observation> {
  const plan = planReading(listing, base, context, tally);
  for await (const { sighting } of searchFiles(plan, base, memory, context, tally)) yield sighting;
  yield* readClaimed(plan, (file) => ({ ...base, path: file.path, atHead: true }), context, tally);
}

/** The work tree, if the repository has one. A bare repository behind a `.git` file has a plain directory instead. */
async function listFiles(
  checkout: Checkout,
  place: Place,
  crawl: Crawl,
  context: CrawlContext,
  tally: Tally,
): Promise<Listing | undefined> {
  const { workTree, gitDir } = checkout.repository;
  if (workTree === undefined && gitDir === place.path) return undefined;
  const listing =
    workTree === undefined ? listDirectory(place, context, tally) : await listOrWalk(checkout, workTree, place, context, tally);
  enqueue(crawl, place, listing);
  for (const path of listing.submodules) tally.pass('submodules are not read: name them as targets of their own', path);
  return listing;
}

async function listOrWalk(
  checkout: Checkout,
  workTree: string,
  place: Place,
  context: CrawlContext,
  tally: Tally,
): Promise<Listing> {
  try {
    const [listing] = await Promise.all([
      listWorkTree(checkout, workTree, context, tally),
      noteIgnored(checkout, context, tally).catch((error: unknown) => {
        if (!(error instanceof GitError)) throw error;
      }),
    ]);
    return listing;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    tally.note(`git could not list the files (${error.message}); the directory was walked instead`);
    return listDirectory(place, context, tally);
  }
}

function enqueue(crawl: Crawl, place: Place, listing: Listing): void {
  for (const path of listing.nested) {
    crawl.places.push({ ...place, path: join(listing.root, path), below: `${place.below}${path}/` });
  }
}
