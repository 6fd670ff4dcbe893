import type { Finding, Report, Severity } from '../contracts/index.ts';
import { primaryPlace, relativeParts } from '../util/places.ts';
import { firstStep, openFindings } from '../util/report-text.ts';
import { clip, printable } from '../util/sanitize.ts';

/** As https://docs.github.com/en/rest/checks/runs#create-a-check-run wants it. */
export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  annotation_level: 'failure' | 'warning' | 'notice';
  title: string;
  message: string;
}

const LEVELS: { readonly [severity in Severity]: Annotation['annotation_level'] } = {
  critical: 'failure',
  high: 'failure',
  medium: 'warning',
  low: 'notice',
  info: 'notice',
};

/** Of open findings that lie in a file of this repository as it is now, the most severe first. */
export function annotationsOf(report: Report, repository: string): readonly Annotation[] {
  return openFindings(report.findings).flatMap((finding) => annotationOf(finding, repository) ?? []);
}

function annotationOf(finding: Finding, repository: string): Annotation | undefined {
  const at = primaryPlace(finding)?.at;
  if (at === undefined || at.atHead === false || at.directory !== undefined) return undefined;
  if (at.repository?.includes('/') && at.repository.toLowerCase() !== repository.toLowerCase()) return undefined;
  // A member of an archive has no line that could be shown; its archive has.
  const [file = '', member] = at.path.split('!', 2);
  const path = relativeParts(file).join('/');
  if (path === '') return undefined;
  const line = member === undefined && at.cell === undefined ? (at.line ?? 1) : 1;
  return {
    path,
    start_line: line,
    end_line: line,
    annotation_level: LEVELS[finding.severity],
    title: clip(printable(`${finding.severity}: ${finding.title}`), 200),
    message: clip(printable(`${finding.message} Fix: ${firstStep(finding.fix)}`), 2000),
  };
}

/** A line that a job prints to have it shown beside the code, which needs no right. */
export function workflowCommand({ path, start_line, annotation_level, title, message }: Annotation): string {
  const command = { failure: 'error', warning: 'warning', notice: 'notice' }[annotation_level];
  return `::${command} file=${property(printable(path))},line=${start_line},title=${property(title)}::${data(message)}\n`;
}

// https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts: what a runner undoes again.
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
