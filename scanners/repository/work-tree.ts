import { join } from 'node:path';
import type { BulkMatch, CrawlContext, Location, Observation, SightingObservation } from '../../src/contracts/index.ts';
import { headOfFile, readRegularFile, sourceFile } from '../../src/files/source-file.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { codeOf, messageOf } from '../../src/util/errors.ts';
import type { ListedFile, Listing } from './listing.ts';
import { placeOf } from './place.ts';
import type { Tally } from './tally.ts';

/** The files of a work tree, by the way they are read. */
export interface ReadingPlan {
  readonly root: string;
  /** Searched as bytes. */
  readonly bulk: readonly ListedFile[];
  /** Read by the file scanner that claims them; `shared` ones are in `bulk` as well. */
  readonly claimed: readonly (ListedFile & { readonly content: 'own' | 'shared' })[];
}

/** A credential found by the bulk search, before it is known which commit brought it. */
export interface FoundInFile {
  readonly file: ListedFile;
  readonly sighting: SightingObservation;
}

export function planReading(listing: Listing, context: CrawlContext, tally: Tally): ReadingPlan {
  const bulk: ListedFile[] = [];
  const claimed: (ListedFile & { readonly content: 'own' | 'shared' })[] = [];
  for (const file of listing.files) {
    context.signal.throwIfAborted();
    const claim = context.claims(headOfFile(listing.root, file.path, file.size));
    const isTooLarge = claim !== undefined && file.size > context.options.maxFileBytes;
    if (isTooLarge) tally.note(`${file.path} is too large to be read by its structure: searched as plain bytes`);
    const content = isTooLarge ? undefined : claim?.content;
    if (content !== undefined) claimed.push({ ...file, content });
    if (content !== 'own') bulk.push(file);
  }
  return { root: listing.root, bulk, claimed };
}

/**
 * Searches files in bulk. `atHead` is true for all of them, modified and untracked ones too: the content is there now,
 * in the work tree.
 */
export async function* searchFiles(
  plan: ReadingPlan,
  base: Location,
  context: CrawlContext,
  tally: Tally,
): AsyncGenerator<FoundInFile> {
  if (plan.bulk.length === 0) return;
  const files = new Map(plan.bulk.map((file) => [file.path, file]));
  context.progress.phase('Reading files', files.size);
  try {
    for await (const item of context.bulk.files(plan.root, files.keys())) {
      context.signal.throwIfAborted();
      tally.item(item);
      context.progress.advance(1, item.bytes);
      const file = files.get(item.key);
      if (file === undefined) continue;
      for (const match of item.matches) {
        const sighting = sightingIn(match, { ...base, path: file.path, atHead: true }, placeOf(file.path), context);
        yield { file, sighting };
      }
    }
  } finally {
    context.progress.end();
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
  context.progress.phase('Reading notebooks, workflows and exports', plan.claimed.length);
  try {
    for (const file of plan.claimed) {
      context.signal.throwIfAborted();
      yield* readOne(plan.root, file, locate(file), context, tally);
      context.progress.advance(1, file.size);
    }
  } finally {
    context.progress.end();
  }
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
  context: CrawlContext,
  tally: Tally,
): AsyncGenerator<Observation> {
  // A shared file is counted where its bytes are searched.
  const isCounted = file.content === 'own';
  try {
    const bytes = readRegularFile(join(root, file.path), context.options.maxFileBytes);
    const reading = context.read(sourceFile(file.path, bytes, at, placeOf(file.path)));
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
