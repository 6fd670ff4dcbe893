import type { CrawlContext } from '../../src/contracts/index.ts';
import { askGit, GitError } from '../../src/files/git.ts';
import { ConfigError } from '../../src/util/errors.ts';
import { maskNames } from '../../src/util/mask-names.ts';
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

/** What `--since` leaves of the history. */
export interface CommitRange {
  /** As the user said it. */
  readonly since: string;
  /** In the words of `git log`: commits a ref does not reach, or those after a date. */
  readonly args: readonly string[];
}

/** A date that is none is a mistake in any repository; a ref that one lacks may be in the next. */
export const SINCE_INVALID = 'SINCE_INVALID';

export async function commitRange(checkout: Checkout, since: string, context: CrawlContext): Promise<CommitRange> {
  const id = await findCommit(checkout, since, context);
  if (id !== undefined) return { since, args: ['--all', `^${id}`] };
  const text = since.trim();
  if (AGO.test(text)) return { since, args: ['--all', `--since=${text}`] };
  if (DATE.test(text)) {
    const seconds = secondsOf(text);
    if (seconds !== undefined) return { since, args: ['--all', `--since=@${seconds} +0000`] };
    throw new ConfigError(`--since ${JSON.stringify(since)} is no date of the calendar`, {
      code: SINCE_INVALID,
      hint: 'Dates are written year-month-day, such as 2026-03-01, and may have a time: 2026-03-01T09:30:00Z.',
    });
  }
  throw new ConfigError(`--since ${JSON.stringify(since)} is neither a commit of ${checkout.name} nor a date`, {
    code: 'REF_UNKNOWN',
    hint: `${await hintFor(checkout, since, context)} Dates look like 2026-03-01 or "2 weeks ago".`,
  });
}

/**
 * git itself takes any word for a date (an unknown one is now), and a date for the present hour of that day, so only these
 * forms pass, and a date begins at midnight, local time.
 */
const AGO = /^(yesterday|\d+ (minute|hour|day|week|month|year)s? ago)$/i;
const DATE = /^(?<day>\d{4}-\d{2}-\d{2})([T ](?<time>\d{2}:\d{2}(:\d{2}(\.\d+)?)?)( ?(?<zone>Z|[+-]\d{2}:?\d{2}))?)?$/i;

function secondsOf(text: string): number | undefined {
  const { day = '', time = '00:00', zone = '' } = DATE.exec(text)?.groups ?? {};
  // The 30th of February would pass for the 2nd of March.
  const noon = new Date(`${day}T12:00:00Z`);
  if (Number.isNaN(noon.getTime()) || noon.toISOString().slice(0, 10) !== day) return undefined;
  const at = Date.parse(`${day}T${time}${zone.toUpperCase().replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`);
  // git's own dates begin in 1970.
  return Number.isNaN(at) ? undefined : Math.max(0, Math.floor(at / 1000));
}

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
  const names = maskNames(text, context.detect)
    .split('\n')
    .filter((name) => name !== '' && !name.endsWith('/HEAD'));
  const meant = nearest(ref, names) ?? names.find((name) => name.endsWith(`/${ref}`));
  if (meant !== undefined) return `Did you mean ${meant}?`;
  if (names.length === 0) return 'It has no branches yet.';
  return `It has ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' and others' : ''}. In a CI job, fetch the base branch first.`;
}
