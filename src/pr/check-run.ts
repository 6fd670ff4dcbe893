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
/** To find those that are refused takes some; a change full of them is not worth hundreds. */
const MOST_REQUESTS = 60;

export interface CheckRun {
  readonly name: string;
  /** The comment's text. */
  readonly summary: string;
  readonly isFailure: boolean;
  /** The change itself says that something may stand. */
  readonly isForReview: boolean;
  readonly detailsUrl?: string;
}

/**
 * Makes a check run of the head commit; its annotations go page by page. One that GitHub does not take (for the name of its file)
 * keeps no other from being shown. Says how many were.
 */
export async function writeCheckRun({ octokit }: Api, pull: Pull, report: Report, run: CheckRun): Promise<string> {
  const all = annotationsOf(report, `${pull.owner}/${pull.repo}`);
  const tried = all.slice(0, MOST);
  const output = { title: titleOf(report), summary: run.summary.slice(0, SUMMARY_MAX) };
  const make = async (annotations: readonly Annotation[]): Promise<number> => {
    const { data } = await octokit.rest.checks.create({
      ...addressOf(pull),
      name: run.name,
      head_sha: pull.head,
      status: 'completed',
      conclusion: conclusionOf(report, run),
      ...(run.detailsUrl === undefined ? {} : { details_url: run.detailsUrl }),
      output: { ...output, annotations: [...annotations] },
    });
    return data.id;
  };
  let id: number;
  let shown = Math.min(tried.length, A_REQUEST);
  try {
    id = await make(tried.slice(0, A_REQUEST));
  } catch (error) {
    if (statusOf(error) !== 422 || tried.length === 0) throw error;
    id = await make([]);
    shown = 0;
  }
  let refused = 0;
  let requests = 0;
  /** How many of them were taken: all, or those of the halves. */
  const add = async (annotations: readonly Annotation[]): Promise<number> => {
    if (annotations.length === 0) return 0;
    requests += 1;
    try {
      await octokit.rest.checks.update({
        ...addressOf(pull),
        check_run_id: id,
        output: { ...output, annotations: [...annotations] },
      });
      return annotations.length;
    } catch (error) {
      if (statusOf(error) !== 422) throw error;
      if (annotations.length === 1 || requests > MOST_REQUESTS) {
        refused += annotations.length;
        return 0;
      }
      const half = Math.ceil(annotations.length / 2);
      return (await add(annotations.slice(0, half))) + (await add(annotations.slice(half)));
    }
  };
  for (let at = shown; at < tried.length; at += A_REQUEST) shown += await add(tried.slice(at, at + A_REQUEST));
  const of = all.length > shown ? ` of ${thousands(all.length)}` : '';
  const without = refused === 0 ? '' : `: GitHub refuses ${thousands(refused)} (HTTP 422)`;
  return `made, with ${thousands(shown)}${of} annotations${without}`;
}

/** What only looks well, because the change says so itself, is for a reviewer to judge. */
function conclusionOf(report: Report, { isFailure, isForReview }: CheckRun): 'failure' | 'neutral' | 'success' {
  if (isFailure) return 'failure';
  return verdict(report).clean && !isForReview ? 'success' : 'neutral';
}

function titleOf(report: Report): string {
  const open = openFindings(report.findings);
  return open.length === 0
    ? clip(verdict(report).findings, 200)
    : `${severityCounts(open)} ${open.length === 1 ? 'finding' : 'findings'}`;
}
