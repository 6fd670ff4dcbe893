import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { CommitOrders, DatedCommit } from './commit-orders.ts';
import { commonDirOf, eachRecord, GitError, type GitRepository } from './git.ts';
import { namesIn } from './names-in.ts';
import { readRegularFile } from './source-file.ts';

/** Which walk tells of a blob. What an earlier kind told of is not asked of a later one. */
export const TRACE_KINDS = ['plain', 'merge', 'reflog'] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

/** A commit that put a blob at a path. */
export interface PlaceInHistory {
  readonly commit: string;
  readonly order: number;
  /** `Name <email>`. */
  readonly author: string;
  /** Author date as git writes it. */
  readonly date: string;
  readonly path: string;
}

export interface Found {
  readonly kind: TraceKind;
  /** Oldest first, one a path; none where no commit leads to the blob. */
  readonly places: readonly PlaceInHistory[];
}

/** What the answer of a trace depends on, beside what was asked. */
export interface HistoryState {
  /** Commits that refs lead to, sorted: the same set means the same history. */
  readonly tips: readonly string[];
  /** Where the history is cut off (shallow clones) or bent (grafts). */
  readonly cut: string;
  /** Names and times of the reflogs. */
  readonly logs: string;
}

/** What a trace keeps for the next one. */
export interface KeptTrace extends HistoryState {
  readonly orders: CommitOrders;
  /** Every blob that was asked for. */
  readonly blobs: ReadonlyMap<string, Found>;
  /** Blobs that commits name and the store lacks. */
  readonly absent: readonly string[];
}

const MAX_CUT_BYTES = 64 * 1024 * 1024;

export async function stateOf(repository: GitRepository, signal?: AbortSignal): Promise<HistoryState> {
  const tips = new Set<string>();
  await eachRecord(
    repository,
    ['rev-list', '--all', '--no-walk=unsorted'],
    { separator: 'newline', signal },
    (buffer, start, end) => {
      tips.add(buffer.toString('latin1', start, end));
      return undefined;
    },
  );
  const common = commonDirOf(repository.gitDir);
  return { tips: [...tips].sort(), cut: cutOf(common), logs: logsOf(common) };
}

export function sameTips(a: HistoryState, b: HistoryState): boolean {
  return a.tips.length === b.tips.length && a.tips.every((tip, index) => tip === b.tips[index]);
}

/** Do the refs of now lead to every one of these commits? Not after a branch was deleted or begun anew. */
export async function leadTo(repository: GitRepository, tips: readonly string[], signal?: AbortSignal): Promise<boolean> {
  let isLost = false;
  const input = tips.map((tip) => `${tip}\n`).join('');
  try {
    const args = ['rev-list', '--max-count=1', '--stdin', '--not', '--all'];
    await eachRecord(repository, args, { separator: 'newline', signal, input }, () => {
      isLost = true;
      return undefined;
    });
  } catch (error) {
    // A commit that is not even there any more.
    if (error instanceof GitError) return false;
    throw error;
  }
  return !isLost;
}

/** Commits that only a reflog leads to. */
export const REFLOG = ['--reflog', '--not', '--all'] as const;

/** The commits of a range, parents first; `since`: without those that these lead to. */
export async function readCommits(
  repository: GitRepository,
  range: readonly string[],
  since: readonly string[],
  signal?: AbortSignal,
): Promise<readonly DatedCommit[]> {
  const commits: DatedCommit[] = [];
  const stdin = since.length === 0 ? [] : ['--stdin'];
  const args = ['rev-list', '--topo-order', '--reverse', '--parents', '--timestamp', ...stdin, ...range];
  const input = since.map((tip) => `^${tip}\n`).join('');
  await eachRecord(repository, args, { separator: 'newline', signal, input }, (buffer, start, end) => {
    const [date = '', id = '', ...parents] = buffer.toString('latin1', start, end).split(' ');
    commits.push({ id, date: Number(date), parents });
    return undefined;
  });
  return commits;
}

function cutOf(common: string): string {
  const hash = createHash('sha256');
  for (const name of ['shallow', 'info/grafts']) {
    try {
      hash.update(`${name}\n`).update(readRegularFile(join(common, name), MAX_CUT_BYTES));
    } catch {
      hash.update('none\n');
    }
  }
  return hash.digest('hex').slice(0, 32);
}

function logsOf(common: string): string {
  const hash = createHash('sha256');
  for (const directory of [common, ...worktreesOf(common)]) noteLogs(join(directory, 'logs'), hash);
  return hash.digest('hex').slice(0, 32);
}

function worktreesOf(common: string): readonly string[] {
  return namesIn(join(common, 'worktrees')).map((name) => join(common, 'worktrees', name));
}

function noteLogs(path: string, hash: ReturnType<typeof createHash>): void {
  // A link is not followed: it may lead in a circle.
  const stat = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    hash.update(`${path}\0${stat.size}\0${stat.mtimeNs}\0${stat.ctimeNs}\n`);
    return;
  }
  for (const name of namesIn(path)) noteLogs(join(path, name), hash);
}
