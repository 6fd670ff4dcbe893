import type { Report } from '../../src/contracts/reporter.ts';
import { count, thousands } from '../../src/util/report-text.ts';
import { anchorOf, anchors } from './anchors.ts';
import { code, section, table, text } from './markdown.ts';

/** Completeness and accuracy: what a source lists, what of it is stored, what this report counts. */
export function populationSection({ parts, run }: Report): string {
  const rows = parts?.population ?? [];
  const differing = rows.filter(({ difference }) => difference !== undefined).length;
  const begun = new Set<string>();
  const isFirst = (surface: string): boolean => begun.size < begun.add(surface).size;
  const counts = Object.entries(run.counts).filter(([kind]) => kind !== 'coverage');
  return section(
    '2. Population',
    rows.length === 0
      ? 'No source was read.'
      : `${count(rows.length, 'row')}: ${thousands(rows.length - differing)} reconcile, ${thousands(differing)} differ for the reason given. **Listed** is what the source says it has, **read** what of it was read, **stored** the rows kept of it, **reported** what this report counts once sources of one thing are merged.`,
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
    counts.length > 0 && `Over all sources, merged: ${counts.map(([kind, n]) => `${thousands(n)} ${kind}`).join(', ')}.`,
  );
}
