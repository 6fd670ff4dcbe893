import { type KeyObject, X509Certificate } from 'node:crypto';
import { privateKeyOf } from './ssh.ts';

const DASHES = '-----';
const BLOCK = new RegExp(
  `${DASHES}BEGIN CERTIFICATE${DASHES}(?<body>[A-Za-z0-9+/=\\s\\\\nr]{200,6000}?)${DASHES}END CERTIFICATE${DASHES}`,
  'g',
);
/** Of a chain, the first is the key's own, as a rule. */
const MOST = 5;

/**
 * The certificate of a private key, where it stands in the same file: directories and IAM know the pair by its thumbprint, SPIRE
 * by the name in it. https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md
 */
export function certificateOf(der: Buffer, label: string, text: string): Readonly<Record<string, string>> | undefined {
  if (!text.includes('BEGIN CERTIFICATE')) return undefined;
  let key: KeyObject;
  try {
    key = privateKeyOf(der, label);
  } catch {
    return undefined;
  }
  let met = 0;
  for (const match of text.matchAll(BLOCK)) {
    if (++met > MOST) break;
    try {
      const body = (match.groups?.body ?? '').replace(/\\[nr]|\s/g, '');
      const certificate = new X509Certificate(Buffer.from(body, 'base64'));
      if (certificate.checkPrivateKey(key)) return described(certificate);
    } catch {
      // Not a certificate that can be read: the next may be.
    }
  }
  return undefined;
}

function described(certificate: X509Certificate): Readonly<Record<string, string>> {
  const spiffe = /(?:^|, )URI:(?<id>spiffe:\/\/[A-Za-z0-9._-]+\/[\w./-]+)/.exec(certificate.subjectAltName ?? '')?.groups?.id;
  const ends = new Date(certificate.validTo);
  return {
    thumbprint: certificate.fingerprint.replaceAll(':', '').toLowerCase(),
    thumbprint256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    ...(spiffe === undefined ? {} : { spiffe }),
    ...(Number.isNaN(ends.getTime()) ? {} : { ends: ends.toISOString() }),
  };
}
