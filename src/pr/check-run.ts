import type { Report } from '../contracts/index.ts';
import { openFindings, severityCounts, thousands, verdict } from '../util/report-text.ts';
import { clip } from '../util/sanitize.ts';
import { type Annotation, annotationsOf } from './annotations.ts';
import type { Api } from './api.ts';
import { addressOf } from './comment.ts';
import type { Pull } from './event.ts';
import { statusOf } from './refusal.ts';

/** GitHub takes fifty a request; more than this nobody reads beside the code. */
const A_REQUEST = 50;
const MOST = 500;
const SUMMARY_MAX = 65_000;

export interface CheckRun {
  readonly name: string;
  /** The comment's text. */
  readonly summary: string;
  readonly isFailure: boolean;
  readonly detailsUrl?: string;
}

/** Makes a check run of the head commit; its annotations go page by page. Says how many were shown. */
export async function writeCheckRun({ octokit }: Api, pull: Pull, report: Report, run: CheckRun): Promise<string> {
  const all = annotationsOf(report, `${pull.owner}/${pull.repo}`);
  const shown = all.slice(0, MOST);
  const output = { title: titleOf(report), summary: run.summary.slice(0, SUMMARY_MAX) };
  const make = async (annotations: readonly Annotation[]): Promise<number> => {
    const { data } = await octokit.rest.checks.create({
      ...addressOf(pull),
      name: run.name,
      head_sha: pull.head,
      status: 'completed',
      conclusion: run.isFailure ? 'failure' : verdict(report).clean ? 'success' : 'neutral',
      ...(run.detailsUrl === undefined ? {} : { details_url: run.detailsUrl }),
      output: { ...output, annotations: [...annotations] },
    });
    return data.id;
  };
  let id: number;
  try {
    id = await make(shown.slice(0, A_REQUEST));
  } catch (error) {
    // A name of a file that GitHub does not take is no reason to say nothing.
    if (statusOf(error) !== 422 || shown.length === 0) throw error;
    await make([]);
    return 'made, without annotations: GitHub refuses one of them (HTTP 422)';
  }
  let done = Math.min(shown.length, A_REQUEST);
  for (; done < shown.length; done += A_REQUEST) {
    const annotations = shown.slice(done, done + A_REQUEST);
    try {
      await octokit.rest.checks.update({ ...addressOf(pull), check_run_id: id, output: { ...output, annotations } });
    } catch (error) {
      if (statusOf(error) !== 422) throw error;
      return `made, with ${thousands(done)} of ${thousands(all.length)} annotations: GitHub refuses the next (HTTP 422)`;
    }
  }
  return `made, with ${thousands(shown.length)}${all.length > shown.length ? ` of ${thousands(all.length)}` : ''} annotations`;
}

function titleOf(report: Report): string {
  const open = openFindings(report.findings);
  return open.length === 0
    ? clip(verdict(report).findings, 200)
    : `${severityCounts(open)} ${open.length === 1 ? 'finding' : 'findings'}`;
}
