import { createHash } from 'node:crypto';
import { credentialId, type IdentityId, type Observation } from '../../src/contracts/index.ts';
import { Secret } from '../../src/util/secret.ts';
import type { Answers, Owned } from './answers.ts';
import type { Jwk } from './schema.ts';
import type { Telling } from './telling.ts';

/** Secrets and public keys of clients. Okta answers with the secret itself: its fingerprint joins it to what lies in code. */
export function* secretRows(answers: Answers, telling: Telling): Generator<Observation> {
  const { at, context } = telling;
  for (const owned of answers.secrets.values()) {
    const { one: secret } = owned;
    const value = secret.client_secret;
    // Shown in part in some answers: `DRUF…B` is nobody's secret.
    const isWhole = value !== undefined && /^[\w-]{20,200}$/.test(value);
    yield {
      kind: 'credential',
      id: credentialId('okta', 'client-secret', secret.id),
      identity: clientIdentity(owned, telling),
      provider: 'okta',
      type: 'client-secret',
      publicId: secret.id,
      ...(isWhole ? { fingerprint: context.fingerprint(new Secret(value)) } : {}),
      ...(secret.created === undefined ? {} : { createdAt: secret.created }),
      neverExpires: true,
      status: secret.status === 'INACTIVE' ? 'inactive' : 'active',
      at: { ...at, pointer: owned.pointer },
      ...(secret.secret_hash === undefined
        ? {}
        : { detail: { hashFingerprint: context.fingerprint(new Secret(secret.secret_hash)) } }),
    };
  }
  for (const [key, owned] of answers.keys) {
    const { one: jwk } = owned;
    if (jwk.use === 'enc') continue;
    const name = jwk.kid ?? jwk.id ?? key;
    const digest = keyFingerprint(jwk);
    yield {
      kind: 'credential',
      id: credentialId('okta', 'client-key', `${owned.of.id}/${name}`),
      identity: clientIdentity(owned, telling),
      provider: 'okta',
      type: 'public-key',
      publicId: name,
      ...(jwk.created === undefined ? {} : { createdAt: jwk.created }),
      neverExpires: true,
      status: jwk.status === 'INACTIVE' ? 'inactive' : 'active',
      at: { ...at, pointer: owned.pointer },
      detail: {
        kty: jwk.kty,
        ...(jwk.alg === undefined ? {} : { alg: jwk.alg }),
        ...(jwk.kid === undefined ? {} : { kid: jwk.kid }),
        ...(digest === undefined ? {} : { keyFingerprint: digest }),
      },
    };
  }
}

function clientIdentity(owned: Owned<unknown>, { world }: Telling): IdentityId {
  const { of } = owned;
  if (of.kind === 'api-service' || of.kind === 'agent') return world.idOf(`${of.kind}/${of.id}`, owned);
  return world.idOf(`app/${world.clientOf(of)}`, owned);
}

const CURVES: { readonly [name: string]: string } = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' };

/**
 * As `ssh-keygen -l` prints it: what is kept of a private key that lies somewhere has the same, and joins.
 * https://www.rfc-editor.org/rfc/rfc4253#section-6.6, rfc5656 section 3.1
 */
function keyFingerprint({ kty, n = '', e = '', crv = '', x = '', y = '' }: Jwk): string | undefined {
  const raw = (text: string) => Buffer.from(text, 'base64url');
  const curve = CURVES[crv];
  let parts: Buffer[];
  if (kty === 'RSA' && n !== '' && e !== '') parts = [Buffer.from('ssh-rsa'), unsigned(raw(e)), unsigned(raw(n))];
  else if (kty === 'EC' && curve !== undefined && raw(x).length > 0 && raw(x).length === raw(y).length) {
    parts = [Buffer.from(`ecdsa-sha2-${curve}`), Buffer.from(curve), Buffer.concat([Buffer.from([4]), raw(x), raw(y)])];
  } else return undefined;
  const hash = createHash('sha256');
  for (const part of parts) {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(part.length);
    hash.update(size).update(part);
  }
  return `SHA256:${hash.digest('base64').replace(/=+$/, '')}`;
}

/** A leading bit would be a sign. */
function unsigned(number: Buffer): Buffer {
  return (number[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), number]) : number;
}
