import { join } from 'node:path';
import type { CrawlContext } from '../../src/contracts/index.ts';
import { commonDirOf, type GitRepository, gitOutput } from '../../src/files/git.ts';
import { readRegularFile } from '../../src/files/source-file.ts';
import { ConfigError, codeOf, NhiAuditError } from '../../src/util/errors.ts';
import type { Checkout } from './checkout.ts';

const MAX_SHALLOW_BYTES = 64 * 1024 * 1024;

/** CI systems clone one commit unless told otherwise. */
export const FETCH_MORE = fetchMore('git fetch --deepen=200 origin');

function fetchMore(command: string): string {
  return `Fetch more of the history first: \`git fetch --unshallow origin\`, or \`${command}\`; for actions/checkout, \`fetch-depth: 0\`.`;
}

/** What a remote may be asked for: a branch, a tag or a full id. `HEAD~3` and the like it cannot look up. */
function mayBeRemote(ref: string): boolean {
  return !/[~^@:*?[\\\s]|^-|^HEAD\b|^[0-9a-f]{4,39}$/.test(ref);
}

/** Full ids of the commits at both ends of a range, by one process. */
export async function resolveEnds(
  checkout: Checkout,
  base: string,
  head: string,
  context: CrawlContext,
): Promise<readonly [base: string, head: string]> {
  const [baseId = '', headId = ''] = await commitIds(checkout.repository, [base, head], context.signal);
  if (baseId !== '' && headId !== '') return [baseId, headId];
  const missing = baseId === '' ? base : head;
  try {
    const { resolveCommit } = await import('./refs.ts');
    // It knows git's other ways of naming a commit, and what may have been meant.
    const id = await resolveCommit(checkout, missing, context);
    return baseId === '' ? await resolveEnds(checkout, id, head, context) : [baseId, id];
  } catch (error) {
    if (!(error instanceof NhiAuditError) || shallowIds(checkout.repository).size === 0) throw error;
    throw new ConfigError(`${error.message}: it is a shallow clone`, {
      code: error.code,
      hint: mayBeRemote(missing) ? fetchMore(`git fetch --depth=200 origin ${missing.replace(/^origin\//, '')}`) : FETCH_MORE,
      cause: error,
    });
  }
}

async function commitIds(repository: GitRepository, refs: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  // The words are the user's: a line feed in one would be a second question.
  if (refs.some((ref) => ref.startsWith('-') || /[\n\0]/.test(ref))) return [];
  const input = refs.map((ref) => `${ref}^{commit}\n`).join('');
  const output = await gitOutput(repository, ['cat-file', '--batch-check=%(objecttype) %(objectname)'], { signal, input });
  const lines = output.toString('utf8').split('\n');
  return refs.map((_, index) => /^commit (?<id>[0-9a-f]+)$/.exec(lines[index] ?? '')?.groups?.id ?? '');
}

/** Commits at which a shallow clone ends; none in a full one. */
export function shallowIds(repository: GitRepository): ReadonlySet<string> {
  try {
    const text = readRegularFile(join(commonDirOf(repository.gitDir), 'shallow'), MAX_SHALLOW_BYTES).toString('utf8');
    return new Set(text.split('\n').filter((line) => line !== ''));
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return new Set();
  }
}
