import type { ControlOutcome, ControlResult, ControlSource, Framework } from '../../../src/contracts/framework.ts';
import { SURFACES, type Surface } from '../../../src/contracts/observation.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { compare, count, isOpen, list, mappingText, thousands } from '../../../src/util/report-text.ts';
import { fragment } from '../data.ts';
import { type Html, html } from '../html.ts';
import { allFindings } from '../order.ts';
import { figures, named, outcomeMark, section, table } from './section.ts';

const ORDER: readonly ControlOutcome[] = ['fail', 'partial', 'pass', 'excepted', 'not-assessed', 'not-applicable'];
const WORDS: { readonly [outcome in ControlOutcome]: string } = {
  fail: 'fail',
  partial: 'partial',
  pass: 'pass',
  excepted: 'excepted',
  'not-assessed': 'not assessed',
  'not-applicable': 'not applicable',
};

/** One table a framework; the script makes tabs of them, print and a page without one show all. */
export function controlsSection(report: Report): Html {
  const frameworks = report.frameworks
    .filter(({ id }) => report.controls.some((control) => control.framework === id))
    .toSorted((a, b) => a.order - b.order || compare(a.id, b.id));
  return section({
    id: 'controls',
    title: 'Controls',
    lead:
      frameworks.length === 0
        ? 'No control was judged in this run.'
        : 'What the evidence of this run says of each control. It supports an assessment and is none: nothing here says that a requirement is met, and what was not looked at is "not assessed", never "pass".',
    body: html`<div class="tabs" id="framework-tabs">${frameworks.map((framework) => frameworkPanel(report, framework))}</div>`,
    view: 'audit',
  });
}

function frameworkPanel(report: Report, framework: Framework): Html {
  const controls = report.controls.filter((control) => control.framework === framework.id);
  const listed = countByRule(report);
  const slots = slotsOf(controls);
  const title = framework.title.includes(framework.version) ? framework.title : `${framework.title} ${framework.version}`;
  const counts = ORDER.map((outcome) => ({ outcome, n: controls.filter((c) => c.outcome === outcome).length })).filter(
    ({ n }) => n > 0,
  );
  const formerly = controls.some((control) => control.formerly.length > 0);
  const groups = new Map(framework.groups.map((group) => [group.id, group.title]));
  let group: string | undefined;
  const rows = controls.flatMap((control) => {
    const head =
      control.group === undefined || control.group === group
        ? []
        : [
            html`<tr class="group"><th colspan="${formerly ? 10 : 9}" scope="rowgroup">${groupTitle(control.group, groups.get(control.group))}</th></tr>`,
          ];
    group = control.group;
    return [...head, controlRow(control, listed, formerly), sourcesRow(control, slots, formerly)];
  });
  return html`<section class="panel" data-tab="${title}" data-framework="${framework.id}" aria-label="${title}">
<h3>${title}</h3>
<p class="counts">${count(controls.length, 'control')}: ${list(counts.map(({ outcome, n }) => `${thousands(n)} ${WORDS[outcome]}`))}. <span>Source: ${named(framework.source, 200)}. Licence: ${named(framework.licence, 200)}. ${mappingText(framework)}</span></p>
${slots.length > 0 && html`<p class="counts by-source-says"><span>Under each control, how it stands at each source that its checks need. A check that joins sources counts at each of them, so do not add them up. <i class="js">A source that fails leads to its findings, any other to the checks behind it.</i></span></p>`}
${table(
  `Controls of ${title}`,
  [
    'Control',
    ...(formerly ? [framework.id === 'nist-csf-2.0' ? 'CSF 1.1' : 'Formerly'] : []),
    'Outcome',
    'Reason',
    figures('Population', 'Things that its checks looked at'),
    figures('Tested', 'Checks that ran, of those that map to it'),
    figures('Failed', 'Checks with open findings'),
    figures('Excepted', 'Findings that somebody accepted'),
    figures('Not assessed', 'Checks that could not run, or only on part of what they need'),
    'Evidence',
  ],
  rows,
  'controls',
)}
</section>`;
}

/** `3: Data Protection` says its number itself. */
function groupTitle(id: string, title: string | undefined): string {
  if (title === undefined || title === id) return id;
  return title.startsWith(id) ? named(title) : `${id} · ${named(title)}`;
}

/** The sources that the controls of a framework need, in a fixed order, so that each has its place in all rows. */
function slotsOf(controls: readonly ControlResult[]): Surface[] {
  const used = new Set(controls.flatMap(({ sources }) => sources.map(({ surface }) => surface)));
  return (Object.keys(SURFACES) as Surface[]).filter((surface) => used.has(surface));
}

/** One small cell a source: its name, the outcome in a sign and a word, and a number that says what of. */
function sourcesRow(control: ControlResult, slots: readonly Surface[], formerly: boolean): Html {
  if (control.sources.length === 0) return html``;
  const ref = `${control.framework}:${control.control}`;
  const cells = control.sources.map((source) => {
    const { surface, outcome, findings } = source;
    const link =
      outcome === 'fail' && findings > 0
        ? `#control=${fragment(ref)}&judged=${surface}`
        : `#checks=${fragment(ref)}&at=${surface}`;
    return html`<li class="s${slots.indexOf(surface) + 1} ${outcome}"><a href="${link}" title="${SURFACES[surface]}: ${WORDS[outcome]}, ${tallyText(source)}"><b>${SHORT[surface]}</b>${outcomeMark(outcome)}<small>${figureOf(source)}</small></a></li>`;
  });
  const last = control.sources.at(-1)?.surface;
  const rest = last !== slots.at(-1) && html`<li class="s${slots.length}" aria-hidden="true"></li>`;
  return html`<tr class="by-source"><td colspan="${formerly ? 10 : 9}"><ul class="sources" aria-label="${control.control} by source">${cells}${rest}</ul></td></tr>`;
}

const SHORT: { readonly [surface in Surface]: string } = {
  'work-tree': 'Files',
  history: 'History',
  notebook: 'Notebook',
  ci: 'CI',
  k8s: 'K8s',
  iac: 'IaC',
  image: 'Images',
  'agent-config': 'Agents',
  aws: 'AWS',
  gcp: 'GCP',
  entra: 'Entra ID',
  github: 'GitHub',
  okta: 'Okta',
  'google-workspace': 'Google W.',
  postgres: 'Postgres',
  spire: 'SPIRE',
  gateway: 'Gateway',
  'audit-log': 'Audit logs',
  people: 'People',
  verification: 'Verification',
};

/** Findings where there are some; else how many of the checks that have something to look at ran. */
function figureOf({ outcome, findings, checks }: ControlSource): string {
  if (findings > 0) return count(findings, 'finding');
  if (outcome === 'not-applicable') return count(checks.notApplicable, 'check');
  const all = Object.values(checks).reduce((sum, n) => sum + n, 0) - checks.notApplicable;
  const ran = all - checks.notAssessed;
  return ran === all ? count(all, 'check') : `${ran} of ${all} ran`;
}

function tallyText({ checks }: ControlSource): string {
  const all = Object.values(checks).reduce((sum, n) => sum + n, 0);
  const parts = (
    [
      ['fail', checks.fail],
      ['partial', checks.partial],
      ['not assessed', checks.notAssessed],
      ['excepted', checks.excepted],
      ['pass', checks.pass],
      ['not applicable', checks.notApplicable],
    ] as const
  ).flatMap(([word, n]) => (n === 0 ? [] : [`${n} ${word}`]));
  return `${count(all, 'check')}: ${parts.join(', ')}`;
}

/** What the list of findings shows of each rule: what was left out for a persona or a baseline is not there. */
function countByRule(report: Report): Map<string, { open: number; excepted: number }> {
  const counts = new Map<string, { open: number; excepted: number }>();
  for (const finding of allFindings(report)) {
    const count = counts.get(finding.rule) ?? { open: 0, excepted: 0 };
    if (finding.status === 'excepted') count.excepted += 1;
    else if (isOpen(finding)) count.open += 1;
    counts.set(finding.rule, count);
  }
  return counts;
}

function controlRow(control: ControlResult, listed: ReturnType<typeof countByRule>, formerly: boolean): Html {
  const ref = `${control.framework}:${control.control}`;
  const ended = (outcome: string): number => control.rules.filter((rule) => rule.outcome === outcome).length;
  const silent = ended('not-assessed') + ended('partial');
  const ran = control.rules.length - ended('not-assessed') - ended('not-applicable');
  const sum = (kind: 'open' | 'excepted'): number =>
    control.rules.reduce((n, { rule }) => n + (listed.get(rule)?.[kind] ?? 0), 0);
  const excepted = sum('excepted');
  const open = sum('open');
  return html`<tr id="control-${ref}" data-outcome="${control.outcome}"><th scope="row"><code>${control.control}</code> ${control.title !== control.control && named(control.title)}${control.note !== undefined && html`<small>${named(control.note)}</small>`}</th>${
    formerly && html`<td class="formerly">${control.formerly.join(', ')}</td>`
  }<td class="result">${control.rules.length === 0 ? outcomeMark(control.outcome) : html`<a class="js" href="#checks=${fragment(ref)}" title="Which checks ran, and on what">${outcomeMark(control.outcome)}</a><span class="no-js">${outcomeMark(control.outcome)}</span>`}</td><td>${named(control.reason, 400)}</td>${control.rules.length === 0 ? html`<td colspan="5"></td>` : html`<td class="n">${thousands(control.population)}</td><td class="n">${ran} of ${control.rules.length}</td><td class="n">${ended('fail')}</td><td class="n">${excepted}</td><td class="n">${silent}</td>`}<td>${
    open > 0 && html`<a href="#control=${fragment(ref)}">${count(open, 'finding')}</a>`
  }${excepted > 0 && html`<a href="#control=${fragment(ref)}&status=excepted">${thousands(excepted)} excepted</a>`}${
    control.rules.length > 0 &&
    // With a script the panel at the side has them; 24,000 rows of lists that nobody unfolds would cost a second.
    html`<a class="js" href="#checks=${fragment(ref)}">${count(control.rules.length, 'check')}</a><noscript><details><summary>${count(control.rules.length, 'check')}</summary><ul>${control.rules.map(
      ({ rule, outcome, findings, relation, via }) =>
        html`<li><a href="#method-${rule}">${rule}</a>: ${WORDS[outcome as ControlOutcome] ?? outcome}${findings > 0 && `, ${count(findings, 'finding')}`}${relation === 'partial' && ', bears on a part of it'}${via !== undefined && html` <small>by way of ${via}</small>`}</li>`,
    )}</ul></details></noscript>`
  }</td></tr>`;
}
