import { type CrawlContext, defineCrawler, type Observation, type PathTarget } from '../../src/contracts/index.ts';
import { assertNoFifo, explainGitError, findRepository, GitError } from '../../src/files/git.ts';
import { ConfigError } from '../../src/util/errors.ts';

/** Directories: git repositories with their whole history (work trees, linked ones, bare ones), and plain ones. */
export const repository = defineCrawler({
  id: 'repository',
  title: 'Repositories and directories',
  emits: ['sighting', 'coverage'],
  surfaces: ['work-tree', 'history', 'agent-config', 'iac'],
  version: 3,
  accepts: (target) => target.isDirectory,
  scan: scanDirectory,
  async locate(target, context) {
    const { locateFile } = await import('./locate.ts');
    return await locateFile(target, context);
  },
});

/** What reads all there is does not load where only changes are asked for. */
async function* scanDirectory(target: PathTarget, context: CrawlContext): AsyncGenerator<Observation> {
  const { staged, diff } = context.options;
  if (staged || diff !== undefined) return yield* scanChanges(target, context);
  const { scanWhole } = await import('./whole.ts');
  yield* scanWhole(target, context);
}

async function* scanChanges(target: PathTarget, context: CrawlContext): AsyncGenerator<Observation> {
  const { staged, diff, before = false } = context.options;
  const found = findRepository(target.path);
  if (found === undefined) {
    throw new ConfigError(`${target.name} is no git repository, so there are no changes to read`, {
      code: 'NOT_A_REPOSITORY',
      hint: `Leave out ${staged ? '--staged' : '--diff'}, or name a repository.`,
    });
  }
  const { scanDiff, scanStaged } = await import('./changes.ts');
  try {
    assertNoFifo(found);
    const place = { path: target.path, below: '', target };
    if (before) {
      const { scanBefore } = await import('./before.ts');
      return yield* scanBefore(found, place, context);
    }
    if (diff !== undefined) yield* scanDiff(found, place, diff, context);
    if (staged) yield* scanStaged(found, place, context);
  } catch (error) {
    if (error instanceof GitError && /unable to read|lazy fetching disabled|could not fetch/.test(error.message)) {
      throw new ConfigError(`${target.name} is a partial clone, or damaged: git has not all that the change is compared with`, {
        code: 'OBJECTS_MISSING',
        hint: 'Fetch what is missing first: `git fetch --refetch --no-filter origin`; or clone without `--filter`.',
        cause: error,
      });
    }
    throw await explainGitError(found, error);
  }
}
