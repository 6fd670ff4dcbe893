import type { ControlOutcome, ControlResult, ControlSource } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import type { Layout, Style } from '../../src/util/layout.ts';
import { controlLabel, count, thousands } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';
import { pasteableWord } from '../../src/util/shell-word.ts';
import { SHORT_SURFACES } from '../../src/util/surface-names.ts';

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

/** What is said of sources; where there was nothing to judge, nothing is. */
const SOURCE_WORDS: readonly (readonly [outcome: ControlOutcome, says: string])[] = [
  ['fail', 'fails at'],
  ['excepted', 'excepted at'],
  ['partial', 'partial at'],
  ['pass', 'passes at'],
  ['not-assessed', 'not assessed at'],
];

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
  const places = SOURCE_WORDS.flatMap(([outcome, says]) => {
    const some = control.sources.filter((source) => source.outcome === outcome).sort((a, b) => b.findings - a.findings);
    return some.length === 0 ? [] : [`${says} ${some.map(sourceText).join(', ')}`];
  });
  if (places.length > 0) yield* layout.tagged('    ', lead, [], places.join('; '));
}

function sourceText({ surface, findings }: ControlSource): string {
  return findings === 0 ? SHORT_SURFACES[surface] : `${SHORT_SURFACES[surface]} ${thousands(findings)}`;
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
