import type { CoverageObservation, Outcome } from '../../src/contracts/observation.ts';
import { SURFACES } from '../../src/contracts/observation.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { acceptanceLines } from '../../src/util/acceptance-text.ts';
import { judgedWithoutText } from '../../src/util/judged-without.ts';
import type { Layout, Style } from '../../src/util/layout.ts';
import {
  absentText,
  count,
  goneText,
  IN_FILES,
  isPremerge,
  isStdinOnly,
  nothingToCheck,
  type SurfaceCoverage,
  summariseCoverage,
  thousands,
  verdict,
} from '../../src/util/report-text.ts';
import { clip, clipAdvice, printable } from '../../src/util/sanitize.ts';

const OUTCOME_STYLE: { readonly [outcome in Outcome]: readonly Style[] } = {
  complete: ['green'],
  partial: ['yellow'],
  denied: ['red'],
  unsupported: ['yellow'],
};

const LEAD = 'not looked at   '.length;

const GAPS_SHOWN = 5;
const IGNORED_SHOWN = 3;
const TEXT_MAX = 400;

const ACCEPTANCES_SHOWN = 12;

/** What somebody said not to report: counted above, named here, what has run out first. */
export function* acceptedLines(report: Report, layout: Layout): Iterable<string> {
  const rows = acceptanceLines(report);
  if (rows.length === 0) return;
  yield* layout.heading('ACCEPTED');
  for (const { text, isDue } of rows.slice(0, ACCEPTANCES_SHOWN)) {
    yield* layout.block('  ', clip(text, TEXT_MAX), ...(isDue ? (['yellow'] as const) : (['dim'] as const)));
  }
  if (rows.length > ACCEPTANCES_SHOWN)
    yield* layout.block('  ', `and ${thousands(rows.length - ACCEPTANCES_SHOWN)} more (-f json lists all)`, 'dim');
}

/** A check of a change that has nothing to tell: the verdict, and what it rests on. */
export function* cleanLines(report: Report, layout: Layout): Iterable<string> {
  const nothing = nothingToCheck(report);
  if (nothing !== undefined) return yield* layout.block('', clip(nothing, TEXT_MAX));
  yield* layout.block('', verdict(report).findings, 'bold', 'green');
  for (const text of goneText(report)) yield* layout.block('', text);
  const { looked } = summariseCoverage(report.coverage);
  const files = looked.find((row) => row.surface === 'work-tree');
  const versions = looked.find((row) => row.surface === 'history')?.read ?? 0;
  const skipped = files === undefined || files.skipped === 0 ? '' : `, ${thousands(files.skipped)} skipped`;
  const what = [
    ...(files === undefined || isStdinOnly(report) ? [] : [`${count(files.read, 'changed file')}${skipped}`]),
    ...(versions === 0 ? [] : [`${count(versions, 'version')} in between`]),
  ].join(', ');
  const subjects = [...new Set(report.coverage.map(({ subject }) => subject))].join(', ');
  yield* layout.block('', `Read completely: ${clip(subjects, TEXT_MAX)}${what === '' ? '' : ` (${what})`}.`, 'dim');
}

/** What was looked at and what was not, with the reason: before any finding, for it says what those are worth. */
export function* coverageLines(report: Report, layout: Layout, isShort = false): Iterable<string> {
  const { looked, notLooked } = summariseCoverage(report.coverage, report.declaredAbsent);
  yield* layout.heading('COVERAGE');
  if (isShort) yield* wholeLine(looked, layout);
  for (const row of looked) if (!isShort || row.gaps.length > 0) yield* surfaceLines(row, layout);
  if (looked.length === 0) yield '  Nothing was looked at.';
  yield* ignoredLines(report, layout);
  yield* withoutLines(report, layout);
  if (isPremerge(report)) {
    yield* layout.tagged(
      '  ',
      'not looked at'.padEnd(LEAD),
      ['dim'],
      `${isStdinOnly(report) ? 'anything but standard input' : 'what did not change'}; a full scan reads the rest and judges the controls`,
      ['dim'],
    );
  } else {
    // That a directory which was read has no notebook is no gap; with --only or --skip nobody knows.
    const { only, skip } = report.run.parameters;
    const searched = only === undefined && skip === undefined && looked.some((row) => row.surface === 'work-tree');
    const none = (row: (typeof notLooked)[number]) => searched && IN_FILES.has(row.surface);
    for (const [lead, rows] of [
      ['none found', notLooked.filter(none)],
      ['not given', notLooked.filter((row) => !none(row))],
    ] as const) {
      const titles = rows.map((row) => row.title).join(', ');
      if (titles !== '') yield* layout.tagged('  ', lead.padEnd(LEAD), ['dim'], titles, ['dim']);
    }
    yield* absentLines(report, layout);
  }
  const { hosts } = report.run;
  if (hosts.length > 0) yield* layout.block('  ', `Hosts contacted: ${clip(hosts.join(', '), TEXT_MAX)}`);
}

/** No gap, for the repository says so itself; but a `.env` is often just there. */
function* ignoredLines(report: Report, layout: Layout): Iterable<string> {
  const left = report.coverage.flatMap(({ surface, detail }) => {
    const { count: entries, names } = (detail?.ignored ?? {}) as { readonly count?: number; readonly names?: readonly string[] };
    return surface === 'work-tree' && entries !== undefined ? [{ entries, names: names ?? [] }] : [];
  });
  const total = left.reduce((sum, { entries }) => sum + entries, 0);
  if (total === 0) return;
  const names = left.flatMap((row) => row.names).slice(0, IGNORED_SHOWN);
  const more = total > names.length ? ' …' : '';
  const what = `${count(total, 'entry', 'entries')} that .gitignore leaves out (${clip(names.join(', '), TEXT_MAX)}${more}); --include-ignored reads them`;
  yield* layout.tagged('  ', 'ignored'.padEnd(LEAD), ['dim'], what, ['dim']);
}

/** What the organisation says that it has none of, and what of it the run does not bear out. */
function* absentLines({ declaredAbsent = [] }: Report, layout: Layout): Iterable<string> {
  for (const declared of declaredAbsent) {
    const isBelieved = declared.state === 'believed';
    const text = `${SURFACES[declared.surface]}: ${clip(absentText(declared), TEXT_MAX)}`;
    const lead = (isBelieved ? 'declared absent' : 'not believed').padEnd(LEAD);
    yield* layout.tagged('  ', lead, [isBelieved ? 'dim' : 'yellow'], text, ...(isBelieved ? [['dim'] as const] : []));
  }
}

/** Rights that are taken away at a place that was not read are told as had. */
function* withoutLines(report: Report, layout: Layout): Iterable<string> {
  const what = judgedWithoutText(report.coverage);
  if (what === undefined) return;
  yield* layout.tagged('  ', 'judged without'.padEnd(LEAD), ['yellow'], what);
}

/** What was read completely needs no line each. */
function* wholeLine(looked: readonly SurfaceCoverage[], layout: Layout): Iterable<string> {
  const whole = looked.filter((row) => row.gaps.length === 0);
  if (whole.length === 0) return;
  const all = whole.map(({ title, figures }) => {
    const number = figures.replace(/^(?<n>[\d,]+) of \k<n>(?= )/, '$<n>').replace(/ read$/, '');
    const short = title.replace(/ \(.*\)$/, '');
    return number === '' ? short : `${short} (${number})`;
  });
  yield* layout.tagged('  ', 'complete'.padEnd(LEAD), OUTCOME_STYLE.complete, all.join(', '));
}

/** What is lacking comes before any number: `21 of 21 read` beside "partial" reads like a contradiction. */
function* surfaceLines(row: SurfaceCoverage, layout: Layout): Iterable<string> {
  const lead = row.outcome.padEnd(LEAD);
  const { title } = row;
  const [gap, second] = row.gaps;
  if (gap === undefined) {
    const { figures } = row;
    yield* layout.tagged('  ', lead, OUTCOME_STYLE[row.outcome], `${title}${figures === '' ? '' : ` (${figures})`}`);
    return;
  }
  if (second === undefined) {
    yield* layout.tagged('  ', lead, OUTCOME_STYLE[row.outcome], `${title}: ${gapText(gap)}${otherwise(row)}`);
    return;
  }
  const what = `${title}: ${count(row.gaps.length, 'gap')}${otherwise(row)}`;
  yield* layout.tagged('  ', lead, OUTCOME_STYLE[row.outcome], what);
  for (const item of row.gaps.slice(0, GAPS_SHOWN)) yield* layout.tagged('      ', '- ', [], gapText(item));
  if (row.gaps.length > GAPS_SHOWN) yield* layout.block('      ', `and ${count(row.gaps.length - GAPS_SHOWN, 'more gap')}`);
}

function gapText(gap: CoverageObservation): string {
  const outcome = gap.outcome === 'partial' ? '' : `${gap.outcome}: `;
  return `${outcome}${clip(gap.subject, 120)}: ${reasonsText(gap.why ?? 'no reason given')}`;
}

/** Whole reasons, as many as have room: half a name says nothing. */
function reasonsText(why: string): string {
  const [first = '', ...rest] = printable(why).split('; ');
  const shown = [clipAdvice(first, TEXT_MAX)];
  for (const reason of rest) {
    if (shown.join('; ').length + reason.length > TEXT_MAX) break;
    shown.push(reason);
  }
  const left = rest.length + 1 - shown.length;
  return left === 0 ? shown.join('; ') : `${shown.join('; ')}; and ${left} more (-f json has them)`;
}

function otherwise(row: SurfaceCoverage): string {
  const { figures } = row;
  if (figures === '') return '';
  return row.isAllRead ? ` (otherwise ${figures})` : ` (${figures})`;
}
