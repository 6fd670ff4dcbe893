import type { Finding } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { isOpen, sortFindings } from '../../src/util/report-text.ts';

const sorted = new WeakMap<Report, readonly Finding[]>();
const open = new WeakMap<Report, readonly Finding[]>();

/** All findings, accepted ones too, in the order of reports. Sorted once: fourteen sections ask, and 50,000 take half a second. */
export function allFindings(report: Report): readonly Finding[] {
  const known = sorted.get(report);
  if (known !== undefined) return known;
  const made = sortFindings([...report.findings, ...report.accepted]);
  sorted.set(report, made);
  return made;
}

/** Those that are wrong now. */
export function openOf(report: Report): readonly Finding[] {
  const known = open.get(report);
  if (known !== undefined) return known;
  const made = allFindings(report).filter(isOpen);
  open.set(report, made);
  return made;
}
