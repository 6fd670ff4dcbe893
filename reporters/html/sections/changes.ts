import type { Finding } from '../../../src/contracts/finding.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { subjectName } from '../../../src/util/report-names.ts';
import { count, hasPrevious, thousands } from '../../../src/util/report-text.ts';
import { fragment } from '../data.ts';
import { type Html, html } from '../html.ts';
import { allFindings } from '../order.ts';
import { day, figures, minute, named, section, severityMark, table } from './section.ts';

const SHOWN = 100;
const RUNS = 10;

export function changesSection(report: Report): Html {
  const had = hasPrevious(report);
  const ended = (status: Finding['status']): readonly Finding[] =>
    allFindings(report).filter((finding) => finding.status === status);
  const groups = [
    { title: 'New', says: 'Not there in the run before.', findings: had ? ended('new') : [] },
    { title: 'Fixed', says: 'There before; looked at again, and gone.', findings: ended('fixed') },
    {
      title: 'Not observed',
      says: 'There before; what it rests on was not read this time, so nothing says that it is fixed.',
      findings: ended('not-observed'),
    },
  ];
  return section({
    id: 'changes',
    title: 'Changes',
    lead: had
      ? `${groups.map(({ title, findings }) => `${thousands(findings.length)} ${title.toLowerCase()}`).join(', ')} since the run before.`
      : 'There is no earlier run to compare with: every finding is seen for the first time.',
    body: html`${historyTable(report)}${groups.filter(({ findings }) => findings.length > 0).map((group) => changeGroup(group))}`,
    view: 'audit',
  });
}

function changeGroup({ title, says, findings }: { title: string; says: string; findings: readonly Finding[] }): Html {
  const left = findings.length - SHOWN;
  return html`<details open><summary>${title} <b>${thousands(findings.length)}</b> <span>${says}</span></summary>${table(
    title,
    ['Severity', 'Identity or credential', 'What', 'First seen', 'Last seen'],
    findings
      .slice(0, SHOWN)
      .map(
        (finding) =>
          html`<tr><td>${severityMark(finding.severity)}</td><th scope="row"><a href="#finding=${fragment(finding.fingerprint)}">${named(subjectName(finding), 90)}</a></th><td>${named(finding.message, 240)}</td><td class="one-line">${day(finding.firstSeen)}</td><td class="one-line">${day(finding.lastSeen)}</td></tr>`,
      ),
  )}${left > 0 && html`<p>and ${count(left, 'more')}; the JSON and CSV reports have all.</p>`}</details>`;
}

function historyTable(report: Report): Html | undefined {
  const points = (report.parts?.history ?? []).slice(-RUNS);
  if (points.length < 2) return undefined;
  return table(
    'The last runs, with the findings of all personas',
    [
      'Run',
      figures('Critical'),
      figures('High'),
      figures('Medium'),
      figures('Low'),
      figures('Info'),
      figures('Fixed'),
      figures('Excepted'),
      figures('Identities'),
    ],
    points.map(
      ({ startedAt, run, open, fixed, excepted, identities, isThis }) =>
        html`<tr${isThis && html` class="this"`}><th scope="row" title="${run}">${minute(startedAt)}${isThis && ' (this run)'}</th><td class="n">${thousands(open.critical)}</td><td class="n">${thousands(open.high)}</td><td class="n">${thousands(open.medium)}</td><td class="n">${thousands(open.low)}</td><td class="n">${thousands(open.info)}</td><td class="n">${thousands(fixed)}</td><td class="n">${thousands(excepted)}</td><td class="n">${thousands(identities)}</td></tr>`,
    ),
  );
}
