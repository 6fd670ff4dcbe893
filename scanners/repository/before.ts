import type { CrawlContext, Observation } from '../../src/contracts/index.ts';
import { type Change, type ChangesBefore, listBefore } from '../../src/files/changes.ts';
import { GitError, type GitRepository } from '../../src/files/git.ts';
import { forkOf, hookIndex } from './changes.ts';
import { type Checkout, openCheckout, type Place } from './checkout.ts';
import { readDependents } from './dependents.ts';
import { type Edited, listEdited } from './edited.ts';
import { resolveEnds } from './ends.ts';
import { FileTally } from './file-tally.ts';
import { filesInGit, readChanges } from './read-changes.ts';

/** The older end of a change. */
interface Older extends ChangesBefore {
  readonly commit: string;
}

/**
 * The files that a change touched, as they were before it, under the names they have now. Their sightings are those on lines
 * that went, as the newer end tells those on lines that came: what stands on lines left alone is in neither.
 */
export async function* scanBefore(found: GitRepository, place: Place, context: CrawlContext): AsyncGenerator<Observation> {
  const checkout = await openCheckout(found, place, context);
  const older = await (context.options.diff === undefined ? beforeStaged : beforeDiff)(checkout, context);
  // Before the first commit there was nothing.
  if (older === undefined) return;
  const tally = new BeforeTally(context.options);
  const reading = {
    changes: older.changes,
    subject: 'before the change',
    tally,
    seen: new Set<string>(),
    inBase: async () => false,
    around: filesInGit(checkout, { commit: older.commit }, context, older.moved),
  };
  yield* readChanges(checkout, reading, context);
  const came = [...older.came].map(([path, id]) => ({ path, id, oldId: '' }));
  yield* readDependents(checkout, [...older.changes, ...came], reading.around, 'before', context);
  if (tally.failed.length === 0) return;
  const at = { repository: checkout.name };
  const detail = { unread: tally.failed };
  yield { kind: 'coverage', surface: 'work-tree', subject: 'before', outcome: 'partial', covers: [], at, detail };
}

/** Remembers by name what could not be read: of that nobody can say whether it is new. */
class BeforeTally extends FileTally {
  readonly failed: string[] = [];

  override fail(reason: string, name: string, count?: number): void {
    super.fail(reason, name, count);
    this.failed.push(name);
  }
}

async function beforeStaged({ repository }: Checkout, context: CrawlContext): Promise<Older | undefined> {
  const index = hookIndex(repository, context);
  const call = { signal: context.signal, ...(index === undefined ? {} : { index }) };
  try {
    return { ...(await listBefore(repository, ['diff-index', 'HEAD'], call)), commit: 'HEAD' };
  } catch (error) {
    if (error instanceof GitError) return undefined;
    throw error;
  }
}

async function beforeDiff(checkout: Checkout, context: CrawlContext): Promise<Older | undefined> {
  const { diff } = context.options;
  if (diff === undefined) return undefined;
  const { repository } = checkout;
  const isToWorkTree = diff.head === '' && repository.workTree !== undefined;
  const [base, head] = await resolveEnds(checkout, diff.base || 'HEAD', diff.head || 'HEAD', context);
  const commit = diff.fromFork === true ? await forkOf(checkout, { base, head, subject: diff.base }, context) : base;
  if (!isToWorkTree) return { ...(await listBefore(repository, ['diff-tree', commit, head], context)), commit };
  const [staged, edited] = await Promise.all([
    listBefore(repository, ['diff-index', commit], { signal: context.signal }),
    listEdited(checkout, context),
  ]);
  return { ...staged, changes: [...staged.changes, ...beforeEdited(staged.changes, edited)], commit };
}

/** Files that differ from the index alone: which of their lines went nobody has asked git, so they give no sightings. */
function beforeEdited(staged: readonly Change[], edited: Edited | undefined): readonly Change[] {
  const known = new Set(staged.map(({ path }) => path));
  return (edited?.files ?? [])
    .filter(({ path }) => !known.has(path))
    .map(({ path, staged: id }) => ({ path, id, oldId: id, mode: '100644', added: [] }));
}
