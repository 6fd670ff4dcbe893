import { pemBody } from '../../util/fingerprint.ts';
import { entropyOf } from '../entropy.ts';
import { certificateOf } from './certificate.ts';
import { type PublicHalf, publicHalfOfDer, publicHalfOfOpenSsh } from './ssh.ts';
import { type CheckInput, INVALID, type Verdict } from './types.ts';

const MAGIC = 'openssh-key-v1\0';

/**
 * A private key must decode to DER, to OpenSSH's own form, or to an OpenPGP packet. Where it can be read, its public half
 * names it: deploy keys, IAM users and `authorized_keys` know it by that.
 */
export function judgePem({ secret, around }: CheckInput): Verdict {
  // A key with dots in it was cut: documentation.
  if (/\.{3}|\u2026/.test(secret)) return INVALID;
  const body = pemBody(secret) ?? '';
  if (body.length < 60 || /^(.)\1{20}/.test(body)) return INVALID;
  const bytes = Buffer.from(body, 'base64');
  const isOpenSsh = bytes.toString('latin1', 0, MAGIC.length) === MAGIC;
  const isPgp = /PGP PRIVATE KEY/.test(secret) && (bytes[0] ?? 0) >= 0x80;
  // RFC 1421 encryption (`Proc-Type: 4,ENCRYPTED`) leaves no DER to see.
  const isEncrypted = /ENCRYPTED/.test(secret.slice(0, 200));
  if (!isOpenSsh && !isPgp && bytes[0] !== 0x30 && !isEncrypted) return INVALID;
  if (entropyOf(body) < 4.2) return INVALID;
  const half = isPgp ? undefined : publicHalf(secret, bytes, isOpenSsh, isEncrypted);
  if (half === undefined) return { valid: true };
  const named = half.comment === undefined ? {} : { provider: 'ssh', scope: '', local: `key/${half.comment}` };
  const certificate = isOpenSsh || isEncrypted ? undefined : certificateOf(bytes, labelOf(secret), around(AROUND, AROUND));
  return { valid: true, publicId: half.fingerprint, groups: { ...named, ...certificate, ...workloadOf(certificate?.spiffe) } };
}

/** A certificate and its key are a few kilobytes; a chain is some more. */
const AROUND = 8192;

/** `spiffe://acme.org/ns/shop/sa/api`, in the canonical id that the inventory of SPIRE gives. */
function workloadOf(uri: string | undefined): Readonly<Record<string, string>> {
  const id = /^spiffe:\/\/(?<domain>[^/]+)\/(?<path>.+)$/.exec(uri ?? '')?.groups;
  return id === undefined ? {} : { provider: 'spiffe', scope: id.domain ?? '', local: id.path ?? '' };
}

function labelOf(secret: string): string {
  return /^-----BEGIN (?<label>RSA|EC|DSA) /.exec(secret)?.groups?.label ?? '';
}

function publicHalf(secret: string, bytes: Buffer, isOpenSsh: boolean, isEncrypted: boolean): PublicHalf | undefined {
  if (isOpenSsh) return publicHalfOfOpenSsh(bytes);
  if (isEncrypted) return undefined;
  return publicHalfOfDer(bytes, labelOf(secret));
}

/**
 * `BEGIN ENCRYPTED PRIVATE KEY` (RFC 5958), `Proc-Type: 4,ENCRYPTED` (RFC 1421), or a cipher other than `none` in OpenSSH's
 * form: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function isLocked(secret: string): boolean {
  if (/ENCRYPTED/.test(secret.slice(0, 200))) return true;
  if (!secret.includes('OPENSSH PRIVATE KEY')) return false;
  const bytes = Buffer.from((pemBody(secret) ?? '').slice(0, 120), 'base64');
  if (bytes.length < MAGIC.length + 8 || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return false;
  const size = bytes.readUInt32BE(MAGIC.length);
  return bytes.toString('latin1', MAGIC.length + 4, MAGIC.length + 4 + size) !== 'none';
}
