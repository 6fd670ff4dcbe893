import type { Layout } from '../util/layout.ts';
import { count } from '../util/report-text.ts';
import { printable } from '../util/sanitize.ts';
import type { TableRow } from '../util/table.ts';
import { CHANGES, type Change, type CoverageChange, type FindingChange, type RunDiff, type RunSummary } from './compare.ts';

const HEADINGS: { readonly [change in Change]: string } = {
  new: 'NEW',
  reopened: 'REOPENED (were accepted)',
  raised: 'MORE SEVERE',
  lowered: 'LESS SEVERE',
  accepted: 'ACCEPTED NOW',
  'not-observed': 'NOT OBSERVED (gone, and nobody can say fixed)',
  fixed: 'FIXED',
};

export const COLUMNS = ['what', 'change', 'severity', 'before', 'rule', 'subject', 'message', 'fingerprint', 'why'] as const;

/** The difference for people: the totals first, then what changed, most severe first. */
export function* tellDiff(diff: RunDiff, layout: Layout): Iterable<string> {
  const { from, to, caveats, findings, unchanged, coverage, identities } = diff;
  yield* layout.block('from  ', runText(from));
  yield* layout.block('to    ', runText(to));
  const totals = CHANGES.flatMap((change) => {
    const n = findings.filter((finding) => finding.change === change).length;
    return n === 0 ? [] : [`${n} ${change}`];
  });
  yield '';
  yield* layout.block('', `Findings: ${[...totals, `${unchanged} unchanged`].join(', ')}`, 'bold');
  for (const caveat of caveats) yield* layout.block('note: ', caveat, 'yellow');
  for (const change of CHANGES) {
    const mine = findings.filter((finding) => finding.change === change);
    if (mine.length === 0) continue;
    yield* layout.heading(HEADINGS[change]);
    for (const finding of mine) yield* tellFinding(finding, layout);
  }
  yield* tellCoverage(coverage, layout);
  for (const change of ['added', 'removed'] as const) {
    const mine = identities.filter((identity) => identity.change === change);
    if (mine.length === 0) continue;
    yield* layout.heading(`IDENTITIES ${change.toUpperCase()} (${mine.length})`);
    for (const { id, type } of mine) yield* layout.block('  ', `${id}  (${type})`);
  }
}

function runText({ id, startedAt, toolVersion, targets, open }: RunSummary): string {
  return `${id}  ${startedAt.slice(0, 16).replace('T', ' ')} UTC, nhi-audit ${toolVersion}, ${count(open, 'open finding')}, of ${targets.join(' ')}`;
}

function* tellFinding({ severity, before, rule, message, fingerprint, why }: FindingChange, layout: Layout): Iterable<string> {
  const level = before === undefined ? severity : `${before} → ${severity}`;
  yield `  ${layout.paint(level, 'bold')}  ${printable(rule)}  ${layout.paint(fingerprint.slice(0, 12), 'dim')}`;
  yield* layout.block('    ', message);
  if (why !== undefined) yield* layout.block('    ', `(${why})`, 'dim');
}

function* tellCoverage(coverage: readonly CoverageChange[], layout: Layout): Iterable<string> {
  for (const change of ['lost', 'won'] as const) {
    const mine = coverage.filter((row) => row.change === change);
    if (mine.length === 0) continue;
    yield* layout.heading(change === 'lost' ? 'COVERAGE LOST' : 'COVERAGE WON');
    for (const { surface, subject, before, after, why } of mine) {
      const step = `${before ?? 'not looked at'} → ${after ?? 'not looked at'}`;
      yield* layout.block('  ', `${surface} ${subject}: ${step}${why === undefined ? '' : ` (${why})`}`);
    }
  }
}

/** One row a change, whatever changed. */
export function diffRows({ findings, coverage, identities }: RunDiff): readonly TableRow[] {
  return [
    ...findings.map((finding) => ({ what: 'finding', ...finding })),
    ...coverage.map(({ change, surface, subject, before, after, why }) => ({
      what: 'coverage',
      change,
      before,
      subject: `${surface} ${subject}`,
      message: `${before ?? 'not looked at'}, then ${after ?? 'not looked at'}`,
      why,
    })),
    ...identities.map(({ change, id, type }) => ({ what: 'identity', change, subject: id, message: type })),
  ];
}
