import { SURFACES, type Surface } from '../../../src/contracts/observation.ts';
import type { PopulationRow } from '../../../src/contracts/report-parts.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { checkCountsText } from '../../../src/util/check-counts.ts';
import { compare, count, list, summariseCoverage, thousands } from '../../../src/util/report-text.ts';
import { WEIGHTS } from '../fixes.ts';
import { type Html, html, preformatted, prose } from '../html.ts';
import { figures, minute, named, outcomeMark, section, table } from './section.ts';

const GAPS = 500;

export function methodSection(report: Report): Html {
  const { run, checks } = report;
  const weights = Object.entries(WEIGHTS).map(([severity, weight]) => `${severity} ${weight}`);
  return section({
    id: 'method',
    title: 'Method and limits',
    lead: `${checkCountsText(checks)}. ${run.hosts.length === 0 ? 'No host was contacted: everything was read from files.' : `${count(run.hosts.length, 'host')} contacted.`}`,
    body: html`
<dl class="facts">
<div><dt>Targets</dt><dd>${named(run.targets.join(', '), 800) || 'none'}</dd></div>
<div><dt>Time</dt><dd>${minute(run.startedAt)} to ${minute(run.finishedAt)}, by the clock of the machine that ran it</dd></div>
${report.parts?.method?.commandLine !== undefined && html`<div><dt>Command line</dt><dd><code>${named(report.parts.method.commandLine, 1_000)}</code></dd></div>`}
<div><dt>Tool</dt><dd>nhi-audit ${run.toolVersion}, ${run.engine}${report.parts?.method !== undefined && `, ${report.parts.method.platform}`}</dd></div>
<div><dt>Hosts contacted</dt><dd>${run.hosts.length === 0 ? 'none' : named(run.hosts.join(', '), 2_000)}</dd></div>
<div><dt>Stored</dt><dd>${list(Object.entries(run.counts).map(([kind, n]) => counted(kind, n))) || 'nothing'}</dd></div>
<div><dt>Findings for</dt><dd>persona ${report.persona}</dd></div>
<div><dt>Order of fixes</dt><dd>a finding weighs ${list(weights)}; an action weighs what its findings do</dd></div>
</dl>
${parameters(report)}
${gaps(report)}
${population(report.parts?.population ?? [])}
${checksTable(report)}
${config(report)}`,
    view: 'audit',
  });
}

const PLURALS: { readonly [kind: string]: string } = {
  coverage: 'rows of coverage',
  identity: 'identities',
  person: 'people',
  policy: 'policies',
};

/** `92 identities`, `30 credentials`. */
function counted(kind: string, n: number): string {
  return count(n, kind === 'coverage' ? 'row of coverage' : kind, PLURALS[kind]);
}

function parameters({ run }: Report): Html | undefined {
  const rows = Object.entries(run.parameters);
  if (rows.length === 0) return undefined;
  return html`<details><summary>Parameters of the run <b>${rows.length}</b></summary>${table(
    'Parameters of the run',
    ['Name', 'Value'],
    rows.map(
      ([name, value]) => html`<tr><th scope="row"><code>${named(name)}</code></th><td>${named(String(value), 1_000)}</td></tr>`,
    ),
  )}</details>`;
}

/** Every look that was not complete, with its reason. */
function gaps(report: Report): Html {
  const rows = summariseCoverage(report.coverage).looked.flatMap((row) => row.gaps.map((gap) => ({ title: row.title, gap })));
  if (rows.length === 0) {
    return html`<p id="gaps">${report.coverage.length === 0 ? 'Nothing was looked at.' : 'Everything that was given was read completely. What checks would have needed beside it stands in the table of checks below.'}</p>`;
  }
  return html`<details id="gaps" open><summary>Gaps in coverage <b>${thousands(rows.length)}</b></summary>${table(
    'Gaps in coverage',
    ['Source', 'What', 'Outcome', 'Why'],
    rows
      .slice(0, GAPS)
      .map(
        ({ title, gap }) =>
          html`<tr><th scope="row">${title}</th><td>${named(gap.subject)}</td><td>${outcomeMark(gap.outcome)}</td><td>${named(gap.why ?? 'No reason is given.', 400)}</td></tr>`,
      ),
  )}${rows.length > GAPS && html`<p>and ${count(rows.length - GAPS, 'more gap')}.</p>`}</details>`;
}

/** Completeness and accuracy, as auditors ask for it: what the source lists, what is stored, what is reported. */
function population(rows: readonly PopulationRow[]): Html | undefined {
  if (rows.length === 0) return undefined;
  const open = rows.filter(({ difference }) => difference !== undefined).length;
  return html`<details id="population"><summary>Population: listed, stored, reported <b>${thousands(rows.length)}</b> <span>${open === 0 ? 'all reconcile' : `${thousands(open)} with a difference that is explained`}</span></summary>${table(
    'Population by source',
    [
      'Source',
      'What',
      'Kind',
      'Outcome',
      figures('Listed'),
      figures('Read'),
      figures('Stored'),
      figures('Reported'),
      'Difference',
    ],
    rows.map(
      (row) =>
        html`<tr><th scope="row">${surfaceTitle(row.surface)}</th><td>${named(row.subject)}</td><td class="one-line">${row.kind}</td><td>${outcomeMark(row.outcome)}</td><td class="n">${row.listed === undefined ? 'not told' : thousands(row.listed)}</td><td class="n">${row.read === undefined ? '' : thousands(row.read)}</td><td class="n">${thousands(row.stored)}</td><td class="n">${thousands(row.reported)}</td><td>${named(row.difference ?? 'none', 300)}</td></tr>`,
    ),
  )}</details>`;
}

function surfaceTitle(surface: string): string {
  return Object.hasOwn(SURFACES, surface) ? SURFACES[surface as Surface] : surface;
}

const OUTCOMES = ['fail', 'partial', 'not-assessed', 'pass', 'not-applicable'];

function checksTable({ checks }: Report): Html | undefined {
  if (checks.length === 0) return undefined;
  const sorted = [...checks].sort((a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome) || compare(a.rule, b.rule));
  return html`<details><summary>Checks, their parameters and blind spots <b>${thousands(checks.length)}</b></summary>${table(
    'Checks',
    ['Check', 'Outcome', figures('Looked at'), figures('Findings'), 'Parameters', 'Blind spots, or why it did not run'],
    sorted.map(
      ({ rule, meta, outcome, population: looked, findings, reason }) =>
        html`<tr id="method-${rule}"><th scope="row"><code>${rule}</code><br>${named(meta.title)}</th><td>${outcomeMark(outcome)}</td><td class="n">${thousands(looked)}</td><td class="n">${thousands(findings)}</td><td>${named(
          Object.entries(meta.parameters)
            .map(([name, value]) => `${name} ${value}`)
            .join(', '),
          300,
        )}</td><td>${reason !== undefined && html`<p>${named(reason, 300)}</p>`}${meta.limits !== undefined && html`<p>${prose(meta.limits)}</p>`}</td></tr>`,
    ),
    'checks',
  )}</details>`;
}

function config(report: Report): Html | undefined {
  const text = report.parts?.method?.config;
  return text === undefined || text.trim() === ''
    ? undefined
    : html`<details><summary>Configuration in force</summary><pre>${preformatted(text.slice(0, 100_000))}</pre></details>`;
}
