import { createPrivateKey, sign } from 'node:crypto';
import type { Answer, Asking, Values, Verdict } from './ask.ts';

const GCP_URL = 'https://oauth2.googleapis.com/token';

/**
 * A token request with a signed assertion, as https://developers.google.com/identity/protocols/oauth2/service-account says.
 * The scope is the narrowest that proves the key; the token that comes back is thrown away.
 */
export function askGcp({ secret, publicId, email }: Values & { readonly email?: string }, now: Date): Asking {
  if (email === undefined) throw new RangeError('the account of the key is not known');
  const seconds = Math.floor(now.getTime() / 1000);
  const header = { alg: 'RS256', typ: 'JWT', ...(publicId === undefined ? {} : { kid: publicId }) };
  const claims = { iss: email, scope: 'openid', aud: GCP_URL, iat: seconds, exp: seconds + 300 };
  const text = `${encode(header)}.${encode(claims)}`;
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(secret.replaceAll('\\n', '\n'));
  } catch {
    throw new RangeError('the private key cannot be read');
  }
  const assertion = `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  return {
    method: 'POST',
    url: GCP_URL,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
  };
}

export function judgeGcp({ status, text }: Answer): Verdict {
  if (status === 200) return { state: 'active' };
  if (status === 400 && /"invalid_grant"/.test(text)) return { state: 'inactive' };
  return { state: 'unknown', why: `HTTP ${status}` };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
