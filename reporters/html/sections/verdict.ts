import { type CoverageObservation, SURFACES, type Surface } from '../../../src/contracts/observation.ts';
import type { DeclaredAbsent, Report } from '../../../src/contracts/reporter.ts';
import { SWITCHED_OFF } from '../../../src/contracts/reporter.ts';
import { judgedWithoutText } from '../../../src/util/judged-without.ts';
import { count, IN_FILES, list, SEVERITIES_DOWN, summariseCoverage, thousands, verdict } from '../../../src/util/report-text.ts';
import type { Fix, Owner } from '../fixes.ts';
import { type Html, html, prose } from '../html.ts';
import { openOf } from '../order.ts';
import { unlistedText } from '../unlisted.ts';
import { subjects } from './numbers.ts';
import { MARKS, minute, named, outcomeMark, percent } from './section.ts';

const GAPS_SHOWN = 4;
/** Longer ones leave no room for the name of the source in half the width. */
const SHORT_FIGURES = 20;

/** Organisation or targets, when, by what: who holds a print in hand must be able to tell it from another. */
export function titleStrip(report: Report, title: string | undefined): Html {
  const { run } = report;
  const names = run.targets.map((target) => named(target.split('/').filter(Boolean).at(-1) ?? target, 40));
  const scope = names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : list(names);
  return html`<p class="title">
<strong>${named(title ?? 'Machine identities')}</strong>
<span title="Targets: ${named(run.targets.join(', '), 600)}">${scope || 'no target'}</span>
<time datetime="${run.startedAt}">${minute(run.startedAt)}</time>
<span>run <code>${named(run.id, 60)}</code></span>
<span>nhi-audit ${run.toolVersion}, rules <code>${run.rulesDigest.replace(/^sha256:/, '').slice(0, 12)}</code></span>
<span><a href="#integrity">unsigned copy</a></span>
</p>`;
}

export function verdictSection(report: Report, fixes: readonly Fix[]): Html {
  return html`
<section id="verdict" aria-labelledby="verdict-title">
<div class="verdict">
<div>
<h1 id="verdict-title">${headline(report)}</h1>
${severityBar(report)}
<p class="lead">${findingsSentence(report)}</p>
<p class="lead">${verdict({ ...report, findings: [] }).coverage}</p>
<p class="lead next">${nextStep(report, fixes)}</p>
${thenSteps(fixes)}
</div>
${coveragePanel(report)}
</div>
</section>`;
}

function headline(report: Report): Html {
  const open = openOf(report);
  if (open.length > 0) {
    const grave = (['critical', 'high'] as const).flatMap((severity) => {
      const n = open.filter((finding) => finding.severity === severity).length;
      return n === 0 ? [] : [html`<b class="${severity}">${thousands(n)} ${severity}</b>`];
    });
    if (grave.length === 0) return html`${count(open.length, 'finding')} open, none high or critical`;
    return html`${grave.length === 2 ? html`${grave[0]} and ${grave[1]}` : grave[0]} ${open.length === 1 ? 'finding' : 'findings'} open`;
  }
  if (report.coverage.length === 0) return html`Nothing was looked at`;
  return verdict(report).clean ? html`Nothing open, and everything was read` : html`Nothing open in what was read`;
}

/** The first sentence: how many, on how many, of how many; and what the number leaves out. */
function findingsSentence(report: Report): string {
  const open = openOf(report);
  const { hidden } = report;
  const unlisted = hidden.persona + hidden.baseline;
  const off = report.checks.filter(({ reason }) => reason === SWITCHED_OFF).length;
  return [
    ...(unlisted === 0
      ? [
          open.length === 0
            ? 'No open findings'
            : `${count(open.length, 'open finding')} on ${count(subjects(open), 'identity or credential', 'identities and credentials')}`,
        ]
      : [
          `${count(open.length + unlisted, 'open finding')}, ${unlistedText(unlisted, report)}${hidden.persona > 0 ? ' (--persona auditor shows all)' : ''}`,
          ...(open.length === 0
            ? []
            : [
                `the ${thousands(open.length)} listed are on ${count(subjects(open), 'identity or credential', 'identities and credentials')}`,
              ]),
        ]),
    `${count(report.identities.length, 'machine identity is', 'machine identities are')} known`,
    ...(hidden.excepted === 0 ? [] : [`${count(hidden.excepted, 'finding is', 'findings are')} accepted by an exception`]),
    ...(off === 0 ? [] : [`${count(off, 'check')} switched off in the configuration`]),
  ]
    .join('; ')
    .concat('.');
}

/** Counts under a bar of their shares; the bar is decoration, the counts are the information. */
function severityBar(report: Report): Html | undefined {
  const open = openOf(report);
  if (open.length === 0) return undefined;
  const rows = SEVERITIES_DOWN.map((severity) => ({ severity, n: open.filter((f) => f.severity === severity).length }));
  const shown = rows.filter(({ n }) => n > 0);
  return html`<ul class="sevbar">${shown.map(
    ({ severity, n }) =>
      html`<li class="${severity} g${Math.max(1, Math.round((n / open.length) * 20))}"><a href="#severity=${severity}"><i aria-hidden="true">${MARKS[severity]}</i>${thousands(n)} <span>${severity}</span></a></li>`,
  )}</ul>`;
}

function nextStep(report: Report, fixes: readonly Fix[]): Html {
  const [first] = fixes;
  if (first === undefined) {
    const { looked, complete } = summariseCoverage(report.coverage);
    return looked.length === 0 || complete < looked.length
      ? html`Before this says anything of security, close the gaps in coverage.`
      : html`There is nothing to do now; what was not looked at is listed beside.`;
  }
  const rest = first.findings.length === 1 ? 'One finding rests' : `${thousands(first.findings.length)} findings rest`;
  const how = first.how.replace(/ \((?:first|one) of \d+ (?:steps|ways)\)$/, '');
  return html`<b>Start here:</b> <a href="#${first.link}">${named(first.action)}</a> (owner: ${ownerName(first.owner)}). ${prose(named(how, 260))} ${rest} on it, ${percent(first.share)} of the open risk.`;
}

function ownerName({ name, isMissing }: Owner): Html {
  return isMissing ? html`<em>${named(name, 60)}</em>` : html`${named(name, 60)}`;
}

/** What comes after the first step, for whoever has time for three. */
function thenSteps(fixes: readonly Fix[]): Html | undefined {
  if (fixes.length < 2) return undefined;
  return html`<ol class="then" start="2">${fixes
    .slice(1, 3)
    .map(
      (fix) =>
        html`<li><a href="#${fix.link}">${named(fix.action)}</a> <span>${count(fix.findings.length, 'finding')}, owner: ${ownerName(fix.owner)}</span></li>`,
    )}</ol>`;
}

/** Before any finding: what was read, what only in part, what not at all. */
function coveragePanel(report: Report): Html {
  const { looked, notLooked, complete } = summariseCoverage(report.coverage);
  const declared = report.declaredAbsent ?? [];
  const silent = notLooked.filter(({ surface }) => !declared.some((row) => row.surface === surface));
  // That a directory which was read has no notebook is no gap; with --only or --skip nobody knows.
  const { only, skip } = report.run.parameters;
  const searched = only === undefined && skip === undefined && looked.some(({ surface }) => surface === 'work-tree');
  const isNone = ({ surface }: (typeof notLooked)[number]): boolean => searched && IN_FILES.has(surface);
  const without = judgedWithoutText(report.coverage);
  return html`<aside class="coverage" aria-labelledby="coverage-title">
<h2 id="coverage-title">Coverage <span>${looked.length === 0 ? 'nothing looked at' : `${complete} of ${count(looked.length, 'source')} read completely`}</span></h2>
${
  looked.length > 0 &&
  html`<table class="looked"><caption class="off">What was looked at</caption><thead class="off"><tr><th scope="col">Source</th><th scope="col">Outcome</th><th scope="col">Figures</th></tr></thead><tbody>${looked.map(
    ({ title, outcome, figures, gaps }) =>
      html`<tr${(gaps.length > 0 || outcome !== 'complete' || allRead(figures).length > SHORT_FIGURES) && html` class="wide"`}><th scope="row">${title}</th><td>${outcome === 'complete' && figures !== '' ? READ : outcomeMark(outcome)}</td><td>${allRead(figures)}</td></tr>${gaps.length > 0 && gapRow(gaps)}`,
  )}</tbody></table>`
}
${without !== undefined && html`<p><b>Judged without:</b> ${named(without, 600)}.</p>`}
${declared.length > 0 && declaredTable(declared)}
${titles('Searched, none found', silent.filter(isNone))}
${titles(
  'Not looked at, none was given',
  silent.filter((row) => !isNone(row)),
)}
${silentChecks(report)}
</aside>`;
}

/** Where the figures say that all was read, the word need not say it again. */
const READ = html`<span class="out complete"><i aria-hidden="true">✓</i><span class="off">read</span></span>`;

/** `100 of 100 files read` → `100 files read` */
function allRead(figures: string): string {
  return figures.replace(/^(\S+) of \1(?= )/, '$1');
}

/** That what was given was read whole says nothing of what the checks would have needed beside it. */
function silentChecks({ checks }: Report): Html | undefined {
  const none = checks.filter(({ outcome }) => outcome === 'not-assessed').length;
  const part = checks.filter(({ outcome }) => outcome === 'partial').length;
  if (none + part === 0) return undefined;
  const parts = [
    ...(none === 0 ? [] : [`${thousands(none)} could not run`]),
    ...(part === 0 ? [] : [`${thousands(part)} ran on part of what they need`]),
  ];
  return html`<p><b>Of ${count(checks.length, 'check')}</b> ${list(parts)}, for want of input: <a href="#method">which, and why</a>.</p>`;
}

function titles(lead: string, rows: readonly { readonly title: string }[]): Html | undefined {
  return rows.length === 0 ? undefined : html`<p><b>${lead}:</b> ${rows.map(({ title }) => title).join(', ')}.</p>`;
}

const DECLARED: { readonly [state in DeclaredAbsent['state']]: readonly [mark: string, word: string] } = {
  believed: ['⊖', 'declared absent'],
  contradicted: ['✕', 'contradicted'],
  expired: ['?', 'review overdue'],
};

/** What is said in one breath of several sources is told once. */
function alike(rows: readonly DeclaredAbsent[]): (readonly [first: DeclaredAbsent, surfaces: Surface[]])[] {
  const groups = new Map<string, readonly [DeclaredAbsent, Surface[]]>();
  for (const row of rows) {
    const name = JSON.stringify([row.state, row.reason, row.declaredBy, row.reviewed, row.why]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row, [row.surface]]);
    else group[1].push(row.surface);
  }
  return [...groups.values()];
}

/** On whose word a source is said not to be there, and whether the run bears it out. */
function declaredTable(rows: readonly DeclaredAbsent[]): Html {
  return html`<table class="declared"><caption class="off">Declared absent</caption><thead class="off"><tr><th scope="col">Source</th><th scope="col">State</th><th scope="col">On whose word</th></tr></thead><tbody>${alike(
    rows,
  ).map(([{ state, reason, declaredBy, reviewed, why }, surfaces]) => {
    const [mark, word] = DECLARED[state];
    return html`<tr><th scope="row">${list(surfaces.map((surface) => SURFACES[surface]))}</th><td><span class="out ${state}"><i aria-hidden="true">${mark}</i>${word}</span></td><td>${named(reason, 160)} (${named(declaredBy, 60)}${reviewed !== undefined && `, reviewed ${reviewed}`})${why !== undefined && html`. <b>Not believed:</b> ${named(why, 180)}`}</td></tr>`;
  })}</tbody></table>`;
}

function gapRow(gaps: readonly CoverageObservation[]): Html {
  const more = gaps.length - GAPS_SHOWN;
  return html`<tr class="gaps"><td colspan="3"><ul>${gaps
    .slice(0, GAPS_SHOWN)
    .map(
      ({ subject, outcome, why }) =>
        html`<li><b>${named(subject, 80)}</b>: ${outcome}. ${named(why ?? 'No reason is given.', 200)}</li>`,
    )}${more > 0 && html`<li><a href="#gaps">and ${count(more, 'more gap')}</a></li>`}</ul></td></tr>`;
}
