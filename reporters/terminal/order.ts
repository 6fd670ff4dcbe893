import type { Finding } from '../../src/contracts/finding.ts';
import { SEVERITIES } from '../../src/contracts/finding.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { compare, SEVERITIES_DOWN, sortFindings } from '../../src/util/report-text.ts';

/** Findings about one identity, or (without one) of one rule and severity. */
export interface Group {
  readonly identity: string | undefined;
  readonly findings: readonly Finding[];
}

/**
 * The most severe group first; in a severity identities before rules, and the identity with most of the severe findings
 * before the others.
 */
export function groupsOf(findings: readonly Finding[]): Group[] {
  const groups = groupBy(byUrgency(findings), (finding) => finding.identity ?? `${finding.severity} ${finding.rule}`);
  return [...groups]
    .map(([key, members]) => ({ key, identity: members[0]?.identity, findings: members, tally: tally(members) }))
    .sort(
      (a, b) =>
        worst(b.findings) - worst(a.findings) ||
        Number(a.identity === undefined) - Number(b.identity === undefined) ||
        (a.identity === undefined ? urgency(a.findings[0]) - urgency(b.findings[0]) : compareTallies(b.tally, a.tally)) ||
        compare(a.key, b.key),
    );
}

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Severity; then identities; then what lies open today and is production's. */
export function byUrgency(findings: readonly Finding[]): Finding[] {
  const ranked = sortFindings(findings).map((finding) => ({ finding, rank: urgency(finding), place: placeKey(finding) }));
  // The sort is stable: what is equal here stays in the order of every report.
  ranked.sort(
    (a, b) =>
      SEVERITIES.indexOf(b.finding.severity) - SEVERITIES.indexOf(a.finding.severity) ||
      a.rank - b.rank ||
      (a.finding.identity === undefined ? compare(a.finding.rule, b.finding.rule) || compare(a.place, b.place) : 0),
  );
  return ranked.map(({ finding }) => finding);
}

export function urgency(finding: Finding | undefined): number {
  if (finding === undefined || finding.identity !== undefined) return 0;
  const seen = finding.evidence.filter((item) => item.kind === 'sighting');
  if (seen.length === 0) return 1;
  const live = seen.some((item) => item.at?.atHead !== false);
  const production = seen.some((item) => environmentOf(item.at?.path) === 'prod');
  return (live ? 1 : 3) + (production ? 0 : 1);
}

function placeKey({ evidence }: Finding): string {
  const at = (evidence.find((item) => item.kind === 'sighting' && item.at?.atHead !== false) ?? evidence[0])?.at;
  return [at?.repository ?? '', at?.path ?? '', String(at?.line ?? 0).padStart(9, '0')].join('\0');
}

function worst(findings: readonly Finding[]): number {
  return Math.max(...findings.map((finding) => SEVERITIES.indexOf(finding.severity)));
}

function tally(findings: readonly Finding[]): number[] {
  return SEVERITIES_DOWN.map((severity) => findings.filter((finding) => finding.severity === severity).length);
}

function compareTallies(a: readonly number[], b: readonly number[]): number {
  for (const [index, n] of a.entries()) {
    const difference = n - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
