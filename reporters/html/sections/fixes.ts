import { count, thousands } from '../../../src/util/report-text.ts';
import { clipAdvice } from '../../../src/util/sanitize.ts';
import type { Fix } from '../fixes.ts';
import { type Html, html, prose } from '../html.ts';
import { figures, named, percent, section, severityMark, table, worstOf } from './section.ts';

const SHOWN = 10;

export function fixesSection(fixes: readonly Fix[]): Html {
  const top = fixes.slice(0, SHOWN);
  const share = percent(top.reduce((sum, fix) => sum + fix.share, 0));
  const closed = top.reduce((sum, fix) => sum + fix.findings.length, 0);
  const most = Math.max(...top.map((fix) => fix.share), Number.EPSILON);
  const lead =
    top.length === 0
      ? 'There is no open finding to rank.'
      : `${top.length === 1 ? 'This action closes' : `These ${top.length} actions close`} ${count(closed, 'finding')}, ${share} of the open risk.${keysText(top)} Ordered by the risk they remove.`;
  return section({
    id: 'fixes',
    title: `Top ${top.length > 1 ? `${top.length} ` : ''}fixes`,
    lead,
    body:
      top.length > 0 &&
      table(
        'What to do first',
        ['#', 'What', 'How to begin', 'Whose', 'Worst', figures('Findings'), 'Risk removed'],
        top.map(
          (fix, index) =>
            html`<tr><td class="n">${index + 1}</td><td class="what"><a href="#${fix.link}">${named(fix.action)}</a></td><td>${prose(clipAdvice(fix.how, 200).replace(/[.,;:]?…$/, ' …'))}</td><td>${fix.owner.isMissing ? html`<em>${named(fix.owner.name, 60)}</em>` : named(fix.owner.name, 60)}</td><td>${severityMark(worstOf(fix.findings.map(({ severity }) => severity)) ?? 'info')}</td><td class="n">${thousands(fix.findings.length)}</td><td class="share"><span class="bar w${Math.max(1, Math.round((fix.share / most) * 20))}" aria-hidden="true"></span>${percent(fix.share)}</td></tr>`,
        ),
        'fixes',
      ),
    view: 'engineer',
  });
}

/** What whoever has one hour should know: how far the keys alone lead. */
function keysText(top: readonly Fix[]): string {
  const rotations = top.filter(({ credentials }) => credentials > 0);
  const keys = rotations.reduce((sum, { credentials }) => sum + credentials, 0);
  const closed = rotations.reduce((sum, { findings }) => sum + findings.length, 0);
  return keys === 0
    ? ''
    : ` Revoking ${keys === 1 ? 'the one credential' : `the ${count(keys, 'credential')}`} among them closes ${count(closed, 'finding')}.`;
}
