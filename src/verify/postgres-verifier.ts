import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** What a server keeps of a password: enough to tell whether one is it, without asking the server. */
export type StoredPassword =
  | { readonly method: 'scram-sha-256'; readonly iterations: number; readonly salt: Buffer; readonly storedKey: Buffer }
  | { readonly method: 'md5'; readonly digest: string };

/** A verifier that asks for more rounds than this is left alone: PostgreSQL makes 4096 unless it is told otherwise. */
export const MOST_ITERATIONS = 1_000_000;

/** As in `pg_authid.rolpassword`: https://www.postgresql.org/docs/current/catalog-pg-authid.html */
export function parseStored(text: string): StoredPassword | undefined {
  const scram =
    /^SCRAM-SHA-256\$(?<iterations>\d{1,9}):(?<salt>[A-Za-z0-9+/]+={0,2})\$(?<stored>[A-Za-z0-9+/]{43}=):[A-Za-z0-9+/]{43}=$/.exec(
      text,
    )?.groups;
  if (scram !== undefined) {
    const iterations = Number(scram.iterations);
    if (iterations < 1) return undefined;
    return {
      method: 'scram-sha-256',
      iterations,
      salt: Buffer.from(scram.salt ?? '', 'base64'),
      storedKey: Buffer.from(scram.stored ?? '', 'base64'),
    };
  }
  const digest = /^md5(?<digest>[0-9a-f]{32})$/.exec(text)?.groups?.digest;
  return digest === undefined ? undefined : { method: 'md5', digest };
}

/** Is this the role's password? https://www.rfc-editor.org/rfc/rfc5802#section-3 */
export async function isPasswordOf(stored: StoredPassword, password: string, role: string): Promise<boolean> {
  if (stored.method === 'md5')
    return createHash('md5').update(password, 'utf8').update(role, 'utf8').digest('hex') === stored.digest;
  // SASLprep leaves ASCII as it is, and of the rest little but the compatibility forms matters.
  const forms = new Set([password.normalize('NFKC'), password]);
  for (const form of forms) {
    const salted = await derive(form, stored.salt, stored.iterations, 32, 'sha256');
    const clientKey = createHmac('sha256', salted).update('Client Key').digest();
    if (timingSafeEqual(createHash('sha256').update(clientKey).digest(), stored.storedKey)) return true;
  }
  return false;
}
