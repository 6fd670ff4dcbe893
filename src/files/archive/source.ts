import { readSync } from 'node:fs';

/** Bytes that can be read anywhere: an archive in memory, or in an open file. */
export interface ByteSource {
  readonly size: number;
  /** Fewer bytes at the end. What is returned may be overwritten by the next call. */
  read(offset: number, length: number): Buffer;
}

const CHUNK = 64 * 1024;

export function bytesSource(bytes: Uint8Array): ByteSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { size: buffer.length, read: (offset, length) => buffer.subarray(offset, offset + length) };
}

export function fileSource(handle: number, size: number): ByteSource {
  return {
    size,
    read(offset, length) {
      const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
      let fill = 0;
      while (fill < buffer.length) {
        const count = readSync(handle, buffer, fill, buffer.length - fill, offset + fill);
        if (count === 0) break;
        fill += count;
      }
      return buffer.subarray(0, fill);
    },
  };
}

/** A stretch of a source, piece by piece. */
export function* chunksOf(source: ByteSource, start = 0, end = source.size): Generator<Buffer> {
  for (let at = start; at < end; ) {
    const chunk = source.read(at, Math.min(CHUNK, end - at));
    if (chunk.length === 0) return;
    at += chunk.length;
    yield chunk;
  }
}
