import { pemBody } from '../../util/fingerprint.ts';
import { entropyOf } from '../entropy.ts';
import { type CheckInput, INVALID, VALID, type Verdict } from './types.ts';

/** A private key must decode to DER, to OpenSSH's own form, or to an OpenPGP packet. */
export function judgePem({ secret }: CheckInput): Verdict {
  const body = pemBody(secret) ?? '';
  if (body.length < 60 || /^(.)\1{20}/.test(body)) return INVALID;
  const bytes = Buffer.from(body, 'base64');
  const isOpenSsh = bytes.subarray(0, 14).toString('latin1') === 'openssh-key-v1';
  const isPgp = /PGP PRIVATE KEY/.test(secret) && (bytes[0] ?? 0) >= 0x80;
  // RFC 1421 encryption (`Proc-Type: 4,ENCRYPTED`) leaves no DER to see.
  const isEncrypted = /ENCRYPTED/.test(secret.slice(0, 200));
  if (!isOpenSsh && !isPgp && bytes[0] !== 0x30 && !isEncrypted) return INVALID;
  if (entropyOf(body) < 4.2) return INVALID;
  return VALID;
}

/**
 * `BEGIN ENCRYPTED PRIVATE KEY` (RFC 5958), `Proc-Type: 4,ENCRYPTED` (RFC 1421), or a cipher other than `none` in OpenSSH's
 * form: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function isLocked(secret: string): boolean {
  if (/ENCRYPTED/.test(secret.slice(0, 200))) return true;
  if (!secret.includes('OPENSSH PRIVATE KEY')) return false;
  const bytes = Buffer.from((pemBody(secret) ?? '').slice(0, 120), 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.length < magic.length + 8 || bytes.toString('latin1', 0, magic.length) !== magic) return false;
  const size = bytes.readUInt32BE(magic.length);
  return bytes.toString('latin1', magic.length + 4, magic.length + 4 + size) !== 'none';
}
