import type { ControlOutcome, ControlResult } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { whereText } from '../../src/util/control-text.ts';
import type { Layout, Style } from '../../src/util/layout.ts';
import { controlLabel, count, thousands } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';
import { pasteableWord } from '../../src/util/shell-word.ts';

export const OUTCOME_STYLE: { readonly [outcome in ControlOutcome]: readonly Style[] } = {
  fail: ['bold', 'red'],
  partial: ['yellow'],
  'not-assessed': ['yellow'],
  excepted: ['cyan'],
  pass: ['green'],
  'not-applicable': ['dim'],
};
export const OUTCOME_ORDER: readonly ControlOutcome[] = ['fail', 'partial', 'excepted', 'pass', 'not-assessed', 'not-applicable'];

const TEXT_MAX = 400;
const IDS_MAX = 2_000;

const CHECK_WORDS: { readonly [outcome in ControlOutcome]: string } = {
  fail: 'fail',
  pass: 'pass',
  partial: 'partial',
  excepted: 'excepted',
  'not-assessed': 'not assessed',
  'not-applicable': 'nothing to judge',
};
const CHECK_ORDER: readonly ControlOutcome[] = ['fail', 'pass', 'excepted', 'partial', 'not-assessed', 'not-applicable'];

/** `not applicable`, and the gap. */
const LEAD = 16;
/** Below this, what is told of a control stands under its outcome, not under its name. */
const NARROW = 80;

/** Were these frameworks asked for by name? Of those that are reported in any case there are several. */
export function areNamed({ frameworks }: Report): boolean {
  return frameworks.length === 1 || frameworks.some(({ byDefault }) => !byDefault);
}

/** Each control with how its checks ended, and where; those that no check maps to, by their ids. */
export function* tableLines(controls: readonly ControlResult[], layout: Layout): Iterable<string> {
  for (const outcome of OUTCOME_ORDER) {
    for (const control of controls) {
      if (control.outcome === outcome && control.rules.length > 0) yield* controlBlock(control, layout);
    }
  }
  const bare = controls.filter(({ rules }) => rules.length === 0);
  if (bare.length === 0) return;
  const ids = bare.length === controls.length ? `all ${bare.length}` : bare.map(({ control }) => control).join(', ');
  yield* row('not-assessed', clip(`${ids}: no check maps to ${bare.length === 1 ? 'it' : 'them'}.`, IDS_MAX), layout);
}

function* controlBlock(control: ControlResult, layout: Layout): Iterable<string> {
  yield* row(control.outcome, clip(controlLabel(control), TEXT_MAX), layout);
  const counts = CHECK_ORDER.flatMap((outcome) => {
    const n = control.rules.filter((rule) => rule.outcome === outcome).length;
    return n === 0 ? [] : [`${thousands(n)} ${CHECK_WORDS[outcome]}`];
  });
  const lead = ' '.repeat(layout.width < NARROW ? 2 : LEAD);
  yield* layout.tagged('    ', lead, [], `${count(control.rules.length, 'check')}: ${counts.join(', ')}`, ['dim']);
  const places = whereText(control);
  if (places !== '') yield* layout.tagged('    ', lead, [], places);
}

function row(outcome: ControlOutcome, text: string, layout: Layout): Iterable<string> {
  return layout.tagged('    ', outcome.replace('-', ' ').padEnd(LEAD), OUTCOME_STYLE[outcome], text);
}

/** Where the ids lead, once. */
export function* leadLines(report: Report, layout: Layout): Iterable<string> {
  const [first] = OUTCOME_ORDER.flatMap((outcome) =>
    report.controls.filter((control) => control.outcome === outcome && control.rules.length > 0),
  );
  const id = first === undefined ? undefined : pasteableWord(`${first.framework}:${first.control}`);
  if (id === undefined) return;
  yield* layout.block(
    '  ',
    `The number beside a source is that of its open findings. With -o audit=evidence.md every check leads to its evidence; nhi-audit explain ${id} tells what a control asks.`,
    'dim',
  );
}
