import type { AcceptanceUse } from '../../../src/contracts/finding.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { count, thousands } from '../../../src/util/report-text.ts';
import { type Html, html } from '../html.ts';
import { figures, named, section, table } from './section.ts';

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
        : `${count(acceptances.length, 'entry', 'entries')} accept ${count(accepted.length, 'finding')}${due > 0 ? `; ${thousands(due)} should be looked at` : ''}. Whoever accepts answers for it: reason, owner and end are theirs.`,
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
        ],
        [...acceptances.filter(({ state }) => state !== 'used'), ...acceptances.filter(({ state }) => state === 'used')].map(
          (use) =>
            html`<tr class="${use.state}"><th scope="row"><code>${named(use.entry)}</code></th><td>${named(use.place ?? use.source)}</td><td>${use.problem === undefined ? STATES[use.state] : html`<em>not honoured: ${named(use.problem)}</em>`}</td><td>${given(use.reason)}</td><td>${named(use.justification ?? '')}</td><td>${given(use.owner)}</td><td>${named(use.approver ?? '')}</td><td>${named(use.ticket ?? '')}</td><td>${use.expires ?? html`<em>never</em>`}</td><td class="n">${use.findings}</td></tr>`,
        ),
      ),
    view: 'audit',
  });
}

function given(text: string | undefined): Html | string {
  return text === undefined ? html`<em>none given</em>` : named(text, 240);
}
