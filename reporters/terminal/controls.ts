import type { ControlOutcome, ControlResult } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import type { Layout } from '../../src/util/layout.ts';
import { controlLabel, count, list, mappingText, summariseCoverage } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';
import { areNamed, leadLines, OUTCOME_ORDER, OUTCOME_STYLE, tableLines } from './control-table.ts';

/** Told in full: the list this tool is made around. Of the others what fails, by name. */
const IN_FULL = /^owasp-nhi-/;
/** More passing controls than these are only counted. */
const PASSES_SHOWN = 5;
const TEXT_MAX = 400;

/** Counts for each framework, then which controls are meant; with what they rest on where a framework was asked for. */
export function* controlLines(report: Report, layout: Layout): Iterable<string> {
  if (report.controls.length === 0) return;
  const named = areNamed(report);
  yield* layout.heading('CONTROLS');
  for (const framework of report.frameworks) {
    const controls = report.controls.filter((control) => control.framework === framework.id);
    if (controls.length === 0) continue;
    yield* layout.block('  ', `${framework.title} ${framework.version}: ${outcomeCounts(controls)}`, 'bold');
    if (framework.mapping !== undefined) yield* layout.block('    ', mappingText(framework), 'dim');
    if (named) yield* tableLines(controls, layout);
    else if (IN_FULL.test(framework.id)) yield* fullLines(controls, report, layout);
    else yield* failLines(controls, layout);
  }
  if (named) yield* leadLines(report, layout);
}

function* fullLines(controls: readonly ControlResult[], report: Report, layout: Layout): Iterable<string> {
  const row = (outcome: ControlOutcome, text: string) =>
    layout.tagged('    ', `${word(outcome).padEnd(14)}  `, OUTCOME_STYLE[outcome], clip(text, TEXT_MAX));
  for (const outcome of OUTCOME_ORDER) {
    const same = controls.filter((control) => control.outcome === outcome);
    const [first] = same;
    if (first === undefined) continue;
    if (outcome !== 'not-assessed' || same.length === 1) {
      for (const control of same) yield* row(outcome, `${controlLabel(control)}: ${reasonOf(control)}`);
      continue;
    }
    const ids = same.length === controls.length ? `all ${same.length}` : same.map((control) => control.control).join(', ');
    yield* row(outcome, `${ids}: ${lackOf(same, report)}`);
  }
}

/** One line each, without the reason: `-o json` and `-o markdown` have them all. */
function* failLines(controls: readonly ControlResult[], layout: Layout): Iterable<string> {
  const passed = controls.filter((control) => control.outcome === 'pass');
  const told = controls.filter((control) => control.outcome === 'fail');
  if (passed.length < PASSES_SHOWN) told.push(...passed);
  const room = layout.width - '    fail  '.length;
  for (const control of told) {
    const { outcome } = control;
    yield* layout.tagged('    ', `${word(outcome)}  `, OUTCOME_STYLE[outcome], shortLabel(control, room));
  }
}

/** The earlier id is the first thing to go where the line is short. */
function shortLabel(control: ControlResult, room: number): string {
  const label = controlLabel(control);
  return label.length <= room ? label : clip(controlLabel({ ...control, formerly: [] }), room);
}

/** Numbers only: what was not collected stands under COVERAGE. */
function reasonOf(control: ControlResult): string {
  const { rules } = control;
  const unrun = rules.filter(({ outcome }) => outcome === 'not-assessed').length;
  const part = rules.filter(({ outcome }) => outcome === 'partial').length;
  const gaps = [...(unrun > 0 ? [`${unrun} could not run`] : []), ...(part > 0 ? [`${part} ran only in part`] : [])];
  const aside = gaps.length === 0 ? '' : `; ${gaps.join(', ')}`;
  if (control.outcome === 'fail') {
    const failed = rules.filter(({ outcome }) => outcome === 'fail').length;
    return `${count(control.findings, 'open finding')} from ${failed === rules.length ? '' : `${failed} of `}${count(rules.length, 'check')}${aside}.`;
  }
  if (control.outcome === 'partial' && control.findings > 0) {
    return `${count(control.findings, 'open finding')} of checks that bear on a part of it${aside}.`;
  }
  if (control.outcome === 'partial' && aside === '') return control.reason;
  if (control.outcome === 'partial') return `nothing found by ${count(rules.length, 'check')}, but${aside.slice(1)}.`;
  return control.reason;
}

/** Why several controls were not assessed, in one sentence: what none of their checks could do without. */
function lackOf(controls: readonly ControlResult[], report: Report): string {
  const { notLooked } = summariseCoverage(report.coverage, report.declaredAbsent);
  const silent = new Set(controls.flatMap((control) => control.rules.map(({ rule }) => rule)));
  const needs = report.checks.filter((check) => silent.has(check.rule)).flatMap((check) => check.meta.needs);
  const surfaces = new Set(needs.flatMap((need) => need.split('|').flatMap((part) => part.trim().split('@')[1] ?? [])));
  const missing = notLooked.filter((row) => surfaces.has(row.surface));
  const bare = controls.filter((control) => control.rules.length === 0).length;
  if (bare === controls.length) return 'no check that ran maps to them.';
  const why =
    missing.length === 0
      ? 'what their checks need could not be read'
      : `their checks need what was not there to read: ${list(missing.map((row) => row.title))}`;
  return bare === 0 ? `${why}.` : `${why}; ${bare === 1 ? 'one has' : `${bare} have`} no check.`;
}

/** `3 fail, 1 partial, 2 pass, 4 not assessed` */
function outcomeCounts(controls: readonly ControlResult[]): string {
  const parts: string[] = [];
  for (const outcome of OUTCOME_ORDER) {
    const same = controls.filter((control) => control.outcome === outcome);
    if (same.length === 0) continue;
    const bare = same.filter((control) => control.rules.length === 0).length;
    const some = bare === same.length ? '' : `${bare} `;
    const aside = outcome === 'not-assessed' && bare > 0 ? ` (${some}for people to judge or without a check)` : '';
    parts.push(`${same.length} ${word(outcome)}${aside}`);
  }
  return parts.join(', ');
}

function word(outcome: ControlOutcome): string {
  return outcome.replace('-', ' ');
}
