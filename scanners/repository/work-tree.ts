import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type {
  BulkMatch,
  CrawlContext,
  Location,
  Observation,
  SightingObservation,
  Surroundings,
} from '../../src/contracts/index.ts';
import { headOfFile, readRegularFile, sourceFile } from '../../src/files/source-file.ts';
import { surroundings } from '../../src/files/surroundings.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { codeOf, messageOf } from '../../src/util/errors.ts';
import type { FileTally } from './file-tally.ts';
import type { FileMemory } from './kept-files.ts';
import type { ListedFile, Listing } from './listing.ts';
import { modeOf } from './locate.ts';
import { databaseBeside, databaseInFile, mayBeDatabase, OWN_REASONS, type OwnKind, ownBelow } from './own.ts';
import { placeOf } from './place.ts';
import type { Tally } from './tally.ts';

/** Milliseconds of work after which others are let to theirs. */
const LONG = 50;

/** The files of a work tree, by the way they are read. */
export interface ReadingPlan {
  readonly root: string;
  /** All that is read in one way or another. */
  readonly files: readonly ListedFile[];
  /** Databases that were left out, and the run's own files: what lies beside them in history is theirs. */
  readonly setAside: ReadonlySet<string>;
  /** Searched as bytes. */
  readonly bulk: readonly ListedFile[];
  /** Read by the file scanner that claims them; `shared` ones are in `bulk` as well. */
  readonly claimed: readonly (ListedFile & { readonly content: 'own' | 'shared' })[];
  /** Logs: read by their path, in bulk, when all targets have been. */
  readonly logs: readonly ListedFile[];
}

/** A credential found by the bulk search, before it is known which commit brought it. */
export interface FoundInFile {
  readonly file: ListedFile;
  readonly sighting: SightingObservation;
}

export function planReading(listing: Listing, base: Location, context: CrawlContext, tally: FileTally): ReadingPlan {
  const files: ListedFile[] = [];
  const logs: ListedFile[] = [];
  const bulk: ListedFile[] = [];
  const claimed: (ListedFile & { readonly content: 'own' | 'shared' })[] = [];
  const { setAside, ours } = findOwn(listing, context);
  for (const file of listing.files) {
    context.signal.throwIfAborted();
    const head = headOfFile(listing.root, file.path, file.size);
    const kind = ours.get(file.path);
    if (kind !== undefined) {
      leaveOut(kind, file.path, tally);
      continue;
    }
    if (context.logs?.claims(head) === true) {
      context.logs.add(join(listing.root, file.path), head, { ...base, path: file.path, atHead: true });
      logs.push(file);
      tally.claim(file.path);
      tally.read(file.size);
      continue;
    }
    files.push(file);
    const claim = context.claims(head);
    const isTooLarge = claim !== undefined && file.size > context.options.maxFileBytes;
    if (isTooLarge) tally.note(`${file.path} is too large to be read by its structure: searched as plain bytes`);
    const content = isTooLarge ? undefined : claim?.content;
    if (content !== undefined) {
      tally.claim(file.path);
      claimed.push({ ...withId(listing.root, file, context), content });
    }
    if (content === 'own') continue;
    if (context.options.search) bulk.push(file);
    else if (content === undefined) tally.unasked();
  }
  return { root: listing.root, files, setAside, bulk, claimed, logs };
}

/** Counts what is the tool's own: nothing is lost with it, but for a database that only may be. */
export function leaveOut(kind: OwnKind, path: string, tally: Tally): void {
  if (kind === 'database') tally.pass(OWN_REASONS.database, path);
  else tally.setAside(OWN_REASONS[kind], path);
}

function findOwn(listing: Listing, context: CrawlContext) {
  const run = ownBelow(listing.root, context.options.own);
  const databases = new Map<string, OwnKind>();
  for (const path of run) databases.set(path, 'run');
  for (const { path, size } of listing.files) {
    context.signal.throwIfAborted();
    const kind = databases.has(path) || !mayBeDatabase(size) ? undefined : databaseInFile(join(listing.root, path));
    if (kind !== undefined) databases.set(path, kind);
  }
  const ours = new Map(databases);
  for (const { path } of databases.size === 0 ? [] : listing.files) {
    const kind = databases.get(databaseBeside(path) ?? '');
    if (kind !== undefined && !ours.has(path)) ours.set(path, kind);
  }
  return { setAside: new Set(databases.keys()), ours };
}

/**
 * Times leave it open whether a file is as in the index: a second later they may not. What a scanner claims is looked at
 * closer, so that two runs give its facts the same commit, and its old version is not told beside it.
 */
function withId(root: string, { staged, ...file }: ListedFile, context: CrawlContext): ListedFile {
  if (file.id !== undefined || staged === undefined || file.size > context.options.maxFileBytes) return file;
  try {
    const bytes = readRegularFile(join(root, file.path), context.options.maxFileBytes);
    const hash = createHash(staged.length === 64 ? 'sha256' : 'sha1')
      .update(`blob ${bytes.length}\0`)
      .update(bytes);
    return hash.digest('hex') === staged ? { ...file, id: staged } : file;
  } catch {
    return file;
  }
}

/**
 * Searches files in bulk. `atHead` is true for all of them, modified and untracked ones too: the content is there now,
 * in the work tree. `elsewhere` gets, by blob, what counts only where the blob has another path.
 */
export async function* searchFiles(
  plan: ReadingPlan,
  base: Location,
  memory: FileMemory | undefined,
  context: CrawlContext,
  tally: FileTally,
  elsewhere = new Map<string, readonly BulkMatch[]>(),
): AsyncGenerator<FoundInFile> {
  const files = new Map<string, ListedFile>();
  for (const file of plan.bulk) {
    const known = memory?.known(file);
    if (known === undefined) {
      files.set(file.path, file);
      continue;
    }
    tally.item({ key: file.path, ...known });
    tally.earlier();
    yield* foundIn(file, known.matches, base, context, elsewhere);
  }
  if (files.size === 0) return;
  context.progress.phase('Reading files', files.size);
  try {
    for await (const item of context.bulk.files(plan.root, files.keys())) {
      context.signal.throwIfAborted();
      tally.item(item);
      context.progress.advance(1, item.bytes);
      const file = files.get(item.key);
      if (file === undefined) continue;
      memory?.add(file, item);
      yield* foundIn(file, item.matches, base, context, elsewhere);
    }
  } finally {
    context.progress.end();
  }
}

function* foundIn(
  file: ListedFile,
  matches: readonly BulkMatch[],
  base: Location,
  context: CrawlContext,
  elsewhere: Map<string, readonly BulkMatch[]>,
): Generator<FoundInFile> {
  const place = { path: file.path };
  const discarded = matches.filter((match) => context.isDiscarded?.(match, place) === true);
  if (file.id !== undefined && discarded.length > 0) elsewhere.set(file.id, discarded);
  for (const match of context.settle?.(matches, [place]) ?? matches) {
    yield { file, sighting: sightingIn(match, { ...base, path: file.path, atHead: true }, placeOf(file.path), context) };
  }
}

/** Hands the claimed files to their scanners. `locate` adds what the history knows of a file. */
export async function* readClaimed(
  plan: ReadingPlan,
  locate: (file: ListedFile) => Location,
  context: CrawlContext,
  tally: Tally,
): AsyncGenerator<Observation> {
  if (plan.claimed.length === 0) return;
  const around = filesAround(plan, locate, context);
  context.progress.phase('Reading notebooks, workflows and exports', plan.claimed.length);
  try {
    let turned = performance.now();
    for (const file of plan.claimed) {
      // Thousands of files are read without waiting for anything: Ctrl-C, and threads that have nothing to do, want a turn.
      if (performance.now() - turned > LONG) {
        await turn();
        turned = performance.now();
      }
      context.signal.throwIfAborted();
      yield* readOne(plan.root, file, locate(file), around, context, tally);
      context.progress.advance(1, file.size);
    }
  } finally {
    context.progress.end();
  }
}

function filesAround(plan: ReadingPlan, locate: (file: ListedFile) => Location, context: CrawlContext): Surroundings {
  let byPath: Map<string, ListedFile> | undefined;
  return surroundings(
    () => {
      // What a scanner claims was looked at closer: it goes before the same file as it was listed.
      byPath = new Map([...plan.files, ...plan.claimed].map((file) => [file.path, file]));
      return byPath.keys();
    },
    (path, around) => {
      const file = byPath?.get(path);
      if (file === undefined) return undefined;
      try {
        const bytes = readRegularFile(join(plan.root, path), context.options.maxFileBytes);
        return sourceFile(path, bytes, locate(file), placeOf(path), around);
      } catch {
        return undefined;
      }
    },
    (path) => {
      const file = byPath?.get(path);
      // A filter may give one blob two forms: the length tells those apart.
      return file?.id === undefined ? undefined : `${file.size} ${file.id}`;
    },
  );
}

export function sightingIn(
  match: BulkMatch,
  at: Location,
  place: SightingObservation['place'],
  context: CrawlContext,
): SightingObservation {
  return context.sighting(match, at, place, environmentOf(at.path ?? ''));
}

async function* readOne(
  root: string,
  file: ReadingPlan['claimed'][number],
  at: Location,
  around: Surroundings,
  context: CrawlContext,
  tally: Tally,
): AsyncGenerator<Observation> {
  // A shared file is counted where its bytes are searched.
  const isCounted = file.content === 'own' || !context.options.search;
  try {
    const bytes = readRegularFile(join(root, file.path), context.options.maxFileBytes);
    const place = placeOf(file.path);
    const source = sourceFile(file.path, bytes, at, place, around);
    const reading = context.read({ ...source, ...modeOf(join(root, file.path), place) });
    if (reading !== undefined) yield* reading.observations;
    if (isCounted) tally.read(bytes.length);
  } catch (error) {
    context.signal.throwIfAborted();
    const why = `could not be read: ${codeOf(error) ?? messageOf(error)}`;
    context.log.warn('a file could not be read', { path: file.path, why });
    if (isCounted) tally.fail(why, file.path);
    else tally.note(`${file.path} ${why}`);
  }
}
