import type { IdentityView, Report } from '../../src/contracts/reporter.ts';
import type { Layout } from '../../src/util/layout.ts';
import { compare, count, list, thousands } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';

const TEXT_MAX = 400;

/** How many identities of which kind, and who owns them. */
export function* identityLines(report: Report, layout: Layout): Iterable<string> {
  const { identities } = report;
  if (identities.length === 0) return;
  yield* layout.heading('IDENTITIES');
  const kinds = tally(identities.map((identity) => `${identity.provider} ${identity.type}`));
  yield* layout.block('  ', `${count(identities.length, 'machine identity', 'machine identities')}: ${clip(kinds, TEXT_MAX)}.`);
  const facts = identityFacts(report);
  if (facts !== '') yield* layout.block('  ', `${facts}.`);
}

/** `28 without a known owner, 6 whose owner has left and 11 effectively admin`; empty where nothing is to be said. */
export function identityFacts({ identities }: Report): string {
  const facts: readonly (readonly [words: string, is: (identity: IdentityView) => boolean])[] = [
    ['without a known owner', ({ ownership }) => ownership === 'unowned'],
    ['whose owner has left', ({ ownership }) => ownership === 'owner-left'],
    ['effectively admin', ({ capabilities }) => capabilities.includes('admin')],
    ['with a credential found in files or logs', ({ sightings }) => sightings > 0],
  ];
  const told = facts.flatMap(([words, is]) => {
    const n = identities.filter(is).length;
    return n === 0 ? [] : [`${thousands(n)} ${words}`];
  });
  return list(told);
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const rows = [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0]));
  const shown = rows.slice(0, 6).map(([word, n]) => `${thousands(n)} ${clip(word, 60)}`);
  return list(rows.length > shown.length ? [...shown, `${rows.length - shown.length} other kinds`] : shown);
}
