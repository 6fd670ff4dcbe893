import type { ControlOutcome, ControlResult, Finding, Report } from '../contracts/index.ts';
import type { Layout } from '../util/layout.ts';
import { controlLabel, count, firstStep, verdict } from '../util/report-text.ts';
import type { Trace } from './facts.ts';
import type { Subject } from './resolve.ts';
import { did, owner, reaches, seen } from './tell.ts';
import { isSettled, verdictText } from './tell-who.ts';
import type { Answer } from './who.ts';

export interface DemoContext {
  readonly layout: Layout;
  /** Where the store was kept, relative to where the user is. */
  readonly store: string | undefined;
  readonly hero: string;
  /** The page was asked for, and is written. */
  readonly hasPage: boolean;
}

const STAR = 'leaked-key-used-around-gateway';
const LEAD = 14;

/** The story of one key in six steps, what it breaks, and where to go from there. */
export function* tellDemo(
  report: Report,
  subject: Subject,
  trace: Trace,
  march: Answer,
  { layout, store, hero, hasPage }: DemoContext,
): Iterable<string> {
  const star = report.findings.find((finding) => finding.rule === STAR && finding.identity === subject.identity);
  yield* layout.block(
    '',
    'Harbour Coffee, a sample company: four repositories, exports of clouds and databases, gateway sessions, a roster.',
    'bold',
  );
  yield* layout.block('', 'Built and scanned on this machine. No account was used and no host was contacted.', 'dim');

  yield* layout.heading('ONE KEY, END TO END');
  const places = seen(trace);
  yield* step(
    layout,
    '1 leaked',
    [`An access key lies in a notebook output, a CI workflow and an old commit:`, ...places.map((line) => line.text)],
    true,
  );
  yield* step(layout, '2 joined', [
    `It belongs to ${subject.identity ?? 'nobody known'} (${trace.joins.map((row) => String(row.basis)).join(', ')}).`,
  ]);
  yield* step(
    layout,
    '3 reaches',
    reaches(subject, trace)
      .filter((_, index) => index === 0)
      .map((line) => line.text),
    true,
  );
  yield* step(
    layout,
    '4 owner',
    owner(trace).map((line) => line.text),
    true,
  );
  const uses = did(trace);
  yield* step(
    layout,
    '5 used',
    uses.filter((line) => line.bad !== true).map((line) => line.text),
  );
  yield* step(
    layout,
    '',
    uses.filter((line) => line.bad === true).map((line) => line.text),
    true,
  );
  if (star !== undefined) yield* verdictOf(star, report, layout);

  yield* whichJob(march, layout);

  yield* controls(report, star, layout);

  yield* layout.heading('ALSO FOUND');
  const { findings, coverage } = verdict(report);
  yield* layout.block('  ', `${findings} ${coverage} All of it: nhi-audit demo --full`);

  yield* layout.heading('TRY NEXT');
  for (const [command, purpose] of nextCommands(store, hero).filter(([command]) => !hasPage || !command.includes('-o html='))) {
    yield `  ${layout.paint(command, 'cyan')}`;
    yield* layout.block('      ', purpose, 'dim');
  }
}

/** The jobs that can be named, with what was approved and masked; then how many uses cannot be put down to one, and why. */
function* whichJob(answer: Answer, layout: Layout): Iterable<string> {
  const { question, uses } = answer;
  yield* layout.heading(`WHICH JOB TOUCHED E-MAIL ADDRESSES IN ${question.target} ON ${question.from.slice(0, 10)}?`);
  const sure = uses.filter(({ doubts }) => doubts.length === 0);
  for (const use of sure.filter(({ answerable }) => answerable)) {
    const masked = use.masked === true ? 'masked' : 'NOT masked';
    yield* layout.block('  ', `${use.job ?? 'no job'} by ${use.actor} (approval: ${use.approval}; ${masked}) [${use.evidence}]`);
  }
  const open = sure.filter(({ answerable }) => !answerable);
  const reasons = new Set(open.flatMap((use) => use.reasons));
  if (open.length > 0) {
    yield* layout.block('  ', `${count(open.length, 'use')} cannot be put down to one job: ${[...reasons].join('; ')}.`, 'red');
  }
  if (!isSettled(answer)) yield* layout.block('  ', verdictText(answer), 'red');
}

function* verdictOf(star: Finding, report: Report, layout: Layout): Iterable<string> {
  const refs = star.controls.map((ref) => ref.slice(ref.indexOf(':') + 1));
  const meta = report.checks.find((check) => check.rule === star.rule)?.meta;
  yield* step(layout, '6 breaks', [`${star.severity.toUpperCase()} ${star.rule}: ${star.title}.`, refs.join(', ')], true);
  yield* step(layout, '  fix', [firstStep(meta?.fix ?? star.fix)]);
}

function* step(layout: Layout, name: string, lines: readonly string[], bad = false): Iterable<string> {
  for (const [index, line] of lines.entries()) {
    const lead = index === 0 ? `  ${name}`.padEnd(LEAD) : ' '.repeat(LEAD);
    yield* layout.tagged('', lead, ['bold'], line, bad && (index > 0 || lines.length === 1) ? ['red'] : []);
  }
}

/** The first two frameworks: OWASP in full; of NIST CSF what this finding breaks and what passes, the rest as counts. */
function* controls(report: Report, star: Finding | undefined, layout: Layout): Iterable<string> {
  yield* layout.heading('CONTROLS');
  for (const framework of report.frameworks.slice(0, 2)) {
    const rows = report.controls.filter((control) => control.framework === framework.id);
    const isShort = rows.length <= 12;
    const shown = rows.filter(
      (row) => isShort || row.outcome === 'pass' || star?.controls.includes(`${framework.id}:${row.control}`) === true,
    );
    if (shown.length === 0) continue;
    yield* layout.block('  ', `${framework.title} ${framework.version}: ${tally(rows)}`, 'bold');
    for (const row of shown) yield* controlRow(row, layout);
    if (shown.length < rows.length) {
      yield* layout.block('    ', `and ${count(rows.length - shown.length, 'other control')}: nhi-audit demo --full`, 'dim');
    }
  }
}

function controlRow(row: ControlResult, layout: Layout): string[] {
  const findings = row.findings === 0 ? '' : `: ${count(row.findings, 'finding')}`;
  const color = row.outcome === 'fail' ? (['red'] as const) : row.outcome === 'pass' ? (['green'] as const) : [];
  return layout.tagged('    ', WORDS[row.outcome].padEnd(16), color, `${controlLabel(row)}${findings}`);
}

const WORDS: { readonly [outcome in ControlOutcome]: string } = {
  pass: 'pass',
  fail: 'FAIL',
  partial: 'partial',
  'not-assessed': 'not assessed',
  'not-applicable': 'not applicable',
  excepted: 'excepted',
};

function tally(rows: readonly ControlResult[]): string {
  const parts: string[] = [];
  for (const outcome of Object.keys(WORDS) as ControlOutcome[]) {
    const n = rows.filter((row) => row.outcome === outcome).length;
    if (n > 0) parts.push(`${n} ${WORDS[outcome].toLowerCase()}`);
  }
  return parts.join(', ');
}

function nextCommands(store: string | undefined, hero: string): readonly (readonly [command: string, purpose: string])[] {
  const own: readonly (readonly [string, string])[] = [
    ['nhi-audit scan .', 'your own repository: files and the whole git history'],
    [
      'nhi-audit scan . ./exports --store audit.duckdb',
      'with IAM and gateway exports beside it, to join what leaked to whose it is',
    ],
    [`nhi-audit explain ${STAR}`, 'what a rule means, what it cannot see, how to mend it'],
  ];
  if (store === undefined) {
    return [
      ['nhi-audit demo -o html=demo.html', 'the report on this company as a page: pictures, search, controls'],
      ...own,
      ['nhi-audit demo --keep ./harbour', 'this company again, to look around in'],
    ];
  }
  return [
    [`nhi-audit report --store ${store} -o html=demo.html`, 'the report on this company as a page: pictures, search, controls'],
    [`nhi-audit trace ${hero} --store ${store}`, 'the whole chain of this identity'],
    [`nhi-audit who --target pg-features-prod --on 2026-03-12 --store ${store}`, 'which job touched a database on a day'],
    [`nhi-audit identities --store ${store} --unowned`, 'machine identities that nobody answers for'],
    [`nhi-audit query "FROM identity_overview" --store ${store}`, 'your own SQL over the evidence'],
    ...own,
  ];
}
