import type { ControlOutcome, ControlResult } from '../../src/contracts/framework.ts';
import type { Outcome } from '../../src/contracts/observation.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import type { Layout, Style } from '../../src/util/layout.ts';
import {
  compare,
  controlLabel,
  count,
  isPremerge,
  list,
  type SurfaceCoverage,
  summariseCoverage,
  thousands,
} from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';

const OUTCOME_STYLE: { readonly [outcome in Outcome]: readonly Style[] } = {
  complete: ['green'],
  partial: ['yellow'],
  denied: ['red'],
  unsupported: ['yellow'],
};

const CONTROL_STYLE: { readonly [outcome in ControlOutcome]: readonly Style[] } = {
  fail: ['bold', 'red'],
  partial: ['yellow'],
  'not-assessed': ['yellow'],
  excepted: ['cyan'],
  pass: ['green'],
  'not-applicable': ['dim'],
};
const CONTROL_ORDER: readonly ControlOutcome[] = ['fail', 'partial', 'not-assessed', 'excepted', 'pass', 'not-applicable'];

const GAPS_SHOWN = 5;
const ROWS_SHOWN = 4;
const TEXT_MAX = 400;

/** What was looked at and what was not, with the reason: before any finding, for it says what those are worth. */
export function* coverageLines(report: Report, layout: Layout): Iterable<string> {
  const { looked, notLooked } = summariseCoverage(report.coverage);
  yield* layout.heading('COVERAGE');
  for (const row of looked) yield* surfaceLines(row, layout);
  if (looked.length === 0) yield '  Nothing was looked at.';
  if (isPremerge(report)) {
    yield* layout.tagged(
      '  ',
      'not looked at  ',
      ['dim'],
      'what did not change; a full scan reads the rest and judges the controls',
      ['dim'],
    );
  } else if (notLooked.length > 0) {
    yield* layout.tagged('  ', 'not looked at  ', ['dim'], notLooked.map((row) => row.title).join(', '), ['dim']);
  }
  const { hosts } = report.run;
  if (hosts.length > 0) yield* layout.block('  ', `Hosts contacted: ${clip(hosts.join(', '), TEXT_MAX)}`);
}

function* surfaceLines(row: SurfaceCoverage, layout: Layout): Iterable<string> {
  const numbers = [
    ...(row.seen > 0 || row.read > 0 ? [`${thousands(row.read)} of ${thousands(Math.max(row.seen, row.read))} read`] : []),
    ...(row.skipped > 0 ? [`${thousands(row.skipped)} skipped`] : []),
    ...(row.failed > 0 ? [`${thousands(row.failed)} failed`] : []),
  ];
  const figures = numbers.length === 0 ? '' : ` (${numbers.join(', ')})`;
  yield* layout.tagged('  ', `${row.outcome.padEnd(13)}  `, OUTCOME_STYLE[row.outcome], `${row.title}${figures}`);
  for (const gap of row.gaps.slice(0, GAPS_SHOWN)) {
    yield* layout.block('      ', `${gap.outcome}: ${clip(gap.subject, 120)}: ${clip(gap.why ?? 'no reason given', TEXT_MAX)}`);
  }
  if (row.gaps.length > GAPS_SHOWN) yield* layout.block('      ', `and ${count(row.gaps.length - GAPS_SHOWN, 'more gap')}`);
}

/** How many identities of which kind, and who owns them. */
export function* identityLines(report: Report, layout: Layout): Iterable<string> {
  const { identities } = report;
  if (identities.length === 0) return;
  yield* layout.heading('IDENTITIES');
  const kinds = tally(identities.map((identity) => `${identity.provider} ${identity.type}`));
  yield* layout.block('  ', `${count(identities.length, 'machine identity', 'machine identities')}: ${clip(kinds, TEXT_MAX)}.`);
  const left = identities.filter((identity) => identity.ownership === 'owner-left').length;
  const unowned = identities.filter((identity) => identity.ownership === 'unowned').length;
  const admins = identities.filter((identity) => identity.capabilities.includes('admin')).length;
  const leaked = identities.filter((identity) => identity.sightings > 0).length;
  const facts = [
    ...(unowned > 0 ? [`${thousands(unowned)} without a known owner`] : []),
    ...(left > 0 ? [`${thousands(left)} whose owner has left`] : []),
    ...(admins > 0 ? [`${thousands(admins)} effectively admin`] : []),
    ...(leaked > 0 ? [`${thousands(leaked)} with a credential lying about`] : []),
  ];
  if (facts.length > 0) yield* layout.block('  ', `${list(facts)}.`);
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const rows = [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0]));
  const shown = rows.slice(0, 6).map(([word, n]) => `${thousands(n)} ${clip(word, 60)}`);
  return list(rows.length > shown.length ? [...shown, `${rows.length - shown.length} other kinds`] : shown);
}

/** Counts for each framework, then the controls that did not pass; those that nothing maps to are only counted. */
export function* controlLines(report: Report, layout: Layout): Iterable<string> {
  if (report.controls.length === 0) return;
  yield* layout.heading('CONTROLS');
  for (const framework of report.frameworks) {
    const controls = report.controls.filter((control) => control.framework === framework.id);
    if (controls.length === 0) continue;
    yield* layout.block('  ', `${framework.title} ${framework.version}: ${outcomeCounts(controls)}`, 'bold');
    const told = controls.filter((control) => control.outcome !== 'pass' && control.rules.length > 0);
    for (const outcome of CONTROL_ORDER.slice(0, 4)) {
      const rows = controlRows(told.filter((item) => item.outcome === outcome));
      // What fails is told in full; of the rest the first few, for the reasons repeat.
      const shown = outcome === 'fail' ? rows : rows.slice(0, ROWS_SHOWN);
      const lead = `${word(outcome).padEnd(12)}  `;
      for (const [label, reason] of shown) {
        yield* layout.tagged('    ', lead, CONTROL_STYLE[outcome], `${label}: ${clip(reason, TEXT_MAX)}`);
      }
      const rest = rows.slice(shown.length).map(([, , ids]) => ids.join(', '));
      if (rest.length > 0) yield* layout.tagged('    ', lead, CONTROL_STYLE[outcome], `${rest.join(', ')}: for like reasons.`);
    }
    const unmapped = controls.filter((control) => control.rules.length === 0).length;
    if (unmapped > 0)
      yield* layout.block('    ', `${count(unmapped, 'control')} without a check, or for people to judge: not assessed.`, 'dim');
  }
}

/** One row for each control; those that were not assessed for the same reason share one. */
function controlRows(controls: readonly ControlResult[]): [label: string, reason: string, ids: string[]][] {
  const rows = new Map<string, ControlResult[]>();
  for (const control of controls) {
    const key = control.outcome === 'not-assessed' ? control.reason : control.control;
    rows.set(key, [...(rows.get(key) ?? []), control]);
  }
  return [...rows.values()].map((same) => {
    const ids = same.map((control) => control.control);
    return [same.length === 1 ? same.map(controlLabel).join() : ids.join(', '), same[0]?.reason ?? '', ids];
  });
}

/** `3 fail, 1 partial, 2 pass, 4 not assessed` */
export function outcomeCounts(controls: readonly ControlResult[]): string {
  const parts = CONTROL_ORDER.map((outcome) => ({
    outcome,
    n: controls.filter((control) => control.outcome === outcome).length,
  }));
  return parts
    .filter(({ n }) => n > 0)
    .map(({ outcome, n }) => `${n} ${word(outcome)}`)
    .join(', ');
}

function word(outcome: ControlOutcome): string {
  return outcome.replace('-', ' ');
}
