import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { CrawlContext, Location } from '../../src/contracts/index.ts';
import { askGit, directoryName, type GitRepository, gitOutput } from '../../src/files/git.ts';
import { excluder } from '../../src/files/walk.ts';
import { repositoryName } from './remote.ts';

/** A directory that the crawl has come to: the target, or a repository inside it. */
export interface Place {
  readonly path: string;
  /** Where it lies below the target: `''` or `vendor/tool/`. Globs of the user count from the target. */
  readonly below: string;
}

/** A repository as opened for one scan. */
export interface Checkout {
  readonly repository: GitRepository;
  /** `owner/repo`, else the directory's name. */
  readonly name: string;
  readonly config: GitConfig;
  readonly isExcluded: (path: string) => boolean;
  /** A path of the repository as the user counts it, for globs. */
  readonly fromTarget: (path: string) => string;
}

/** The repository's own configuration: keys in lower case but for the middle part, all values of each. */
export type GitConfig = ReadonlyMap<string, readonly string[]>;

/** Reads what must be known before anything else. Throws when git does not take it for a repository. */
export async function openCheckout(repository: GitRepository, place: Place, context: CrawlContext): Promise<Checkout> {
  const config = await readConfig(repository, context.signal);
  const isExcluded = excluder(context.options.exclude);
  const fromTarget = (path: string) => place.below + path.slice(repository.prefix.length);
  return {
    repository: withoutWorkTreeIfBare(repository, config),
    name: repositoryName(config) ?? directoryName(repository),
    config,
    isExcluded: (path) => isExcluded(fromTarget(path)),
    fromTarget,
  };
}

/** Where facts of a plain directory are read: it has a name, but neither commits nor HEAD. */
export function directoryLocation(place: Place): Location {
  return { repository: basename(place.path) };
}

/** Is the directory ignored by the repository around it? Then the user means it, not the repository. */
export async function isIgnoredDirectory(repository: GitRepository, signal: AbortSignal): Promise<boolean> {
  if (repository.prefix === '') return false;
  return (await askGit(repository, ['check-ignore', '--', `./${repository.prefix}`], signal)) !== '';
}

async function readConfig(repository: GitRepository, signal: AbortSignal): Promise<GitConfig> {
  const text = (
    await gitOutput(repository, ['config', '--list', '--null', '--no-includes'], { signal, patience: 10_000 })
  ).toString('utf8');
  const config = new Map<string, string[]>();
  for (const entry of text.split('\0')) {
    const end = entry.indexOf('\n');
    const key = end < 0 ? entry : entry.slice(0, end);
    if (key === '') continue;
    const values = config.get(key) ?? [];
    config.set(key, values);
    // A key without `=` means true.
    values.push(end < 0 ? 'true' : entry.slice(end + 1));
  }
  return config;
}

/** A bare repository may lie behind a `.git` file, with its work trees beside it: the directory is then no work tree. */
function withoutWorkTreeIfBare(repository: GitRepository, config: GitConfig): GitRepository {
  if (config.get('core.bare')?.at(-1) !== 'true' || isLinked(repository)) return repository;
  return { gitDir: repository.gitDir, prefix: '' };
}

/** A linked work tree shares a configuration that may say `bare`; it is none itself. */
function isLinked(repository: GitRepository): boolean {
  try {
    return readFileSync(`${repository.gitDir}/commondir`, 'utf8') !== '';
  } catch {
    return false;
  }
}
