const SAMPLE = 4096;

/**
 * Bytes to text: UTF-16 by its byte order mark or by its look, else UTF-8 with replacement characters. The mark itself is
 * dropped. PowerShell, regedit and Excel write UTF-16; taking it for binary would lose every secret in it.
 */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = utf16Order(buffer);
  if (order === undefined) return withoutMark(buffer.toString('utf8'));
  const even = buffer.subarray(0, buffer.length - (buffer.length % 2));
  return withoutMark((order === 'le' ? even : Buffer.from(even).swap16()).toString('utf16le'));
}

/** Byte order of UTF-16 text; `undefined` for anything else. Without a mark: mostly NULs on one side of the pairs, almost none on the other. */
export function utf16Order(bytes: Uint8Array): 'le' | 'be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes[2] === 0 && bytes[3] === 0 ? undefined : 'le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'be';
  const length = Math.min(bytes.length, SAMPLE) & ~1;
  if (length < 8) return undefined;
  let even = 0;
  let odd = 0;
  for (let at = 0; at < length; at += 2) {
    if (bytes[at] === 0) even += 1;
    if (bytes[at + 1] === 0) odd += 1;
  }
  const pairs = length / 2;
  if (odd > pairs * 0.6 && even < pairs * 0.05) return 'le';
  if (even > pairs * 0.6 && odd < pairs * 0.05) return 'be';
  return undefined;
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
