import type { CrawlContext, Location, Observation } from '../../src/contracts/index.ts';
import { readBlobs } from '../../src/files/blobs.ts';
import { listBrought } from '../../src/files/brought.ts';
import { type Change, isAdded, listChanges } from '../../src/files/changes.ts';
import { GitError, type GitRepository, gitOutput } from '../../src/files/git.ts';
import { headOfBytes, sourceFile } from '../../src/files/source-file.ts';
import { ConfigError } from '../../src/util/errors.ts';
import { type Checkout, openCheckout, type Place } from './checkout.ts';
import { FETCH_MORE, resolveEnds, shallowIds } from './ends.ts';
import { FileTally } from './file-tally.ts';
import { databaseBeside, databaseIn, ownBelow } from './own.ts';
import { placeOf } from './place.ts';
import { readBrought } from './range.ts';
import { leaveOut, sightingIn } from './work-tree.ts';

/** Well-known ids of the empty tree; git knows them without having them. */
const EMPTY_TREE = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
} as const;

/** What is staged for the next commit, compared with HEAD. In a hook every process counts: these run side by side. */
export async function* scanStaged(found: GitRepository, place: Place, context: CrawlContext): AsyncGenerator<Observation> {
  const [checkout, sinceHead] = await Promise.all([
    openCheckout(found, place, context),
    listChanges(found, ['diff-index', 'HEAD'], context.signal).catch((error: unknown) => {
      // Before the first commit there is no HEAD: everything is new.
      if (error instanceof GitError) return undefined;
      throw error;
    }),
  ]);
  const format = checkout.config.get('extensions.objectformat')?.[0] === 'sha256' ? 'sha256' : 'sha1';
  const changes = sinceHead ?? (await listChanges(found, ['diff-index', EMPTY_TREE[format]], context.signal));
  const inBase = blobsOf(checkout.repository, sinceHead === undefined ? undefined : 'HEAD', context.signal);
  const reading = { changes, subject: 'staged changes', tally: new FileTally(context.options), seen: new Set<string>(), inBase };
  yield* readChanges(checkout, reading, context);
}

/**
 * What a range changed: files that differ between its two ends, as the newer end has them, and what its commits brought
 * and took away again, which is pushed with them all the same.
 */
export async function* scanDiff(
  found: GitRepository,
  place: Place,
  diff: NonNullable<CrawlContext['options']['diff']>,
  context: CrawlContext,
): AsyncGenerator<Observation> {
  const tally = new FileTally(context.options);
  const checkout = await openCheckout(found, place, context);
  const { repository } = checkout;
  const subject = `${diff.base || 'HEAD'}${diff.fromFork === true ? '...' : '..'}${diff.head || 'HEAD'}`;
  const [base, head] = await resolveEnds(checkout, diff.base || 'HEAD', diff.head || 'HEAD', context);
  const from = diff.fromFork === true ? await forkOf(checkout, { base, head, subject }, context) : base;
  const [changes, brought] = await Promise.all([
    listChanges(repository, ['diff-tree', from, head], context.signal),
    listBrought(repository, { base, head, cuts: shallowIds(repository) }, context.signal),
  ]);
  if (changes.length === 0 && brought.blobs.length === 0) {
    context.log.info(`${subject} is empty: ${brought.commits === 0 ? 'no commit and ' : ''}no changed file`);
  }
  const seen = new Set<string>();
  const inBase = blobsOf(repository, from, context.signal);
  yield* readChanges(checkout, { changes, subject, tally, seen, inBase }, context);
  yield* readBrought(checkout, { brought, changes, subject, seen }, context);
}

/** The commit where the two parted. */
async function forkOf(
  { repository, name }: Checkout,
  { base, head, subject }: { readonly base: string; readonly head: string; readonly subject: string },
  context: CrawlContext,
): Promise<string> {
  const fork = await gitOutput(repository, ['merge-base', base, head], { signal: context.signal }).catch((error: unknown) => {
    // Code 1 without a word: there is none.
    if (error instanceof GitError && error.exitCode === 1) return Buffer.alloc(0);
    throw error;
  });
  const id = fork.toString('latin1').trim();
  if (id !== '') return id;
  const isCut = shallowIds(repository).size > 0;
  throw new ConfigError(`${subject} has no common commit in ${name}${isCut ? ', which is a shallow clone' : ''}`, {
    code: 'NO_MERGE_BASE',
    hint: isCut
      ? `${FETCH_MORE} Or compare the two as they are: --diff ${subject.replace('...', '..')}`
      : `Compare the two as they are: --diff ${subject.replace('...', '..')}`,
  });
}

interface Reading {
  readonly changes: readonly Change[];
  readonly subject: string;
  readonly tally: FileTally;
  /** Gets the fingerprints of all that stands in the changed files, new or not. */
  readonly seen: Set<string>;
  /** Does the older end have this very content, under any path? */
  readonly inBase: (id: string) => Promise<boolean>;
}

/** Asks git once, and only if somebody asks: a new file that holds something may be a copy of an old one. */
function blobsOf(repository: GitRepository, tree: string | undefined, signal: AbortSignal): Reading['inBase'] {
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

/** Whole files are searched, for the context; only what stands on added lines is told. */
async function* readChanges(
  checkout: Checkout,
  { changes: all, subject, tally, seen, inBase }: Reading,
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
        tally.read(bytes.length, change.path);
        for await (const observation of readChange(
          change,
          bytes,
          { repository: name, path: change.path, atHead: true },
          context,
          seen,
        )) {
          const isCopy = observation.kind === 'sighting' && change.added === 'all' && (await inBase(change.id));
          if (!isCopy) yield observation;
        }
      }
      context.progress.advance(1, bytes?.length ?? 0);
    }
  } finally {
    context.progress.end();
  }
  yield* tally.rows(`${name} ${subject}`, { repository: name });
}

async function* readChange(
  change: Change,
  bytes: Uint8Array,
  at: Location & { readonly path: string },
  context: CrawlContext,
  seen: Set<string>,
): AsyncGenerator<Observation> {
  const place = placeOf(change.path);
  const content = context.claims(headOfBytes(change.path, bytes))?.content;
  if (content !== undefined) {
    const reading = context.read(sourceFile(change.path, bytes, at, place));
    for await (const observation of reading?.observations ?? []) {
      if (observation.kind === 'sighting') seen.add(observation.fingerprint);
      const line = observation.at?.line;
      const isOld =
        observation.kind === 'sighting' && line !== undefined && !isAdded(change, line, observation.at?.endLine ?? line);
      if (!isOld) yield observation;
    }
  }
  if (content === 'own' || !context.options.search) return;
  for (const match of context.detect(bytes, { path: change.path })) {
    seen.add(match.fingerprint);
    if (isAdded(change, match.line, match.endLine)) yield sightingIn(match, at, place, context);
  }
}
