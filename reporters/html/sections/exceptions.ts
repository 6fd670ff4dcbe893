import type { AcceptanceUse } from '../../../src/contracts/finding.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { subjectName } from '../../../src/util/report-names.ts';
import { count, thousands } from '../../../src/util/report-text.ts';
import { fragment } from '../data.ts';
import { shortName } from '../fixes.ts';
import { type Html, html } from '../html.ts';
import { figures, named, section, table } from './section.ts';

/** Findings of one entry that are named. */
const LINKS = 5;

const STATES: { readonly [state in AcceptanceUse['state']]: string } = {
  used: 'in force',
  stale: 'covers nothing',
  expired: 'expired: open again',
};

export function exceptionsSection(report: Report): Html {
  const { acceptances, accepted } = report;
  const due = acceptances.filter(({ state }) => state !== 'used').length;
  return section({
    id: 'exceptions',
    title: 'Exceptions',
    lead:
      acceptances.length === 0
        ? 'Nobody accepted anything in what was read.'
        : html`${count(acceptances.length, 'entry accepts', 'entries accept')} ${accepted.length === 0 ? 'no finding' : html`<a href="#status=excepted">${count(accepted.length, 'finding')}</a>`}${due > 0 && `; ${thousands(due)} should be looked at`}. Whoever accepts answers for it: reason, owner and end are theirs.`,
    body:
      acceptances.length > 0 &&
      table(
        'Exceptions register',
        [
          'What it covers',
          'Where it is written',
          'State',
          'Reason',
          'Justification',
          'Owner',
          'Approver',
          'Ticket',
          'Expires',
          figures('Findings'),
          'Which',
        ],
        [...acceptances.filter(({ state }) => state !== 'used'), ...acceptances.filter(({ state }) => state === 'used')].map(
          (use) =>
            html`<tr class="${use.state}"><th scope="row"><code>${named(use.entry)}</code></th><td>${SOURCES[use.source]}${use.place !== undefined && html`<br><code>${named(use.place)}</code>`}</td><td>${use.problem === undefined ? STATES[use.state] : html`<em>not honoured: ${named(use.problem)}</em>`}</td><td>${given(use.reason)}</td><td>${named(use.justification ?? '')}</td><td>${given(use.owner)}</td><td>${named(use.approver ?? '')}</td><td>${named(use.ticket ?? '')}</td><td class="one-line">${use.expires ?? html`<em>never</em>`}</td><td class="n">${thousands(use.findings)}</td><td>${findingsOf(use, report)}</td></tr>`,
        ),
        'register',
      ),
    view: 'audit',
  });
}

const SOURCES: { readonly [source in AcceptanceUse['source']]: string } = {
  exception: 'exceptions file',
  comment: 'comment',
  gitleaksignore: 'gitleaks ignore file',
  'secrets-baseline': 'detect-secrets baseline',
  'gitleaks-report': 'gitleaks report',
};

/** Each finding that an entry accepts can be opened. */
function findingsOf(use: AcceptanceUse, { accepted }: Report): Html {
  const mine = accepted.filter(
    ({ acceptedBy: by }) => by?.source === use.source && by.entry === use.entry && by.place === use.place,
  );
  const more = mine.length - LINKS;
  const isAlike = new Set(mine.map(({ title }) => title)).size === 1;
  return html`${isAlike && html`${named(mine[0]?.title ?? '', 80)}:`}${mine
    .slice(0, LINKS)
    .map(
      (finding) =>
        html`<a class="block" href="#finding=${fragment(finding.fingerprint)}">${!isAlike && `${named(finding.title, 80)}: `}${named(shortName(finding.identity ?? subjectName(finding)), 60)}</a>`,
    )}${more > 0 && `and ${thousands(more)} more`}`;
}

function given(text: string | undefined): Html | string {
  return text === undefined ? html`<em>none given</em>` : named(text, 240);
}
