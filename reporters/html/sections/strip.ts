import type { Report } from '../../../src/contracts/reporter.ts';
import { count, thousands } from '../../../src/util/report-text.ts';
import { type Html, html } from '../html.ts';
import { openOf } from '../order.ts';
import { NHI, NHI_FRAMEWORK } from '../owasp.ts';
import { unlistedOf, unlistedText } from '../unlisted.ts';
import { outcomeMark, section, severityMark, worstOf } from './section.ts';

/** Ten rows of a table that the style lays out as tiles: the picture and its text are one. */
export function stripSection(report: Report): Html {
  const tiles = NHI.map((nhi) => tile(report, nhi));
  const hit = tiles.filter(({ findings }) => findings > 0).length;
  const heaviest = [...tiles].sort((a, b) => b.findings - a.findings)[0];
  const unsure = tiles.filter(({ isUnsure }) => isUnsure).length;
  const lead =
    heaviest === undefined || heaviest.findings === 0
      ? `No open finding falls under the ten${unsure === 0 ? '' : `; ${unsure} of them were not assessed, or only in part`}.`
      : `${hit === 10 ? 'All ten' : `${hit} of the ten`} have open findings; most fall under ${heaviest.title}.${(report.parts?.history ?? []).length > 1 ? '' : ' First run: no trend yet.'}`;
  return section({
    id: 'owasp',
    title: 'OWASP Non-Human Identities Top 10',
    lead,
    body: html`<div class="scroll"><table class="strip"><caption class="off">Open findings by item of the OWASP NHI Top 10, with the worst severity and the last runs</caption><thead class="off"><tr><th scope="col">Item</th><th scope="col">Title</th><th scope="col">Open findings</th><th scope="col">Worst</th><th scope="col">Trend</th></tr></thead><tbody>${tiles.map(({ row }) => row)}</tbody></table></div>`,
  });
}

function tile(report: Report, nhi: (typeof NHI)[number]): { row: Html; findings: number; title: string; isUnsure: boolean } {
  const ref = `${NHI_FRAMEWORK}:${nhi.id}`;
  const open = openOf(report).filter(({ controls }) => controls.includes(ref));
  const worst = worstOf(open.map(({ severity }) => severity));
  const history = (report.parts?.history ?? []).map(({ controls }) => controls[ref] ?? 0);
  const unlisted = unlistedOf(report, ref);
  const all = open.length + unlisted;
  const outcome = nhiOutcome(report, nhi.id);
  const state = worst === undefined ? outcomeMark(outcome) : severityMark(worst);
  const row = html`<tr class="${worst ?? (outcome === 'pass' ? 'pass' : 'unknown')} h${heat(all)}"><th scope="row">${nhi.short}</th><td class="name">${nhi.title}${unlisted > 0 && html` <small>${unlistedText(unlisted, report)}</small>`}</td><td class="n"><a href="#nhi=${nhi.short}" title="Show the findings of ${nhi.short}">${outcome === 'not-assessed' && all === 0 ? '–' : thousands(all)}</a></td><td>${state}</td><td class="spark" data-spark="${nhi.id}">${trendText(history)}</td></tr>`;
  return {
    row,
    findings: all,
    title: `${nhi.short}, ${nhi.title}: ${count(all, 'finding')}`,
    isUnsure: worst === undefined && outcome !== 'pass',
  };
}

/** What the run says of one of the ten, whether or not the framework was asked for. */
export function nhiOutcome(report: Report, id: string): string {
  const told = report.controls.find(({ framework, control }) => framework === NHI_FRAMEWORK && control === id)?.outcome;
  return told ?? silence(report, `${NHI_FRAMEWORK}:${id}`);
}

/** No finding is "pass" only where every check of the item ran. */
function silence(report: Report, ref: string): string {
  const mine = report.checks.filter(({ meta }) => meta.controls.includes(ref));
  if (mine.length === 0 || mine.every(({ outcome }) => outcome === 'not-assessed')) return 'not-assessed';
  return mine.every(({ outcome }) => outcome === 'pass' || outcome === 'not-applicable') ? 'pass' : 'partial';
}

function trendText(history: readonly number[]): string {
  const [before, now] = history.slice(-2);
  if (before === undefined || now === undefined) return '';
  const delta = now - before;
  return delta === 0 ? 'as before' : `${thousands(Math.abs(delta))} ${delta > 0 ? 'more' : 'fewer'}`;
}

function heat(n: number): number {
  return n === 0 ? 0 : Math.min(4, 1 + Math.floor(Math.log2(n) / 1.7));
}
