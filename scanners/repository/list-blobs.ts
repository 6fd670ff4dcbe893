import type { BlobTable } from '../../src/files/blob-table.ts';
import { type BlobList, hasAlternates, listAllBlobs, listReachableBlobs, sizeBlobs } from '../../src/files/blobs.ts';
import type { GitRepository } from '../../src/files/git.ts';
import { blobsOfCommits } from '../../src/files/history.ts';
import { type ObjectStore, objectStoreOf, objectsSince } from '../../src/files/object-store.ts';
import type { KeptHistory } from './kept.ts';
import type { CommitRange } from './refs.ts';
import type { Tally } from './tally.ts';

/** Beyond this, git lists all its objects as quickly as it tells of some. */
const MAX_ASKED = 50_000;

export interface Listed extends BlobList {
  readonly isWhole: boolean;
  readonly isFailed?: boolean;
  /** The object store that was listed. */
  readonly store?: ObjectStore;
  /** The blobs of before, and behind them those that came since. */
  readonly isAppended?: boolean;
}

/**
 * The blobs that are to be searched: of some commits, of what leads below the target, or all of the object store; these, where
 * that is enough, without their sizes.
 */
export async function listBlobs(
  repository: GitRepository,
  range: CommitRange | undefined,
  before: KeptHistory | undefined,
  signal: AbortSignal,
  tally?: Tally,
  options?: { readonly sized: boolean },
): Promise<Listed> {
  if (range !== undefined) {
    const { ids, commits } = await blobsOfCommits(repository, range.args, signal);
    const words = commits === 1 ? '1 commit was' : `${commits} commits were`;
    tally?.note(`only commits after ${range.since} were asked for (--since), ${words} read`);
    return { ...(await sizeBlobs(repository, ids, signal)), isWhole: false };
  }
  // Objects borrowed from another repository's store are not this one's, unless something here leads to them.
  if (repository.prefix !== '' || hasAlternates(repository)) {
    return { ...(await listReachableBlobs(repository, signal)), isWhole: false };
  }
  // Looked at before git lists what is in it: what comes meanwhile is told once more the next time.
  const store = objectStoreOf(repository.gitDir);
  const grown = store === undefined || before === undefined ? undefined : await listGrown(repository, before, store, signal);
  if (grown !== undefined && store !== undefined) return { blobs: grown, unreadable: 0, isWhole: true, store, isAppended: true };
  const list = await listAllBlobs(repository, signal, options);
  return { ...list, isWhole: true, ...(store === undefined || list.unreadable > 0 ? {} : { store }) };
}

/** What was listed before, and what came since; `undefined` where only a new list tells. */
async function listGrown(
  repository: GitRepository,
  before: KeptHistory,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<BlobTable | undefined> {
  if (before.store === undefined) return undefined;
  const came = objectsSince(repository.gitDir, before.store, store, before.blobs.idBytes);
  if (came === undefined || came.length > MAX_ASKED) return undefined;
  const unknown = came.filter((id) => !before.blobs.has(id));
  if (unknown.length === 0) return before.blobs;
  const list = await sizeBlobs(repository, unknown, signal);
  if (list.unreadable > 0) return undefined;
  return list.blobs.length === 0 ? before.blobs : before.blobs.concat(list.blobs);
}
