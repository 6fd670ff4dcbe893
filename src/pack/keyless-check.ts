import { verify, X509Certificate } from 'node:crypto';
import { dsse } from '@sigstore/core';
import { z } from 'zod';
import { fromBase64, PAYLOAD_TYPE } from './statement.ts';

/** Of a bundle what can be judged without Sigstore's roots. https://docs.sigstore.dev/about/bundle/ */
const Bundle = z.object({
  verificationMaterial: z.object({
    certificate: z.object({ rawBytes: z.string() }).optional(),
    x509CertificateChain: z.object({ certificates: z.array(z.object({ rawBytes: z.string() })).min(1) }).optional(),
  }),
  dsseEnvelope: z.object({
    payload: z.string(),
    payloadType: z.literal(PAYLOAD_TYPE),
    signatures: z.array(z.object({ sig: z.string() })).length(1),
  }),
});

export interface BundleCheck {
  readonly payload: Buffer;
  /** The signature is of the key in the certificate. */
  readonly isSigned: boolean;
  /** Whom the certificate names. */
  readonly identity: string;
}

export function checkBundle(json: unknown): BundleCheck | undefined {
  const { data } = Bundle.safeParse(json);
  if (data === undefined) return undefined;
  const { certificate, x509CertificateChain } = data.verificationMaterial;
  const raw = certificate?.rawBytes ?? x509CertificateChain?.certificates[0]?.rawBytes;
  const { payload, payloadType, signatures } = data.dsseEnvelope;
  const [bytes, signature] = [fromBase64(payload), fromBase64(signatures[0]?.sig ?? '')];
  if (raw === undefined || bytes === undefined || signature === undefined) return undefined;
  const leaf = new X509Certificate(Buffer.from(raw, 'base64'));
  return {
    payload: bytes,
    isSigned: verify('sha256', dsse.preAuthEncoding(payloadType, bytes), leaf.publicKey, signature),
    identity: leaf.subjectAltName ?? leaf.subject,
  };
}
