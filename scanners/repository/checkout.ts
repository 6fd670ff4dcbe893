import { readFileSync } from 'node:fs';
import { basename, posix } from 'node:path';
import type { CrawlContext, Location, PathTarget } from '../../src/contracts/index.ts';
import { askGit, directoryName, type GitRepository, gitOutput } from '../../src/files/git.ts';
import { excluder } from '../../src/files/walk.ts';
import { repositoryName } from './remote.ts';

/** A directory that the crawl has come to: the target, or a repository inside it. */
export interface Place {
  readonly path: string;
  /** Where it lies below the target: `''` or `vendor/tool/`. Globs of the user count from the target. */
  readonly below: string;
  /** The target, as it is told when something in it has no name of its own. */
  readonly target: Pick<PathTarget, 'path' | 'label'>;
}

/** A repository as opened for one scan. */
export interface Checkout {
  readonly repository: GitRepository;
  /** `owner/repo`, else the directory's name. */
  readonly name: string;
  /** What the locations of all that is in it begin with. */
  readonly at: Location;
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
  const name = repositoryName(config) ?? nameOf(directoryName(repository), place);
  const fromTarget = (path: string) => place.below + path.slice(repository.prefix.length);
  return {
    repository: withoutWorkTreeIfBare(repository, config),
    name,
    at: { repository: name, ...directoryOf(place) },
    config,
    isExcluded: (path) => isExcluded(fromTarget(path)),
    fromTarget,
  };
}

/** Where facts of a plain directory are read: it has a name, but neither commits nor HEAD. */
export function directoryLocation(place: Place): Location {
  return { repository: nameOf(basename(place.path), place), ...directoryOf(place) };
}

/**
 * A name that a directory alone gives, told apart from others of that name by where they lie: `shop (team-a)`. It is the same
 * in every clone of what is scanned: the target's own name is left out where it tells nothing apart. No slash stands before
 * the words: that would be an owner's.
 */
function nameOf(name: string, { below, target }: Place): string {
  const where = below === '' ? posix.dirname(target.label ?? '.') : aroundNested(name, below, target);
  return where === '.' ? name : `${name} (${where})`;
}

function aroundNested(name: string, below: string, { path, label }: Place['target']): string {
  const parent = posix.dirname(below);
  if (label !== undefined) return posix.join(label, parent);
  return parent === '.' && name === basename(path) ? name : parent;
}

function directoryOf({ below }: Place): Pick<Location, 'directory'> {
  return below === '' ? {} : { directory: below.slice(0, -1) };
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
