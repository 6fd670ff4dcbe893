import type { CrawlContext, Location, Observation, SightingObservation } from '../../src/contracts/index.ts';
import { readBlobs } from '../../src/files/blobs.ts';
import type { Brought, BroughtBlob } from '../../src/files/brought.ts';
import type { Change } from '../../src/files/changes.ts';
import type { GitRepository } from '../../src/files/git.ts';
import { headOfBytes, sourceFile } from '../../src/files/source-file.ts';
import type { Checkout } from './checkout.ts';
import { FETCH_MORE } from './ends.ts';
import { databaseIn } from './own.ts';
import { searchBytes } from './read-changes.ts';
import { Tally } from './tally.ts';
import { leaveOut, sightingIn } from './work-tree.ts';

/** What is known of a range when its newer end has been read. */
export interface ReadRange {
  readonly brought: Brought;
  readonly changes: readonly Change[];
  /** As the user said it. */
  readonly subject: string;
  /** Fingerprints of what stands in the changed files at the newer end: told there, or there before. */
  readonly seen: ReadonlySet<string>;
}

interface Candidate {
  readonly blob: BroughtBlob;
  readonly sighting: SightingObservation;
}

/**
 * Versions of files that lie between the two ends of a range: a credential that one commit added and a later one took
 * away. Told once, at the first commit that added it; what its parents had already is not added.
 */
export async function* readBrought(checkout: Checkout, range: ReadRange, context: CrawlContext): AsyncGenerator<Observation> {
  const { repository, name } = checkout;
  const { brought, changes, subject, seen } = range;
  const tally = new Tally(context.options.exclude);
  if (brought.cut > 0) {
    tally.note(
      `what ${brought.cut} ${brought.cut === 1 ? 'commit' : 'commits'} brought cannot be told in this shallow clone. ${FETCH_MORE}`,
    );
  }
  const atEnd = new Set(changes.map((change) => change.id));
  const byId = new Map<string, BroughtBlob[]>();
  for (const blob of brought.blobs) {
    if (atEnd.has(blob.id) || !context.options.search) continue;
    if (checkout.isExcluded(blob.path)) tally.exclude(blob.path, checkout.fromTarget(blob.path));
    else byId.set(blob.id, [...(byId.get(blob.id) ?? []), blob]);
  }
  if (byId.size === 0 && brought.cut === 0) return;
  const candidates: Candidate[] = [];
  const { maxFileBytes } = context.options;
  for await (const { id, bytes, why } of readBlobs(repository, [...byId.keys()], maxFileBytes, context.signal)) {
    const [first] = byId.get(id) ?? [];
    if (first === undefined) continue;
    if (bytes === undefined) {
      tally.fail(`could not be read: ${why}`, first.path);
      continue;
    }
    const kind = databaseIn([bytes]);
    if (kind !== undefined) {
      leaveOut(kind, first.path, tally);
      continue;
    }
    tally.read(bytes.length, first.path);
    for await (const sighting of sightingsOf(first, bytes, name, context, tally)) {
      if (!seen.has(sighting.fingerprint)) candidates.push({ blob: first, sighting });
    }
  }
  yield* addedOnly(checkout, candidates, context);
  yield tally.coverage('history', `${name} ${subject}`, { repository: name }, { commits: brought.commits });
}

/** The first of each credential and path, if the commit's parents did not have it there. */
async function* addedOnly(
  checkout: Checkout,
  candidates: readonly Candidate[],
  context: CrawlContext,
): AsyncGenerator<SightingObservation> {
  if (candidates.length === 0) return;
  const before = await fingerprintsOf(checkout.repository, candidates, context);
  const told = new Set<string>();
  for (const { blob, sighting } of candidates) {
    if (blob.before.some((id) => before.get(id)?.has(sighting.fingerprint))) continue;
    const key = `${sighting.detector}\0${sighting.fingerprint}\0${blob.path}`;
    if (told.has(key)) continue;
    told.add(key);
    yield sighting;
  }
}

/** What stood in the versions before, by blob. */
async function fingerprintsOf(
  repository: GitRepository,
  candidates: readonly Candidate[],
  context: CrawlContext,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const paths = new Map<string, BroughtBlob>();
  for (const { blob } of candidates) for (const id of blob.before) paths.set(id, blob);
  const found = new Map<string, ReadonlySet<string>>();
  for await (const { id, bytes } of readBlobs(repository, [...paths.keys()], context.options.maxFileBytes, context.signal)) {
    const blob = paths.get(id);
    if (bytes === undefined || blob === undefined) continue;
    const fingerprints = new Set<string>();
    for await (const { fingerprint } of sightingsOf(blob, bytes, '', context)) fingerprints.add(fingerprint);
    found.set(id, fingerprints);
  }
  return found;
}

/** Sightings in an old version of a file: by the scanner that claims it, else in its bytes. */
async function* sightingsOf(
  { path, commit, author, date }: BroughtBlob,
  bytes: Uint8Array,
  repository: string,
  context: CrawlContext,
  tally?: Tally,
): AsyncGenerator<SightingObservation> {
  const time = new Date(date);
  const at: Location = {
    repository,
    path,
    commit,
    author,
    ...(Number.isNaN(time.getTime()) ? {} : { date: time.toISOString() }),
    atHead: false,
  };
  const content = context.claims(headOfBytes(path, bytes))?.content;
  if (content === 'own') {
    for await (const observation of context.read(sourceFile(path, bytes, at, 'history'))?.observations ?? []) {
      if (observation.kind === 'sighting') yield { ...observation, place: 'history' };
      else if (observation.kind === 'coverage' && observation.outcome === 'partial') {
        tally?.cut(observation.why ?? 'read in part', path);
      }
    }
    return;
  }
  const searched = await searchBytes(bytes, path, context);
  tally?.searched(searched, path);
  for (const match of searched.matches) yield sightingIn(match, at, 'history', context);
}
