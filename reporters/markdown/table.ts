import type { Finding } from '../../src/contracts/finding.ts';
import type { Location } from '../../src/contracts/observation.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { subjectName } from '../../src/util/report-names.ts';
import { firstStep, placeText, thousands } from '../../src/util/report-text.ts';
import { clip, clipAdvice, markdownCode, markdownProse, markdown as safe } from '../../src/util/sanitize.ts';

const CELL_MAX = 240;

/** New ones first: they are what the reader of a pull request can act on. */
export function byNewest(findings: readonly Finding[]): Finding[] {
  return [...findings.filter((finding) => finding.status === 'new'), ...findings.filter((finding) => finding.status !== 'new')];
}

export const TABLE_HEAD = '| Severity | Identity or credential | What | NHI | Where | Fix |\n|---|---|---|---|---|---|\n';

/** How the rows of one text look; each part is left out where it does not apply. */
export interface RowStyle {
  /** Places are named with their repository. */
  readonly several: boolean;
  readonly isNew?: (finding: Finding) => boolean;
  /** What the identity may do, safe to print. */
  readonly reach?: (finding: Finding) => string;
  /** Address of a place, safe to print between brackets. */
  readonly link?: (at: Location) => string | undefined;
}

/** Does what was found lie in more than one repository? */
export function spansRepositories(report: Report): boolean {
  return new Set(report.findings.flatMap(({ evidence }) => evidence.flatMap((item) => item.at?.repository ?? []))).size > 1;
}

export function row(finding: Finding, style: RowStyle): string {
  const nhi = finding.controls
    .filter((ref) => ref.startsWith('owasp-nhi-2025:'))
    .map((ref) => ref.slice('owasp-nhi-2025:'.length));
  const status = style.isNew?.(finding) === true ? 'new: ' : '';
  const reach = style.reach?.(finding) ?? '';
  const cells = [
    `**${finding.severity}**`,
    markdownCode(clip(subjectName(finding), CELL_MAX)),
    `${status}${safe(clip(finding.message, CELL_MAX * 2))}${reach === '' ? '' : ` ${reach}`}`,
    nhi.map((id) => safe(clip(id, 40))).join(', '),
    whereCell(finding, style),
    markdownProse(clipAdvice(firstStep(finding.fix), CELL_MAX)),
  ];
  return `| ${cells.join(' | ')} |\n`;
}

/** The first place that is still there, and how many others. */
function whereCell(finding: Finding, { several, link }: RowStyle): string {
  const places = finding.evidence.filter((item) => item.at?.path !== undefined || item.kind === 'sighting');
  const main = places.find((item) => item.kind === 'sighting' && item.at?.atHead !== false) ?? places[0] ?? finding.evidence[0];
  if (main === undefined) return '';
  const { repository, pointer, ...rest } = main.at ?? {};
  // Who is led to the line needs no address within the file.
  const at =
    pointer === undefined || (link !== undefined && rest.line !== undefined && rest.path !== undefined)
      ? rest
      : { ...rest, pointer };
  const text = placeText(several && repository !== undefined ? { repository, ...at } : at) || main.summary;
  const more = Math.max(0, places.length - 1);
  const name = markdownCode(clip(text, CELL_MAX));
  const address = main.at === undefined ? undefined : link?.(main.at);
  return `${address === undefined ? name : `[${name}](${address})`}${more === 0 ? '' : ` and ${thousands(more)} more`}`;
}
