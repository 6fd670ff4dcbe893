import type { Report } from '../../../src/contracts/reporter.ts';
import { subjectName } from '../../../src/util/report-names.ts';
import { count, firstStep, placeText, severityCounts } from '../../../src/util/report-text.ts';
import { clipAdvice } from '../../../src/util/sanitize.ts';
import { html, prose } from '../html.ts';
import { openOf } from '../order.ts';
import { reasonOf } from '../unlisted.ts';
import { named, section, severityMark, table } from './section.ts';

const SHOWN = 25;

/** The list itself is the script's; without one the worst are there as a table. */
export function findingsSection(report: Report): ReturnType<typeof section> {
  const open = openOf(report);
  // What is accepted is in the list, and only not shown at first.
  const unlisted = report.hidden.persona + report.hidden.baseline;
  const accepted = report.accepted.length;
  const rules = new Set(open.map(({ rule }) => rule)).size;
  const lead =
    open.length === 0
      ? report.coverage.length === 0
        ? 'Nothing was looked at.'
        : 'Nothing is open in what was read.'
      : `${severityCounts(open)} ${open.length === 1 ? 'finding' : 'findings'} of ${count(rules, 'rule')}.`;
  return section({
    id: 'findings',
    title: 'Findings',
    lead: html`${lead}${accepted > 0 && html` <a href="#status=excepted">${count(accepted, 'finding')} excepted</a>.`}${unlisted > 0 && ` ${count(unlisted, 'more is open and', 'more are open and')} ${reasonOf(report)}${report.hidden.persona > 0 ? ' (--persona auditor shows all)' : ''}.`}`,
    body: html`<div id="findings-list" class="js" hidden></div>
<div id="findings-static">${
      open.length > 0 &&
      table(
        open.length > SHOWN ? `The first ${SHOWN} of ${count(open.length, 'open finding')}` : 'Open findings',
        ['Severity', 'Identity or credential', 'What', 'Where', 'Fix'],
        open.slice(0, SHOWN).map((finding) => {
          const at = finding.evidence.find((item) => item.at?.path !== undefined)?.at;
          return html`<tr><td>${severityMark(finding.severity)}</td><th scope="row">${named(subjectName(finding), 90)}</th><td>${named(finding.message, 300)}</td><td>${at !== undefined && html`<code>${named(placeText(at), 120)}</code>`}</td><td>${prose(clipAdvice(firstStep(finding.fix), 200))}</td></tr>`;
        }),
      )
    }</div>`,
    view: 'engineer',
  });
}
