import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { CHUNK } from './format.ts';

/** The bytes of a file, never those of what a link leads to. What is returned is overwritten by the next. */
export function* chunksOfFile(file: string): Generator<Buffer> {
  // A pipe in its place does not make the reader wait. Windows knows neither flag.
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw new Error('it is no file');
    yield* chunksOf(handle, 0, stat.size);
  } finally {
    closeSync(handle);
  }
}

/** The bytes from `start` on, `length` of them or fewer where the file ends. */
export function* chunksOf(handle: number, start: number, length: number): Generator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, length));
  for (let at = 0; at < length; ) {
    const read = readSync(handle, buffer, 0, Math.min(buffer.length, length - at), start + at);
    if (read === 0) return;
    at += read;
    yield buffer.subarray(0, read);
  }
}
