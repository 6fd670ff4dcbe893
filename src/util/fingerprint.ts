import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Secret } from './secret.ts';

/**
 * Keyed fingerprint of a secret: HMAC-SHA-256 in hex, 64 characters. The key stays with the store (or comes from
 * NHI_AUDIT_FINGERPRINT_KEY), so that a fingerprint says nothing to whoever lacks the key, and two machines that share
 * the key agree. A private key has one fingerprint however it is wrapped, escaped or indented.
 */
export function fingerprint(secret: Secret | string, key: Uint8Array | string): string {
  const value = typeof secret === 'string' ? secret : secret.reveal();
  return createHmac('sha256', prepared(key)).update(normalizeSecret(value), 'utf8').digest('hex');
}

let last: { readonly key: Uint8Array | string; readonly prepared: KeyObject } | undefined;

/** To prepare a key takes several times as long as to use it, and a run has one. */
function prepared(key: Uint8Array | string): KeyObject {
  if (last?.key !== key) last = { key, prepared: createSecretKey(Buffer.from(key)) };
  return last.prepared;
}

/**
 * What a detect-secrets baseline knows a secret by is its bare SHA-1, which a guesser can undo for a short one: we keep the
 * keyed fingerprint of that.
 */
export function baselineId(secret: string, key: Uint8Array | string): string {
  return fingerprint(createHash('sha1').update(secret, 'utf8').digest('hex'), key);
}

/** Stands for the id of a key that was made for one run and is gone after it. */
export const EPHEMERAL = 'ephemeral';

/** Names a fingerprint key without giving it away: rows made under different keys must not be joined. */
export function fingerprintKeyId(key: Uint8Array | string): string {
  return createHash('sha256').update('nhi-audit fingerprint key v1\0').update(key).digest('hex').slice(0, 16);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const BYTES = /^[^\x20-\x7e]|^.[^\x20-\x7e]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]/s;

/**
 * A short form for people: `AKIA…7WML`, `ghp_…(40)`. Shows at most a quarter of the secret, four characters at each
 * end; a public id is no secret and is shown in place of it, shortened the same way.
 */
export function mask(secret: Secret | string, publicId?: string): string {
  if (publicId !== undefined && publicId !== '') return shorten(publicId, Math.min(4, Math.floor(publicId.length / 3)));
  const value = typeof secret === 'string' ? secret : secret.reveal();
  const pem = /^-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----/.exec(value);
  if (pem !== null) return `${pem[1]} (${value.length})`;
  // Key stores and other bytes say nothing to people, and control a terminal; a character may not be cut in two.
  if (BYTES.test(value)) return `…(${value.length})`;
  const shown = Math.min(4, Math.floor(value.length / 4));
  const prefix = /^[A-Za-z]{2,6}[-_]/.exec(value)?.[0] ?? '';
  // A vendor prefix (`ghp_`) says nothing but whose it is, so the whole allowance goes to the front.
  if (prefix !== '' && prefix.length <= shown) return `${value.slice(0, shown)}…(${value.length})`;
  return `${value.slice(0, Math.floor(shown / 2))}…(${value.length})`;
}

/** One text for one secret: private keys keep only their base64 body, all else stays as it is. */
export function normalizeSecret(value: string): string {
  if (!value.includes('-----BEGIN ')) return value;
  return pemBody(value) ?? value;
}

/**
 * The base64 body of a PEM block, without armour, RFC 1421 headers, line breaks, indentation, string quotes, `+` of
 * concatenations, and escapes such as `\n`. `undefined` when there is no BEGIN line.
 */
export function pemBody(text: string): string | undefined {
  const begin = /-----BEGIN [A-Z0-9 ]+-----/.exec(text);
  if (begin === null) return undefined;
  let body = text.slice(begin.index + begin[0].length);
  const end = body.indexOf('-----END');
  if (end >= 0) body = body.slice(0, end);
  const unescaped = body
    .replace(/\\+u002[bB]/g, '+')
    .replace(/\\+u003[dD]/g, '=')
    .replace(/\\+\//g, '/');
  const lines = unescaped.split(/\\+[nrt]|[\r\n]+/);
  return (
    lines
      .map((line) => line.trim())
      .filter((line) => !/^["'`]?\s*[A-Za-z-]+:\s/.test(line))
      .map((line) => line.replace(/["'`]\s*\+\s*["'`]?|\s\+$|[^A-Za-z0-9+/=]/g, ''))
      // The checksum line of a PGP block is not part of the key.
      .filter((line) => !/^=[A-Za-z0-9+/]{4}$/.test(line))
      .join('')
  );
}

function shorten(value: string, each: number): string {
  return each * 2 >= value.length ? value : `${value.slice(0, each)}…${value.slice(-each)}`;
}
