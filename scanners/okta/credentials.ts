import { createHash, createPublicKey } from 'node:crypto';
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
    const digest = keyDigest(jwk);
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
        ...(digest === undefined ? {} : { publicKeySha256: digest }),
      },
    };
  }
}

function clientIdentity(owned: Owned<unknown>, { world }: Telling): IdentityId {
  const { of } = owned;
  if (of.kind === 'api-service' || of.kind === 'agent') return world.idOf(`${of.kind}/${of.id}`, owned);
  return world.idOf(`app/${world.clientOf(of)}`, owned);
}

/** SHA-256 of the public key as SubjectPublicKeyInfo: the same for the private key that lies somewhere. */
function keyDigest(jwk: Jwk): string | undefined {
  const { kty, n, e, crv, x, y } = jwk;
  try {
    const key = createPublicKey({
      format: 'jwk',
      key: { kty, ...(n && e ? { n, e } : {}), ...(crv && x ? { crv, x, ...(y ? { y } : {}) } : {}) },
    });
    return createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex');
  } catch {
    return undefined;
  }
}
