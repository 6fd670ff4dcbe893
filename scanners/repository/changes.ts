import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { CrawlContext, Observation } from '../../src/contracts/index.ts';
import { listBrought } from '../../src/files/brought.ts';
import { listChanges } from '../../src/files/changes.ts';
import { GitError, type GitRepository, gitOutput } from '../../src/files/git.ts';
import { ConfigError } from '../../src/util/errors.ts';
import { type Checkout, openCheckout, type Place } from './checkout.ts';
import { readDependents, type Touched } from './dependents.ts';
import { filesInWorkTree, listEdited, readEdited, unedited } from './edited.ts';
import { FETCH_MORE, resolveEnds, shallowIds } from './ends.ts';
import { FileTally } from './file-tally.ts';
import { readBrought } from './range.ts';
import { blobsOf, filesInGit, readChanges } from './read-changes.ts';

/** Well-known ids of the empty tree; git knows them without having them. */
const EMPTY_TREE = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
} as const;

/** What is staged for the next commit, compared with HEAD. In a hook every process counts: these run side by side. */
export async function* scanStaged(found: GitRepository, place: Place, context: CrawlContext): AsyncGenerator<Observation> {
  const index = hookIndex(found, context);
  const call = { signal: context.signal, ...(index === undefined ? {} : { index }) };
  const deleted = new Map<string, string>();
  const [checkout, sinceHead] = await Promise.all([
    openCheckout(found, place, context),
    listChanges(found, ['diff-index', 'HEAD'], call, deleted).catch((error: unknown) => {
      // Before the first commit there is no HEAD: everything is new.
      if (error instanceof GitError) return undefined;
      throw error;
    }),
  ]);
  const format = checkout.config.get('extensions.objectformat')?.[0] === 'sha256' ? 'sha256' : 'sha1';
  const changes = sinceHead ?? (await listChanges(found, ['diff-index', EMPTY_TREE[format]], call));
  const inBase = blobsOf(checkout.repository, sinceHead === undefined ? undefined : 'HEAD', context.signal);
  const reading = {
    changes,
    subject: `staged changes${within(found)}`,
    tally: new FileTally(context.options),
    seen: new Set<string>(),
    inBase,
    around: filesInGit(checkout, index === undefined ? {} : { index }, context),
  };
  yield* readChanges(checkout, reading, context);
  yield* readDependents(checkout, [...changes, ...goneFiles(deleted)], reading.around, 'now', context);
}

function goneFiles(deleted: ReadonlyMap<string, string>): readonly Touched[] {
  return [...deleted].map(([path, oldId]) => ({ path, id: '', oldId }));
}

/**
 * The index that a commit is about to be made of: `git commit -a` and `git commit FILE` make one of their own and tell
 * their hooks. One of another repository is not meant.
 */
export function hookIndex(found: GitRepository, context: CrawlContext): string | undefined {
  const named = context.env.GIT_INDEX_FILE;
  if (named === undefined || named === '') return undefined;
  try {
    const file = resolve(found.workTree ?? found.gitDir, named);
    return realpathSync(dirname(file)) === realpathSync(found.gitDir) && existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
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
  const checkout = await openCheckout(found, place, context);
  const { repository } = checkout;
  const isToWorkTree = diff.head === '' && repository.workTree !== undefined;
  const subject = isToWorkTree
    ? `changes since ${diff.base}`
    : `${diff.base || 'HEAD'}${diff.fromFork === true ? '...' : '..'}${diff.head || 'HEAD'}`;
  const [base, head] = await resolveEnds(checkout, diff.base || 'HEAD', diff.head || 'HEAD', context);
  const from = diff.fromFork === true ? await forkOf(checkout, { base, head, subject }, context) : base;
  const deleted = new Map<string, string>();
  const [changes, brought, edited] = await Promise.all([
    listChanges(repository, isToWorkTree ? ['diff-index', from] : ['diff-tree', from, head], { signal: context.signal }, deleted),
    listBrought(repository, { base, head, cuts: shallowIds(repository) }, context.signal),
    isToWorkTree ? listEdited(checkout, context) : undefined,
  ]);
  const seen = new Set<string>();
  const told = `${subject}${within(found)}`;
  const reading = {
    changes,
    subject: told,
    tally: new FileTally(context.options),
    seen,
    inBase: blobsOf(repository, from, context.signal),
    around: edited === undefined ? filesInGit(checkout, { commit: head }, context) : filesInWorkTree(checkout, edited, context),
  };
  if (edited === undefined) yield* readChanges(checkout, reading, context);
  else yield* readEdited(checkout, reading, edited, context);
  const editedFiles = (edited?.files ?? []).map(({ path, staged }) => ({ path, id: staged, oldId: '' }));
  yield* readDependents(checkout, [...changes, ...goneFiles(deleted), ...editedFiles], reading.around, 'now', context);
  const atEnd = edited === undefined ? changes : unedited(checkout, changes, edited);
  yield* readBrought(checkout, { brought, changes: atEnd, subject: told, seen }, context);
}

/** A named directory is kept to, and silence about the rest must not read as clean. */
function within({ prefix }: GitRepository): string {
  return prefix === '' ? '' : ` in ${prefix}`;
}

/** The commit where the two parted. */
export async function forkOf(
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
