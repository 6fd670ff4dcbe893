import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A number in base62, digits before capitals before small letters. */
export function base62(value: number): string {
  let rest = value;
  let out = '';
  while (rest > 0) {
    out = BASE62.charAt(rest % 62) + out;
    rest = Math.floor(rest / 62);
  }
  return out;
}

/** CRC-32 in base62, padded to six characters: the tail of GitHub's and npm's tokens. */
export function crc32Base62(body: string): string {
  return base62(crc32(body)).padStart(6, '0');
}

export function endsWithCrc32(body: string): boolean {
  return body.slice(-6) === crc32Base62(body.slice(0, -6));
}

/** CRC-32 as little-endian hex: the tail of `glsa_…`. */
export function grafanaChecksum(head: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(crc32(head));
  return bytes.toString('hex');
}

export function isGrafanaToken(token: string): boolean {
  const cut = token.lastIndexOf('_');
  return token.slice(cut + 1).toLowerCase() === grafanaChecksum(token.slice(0, cut));
}

/** CRC-32 as eight hex digits, most significant first. */
export function crc32Hex(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/**
 * Do the last eight hex digits hold the CRC-32 of what stands before them? Vendors say that they do, but not whether the
 * prefix and a mark before the digits are counted, nor in which order the bytes are written: any reading will do, since all
 * of them together let one in 500 million texts through.
 */
export function endsWithCrc32Hex(token: string, prefix: number): boolean {
  const tail = token.slice(-8).toLowerCase();
  const head = token.slice(0, -8);
  const bare = head.replace(/[=_.-]$/, '');
  return [head, head.slice(prefix), bare, bare.slice(prefix)].some(
    (text) => crc32Hex(text) === tail || grafanaChecksum(text) === tail,
  );
}

/** CRC-32 in base36, padded to seven characters: the tail of GitLab's routable tokens. */
export function crc32Base36(text: string): string {
  return crc32(text).toString(36).padStart(7, '0');
}
