import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Report } from '../contracts/index.ts';
import { loadReporter } from '../registry.ts';
import type { Api } from './api.ts';
import { addressOf } from './comment.ts';
import type { Pull } from './event.ts';

/** Packed; https://docs.github.com/en/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data */
const MAX_BYTES = 10 * 1024 * 1024;

/** Hands the report in to code scanning. Says what became of it. */
export async function uploadSarif({ octokit }: Api, pull: Pull, report: Report, name: string): Promise<string> {
  const packed = await promisify(gzip)(await renderReport('sarif', report, { category: name, unlocated: 'omit' }));
  if (packed.length > MAX_BYTES) return 'not handed in: it is larger than the 10 MB that code scanning takes';
  await octokit.rest.codeScanning.uploadSarif({
    ...addressOf(pull),
    commit_sha: pull.head,
    ref: `refs/pull/${pull.number}/head`,
    sarif: packed.toString('base64'),
    started_at: report.run.startedAt,
    tool_name: 'nhi-audit',
  });
  return 'handed in to code scanning';
}

/** A report as text, for where it does not go to a file. */
export async function renderReport(id: string, report: Report, options: object): Promise<string> {
  const reporter = await loadReporter(id);
  if (reporter === undefined) throw new Error(`there is no reporter ${id}`);
  let text = '';
  const context = { width: undefined, color: false, links: false, store: undefined };
  for await (const piece of reporter.render(report, options, context)) text += piece;
  return text;
}
