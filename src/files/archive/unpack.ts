import { Readable } from 'node:stream';
import { createGunzip, createInflateRaw, createZstdDecompress, inflateRawSync } from 'node:zlib';
import { codeOf, messageOf } from '../../util/errors.ts';
import type { Compression } from './kind.ts';
import { LimitReached, type Meter } from './meter.ts';

/** What was packed cannot be unpacked to its end. */
export class BrokenStream extends Error {}

/** Unpacks as it is read; no more is held than a few pieces. Throws `BrokenStream`, `LimitReached`. */
export async function* unpack(
  kind: Compression | 'deflate',
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  meter: Meter,
): AsyncGenerator<Buffer> {
  const stream = kind === 'gzip' ? createGunzip() : kind === 'zstd' ? createZstdDecompress() : createInflateRaw();
  const input = Readable.from(chunks, { objectMode: true });
  input.on('error', (error) => stream.destroy(error));
  input.pipe(stream);
  try {
    for await (const chunk of stream) {
      meter.unpack((chunk as Buffer).length);
      yield chunk as Buffer;
    }
  } catch (error) {
    if (error instanceof LimitReached || !(codeOf(error) ?? '').startsWith('Z')) throw error;
    throw new BrokenStream(messageOf(error));
  } finally {
    input.unpipe(stream);
    input.destroy();
    stream.destroy();
  }
}

/** A small deflated member at once: far quicker than a stream. */
export function inflate(packed: Buffer, most: number, meter: Meter): Buffer {
  let bytes: Buffer;
  try {
    bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, Math.min(most, meter.left)) });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw new BrokenStream('it is longer than it says');
    throw new BrokenStream(messageOf(error));
  }
  meter.unpack(bytes.length);
  return bytes;
}
