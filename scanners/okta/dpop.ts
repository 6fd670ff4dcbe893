import { createHash, generateKeyPairSync } from 'node:crypto';
import type { Secret } from '../../src/util/secret.ts';
import { signedToken } from './jwt.ts';

/** Signs requests with a key that lives as long as the run: a token alone, read off the wire, opens nothing. */
export interface Prover {
  proof(request: { readonly method: string; readonly url: URL; readonly token?: Secret }): string;
  /** The server wants this word in the next proofs. */
  nonce: string | undefined;
}

/** https://www.rfc-editor.org/rfc/rfc9449; new service apps of Okta ask for it unless it is switched off. */
export function createProver(): Prover {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const prover: Prover = {
    nonce: undefined,
    proof({ method, url, token }) {
      const ath = token === undefined ? undefined : createHash('sha256').update(token.reveal()).digest('base64url');
      return signedToken(
        privateKey,
        { typ: 'dpop+jwt', jwk },
        {
          htm: method,
          htu: `${url.origin}${url.pathname}`,
          ...(ath === undefined ? {} : { ath }),
          ...(token !== undefined || prover.nonce === undefined ? {} : { nonce: prover.nonce }),
        },
      );
    },
  };
  return prover;
}
