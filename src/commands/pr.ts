import { resolve } from 'node:path';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { AcceptanceUse, Report } from '../contracts/index.ts';
import { askGit, findRepository } from '../files/git.ts';
import type { Io } from '../io.ts';
import { type Api, apiUrl, openApi, tokenOf } from '../pr/api.ts';
import { type BaseCommit, readJudge, touchedNotes } from '../pr/base.ts';
import { addressOf } from '../pr/comment.ts';
import { type Pull, pullNamed, pullOfEvent, readPull } from '../pr/event.ts';
import { ownAcceptances } from '../pr/own-acceptances.ts';
import { post } from '../pr/post.ts';
import { readReport } from '../pr/read-report.ts';
import { whyRefused } from '../pr/refusal.ts';
import { loadJudgement } from '../run/rules.ts';
import { MARK_NAME } from '../util/comment-marks.ts';
import { ConfigError } from '../util/errors.ts';
import { count, isStdinOnly } from '../util/report-text.ts';
import { printable } from '../util/sanitize.ts';
import { exitOf, failOnOf, homeOf, type ScanOptions, scanAndWrite } from './scan.ts';

export interface PrOptions extends ScanOptions {
  readonly repo?: string;
  readonly pull?: string;
  readonly report?: string;
  readonly name: string;
  readonly author?: string;
  readonly allowPullRequestTarget?: boolean;
  readonly comment: boolean;
  readonly check: boolean;
  readonly sarif?: boolean;
}

/** Scans what a pull request brings and tells it there. The exit code is the scan's, whatever GitHub lets one write. */
export async function prCommand(
  io: Io,
  options: PrOptions,
  /** Milliseconds that a second of waiting takes. */
  { second = 1000 }: { readonly second?: number } = {},
): Promise<number> {
  if (!MARK_NAME.test(options.name)) {
    throw new ConfigError('--name cannot be that', { code: 'USAGE', hint: 'Up to 60 letters, digits, dots, dashes.' });
  }
  if (options.report !== undefined && options.output.length > 0) {
    throw new ConfigError('--report and --output exclude each other', {
      code: 'USAGE',
      hint: 'The scan that made the report writes the others, too: nhi-audit scan -o json=report.json -o html=report.html',
    });
  }
  if (io.env.GITHUB_EVENT_NAME === 'pull_request_target' && options.allowPullRequestTarget !== true) {
    throw new ConfigError(
      'This job runs on pull_request_target, with the rights of the repository beside the code of strangers',
      {
        code: 'PULL',
        hint: 'Use pull_request. If nothing of the change is run in this job: --allow-pull-request-target',
      },
    );
  }
  const isByHand = options.repo !== undefined || options.pull !== undefined;
  const named = isByHand ? pullNamed(options.repo, options.pull) : undefined;
  const known = isByHand ? undefined : pullOfEvent(io.env);
  const { host } = apiUrl(io.env);
  const token = tokenOf(io.env);
  const api = token === undefined ? undefined : await openApi({ env: io.env, signal: io.signal, second, token });
  if (api !== undefined) io.stderr(`Contacts ${printable(host)}, for this pull request alone.\n`);
  const pull = known ?? (await askPull(api, named));
  const { report, exit, notes, own } = await reportOf(io, pull, options);
  for (const note of notes) io.stderr(`${printable(note)}\n`);
  if (own.length > 0) io.stderr(`Accepts findings and comes with this very change: ${count(own.length, 'entry', 'entries')}.\n`);
  await post({
    io,
    api,
    pull,
    report: api === undefined ? report : { ...report, run: { ...report.run, hosts: [...new Set([...report.run.hosts, host])] } },
    name: options.name,
    ...(options.author === undefined ? {} : { author: options.author }),
    isFailure: exit === 1,
    comment: options.comment,
    check: options.check,
    sarif: options.sarif === true,
    notes,
    own,
  });
  return exit;
}

type Named = Pick<Pull, 'owner' | 'repo' | 'number'>;

async function askPull(api: Api | undefined, named: Named = { owner: '', repo: '', number: 0 }): Promise<Pull> {
  if (api === undefined) {
    throw new ConfigError('GITHUB_TOKEN is not set', {
      code: 'TOKEN',
      hint: 'For example: GITHUB_TOKEN=$(gh auth token) nhi-audit pr …',
    });
  }
  let answer: unknown;
  try {
    answer = (await api.octokit.rest.pulls.get({ ...addressOf(named), pull_number: named.number })).data;
  } catch (error) {
    const pull = { ...named, head: '', base: '', isFork: false };
    throw new ConfigError(`The pull request ${named.owner}/${named.repo}#${named.number} cannot be read`, {
      code: 'PULL',
      hint: whyRefused(error, { right: 'pull-requests: read', pull }),
      cause: error,
    });
  }
  const pull = readPull(answer);
  if (pull === undefined) throw new ConfigError(`${api.host} gives no pull request that can be read`, { code: 'PULL' });
  return pull;
}

interface Judged {
  readonly report: Report;
  readonly exit: number;
  /** What a reviewer is to know of what judged the change. */
  readonly notes: readonly string[];
  /** What the change itself says may stand. */
  readonly own: readonly AcceptanceUse[];
}

async function reportOf(io: Io, pull: Pull, options: PrOptions): Promise<Judged> {
  const isOwnScan = options.report === undefined;
  const base = await baseOf(io, pull, isOwnScan);
  const { directory } = io;
  const judge =
    base === undefined ? undefined : await readJudge(base, { directory, named: options.config, baseline: options.baseline });
  const config = judge?.config ?? (await loadConfig(directory, options.config));
  const { report, exit } = isOwnScan
    ? await scanAndWrite(io, [], { ...options, diff: options.diff ?? `${pull.base}...${pull.head}` }, config)
    : await readBack(io, options, config);
  if (base === undefined || judge === undefined) return { report, exit, notes: [], own: [] };
  const home = homeOf(directory, [], { diff: 'of the pull request' });
  return {
    report,
    exit,
    notes: await touchedNotes(base, judge, isOwnScan),
    own: await ownAcceptances(report, base, { home, directory, named: options.exceptions, config }),
  };
}

/**
 * The commit that the change is proposed to. `undefined` where a report is told and nothing is checked out: no change has a say there.
 * A job checks out one commit unless it is told to fetch all: what is to be compared is not there then.
 */
async function baseOf({ directory, signal }: Io, pull: Pull, isOwnScan: boolean): Promise<BaseCommit | undefined> {
  const repository = findRepository(directory);
  if (repository === undefined && !isOwnScan) return undefined;
  if (repository === undefined) {
    throw new ConfigError(`${directory} is no git repository`, {
      code: 'PULL',
      hint: 'Check the repository out first: actions/checkout, with fetch-depth: 0.',
    });
  }
  try {
    await askGit(repository, ['merge-base', pull.base, pull.head], signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new ConfigError(`The checkout does not hold the history from ${pull.base.slice(0, 12)} to ${pull.head.slice(0, 12)}`, {
      code: 'PULL',
      hint: `Let actions/checkout fetch all of it (with: { fetch-depth: 0 }). By hand: git fetch --unshallow; git fetch origin pull/${pull.number}/head`,
      cause: error,
    });
  }
  return { repository, top: repository.workTree ?? directory, pull, signal };
}

async function readBack(io: Io, options: PrOptions, config: LoadedConfig): Promise<Pick<Judged, 'report' | 'exit'>> {
  const { checks, disabled } = await loadJudgement(config);
  const report = readReport(resolve(io.directory, options.report ?? ''), [...checks, ...disabled]);
  const { staged, diff } = report.run.parameters;
  const change = {
    ...(staged === true || isStdinOnly(report) ? { staged: true } : {}),
    ...(diff === undefined ? {} : { diff: String(diff) }),
  };
  const { staged: _, diff: __, ...rest } = options;
  const failOn = failOnOf(options.failOn) ?? config.failOn;
  return { report, exit: exitOf(report, { failOn, nothingScanned: false, options: { ...rest, ...change }, io }) };
}
