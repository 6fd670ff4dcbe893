import { type CoverageObservation, SURFACES, type Surface } from '../../src/contracts/observation.ts';
import type { SourceExtent } from '../../src/contracts/report-parts.ts';
import { type DeclaredAbsent, type Report, SWITCHED_OFF } from '../../src/contracts/reporter.ts';
import { judgedWithoutText } from '../../src/util/judged-without.ts';
import { count, hiddenText, list, summariseCoverage, thousands } from '../../src/util/report-text.ts';
import { SHORT_SURFACES } from '../../src/util/surface-names.ts';
import { anchorOf, anchors } from './anchors.ts';
import { bullets, type Cell, code, section, table, text } from './markdown.ts';

const OUTCOMES = [
  ['pass', 'every check that bears on it ran over what it needs, and found nothing'],
  ['fail', 'a check found something that is not accepted'],
  ['partial', 'something was found that bears on a part of it, or a check could look at a part only'],
  ['not-assessed', 'no check ran, or what it needs was not collected: nothing is said, neither good nor bad'],
  [
    'not-applicable',
    'nothing that was collected is of its kind, or what it judges is declared absent and nothing of it was observed',
  ],
  ['excepted', 'all that was found is accepted by an exception that holds'],
] as const;

export function headSection(report: Report, title: string | undefined): string {
  const { run, frameworks, persona, hidden } = report;
  const named = frameworks.map((framework) => `${text(framework.title)} ${text(framework.version)}`);
  return `# Evidence on non-human identities${title === undefined ? '' : `: ${text(title)}`}

${table(
  ['', ''],
  [
    ['Run', code(run.id)],
    ['Made', madeText(run)],
    ['Frameworks', named.join(', ') || 'none'],
    ['Tool', `nhi-audit ${text(run.toolVersion)}, ${text(run.engine)}`],
    ['Findings for', `persona ${persona}${persona === 'auditor' ? ', who sees all' : ''}`],
  ],
)}${leftOutText(hidden, persona)}
What is said of a control is what the evidence of this run says; whether a requirement is met is for its reader to judge:

${bullets(OUTCOMES.map(([outcome, says]) => `**${outcome}**: ${says}`))}`;
}

function madeText({ startedAt, finishedAt }: Report['run']): string {
  // A run takes some time, unless its clock stood still: as it does for the sample company.
  return startedAt === finishedAt
    ? `${startedAt}, UTC, by a clock that was set to this moment for the whole run`
    : `${startedAt} to ${finishedAt}, UTC, by the clock of the machine that ran it`;
}

/** A document that an auditor signs says first what it does not tell. */
function leftOutText(hidden: Report['hidden'], persona: Report['persona']): string {
  const left = hiddenText({ ...hidden, excepted: 0 }, persona);
  return left.length === 0 ? '' : `\n**Not all findings are told here: ${list(left.map((says) => text(says)))}.**\n`;
}

/** What was to be looked at, what was, what was not, and what the user left out. */
export function scopeSection(report: Report): string {
  const { run } = report;
  const { looked, notLooked } = summariseCoverage(report.coverage, report.declaredAbsent);
  const denied = report.coverage.filter(({ outcome }) => outcome === 'denied' || outcome === 'unsupported');
  const left = leftOut(report);
  const without = judgedWithoutText(report.coverage);
  return section(
    '1. Scope',
    table(
      ['', ''],
      [
        ['Targets', run.targets.map((target) => code(target)).join(', ') || 'none'],
        ['Hosts contacted', run.hosts.map((host) => code(host)).join(', ') || 'none: everything was read from files'],
      ],
    ),
    '**Included**',
    looked.length === 0
      ? 'Nothing was looked at.'
      : table(
          ['Source', 'Outcome', 'Read', 'As of', 'Looks', 'Not whole'],
          looked.map((row) => [
            `${anchorOf(anchors.source(row.surface))}${row.title}`,
            row.outcome,
            row.figures,
            asOf(report.parts?.extent?.sources.find(({ surface }) => surface === row.surface)),
            thousands(report.coverage.filter(({ surface }) => surface === row.surface).length),
            thousands(row.gaps.length),
          ]),
        ),
    looked.length > 0 &&
      '**Complete** says that all of what was given was read: the rows of the files that were handed over, or what the interface answered. That an export holds all accounts, regions and projects that there are is not shown by it. **As of**: an export is no older than the newest moment that it tells of, and no newer than when it was read; files are as they were when they were read.',
    ...periodParts(report),
    without !== undefined &&
      `**Judged without** ${text(without, 2_000)}. Results that rest on rights are to be read with that in mind.`,
    '**Denied or not supported**',
    denied.length === 0 ? 'Nothing was denied.' : gapTable(denied),
    '**Excluded**',
    left.length === 0 ? 'Nothing was left out by choice.' : bullets(left),
    ...declaredParts(report.declaredAbsent ?? []),
    notLooked.length > 0 &&
      `**Not given** (nothing is said of these): ${list(notLooked.map(({ surface, title }) => `${anchorOf(anchors.source(surface))}${title}`))}.`,
  );
}

function asOf(source: SourceExtent | undefined): Cell {
  if (source === undefined) return 'not kept';
  const { newest, firstRead, lastRead } = source;
  const read = firstRead === lastRead ? `read ${minute(lastRead)}` : `read ${minute(firstRead)} to ${minute(lastRead)}`;
  return newest === undefined ? read : `not before ${minute(newest)}; ${read}`;
}

/** `2026-11-20 09:00` */
function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

/** Twenty records of two hours are no record of a quarter, however completely they were read. */
function periodParts({ parts }: Report): readonly string[] {
  const periods = parts?.extent?.periods ?? [];
  if (periods.length === 0) return [];
  return [
    '**Period of logs and sessions** (nothing is said of other days; days between two exports do not count)',
    table(
      ['Source', 'Of', 'From', 'To', 'Days', 'Records'],
      periods.map(({ surface, provider, scope, from, until, days, records }) => [
        Object.hasOwn(SHORT_SURFACES, surface) ? SHORT_SURFACES[surface as Surface] : text(surface),
        `${text(provider)}${scope === undefined ? '' : ` ${code(scope)}`}`,
        minute(from),
        minute(until),
        thousands(days),
        thousands(records),
      ]),
    ),
  ];
}

/** On whose word sources are said not to be there; a run can contradict that, and not prove it. */
function declaredParts(declared: readonly DeclaredAbsent[]): readonly string[] {
  if (declared.length === 0) return [];
  const rows = declared.map(({ surface, reason, declaredBy, reviewed = 'not told', state, why }) => [
    // What is not believed has its place among what was read, or was not given.
    `${state === 'believed' ? anchorOf(anchors.source(surface)) : ''}${SURFACES[surface]}`,
    text(reason),
    text(declaredBy),
    reviewed,
    state === 'believed' ? 'yes: nothing of it was observed' : `**${state}**: ${text(why ?? 'no reason is given')}`,
  ]);
  return [
    '**Declared absent** (by the organisation; checks that lack nothing else are not applicable, where it is believed)',
    table(['Source', 'Reason', 'Declared by', 'Reviewed', 'Believed'], rows),
  ];
}

const CHOICES: { readonly [parameter: string]: string } = {
  exclude: 'Paths left out',
  only: 'Only these scanners ran',
  skip: 'Scanners left out',
  since: 'Git history only from here on',
  diff: 'Only what this change brings',
  checksOff: 'Checks switched off',
  detectorsOff: 'Detectors switched off',
  otherNumbersForSome: 'Checks that judge some identities by other numbers',
};

function leftOut({ run, hidden, persona, checks }: Report): string[] {
  const { parameters } = run;
  const chosen = Object.entries(CHOICES).flatMap(([name, says]) =>
    parameters[name] === undefined ? [] : [`${says}: ${code(String(parameters[name]))}`],
  );
  if (parameters.history === false) chosen.push('The git history was not read.');
  if (parameters.staged === true) chosen.push('Only what was staged in git was read.');
  const off = checks.filter(({ reason }) => reason === SWITCHED_OFF);
  if (off.length > 0) chosen.push(`${count(off.length, 'check')} did not run: ${off.map(({ rule }) => code(rule)).join(', ')}`);
  // What is accepted is told, in sections 4 and 9.
  return [...chosen, ...hiddenText({ ...hidden, excepted: 0 }, persona).map((says) => `Not listed: ${text(says)}`)];
}

function gapTable(rows: readonly CoverageObservation[]): string {
  return table(
    ['Source', 'What', 'Outcome', 'Failed', 'Why'],
    rows.map(({ surface, subject, outcome, failed, why }) => [
      surface,
      code(subject),
      outcome,
      failed === undefined ? '' : thousands(failed),
      text(why ?? 'No reason is given.'),
    ]),
  );
}

/** Whatever a collector could not do, whole rows of it: an auditor asks for the errors, not for their number. */
export function errorsSection({ coverage }: Report): string {
  const rows = coverage.filter(({ outcome, failed }) => outcome !== 'complete' || (failed ?? 0) > 0);
  return section(
    '5. Collector errors',
    rows.length === 0
      ? coverage.length === 0
        ? 'No collector ran.'
        : 'Every collector read all that it met.'
      : `${count(rows.length, 'look')} of ${thousands(coverage.length)} not whole.\n\n${gapTable(rows)}`,
  );
}
