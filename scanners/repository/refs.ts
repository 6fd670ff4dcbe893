import type { CrawlContext } from '../../src/contracts/index.ts';
import { askGit, GitError } from '../../src/files/git.ts';
import { ConfigError } from '../../src/util/errors.ts';
import { nearest } from '../../src/util/nearest.ts';
import type { Checkout } from './checkout.ts';

/** Full id of the commit a ref names. Says which branch may have been meant when there is none. */
export async function resolveCommit(checkout: Checkout, ref: string, context: CrawlContext): Promise<string> {
  const id = await findCommit(checkout, ref, context);
  if (id !== undefined) return id;
  throw new ConfigError(`${checkout.name} has no commit, branch or tag ${JSON.stringify(ref)}`, {
    code: 'REF_UNKNOWN',
    hint: await hintFor(checkout, ref, context),
  });
}

/** `--since` in the words of `git log`: commits a ref does not reach, or those after a date. */
export async function commitRange(checkout: Checkout, since: string, context: CrawlContext): Promise<readonly string[]> {
  const id = await findCommit(checkout, since, context);
  if (id !== undefined) return ['--all', `^${id}`];
  if (DATE.test(since.trim())) return ['--all', `--since=${since.trim()}`];
  throw new ConfigError(`--since ${JSON.stringify(since)} is neither a commit of ${checkout.name} nor a date`, {
    code: 'REF_UNKNOWN',
    hint: `${await hintFor(checkout, since, context)} Dates look like 2026-03-01 or "2 weeks ago".`,
  });
}

/** git itself takes any word for a date (an unknown one is now), so only these forms pass. */
const DATE =
  /^(\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[+-]\d{2}:?\d{2}))?)?|yesterday|\d+ (minute|hour|day|week|month|year)s? ago)$/i;

async function findCommit(checkout: Checkout, ref: string, context: CrawlContext): Promise<string | undefined> {
  // git would read a leading dash as an option; no ref may begin with one.
  if (ref === '' || ref.startsWith('-')) return undefined;
  const args = ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`];
  try {
    const id = (await askGit(checkout.repository, args, context.signal)).trim();
    return id === '' ? undefined : id;
  } catch (error) {
    if (error instanceof GitError) return undefined;
    throw error;
  }
}

async function hintFor(checkout: Checkout, ref: string, context: CrawlContext): Promise<string> {
  const args = ['for-each-ref', '--sort=-committerdate', '--format=%(refname:short)', 'refs/heads', 'refs/remotes', 'refs/tags'];
  const text = await askGit(checkout.repository, args, context.signal);
  const names = text.split('\n').filter((name) => name !== '' && !name.endsWith('/HEAD'));
  const meant = nearest(ref, names) ?? names.find((name) => name.endsWith(`/${ref}`));
  if (meant !== undefined) return `Did you mean ${meant}?`;
  if (names.length === 0) return 'It has no branches yet.';
  return `It has ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' and others' : ''}. In a CI job, fetch the base branch first.`;
}
