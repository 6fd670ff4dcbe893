import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 in base62, padded to six characters: the tail of GitHub's and npm's tokens. */
export function crc32Base62(body: string): string {
  let rest = crc32(body);
  let out = '';
  while (rest > 0) {
    out = BASE62.charAt(rest % 62) + out;
    rest = Math.floor(rest / 62);
  }
  return out.padStart(6, '0');
}

export function endsWithCrc32(body: string): boolean {
  return body.slice(-6) === crc32Base62(body.slice(0, -6));
}

/** CRC-32 of `glsa_…` as little-endian hex. */
export function grafanaChecksum(head: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(crc32(head));
  return bytes.toString('hex');
}

export function isGrafanaToken(token: string): boolean {
  const cut = token.lastIndexOf('_');
  return token.slice(cut + 1).toLowerCase() === grafanaChecksum(token.slice(0, cut));
}
