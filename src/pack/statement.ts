import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { dsse } from '@sigstore/core';
import { z } from 'zod';
import { canonicalText } from './canonical.ts';
import { type FileDigest, MANIFEST, PACK_TYPE } from './format.ts';
import { Digest, type Manifest } from './manifest.ts';

/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** Who signs, as they say of themselves; whether to believe it is for whoever verifies. */
export const Signer = z.strictObject({
  keyId: Digest,
  /** SPKI as PEM. */
  publicKey: z.string().max(2_000),
  name: z.string().max(200).optional(),
  /** ISO 8601: the key signs from here on, and to here. */
  notBefore: z.iso.datetime().optional(),
  notAfter: z.iso.datetime().optional(),
});
export type Signer = z.infer<typeof Signer>;

export const Statement = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: Digest }) })),
  predicateType: z.literal(PACK_TYPE),
  predicate: z.strictObject({
    /** By the clock of whoever signed. */
    signedAt: z.iso.datetime(),
    signer: Signer.optional(),
    run: z.string(),
    manifest: Digest,
    findings: z.strictObject({ count: z.number().int().nonnegative(), root: Digest }),
    previous: Digest.optional(),
  }),
});
export type Statement = z.infer<typeof Statement>;

export const Envelope = z.strictObject({
  payload: z.string(),
  payloadType: z.literal(PAYLOAD_TYPE),
  signatures: z.array(z.strictObject({ keyid: Digest, sig: z.string() })).length(1),
});
export type Envelope = z.infer<typeof Envelope>;

/** What is said of a pack: these files have these digests. `files` holds the manifest too. */
export function statementOf(manifest: Manifest, files: readonly FileDigest[], signer: Signer | undefined): Statement {
  const ofManifest = files.find(({ path }) => path === MANIFEST);
  if (ofManifest === undefined) throw new TypeError('a statement is made of a manifest');
  return {
    _type: STATEMENT_TYPE,
    subject: files.map(({ path, sha256 }) => ({ name: path, digest: { sha256 } })),
    predicateType: PACK_TYPE,
    predicate: {
      signedAt: manifest.createdAt,
      ...(signer === undefined ? {} : { signer }),
      run: manifest.run.id,
      manifest: ofManifest.sha256,
      findings: manifest.findings,
      ...(manifest.previous === undefined ? {} : { previous: manifest.previous }),
    },
  };
}

/** Signs with Ed25519: the same statement and key give the same bytes. */
export function signStatement(statement: Statement, key: KeyObject): Envelope {
  const payload = Buffer.from(canonicalText(statement));
  return {
    payload: payload.toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [
      {
        keyid: keyIdOf(createPublicKey(key)),
        sig: sign(null, dsse.preAuthEncoding(PAYLOAD_TYPE, payload), key).toString('base64'),
      },
    ],
  };
}

export function isSignedBy(envelope: Envelope, key: KeyObject): boolean {
  const payload = fromBase64(envelope.payload);
  const signature = fromBase64(envelope.signatures[0]?.sig ?? '');
  if (payload === undefined || signature === undefined || key.asymmetricKeyType !== 'ed25519') return false;
  return verify(null, dsse.preAuthEncoding(PAYLOAD_TYPE, payload), key, signature);
}

/** SHA-256 of the SPKI: what `openssl pkey -pubin -outform DER | sha256sum` says. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Only the one way to write it: other texts that decode to the same bytes are none. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
