import { type KeyObject, randomUUID, sign } from 'node:crypto';

/** A signed token of now; `alg` follows from the key. */
export function signedToken(key: KeyObject, header: object, claims: object): string {
  const isCurve = key.asymmetricKeyType === 'ec';
  const alg = isCurve ? (key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'ES384' : 'ES256') : 'RS256';
  // The clock of the moment: a run may be longer than a token lives.
  const now = Math.floor(Date.now() / 1000);
  const unsigned = `${encode({ ...header, alg })}.${encode({ iat: now, exp: now + 600, jti: randomUUID(), ...claims })}`;
  const signature = sign(alg === 'ES384' ? 'sha384' : 'sha256', Buffer.from(unsigned), {
    key,
    ...(isCurve ? { dsaEncoding: 'ieee-p1363' } : {}),
  });
  return `${unsigned}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
