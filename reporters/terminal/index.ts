import type { RenderContext, Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { Layout } from '../../src/util/layout.ts';
import { goneText, isBrief, isCleanCheck, verdict } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';
import { wholeNumbers } from '../../src/util/whole-numbers.ts';
import { controlLines } from './controls.ts';
import { findingLines } from './findings.ts';
import { nextCommands } from './next.ts';
import { acceptedLines, cleanLines, coverageLines, identityLines } from './overview.ts';

interface Options {
  /** Findings listed about identities, a paragraph each; the rest is counted by rule. */
  readonly findings: number;
  /** Other findings listed, about a line each. */
  readonly lines: number;
  /** Places printed for each finding. */
  readonly places: number;
}

/** For people at a terminal: the verdict, what it rests on, what is wrong, and what to do next. */
export const terminal = defineReporter<Options>({
  id: 'terminal',
  title: 'Text for people',
  extension: 'txt',
  mediaType: 'text/plain; charset=utf-8',
  options: wholeNumbers({ findings: 30, lines: 60, places: 3 }),
  *render(report, options, context) {
    for (const line of lines(report, options, context)) yield `${line.trimEnd()}\n`;
  },
});

function* lines(report: Report, options: Options, context: RenderContext): Iterable<string> {
  const layout = new Layout(context);
  const { run } = report;
  if (isCleanCheck(report)) return yield* cleanLines(report, layout);
  const time = `${run.startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  yield* layout.block('', `nhi-audit ${run.toolVersion}, ${time}, run ${run.id}: ${clip(run.targets.join(' '), 200)}`, 'dim');
  yield '';
  const { findings, coverage, clean } = verdict(report);
  yield* layout.block('', findings, 'bold', ...(clean ? (['green'] as const) : []));
  yield* layout.block('', coverage);
  for (const text of goneText(report)) yield* layout.block('', text);

  yield* coverageLines(report, layout);
  yield* findingLines(report, layout, options, context);
  yield* acceptedLines(report, layout);
  if (!isBrief(report)) {
    yield* identityLines(report, layout);
    yield* controlLines(report, layout);
  }

  yield* layout.heading('NEXT');
  for (const { command, purpose } of nextCommands(report, context)) {
    // Commands are not wrapped: a broken line cannot be pasted.
    yield `  ${layout.paint(command, 'cyan')}`;
    yield* layout.block('      ', purpose, 'dim');
  }
}
