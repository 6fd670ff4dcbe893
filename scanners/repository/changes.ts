import type { CrawlContext, Location, Observation } from '../../src/contracts/index.ts';
import { readBlobs } from '../../src/files/blobs.ts';
import { type Change, isAdded, listChanges } from '../../src/files/changes.ts';
import { askGit, GitError, type GitRepository } from '../../src/files/git.ts';
import { shallowCommits } from '../../src/files/history.ts';
import { headOfBytes, sourceFile } from '../../src/files/source-file.ts';
import { type Checkout, openCheckout, type Place } from './checkout.ts';
import { FileTally } from './file-tally.ts';
import { databaseBeside, databaseIn, ownBelow } from './own.ts';
import { placeOf } from './place.ts';
import { resolveCommit } from './refs.ts';
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
  yield* readChanges(checkout, changes, 'staged changes', context, new FileTally(context.options));
}

/** What a branch changed since it left its base: the merge-base diff, as a pull request shows it. */
export async function* scanDiff(
  found: GitRepository,
  place: Place,
  diff: { readonly base: string; readonly head: string },
  context: CrawlContext,
): AsyncGenerator<Observation> {
  const tally = new FileTally(context.options);
  const checkout = await openCheckout(found, place, context);
  const base = await resolveCommit(checkout, diff.base || 'HEAD', context);
  const head = await resolveCommit(checkout, diff.head || 'HEAD', context);
  const { repository } = checkout;
  const fork = (await askGit(repository, ['merge-base', base, head], context.signal)).trim();
  if (fork === '') {
    const cut = shallowCommits(repository) > 0 ? ' (a shallow clone; fetch more history)' : '';
    tally.note(`${diff.base} and ${diff.head} have no common commit here${cut}: compared as they are`);
  }
  const changes = await listChanges(repository, ['diff-tree', fork === '' ? base : fork, head], context.signal);
  yield* readChanges(checkout, changes, `${diff.base}..${diff.head}`, context, tally);
}

/** Whole files are searched, for the context; only what stands on added lines is told. */
async function* readChanges(
  checkout: Checkout,
  all: readonly Change[],
  subject: string,
  context: CrawlContext,
  tally: FileTally,
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
        yield* readChange(change, bytes, { repository: name, path: change.path, atHead: true }, context);
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
): AsyncGenerator<Observation> {
  const place = placeOf(change.path);
  const content = context.claims(headOfBytes(change.path, bytes))?.content;
  if (content !== undefined) {
    const reading = context.read(sourceFile(change.path, bytes, at, place));
    for await (const observation of reading?.observations ?? []) {
      const line = observation.at?.line;
      const isOld =
        observation.kind === 'sighting' && line !== undefined && !isAdded(change, line, observation.at?.endLine ?? line);
      if (!isOld) yield observation;
    }
  }
  if (content === 'own' || !context.options.search) return;
  for (const match of context.detect(bytes, { path: change.path })) {
    if (isAdded(change, match.line, match.endLine)) yield sightingIn(match, at, place, context);
  }
}
