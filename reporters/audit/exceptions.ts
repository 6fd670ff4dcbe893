import type { AcceptanceUse } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { compare, count, thousands } from '../../src/util/report-text.ts';
import { anchorOf, anchors, isAcceptedBy, linkTo } from './anchors.ts';
import { code, section, table, text } from './markdown.ts';

const LINKS = 10;

/** Everything that says not to report something: who answers for it, until when, and whether it still does any good. */
export function exceptionsSection(report: Report): string {
  const { acceptances } = report;
  const inState = (state: AcceptanceUse['state']): number => acceptances.filter((use) => use.state === state).length;
  return section(
    '4. Exceptions register',
    acceptances.length === 0
      ? 'Nothing says not to report anything: no exception, no comment, no ignore file.'
      : `${count(acceptances.length, 'entry', 'entries')}: ${thousands(inState('used'))} in use, ${thousands(inState('expired'))} expired (what they covered is open again), ${thousands(inState('stale'))} that cover nothing any more.`,
    table(
      ['No.', 'Selects', 'From', 'State', 'Reason', 'Justification', 'Owner', 'Approver', 'Ticket', 'Expires', 'Findings'],
      acceptances.map((use, index) => [
        `${anchorOf(anchors.exception(index))}${thousands(index + 1)}`,
        code(use.entry),
        whereText(use),
        use.problem === undefined ? use.state : `not honoured: ${text(use.problem)}`,
        text(use.reason ?? 'not given'),
        text(use.justification),
        text(use.owner ?? 'nobody named'),
        text(use.approver),
        text(use.ticket),
        text(use.expires ?? 'no end set'),
        `${thousands(use.findings)}${linksOf(use, report)}`,
      ]),
    ),
  );
}

/** Where an auditor looks it up, and who wrote it there. */
function whereText({ source, place, repository, author }: AcceptanceUse): string {
  return [
    source,
    ...(place === undefined ? [] : [code(place)]),
    ...(repository === undefined ? [] : [`in ${code(repository)}`]),
    ...(author === undefined ? [] : [`by ${text(author)}`]),
  ].join(' ');
}

function linksOf(use: AcceptanceUse, { accepted }: Report): string {
  const mine = accepted
    .filter((finding) => isAcceptedBy(finding, use))
    .map(({ fingerprint }) => fingerprint)
    .sort(compare);
  if (mine.length === 0) return '';
  const links = mine.slice(0, LINKS).map((fingerprint) => linkTo(fingerprint.slice(0, 12), anchors.finding({ fingerprint })));
  return `: ${links.join(', ')}${mine.length > LINKS ? ` and ${thousands(mine.length - LINKS)} more` : ''}`;
}
