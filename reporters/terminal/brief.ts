import type { ControlOutcome } from '../../src/contracts/framework.ts';
import type { RenderContext, Report } from '../../src/contracts/reporter.ts';
import type { Layout } from '../../src/util/layout.ts';
import { goneText, isBrief, openFindings, thousands, verdict } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';
import { identityFacts } from './inventory.ts';

const IDS_MAX = 12;
const SAID: readonly ControlOutcome[] = ['fail', 'partial', 'excepted', 'pass', 'not-assessed', 'not-applicable'];

/** A line for each framework: how many controls came to what, and which fail. */
export function* controlCounts(report: Report, layout: Layout): Iterable<string> {
  const rows = report.frameworks.flatMap((framework) => {
    const controls = report.controls.filter((control) => control.framework === framework.id);
    return controls.length === 0 ? [] : [{ framework, controls }];
  });
  if (rows.length === 0) return;
  yield* layout.heading('CONTROLS');
  for (const { framework, controls } of rows) {
    const counts = SAID.flatMap((outcome) => {
      const n = controls.filter((control) => control.outcome === outcome).length;
      return n === 0 ? [] : [`${thousands(n)} ${outcome.replace('-', ' ')}`];
    });
    const failed = controls.filter(({ outcome }) => outcome === 'fail').map(({ control }) => control);
    const few = failed.length > 0 && failed.length < controls.length && failed.length <= IDS_MAX;
    const named = few ? ` (${failed.map((id) => id.replace(/:2025$/, '')).join(', ')})` : '';
    yield* layout.block(
      '  ',
      clip(`${framework.title} ${framework.version}: ${[`${counts[0]}${named}`, ...counts.slice(1)].join(', ')}`, 400),
    );
  }
}

/** What stands last, where people look first: the verdict, what it rests on, and why the command ends as it does. */
export function* verdictLines(report: Report, layout: Layout, context: Pick<RenderContext, 'exit'>): Iterable<string> {
  const { findings, coverage, clean } = verdict(report);
  const open = openFindings(report.findings);
  const grave = open.some(({ severity }) => severity === 'critical' || severity === 'high');
  yield '';
  yield* layout.block('', findings, 'bold', ...(clean ? (['green'] as const) : grave ? (['red'] as const) : []));
  const facts = identityFacts(report);
  if (facts !== '' && !isBrief(report)) yield* layout.block('', `Among the identities: ${facts}.`);
  yield* layout.block('', coverage);
  for (const text of goneText(report)) yield* layout.block('', text);
  if (context.exit !== undefined && (context.exit.code !== 0 || open.length > 0)) {
    yield* layout.block('', `exit ${context.exit.code}: ${context.exit.why}`, 'bold');
  }
}
