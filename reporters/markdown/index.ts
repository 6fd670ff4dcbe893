import { z } from 'zod';
import type { Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { subjectName } from '../../src/util/report-names.ts';
import {
  count,
  firstStep,
  hasPrevious,
  isBrief,
  openFindings,
  placeText,
  thousands,
  verdict,
} from '../../src/util/report-text.ts';
import { clip, clipAdvice, markdownCode, markdownProse, markdown as safe } from '../../src/util/sanitize.ts';
import { acceptedSection, controlSection, coverageLines, exceptSection, notAssessedSection, verdictLine } from './sections.ts';

const Options = z.strictObject({
  /** Rows of the first table; the rest is folded. */
  rows: z.coerce.number().int().min(1).max(100).default(10),
  /** Characters; GitHub refuses a longer body. */
  limit: z.coerce.number().int().min(6000).default(65_536),
});
type Options = z.infer<typeof Options>;

const CELL_MAX = 240;

/** For a pull-request comment or a step summary: one verdict, ten rows, the rest folded. */
export const markdown = defineReporter<Options>({
  id: 'markdown',
  title: 'Markdown for pull requests',
  extension: 'md',
  mediaType: 'text/markdown; charset=utf-8; variant=GFM',
  options: Options as z.ZodType<Options>,
  *render(report, options) {
    yield body(report, options);
  },
});

/**
 * The parts that must be there come first and are short; the long ones share what is left. Folded parts are dropped or
 * cut as a whole, so that no `<details>` stays open, and the cut is said.
 */
function body(report: Report, options: Options): string {
  const open = byNewest(openFindings(report.findings));
  const repositories = new Set(
    report.findings.flatMap((finding) => finding.evidence.flatMap((item) => item.at?.repository ?? [])),
  );
  const several = repositories.size > 1;
  const marksNew = hasPrevious(report);
  const foot = `\n<sub>nhi-audit ${safe(clip(report.run.toolVersion, 40))}, run ${safe(clip(report.run.id, 60))}</sub>\n`;
  const coverage = coverageLines(report, options.limit / 3);
  // A clean run is a short comment: even coverage is folded, for there is nothing it would put in doubt.
  const clean = verdict(report).clean;
  const fixed = clean ? '' : `\n**Coverage**\n\n${coverage.join('\n')}\n`;
  const budget = new Budget(options.limit - foot.length - fixed.length);
  budget.add(`### nhi-audit\n\n${verdictLine(report)}\n`);
  if (open.length > 0)
    budget.table(
      '\n',
      open.slice(0, options.rows).map((finding) => row(finding, several, marksNew)),
      '',
    );
  budget.addReserved(fixed);
  if (clean) budget.fold('Coverage', coverage);
  if (open.length > options.rows) {
    const rest = open.slice(options.rows);
    budget.table(
      details(`${count(rest.length, 'more finding')}`),
      rest.map((finding) => row(finding, several, marksNew)),
      END,
    );
  }
  const forAll = isBrief(report) ? [] : [notAssessedSection(report), controlSection(report)];
  for (const section of [acceptedSection(report), ...forAll, exceptSection(open)]) {
    if (section !== undefined) budget.fold(section.title, section.lines);
  }
  return budget.text() + foot;
}

const END = '\n</details>\n';

function details(summary: string): string {
  return `\n<details><summary>${summary}</summary>\n\n`;
}

/** New ones first: they are what the reader of a pull request can act on. */
function byNewest(findings: readonly Finding[]): Finding[] {
  return [...findings.filter((finding) => finding.status === 'new'), ...findings.filter((finding) => finding.status !== 'new')];
}

const HEAD = '| Severity | Identity or credential | What | NHI | Where | Fix |\n|---|---|---|---|---|---|\n';

function row(finding: Finding, several: boolean, marksNew: boolean): string {
  const nhi = finding.controls
    .filter((ref) => ref.startsWith('owasp-nhi-2025:'))
    .map((ref) => ref.slice('owasp-nhi-2025:'.length));
  const status = marksNew && finding.status === 'new' ? 'new: ' : '';
  const cells = [
    `**${finding.severity}**`,
    markdownCode(clip(subjectName(finding), CELL_MAX)),
    `${status}${safe(clip(finding.message, CELL_MAX * 2))}`,
    nhi.map((id) => safe(clip(id, 40))).join(', '),
    whereCell(finding, several),
    markdownProse(clipAdvice(firstStep(finding.fix), CELL_MAX)),
  ];
  return `| ${cells.join(' | ')} |\n`;
}

/** The first place that is still there, and how many others. */
function whereCell(finding: Finding, several: boolean): string {
  const places = finding.evidence.filter((item) => item.at?.path !== undefined || item.kind === 'sighting');
  const main = places.find((item) => item.kind === 'sighting' && item.at?.atHead !== false) ?? places[0] ?? finding.evidence[0];
  if (main === undefined) return '';
  const { repository, ...at } = main.at ?? {};
  const text = placeText(several && repository !== undefined ? { repository, ...at } : at) || main.summary;
  const more = Math.max(0, places.length - 1);
  return markdownCode(clip(text, CELL_MAX)) + (more === 0 ? '' : ` and ${thousands(more)} more`);
}

/** Counts what goes in, against the limit of the place it is for. */
class Budget {
  #text = '';
  #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get #room(): number {
    return this.#limit - this.#text.length;
  }

  /** A short part that always stands there. */
  add(text: string): void {
    this.#text += text;
  }

  /** A part whose length was taken off the limit at the start. */
  addReserved(text: string): void {
    this.#limit += text.length;
    this.#text += text;
  }

  /** As many rows as there is room for; what is left out is said below. */
  table(before: string, rows: readonly string[], after: string): void {
    const rest = (n: number): string =>
      `\n${count(n, 'more finding')} left out to stay within ${thousands(this.#limit)} characters; the JSON and CSV reports have all.\n`;
    const reserved = before.length + HEAD.length + after.length + rest(rows.length).length;
    let used = reserved;
    let shown = 0;
    for (const line of rows) {
      used += line.length;
      if (used > this.#room) break;
      shown += 1;
    }
    if (shown === 0) {
      const note = rest(rows.length);
      if (note.length <= this.#room) this.#text += note;
      return;
    }
    this.#text += before + HEAD + rows.slice(0, shown).join('') + (shown < rows.length ? rest(rows.length - shown) : '') + after;
  }

  /** A folded list, cut to the room there is. */
  fold(title: string, lines: readonly string[]): void {
    const open = details(title);
    const cut = (n: number): string => `- and ${thousands(n)} more, left out for length\n`;
    let used = open.length + END.length + cut(lines.length).length;
    let shown = 0;
    for (const line of lines) {
      used += line.length + 1;
      if (used > this.#room) break;
      shown += 1;
    }
    if (shown === 0) return;
    const left = lines.length - shown;
    this.#text +=
      open +
      lines
        .slice(0, shown)
        .map((line) => `${line}\n`)
        .join('') +
      (left > 0 ? cut(left) : '') +
      END;
  }

  text(): string {
    return this.#text;
  }
}
