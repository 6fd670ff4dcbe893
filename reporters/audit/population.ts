import type { Report } from '../../src/contracts/reporter.ts';
import { count, thousands } from '../../src/util/report-text.ts';
import { anchorOf, anchors } from './anchors.ts';
import { code, section, table, text } from './markdown.ts';

/** Where another number of the report is of the same things. */
function asideOf(
  kind: string,
  { sum, all, identities, onlySeen }: { sum: number; all: number; identities: number; onlySeen: number },
): string {
  if (kind === 'identity' && identities !== all) return `${thousands(identities)} are listed`;
  if (kind === 'credential' && onlySeen > 0) {
    return `${thousands(onlySeen)} more were only seen somewhere, and no inventory or code declares them: the table of credentials has ${thousands(all + onlySeen)}`;
  }
  if (kind === 'usage')
    return `${thousands(sum)} took place, which is what the list of sessions has; ${thousands(Math.max(0, all - sum))} are requests, bookkeeping or administration`;
  return '';
}

/** Completeness and accuracy: what a source lists, what of it is stored, what this report counts. */
export function populationSection({ parts, run, identities }: Report): string {
  const rows = parts?.population ?? [];
  const differing = rows.filter(({ difference }) => difference !== undefined).length;
  const begun = new Set<string>();
  const isFirst = (surface: string): boolean => begun.size < begun.add(surface).size;
  const counts = Object.entries(run.counts).filter(([kind]) => kind !== 'coverage');
  return section(
    '2. Population',
    rows.length === 0
      ? 'No source was read.'
      : `${count(rows.length, 'row')}: ${thousands(rows.length - differing)} reconcile, ${thousands(differing)} differ for the reason given. **Listed** is how many entries the file or answer that was given has (no proof that the source has no more), **read** what of it was read, **stored** the rows kept of it, **reported** what this report counts once sources of one thing are merged.`,
    table(
      ['Source', 'What', 'Kind', 'Outcome', 'Listed', 'Read', 'Stored', 'Reported', 'Difference'],
      rows.map((row) => [
        `${isFirst(row.surface) ? anchorOf(anchors.population(row.surface)) : ''}${row.surface}`,
        code(row.subject),
        row.kind,
        row.outcome,
        row.listed === undefined ? 'not told' : thousands(row.listed),
        row.read === undefined ? 'not told' : thousands(row.read),
        thousands(row.stored),
        thousands(row.reported),
        text(row.difference ?? 'none'),
      ]),
    ),
    counts.length > 0 &&
      'From the table to the totals of this report: a thing that several sources tell of is a row of each, and one in all.',
    table(
      ['Kind', 'Sum of reported', 'Told by another source as well', 'In all', 'And'],
      counts.map(([kind, all]) => {
        const sum = rows.reduce((total, row) => total + (row.kind === kind ? row.reported : 0), 0);
        return [
          kind,
          thousands(sum),
          // What a part without coverage of its own gives has no row above.
          kind === 'usage' ? '' : sum >= all ? thousands(sum - all) : `${thousands(all - sum)} from what has no row of its own`,
          thousands(all),
          asideOf(kind, { sum, all, identities: identities.length, onlySeen: parts?.extent?.credentialsOnlySeen ?? 0 }),
        ];
      }),
    ),
  );
}
