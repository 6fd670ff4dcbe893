import type { Finding } from '../contracts/finding.ts';
import { isKeyed } from '../util/keyed.ts';
import { count, openFindings } from '../util/report-text.ts';
import type { Acceptors } from './accept.ts';

/**
 * Said where it could be so: the key of the fingerprints is gone after the run, an exception names a finding by one that nothing
 * here has, and a finding is open whose fingerprint is another in each run.
 */
export function lostFingerprints(
  findings: readonly Finding[],
  { exceptions, isKeyKept }: Pick<Acceptors, 'exceptions' | 'isKeyKept'>,
): string | undefined {
  if (isKeyKept) return undefined;
  const lost = exceptions.filter(
    ({ finding, isExpired }) =>
      finding !== undefined && !isExpired && !findings.some(({ fingerprint }) => fingerprint.startsWith(finding)),
  );
  const meant = openFindings(findings).filter(isKeyed);
  if (lost.length === 0 || meant.length === 0) return undefined;
  return `${count(lost.length, 'exception names', 'exceptions name')} a finding by a fingerprint that nothing here has. ${count(meant.length, 'open finding', 'open findings')} may be meant: without --store or NHI_AUDIT_FINGERPRINT_KEY fingerprints of passwords and other secrets without an id change with each run. An exception by rule and path holds everywhere: nhi-audit except --rule ID --path FILE`;
}
