import { LiveFailure } from './failure.ts';

/** Of one answer, unpacked. Larger lists come in pages. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The body as text. Counted as it comes: the header speaks of what is sent, and a packed answer may be a thousand times that. */
export async function bodyOf(response: Response, name: string, maxBytes = MAX_BYTES): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes) {
      const why = `the answer to ${name} is larger than ${Math.floor(maxBytes / 1024 / 1024)} MiB: ask for smaller pages`;
      throw new LiveFailure(why, { kind: 'unreadable' });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
