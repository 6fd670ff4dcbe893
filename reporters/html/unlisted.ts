import type { Report } from '../../src/contracts/reporter.ts';
import { thousands } from '../../src/util/report-text.ts';
import { openOf } from './order.ts';

const made = new WeakMap<Report, ReadonlyMap<string, number>>();

/**
 * Open findings of each rule that the list leaves out, for the persona or because they were known before. Checks and controls
 * count all of them; so does every number of the page, and says of how many that holds.
 */
export function unlistedByRule(report: Report): ReadonlyMap<string, number> {
  const known = made.get(report);
  if (known !== undefined) return known;
  const listed = new Map<string, number>();
  for (const { rule } of openOf(report)) listed.set(rule, (listed.get(rule) ?? 0) + 1);
  const counts = new Map<string, number>();
  for (const { rule, findings } of report.checks) {
    const n = findings - (listed.get(rule) ?? 0);
    if (n > 0) counts.set(rule, n);
  }
  made.set(report, counts);
  return counts;
}

/** The same of those rules that bear on a control. */
export function unlistedOf(report: Report, ref: string): number {
  const counts = unlistedByRule(report);
  if (counts.size === 0) return 0;
  let n = 0;
  for (const { rule, meta } of report.checks) if (meta.controls.includes(ref)) n += counts.get(rule) ?? 0;
  return n;
}

/** `1 of them not shown to persona security`; with `of` empty, `1 not shown to persona security`. */
export function unlistedText(n: number, report: Report, of = ' of them'): string {
  return `${thousands(n)}${of} ${reasonOf(report)}`;
}

/** Why a finding that is open is not in the list. */
export function reasonOf({ hidden, persona }: Pick<Report, 'hidden' | 'persona'>): string {
  if (hidden.baseline === 0) return `not shown to persona ${persona}`;
  return hidden.persona === 0 ? 'known before, not listed again' : `known before, or not shown to persona ${persona}`;
}
