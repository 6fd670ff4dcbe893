import type { RenderContext, Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { displayWidth, Layout } from '../../src/util/layout.ts';
import { isBrief, isCleanCheck } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';
import { wholeNumbers } from '../../src/util/whole-numbers.ts';
import { controlCounts, verdictLines } from './brief.ts';
import { areNamed } from './control-table.ts';
import { controlLines } from './controls.ts';
import { findingLines } from './findings.ts';
import { identityLines } from './inventory.ts';
import { nextCommands } from './next.ts';
import { acceptedLines, cleanLines, coverageLines } from './overview.ts';
import { summaryLines } from './summary.ts';

interface Options {
  /** 1: every finding with its evidence, every control. */
  readonly full: number;
  /** Identities, credentials and rules told in full; the rest gets a line each. */
  readonly blocks: number;
  /** Such lines; what is left is counted. */
  readonly lines: number;
  /** Places printed of each. */
  readonly places: number;
}

/** For people at a terminal: what it rests on, what is wrong, and last, where they look first, the verdict and what to do next. */
export const terminal = defineReporter<Options>({
  id: 'terminal',
  title: 'Text for people',
  extension: 'txt',
  mediaType: 'text/plain; charset=utf-8',
  options: wholeNumbers({ full: 0, blocks: 8, lines: 14, places: 3 }),
  *render(report, options, context) {
    for (const line of lines(report, options, context)) yield `${line.trimEnd()}\n`;
  },
});

function* lines(report: Report, options: Options, context: RenderContext): Iterable<string> {
  const layout = new Layout(context);
  const { run } = report;
  if (isCleanCheck(report)) return yield* cleanLines(report, layout);
  const isFull = options.full > 0;
  const time = `${run.startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  yield* layout.block('', `nhi-audit ${run.toolVersion}, ${time}, run ${run.id}: ${clip(run.targets.join(' '), 200)}`, 'dim');

  yield* coverageLines(report, layout, !isFull);
  if (isFull) yield* findingLines(report, layout, options);
  else yield* summaryLines(report, layout, options);
  yield* acceptedLines(report, layout);
  if (!isBrief(report)) {
    if (isFull) yield* identityLines(report, layout);
    if (isFull || areNamed(report)) yield* controlLines(report, layout);
    // A few files say little about controls; what was chosen by name is told in any case.
    else if (report.identities.length > 0) yield* controlCounts(report, layout);
  }

  yield* verdictLines(report, layout, context);
  yield* layout.heading('NEXT');
  for (const { command, purpose } of nextCommands(report, context, isFull)) {
    // Commands are not wrapped: a broken line cannot be pasted.
    const painted = `  ${layout.paint(command, 'cyan')}`;
    if (2 + displayWidth(command) + 2 + displayWidth(purpose) <= layout.width)
      yield `${painted}  ${layout.paint(purpose, 'dim')}`;
    else {
      yield painted;
      yield* layout.block('      ', purpose, 'dim');
    }
  }
}
