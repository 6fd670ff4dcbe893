import type { ControlOutcome, ControlResult, Framework } from '../../../src/contracts/framework.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { compare, count, isOpen, list, mappingText, thousands } from '../../../src/util/report-text.ts';
import { SHORT_SURFACES } from '../../../src/util/surface-names.ts';
import { fragment } from '../data.ts';
import { type Html, html } from '../html.ts';
import { allFindings } from '../order.ts';
import { reasonOf, unlistedByRule } from '../unlisted.ts';
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
        : 'What the evidence of this run says about each control. It supports an assessment and does not replace one: nothing here says that a requirement is met, and what was not looked at is "not assessed", never "pass".',
    body: html`<div class="tabs" id="framework-tabs">${frameworks.map((framework) => frameworkPanel(report, framework))}</div>`,
    view: 'audit',
  });
}

function frameworkPanel(report: Report, framework: Framework): Html {
  const controls = report.controls.filter((control) => control.framework === framework.id);
  const listed = countByRule(report);
  const hasSources = controls.some(({ sources }) => sources.length > 0);
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
    return [...head, controlRow(report, control, listed, formerly), sourcesRow(control, formerly)];
  });
  return html`<section class="panel" data-tab="${title}" data-framework="${framework.id}" aria-label="${title}">
<h3>${title}</h3>
<p class="counts">${count(controls.length, 'control')}: ${list(counts.map(({ outcome, n }) => `${thousands(n)} ${WORDS[outcome]}`))}. <span>Source: ${named(framework.source, 200)}. Licence: ${named(framework.licence, 200)}. ${mappingText(framework)}</span></p>
${hasSources && html`<p class="counts by-source-says"><span>Under each control stands how it is judged at each source. A check that reads several sources counts at each of them, so the numbers do not add up. <i class="js">Click a source that fails for its findings, any other for the checks behind it.</i></span></p>`}
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

/**
 * The script draws a small cell a source, when the framework's tab is opened: in ten frameworks they are 25,000 elements. Without it
 * the same stands in a sentence.
 */
function sourcesRow(control: ControlResult, formerly: boolean): Html {
  if (control.sources.length === 0) return html``;
  return html`<tr class="by-source"><td colspan="${formerly ? 10 : 9}"><ul class="sources" data-sources-of="${control.framework}:${control.control}" aria-label="${control.control} by source"></ul><noscript><p>${sourcesText(control)}</p></noscript></td></tr>`;
}

const AT: { readonly [outcome in ControlOutcome]: string } = {
  fail: 'fails at',
  partial: 'partial at',
  pass: 'passes at',
  excepted: 'excepted at',
  'not-assessed': 'not assessed at',
  'not-applicable': 'does not apply to',
};

/** `Fails at files (17 findings) and CI (7 findings); passes at IaC.` */
function sourcesText({ sources }: ControlResult): string {
  const parts = ORDER.flatMap((outcome) => {
    const mine = sources
      .filter((source) => source.outcome === outcome)
      .map(({ surface, findings }) => `${SHORT_SURFACES[surface]}${findings > 0 ? ` (${count(findings, 'finding')})` : ''}`);
    return mine.length === 0 ? [] : [`${AT[outcome]} ${list(mine)}`];
  });
  const text = `${parts.join('; ')}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
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

function controlRow(report: Report, control: ControlResult, listed: ReturnType<typeof countByRule>, formerly: boolean): Html {
  const ref = `${control.framework}:${control.control}`;
  const ended = (outcome: string): number => control.rules.filter((rule) => rule.outcome === outcome).length;
  const silent = ended('not-assessed') + ended('partial');
  const ran = control.rules.length - ended('not-assessed') - ended('not-applicable');
  const sum = (kind: 'open' | 'excepted'): number =>
    control.rules.reduce((n, { rule }) => n + (listed.get(rule)?.[kind] ?? 0), 0);
  const excepted = sum('excepted');
  const unlisted = control.rules.reduce((n, { rule }) => n + (unlistedByRule(report).get(rule) ?? 0), 0);
  const open = sum('open') + unlisted;
  return html`<tr id="control-${ref}" data-outcome="${control.outcome}"><th scope="row"><code>${control.control}</code> ${control.title !== control.control && named(control.title)}${control.note !== undefined && html`<small>${named(control.note)}</small>`}</th>${
    formerly && html`<td class="formerly">${control.formerly.join(', ')}</td>`
  }<td class="result">${control.rules.length === 0 ? outcomeMark(control.outcome) : html`<a class="js" href="#checks=${fragment(ref)}" title="Which checks ran, and on what">${outcomeMark(control.outcome)}</a><span class="no-js">${outcomeMark(control.outcome)}</span>`}</td><td>${named(control.reason, 400)}${unlisted > 0 && html`<small>${unlisted === 1 ? '1 of the findings is' : `${thousands(unlisted)} of the findings are`} ${reasonOf(report)}.</small>`}</td>${control.rules.length === 0 ? html`<td colspan="5"></td>` : html`<td class="n" data-is="population">${thousands(control.population)}</td><td class="n" data-is="tested">${ran} of ${control.rules.length}</td><td class="n" data-is="failed">${ended('fail')}</td><td class="n" data-is="excepted">${excepted}</td><td class="n" data-is="not assessed">${silent}</td>`}<td>${
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
