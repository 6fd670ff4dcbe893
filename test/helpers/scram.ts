import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** The verifier that PostgreSQL keeps of a password: https://www.rfc-editor.org/rfc/rfc5803 */
export function scramVerifier(password: string, { iterations = 4096, salt = 'sixteen bytes of' } = {}): string {
  const bytes = Buffer.from(salt);
  const salted = pbkdf2Sync(password.normalize('NFKC'), bytes, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const stored = createHash('sha256').update(clientKey).digest('base64');
  const server = createHmac('sha256', salted).update('Server Key').digest('base64');
  return [`SCRAM-SHA-256$${iterations}`, `${bytes.toString('base64')}$${stored}`, server].join(':');
}

export function md5Verifier(password: string, role: string): string {
  return `md5${createHash('md5').update(password).update(role).digest('hex')}`;
}
