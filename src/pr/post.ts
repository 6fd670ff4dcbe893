import { appendFileSync } from 'node:fs';
import type { AcceptanceUse, Report } from '../contracts/index.ts';
import type { Io } from '../io.ts';
import { readKnown } from '../util/comment-marks.ts';
import { messageOf } from '../util/errors.ts';
import { thousands } from '../util/report-text.ts';
import { printable } from '../util/sanitize.ts';
import { annotationsOf, workflowCommand } from './annotations.ts';
import type { Api } from './api.ts';
import { writeCheckRun } from './check-run.ts';
import { findComment, ownLogin, writeComment } from './comment.ts';
import type { Pull } from './event.ts';
import { whyRefused } from './refusal.ts';
import { renderReport, uploadSarif } from './sarif.ts';

export interface Post {
  readonly io: Io;
  /** `undefined`: there is no token. */
  readonly api: Api | undefined;
  readonly pull: Pull;
  readonly report: Report;
  /** Of the comment and the check run. */
  readonly name: string;
  /** Who the token writes as, where it cannot be asked. */
  readonly author?: string;
  readonly isFailure: boolean;
  readonly comment: boolean;
  readonly check: boolean;
  readonly sarif: boolean;
  /** What a reviewer is to know of what judged the change. */
  readonly notes: readonly string[];
  /** What accepts something, and stands in the change itself: of `report.acceptances`. */
  readonly own: readonly AcceptanceUse[];
}

/** A job shows no more of each kind: https://docs.github.com/en/actions/reference/limits */
const MOST_COMMANDS = 10;
const NO_TOKEN = 'GITHUB_TOKEN is not set: give the step "env: GITHUB_TOKEN: $\u007B{ github.token }}"';

/**
 * Tells a pull request what its change brings: in a comment, a check run and code scanning, each by itself. What may not be
 * written there goes to the summary of the job, and it is said which right was missing. A refusal never fails the job.
 */
export async function post(given: Post): Promise<void> {
  const { io, api, pull, report } = given;
  const say = (text: string): void => io.stderr(`${printable(text)}\n`);
  const links = linksOf(given);
  const attempt = async (right: string, what: string, work: (to: Api) => Promise<string>): Promise<string | undefined> => {
    let why = NO_TOKEN;
    if (api !== undefined) {
      try {
        say(`${what}: ${await work(api)}`);
        return undefined;
      } catch (error) {
        io.signal.throwIfAborted();
        why = whyRefused(error, { right, pull });
      }
    }
    say(`${what}: not written: ${why}`);
    return `${what} not written: ${why}`;
  };

  let text: string | undefined;
  const missed: (string | undefined)[] = [];
  if (given.comment) {
    const why = await attempt('pull-requests: write', 'Comment', async (to) => {
      const login = await ownLogin(to, given.author);
      const find = async () => await findComment(to, pull, given.name, login);
      const before = await find();
      const known = before === undefined ? undefined : readKnown(before.body);
      text = await renderReport('pull-request', report, { ...links, ...(known === undefined ? {} : { known }) });
      const { url, isNew } = await writeComment(to, pull, text, before, find);
      return `${isNew ? 'made' : 'edited'}: ${url}`;
    });
    missed.push(why);
  }
  const body = text ?? (await renderReport('pull-request', report, links));
  if (given.check) {
    const run = {
      name: given.name,
      summary: body,
      isFailure: given.isFailure,
      isForReview: given.own.length > 0 || given.notes.length > 0,
      ...(links.run === undefined ? {} : { detailsUrl: links.run }),
    };
    const why = await attempt('checks: write', 'Check run', async (to) => await writeCheckRun(to, pull, report, run));
    if (why !== undefined) annotate(given);
    missed.push(why);
  }
  if (given.sarif)
    missed.push(await attempt('security-events: write', 'SARIF', async (to) => await uploadSarif(to, pull, report, given.name)));
  const reasons = missed.filter((why) => why !== undefined);
  if (reasons.length > 0) summarise(io, body, reasons, say);
}

/** What needs no right: lines of the log that GitHub shows beside the code. */
function annotate({ io, report, pull }: Post): void {
  if (io.env.GITHUB_ACTIONS !== 'true') return;
  const left = new Map<string, number>();
  for (const annotation of annotationsOf(report, `${pull.owner}/${pull.repo}`)) {
    const n = left.get(annotation.annotation_level) ?? 0;
    left.set(annotation.annotation_level, n + 1);
    if (n < MOST_COMMANDS) io.stderr(workflowCommand(annotation));
  }
  const over = [...left.values()].reduce((sum, n) => sum + Math.max(0, n - MOST_COMMANDS), 0);
  if (over > 0) io.stderr(`${thousands(over)} more findings are not shown beside the code; the report has them.\n`);
}

/** The job's own page, which every job may write. */
function summarise(io: Io, body: string, reasons: readonly string[], say: (text: string) => void): void {
  const file = io.env.GITHUB_STEP_SUMMARY ?? '';
  if (file === '') {
    say('There is no job summary here (GITHUB_STEP_SUMMARY is not set); -o pull-request=FILE keeps the text.');
    return;
  }
  const why = reasons.map((reason) => `> ${printable(reason).replace(/[<>&`@[\]|]/g, (sign) => `&#${sign.charCodeAt(0)};`)}\n`);
  try {
    appendFileSync(file, `${body}\n${why.join('>\n')}\n`);
    say('The job summary has it instead.');
  } catch (error) {
    say(`The job summary could not be written either: ${messageOf(error)}`);
  }
}

function linksOf({ io, pull, name, report, notes, own }: Post): {
  readonly name: string;
  readonly run?: string;
  readonly [option: string]: unknown;
} {
  const { GITHUB_SERVER_URL: server, GITHUB_RUN_ID: id, GITHUB_REPOSITORY: where } = io.env;
  const repository = `${pull.owner}/${pull.repo}`;
  const isServer = server !== undefined && URL.canParse(server) && /^https?:/.test(server);
  // The job may be of another repository than the pull request that was named by hand.
  const isRun = isServer && /^\d+$/.test(id ?? '') && /^[\w.-]+\/[\w.-]+$/.test(where ?? '');
  return {
    name,
    repository,
    sha: pull.head,
    notes,
    own: own.map((use) => report.acceptances.indexOf(use)),
    ...(isServer ? { server } : {}),
    ...(isRun ? { run: `${server.replace(/\/+$/, '')}/${where}/actions/runs/${id}` } : {}),
  };
}
