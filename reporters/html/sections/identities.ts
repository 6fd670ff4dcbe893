import { SEVERITIES } from '../../../src/contracts/finding.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { compare, count, list, thousands } from '../../../src/util/report-text.ts';
import { html } from '../html.ts';
import { day, figures, named, section, severityMark, table } from './section.ts';

const SHOWN = 25;

export function identitiesSection(report: Report): ReturnType<typeof section> {
  const { identities } = report;
  const unowned = identities.filter(({ ownership }) => ownership === 'unowned').length;
  const left = identities.filter(({ ownership }) => ownership === 'owner-left').length;
  const torn = identities.filter(({ ownership }) => ownership === 'conflicting').length;
  const without = [
    ...(unowned === 0 ? [] : [`${thousands(unowned)} without a known owner`]),
    ...(left === 0 ? [] : [`${thousands(left)} whose owner has left`]),
    ...(torn === 0 ? [] : [`${thousands(torn)} whose owners contradict each other`]),
  ];
  const worstFirst = [...identities].sort(
    (a, b) => rank(b.worst) - rank(a.worst) || b.findings - a.findings || compare(a.id, b.id),
  );
  return section({
    id: 'identities',
    title: 'Identities',
    lead:
      identities.length === 0
        ? 'No inventory was read, so none is known.'
        : `${count(identities.length, 'machine identity', 'machine identities')}${without.length === 0 ? ', each with an owner' : `: ${list(without)}`}.`,
    body: html`<div id="identities-list" class="js" hidden></div>
<div id="identities-static">${
      identities.length > 0 &&
      table(
        identities.length > SHOWN
          ? `The first ${SHOWN} of ${thousands(identities.length)}, worst first`
          : 'Identities, worst first',
        ['Identity', 'Type', 'Environment', 'Owner', 'Last used', figures('Credentials'), figures('Findings'), 'Worst'],
        worstFirst
          .slice(0, SHOWN)
          .map(
            (row) =>
              html`<tr><th scope="row">${named(row.name, 90)}</th><td>${row.provider} ${row.type}</td><td>${named(row.environment ?? '', 30)}</td><td>${row.ownership === 'owned' ? named(row.owner ?? '', 60) : html`<em>${row.owner === undefined ? 'nobody known' : `${named(row.owner, 60)} (${row.ownership.replace('owner-', '')})`}</em>`}</td><td class="one-line">${row.lastUsedAt === undefined ? '' : day(row.lastUsedAt)}</td><td class="n">${row.credentials}</td><td class="n">${row.findings}</td><td>${row.worst !== undefined && isSeverity(row.worst) && severityMark(row.worst)}</td></tr>`,
          ),
      )
    }</div>`,
    view: 'engineer',
  });
}

function isSeverity(text: string): text is (typeof SEVERITIES)[number] {
  return SEVERITIES.some((severity) => severity === text);
}

function rank(worst: string | undefined): number {
  return worst !== undefined && isSeverity(worst) ? SEVERITIES.indexOf(worst) : -1;
}
