import { z } from 'zod';
import type { Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { count, hasPrevious, isBrief, openFindings, verdict } from '../../src/util/report-text.ts';
import { clip, markdown as safe } from '../../src/util/sanitize.ts';
import { Budget, details, END } from './budget.ts';
import { acceptedSection, controlSection, coverageLines, exceptSection, notAssessedSection, verdictLine } from './sections.ts';
import { byNewest, row, spansRepositories } from './table.ts';

const Options = z.strictObject({
  /** Rows of the first table; the rest is folded. */
  rows: z.coerce.number().int().min(1).max(100).default(10),
  /** Characters; GitHub refuses a longer body. */
  limit: z.coerce.number().int().min(6000).default(65_536),
});
type Options = z.infer<typeof Options>;

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
  const style = { several: spansRepositories(report), ...(hasPrevious(report) ? { isNew: isNewFinding } : {}) };
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
      open.slice(0, options.rows).map((finding) => row(finding, style)),
      '',
    );
  budget.addReserved(fixed);
  if (clean) budget.fold('Coverage', coverage);
  if (open.length > options.rows) {
    const rest = open.slice(options.rows);
    budget.table(
      details(`${count(rest.length, 'more finding')}`),
      rest.map((finding) => row(finding, style)),
      END,
    );
  }
  const forAll = isBrief(report) ? [] : [notAssessedSection(report), controlSection(report)];
  for (const section of [acceptedSection(report), ...forAll, exceptSection(open)]) {
    if (section !== undefined) budget.fold(section.title, section.lines);
  }
  return budget.text() + foot;
}

function isNewFinding({ status }: Finding): boolean {
  return status === 'new';
}
