import type { Finding } from '../../src/contracts/finding.ts';

/** A finding that says as little as one can; of each test what it is about. */
export function plainFinding(fingerprint: string, fields: Partial<Finding> = {}): Finding {
  return {
    fingerprint,
    rule: 'r',
    title: 'A title',
    message: 'A key lies about.',
    severity: 'high',
    confidence: 'high',
    persona: 'security',
    status: 'open',
    subject: 'x',
    controls: [],
    evidence: [],
    surfaces: [],
    firstSeen: '2026-06-01T00:00:00.000Z',
    lastSeen: '2026-06-01T00:00:00.000Z',
    fix: 'Revoke it.',
    ...fields,
  };
}
