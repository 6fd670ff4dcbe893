import type { Finding } from '../contracts/finding.ts';

/** Does its fingerprint rest on that of a secret, and so on the key that this was made with? */
export function isKeyed({ credential, subject }: Pick<Finding, 'credential' | 'subject'>): boolean {
  return (credential ?? subject).startsWith('secret:') || subject.startsWith('secret:');
}
