import type { BulkItem, CrawlContext, Location, Observation, Surroundings } from '../../src/contracts/index.ts';
import { readBlobs } from '../../src/files/blobs.ts';
import { type Change, isAdded } from '../../src/files/changes.ts';
import { type GitCall, GitError, type GitRepository, gitOutput } from '../../src/files/git.ts';
import { headOfBytes, sourceFile } from '../../src/files/source-file.ts';
import { surroundings } from '../../src/files/surroundings.ts';
import type { Checkout } from './checkout.ts';
import type { FileTally } from './file-tally.ts';
import { databaseBeside, databaseIn, ownBelow } from './own.ts';
import { placeOf } from './place.ts';
import { leaveOut, sightingIn } from './work-tree.ts';

/** A list of changes, on its way to be read. */
export interface Reading {
  readonly changes: readonly Change[];
  readonly subject: string;
  readonly tally: FileTally;
  /** Gets the fingerprints of all that stands in the changed files, new or not. */
  readonly seen: Set<string>;
  /** Does the older end have this very content, under any path? */
  readonly inBase: (id: string) => Promise<boolean>;
  /** The unchanged files beside the changed ones. */
  readonly around: Surroundings;
}

/** The files of the index, or of a commit; git lists them once, when a scanner asks for one. */
export function filesInGit(
  checkout: Checkout,
  from: { readonly commit: string } | Pick<GitCall, 'index'>,
  context: CrawlContext,
  /** Files to be taken for others: blob ids by path. */
  also: ReadonlyMap<string, string> = new Map(),
): Surroundings {
  const { repository, name } = checkout;
  const ids = new Map<string, string>();
  return surroundings(
    async () => {
      const args =
        'commit' in from ? ['ls-tree', '-r', '-z', '--full-tree', from.commit] : ['ls-files', '-s', '-z', '--full-name'];
      const call = { signal: context.signal, ...('commit' in from ? {} : from) };
      const output = await gitOutput(repository, args, call).catch((error: unknown) => {
        if (error instanceof GitError) return '';
        throw error;
      });
      // `MODE TYPE ID TAB PATH` or `MODE ID STAGE TAB PATH`; symlinks and submodules are no files.
      for (const record of output.toString().split('\0')) {
        const match = /^100\d{3} (?:blob )?(?<id>[0-9a-f]{40,64})(?: 0)?\t(?<path>.+)$/s.exec(record)?.groups;
        if (match?.id !== undefined && match.path !== undefined && !checkout.isExcluded(match.path))
          ids.set(match.path, match.id);
      }
      for (const [path, id] of also) if (!checkout.isExcluded(path)) ids.set(path, id);
      return ids.keys();
    },
    async (path, around) => {
      for await (const { bytes } of readBlobs(repository, [ids.get(path) ?? ''], context.options.maxFileBytes, context.signal)) {
        if (bytes === undefined) return undefined;
        return sourceFile(path, bytes, { repository: name, path, atHead: true }, placeOf(path), around);
      }
      return undefined;
    },
  );
}

/** Asks git once, and only if somebody asks: a new file that holds something may be a copy of an old one. */
export function blobsOf(repository: GitRepository, tree: string | undefined, signal: AbortSignal): Reading['inBase'] {
  let ids: Promise<ReadonlySet<string>> | undefined;
  return async (id) => {
    if (tree === undefined) return false;
    // `MODE TYPE ID TAB PATH`
    ids ??= gitOutput(repository, ['ls-tree', '-r', '-z', '--full-tree', tree], { signal }).then(
      (output) => new Set(output.toString('latin1').match(/(?<= )[0-9a-f]{40,64}(?=\t)/g)),
    );
    return (await ids).has(id);
  };
}

export async function* readChanges(checkout: Checkout, reading: Reading, context: CrawlContext): AsyncGenerator<Observation> {
  yield* readFromStore(checkout, reading, context);
  yield* reading.tally.rows(`${checkout.name} ${reading.subject}`, { repository: checkout.name });
}

/** Whole files are searched, for the context; only what stands on added lines is told. */
export async function* readFromStore(
  checkout: Checkout,
  { changes: all, tally, seen, inBase, around }: Reading,
  context: CrawlContext,
): AsyncGenerator<Observation> {
  const { repository, name } = checkout;
  const own = repository.workTree === undefined ? new Set<string>() : ownBelow(repository.workTree, context.options.own);
  const byId = new Map<string, Change[]>();
  for (const change of all) {
    if (checkout.isExcluded(change.path)) tally.exclude(change.path, checkout.fromTarget(change.path));
    else if (own.has(change.path) || own.has(databaseBeside(change.path) ?? '')) leaveOut('run', change.path, tally);
    else if (change.mode === '160000') tally.skip('submodules', change.path);
    else if (change.mode === '120000') tally.skip('symlinks', change.path);
    else if (/^0+$/.test(change.id)) tally.pass('unmerged files', change.path);
    else byId.set(change.id, [...(byId.get(change.id) ?? []), change]);
  }
  context.progress.phase('Reading changes', byId.size);
  try {
    for await (const { id, bytes, why } of readBlobs(
      repository,
      [...byId.keys()],
      context.options.maxFileBytes,
      context.signal,
    )) {
      context.signal.throwIfAborted();
      for (const change of byId.get(id) ?? []) {
        if (bytes === undefined) {
          tally.fail(`could not be read: ${why}`, change.path);
          continue;
        }
        const kind = databaseIn([bytes]);
        if (kind !== undefined) {
          leaveOut(kind, change.path, tally);
          continue;
        }
        if (!context.options.search && context.claims(headOfBytes(change.path, bytes)) === undefined) {
          tally.unasked();
          continue;
        }
        if (context.claims(headOfBytes(change.path, bytes)) !== undefined) tally.claim(change.path);
        tally.read(bytes.length, change.path);
        const at = { repository: name, path: change.path, atHead: true };
        let before: ReadonlySet<string> | undefined;
        for await (const observation of readChange(change, bytes, at, context, seen, tally, around)) {
          // Lines tell nothing of what is in an archive.
          if (observation.kind === 'sighting' && change.added !== 'all' && observation.at?.path !== change.path) {
            before ??= await fingerprintsIn(checkout, change, context);
            if (before.has(observation.fingerprint)) continue;
          }
          const isCopy = observation.kind === 'sighting' && change.added === 'all' && (await inBase(change.id));
          if (!isCopy) yield observation;
        }
      }
      context.progress.advance(1, bytes?.length ?? 0);
    }
  } finally {
    context.progress.end();
  }
}

/** What the older version holds. */
async function fingerprintsIn(
  { repository }: Checkout,
  { oldId, path }: Change,
  context: CrawlContext,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const { bytes } of readBlobs(repository, [oldId], context.options.maxFileBytes, context.signal)) {
    if (bytes === undefined) continue;
    for (const { fingerprint } of (await searchBytes(bytes, path, context)).matches) found.add(fingerprint);
  }
  return found;
}

/** All that is in bytes, and what was left out; in archives, too. */
export async function searchBytes(bytes: Uint8Array, path: string, context: CrawlContext): Promise<Omit<BulkItem, 'key'>> {
  if (context.search !== undefined) return context.search(bytes, { path });
  const cuts: string[] = [];
  const matches = context.detect(bytes, { path, onCut: (why) => void cuts.push(why) });
  const why = cuts.join('; ');
  return { ...(why === '' ? { outcome: 'read' } : { outcome: 'partial', why }), bytes: bytes.length, matches };
}

/** On lines that the change left alone; what has no line at all may be as old as the file. */
function isOld({ kind, at }: Observation, change: Change): boolean {
  if (at?.line !== undefined) return !isAdded(change, at.line, at.endLine ?? at.line);
  return change.added !== 'all' && kind !== 'coverage' && kind !== 'sighting';
}

/** What a file holds; sightings only where the change is new. `seen` gets the fingerprints of all. */
export async function* readChange(
  change: Change,
  bytes: Uint8Array,
  at: Location & { readonly path: string },
  context: CrawlContext,
  seen: Set<string>,
  tally?: FileTally,
  around?: Surroundings,
): AsyncGenerator<Observation> {
  const place = placeOf(change.path);
  const content = context.claims(headOfBytes(change.path, bytes))?.content;
  if (content !== undefined) {
    const reading = context.read(sourceFile(change.path, bytes, at, place, around));
    for await (const observation of reading?.observations ?? []) {
      if (observation.kind === 'sighting') seen.add(observation.fingerprint);
      if (!isOld(observation, change)) yield observation;
      // What stood there before makes sense of what was added; by itself it is no news.
      else if (observation.kind !== 'sighting') yield { ...observation, detail: { ...observation.detail, unchanged: true } };
    }
  }
  if (content === 'own' || !context.options.search) return;
  const searched = await searchBytes(bytes, change.path, context);
  tally?.searched(searched, change.path);
  for (const match of searched.matches) {
    seen.add(match.fingerprint);
    if (match.member !== undefined || isAdded(change, match.line, match.endLine)) yield sightingIn(match, at, place, context);
  }
}
