import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { FileHead, Location, SightingObservation, SourceFile, Surroundings } from '../contracts/index.ts';
import { TargetError } from '../util/errors.ts';
import { decodeText } from './decode.ts';

const HEAD_BYTES = 4096;
const WHOLE_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;
// A FIFO put in a file's place between listing and reading must not hang us, nor a symlink lead us away. Absent on Windows.
const SAFE_OPEN = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A file's content and place, as file scanners get it. */
export function sourceFile(
  path: string,
  bytes: Uint8Array,
  at: Location,
  place: SightingObservation['place'] = 'file',
  around?: Surroundings,
): SourceFile {
  let text: string | undefined;
  return {
    path,
    bytes,
    at,
    place,
    ...(around === undefined ? {} : { around }),
    text: () => {
      text ??= decodeText(bytes);
      return text;
    },
  };
}

/** The head of bytes at hand. */
export function headOfBytes(path: string, bytes: Uint8Array, size = bytes.length): FileHead {
  let head: string | undefined;
  let whole: string | undefined;
  return {
    path,
    size,
    head: () => {
      head ??= decodeText(bytes.subarray(0, HEAD_BYTES));
      return head;
    },
    whole: () => {
      whole ??= decodeText(bytes.subarray(0, WHOLE_BYTES));
      return whole;
    },
    bytes: () => bytes.subarray(0, HEAD_BYTES),
  };
}

/** The head of a file on disk, read only if someone asks. A file that cannot be read has an empty head. */
export function headOfFile(root: string, path: string, size: number): FileHead {
  let raw: Buffer | undefined;
  let head: string | undefined;
  let whole: string | undefined;
  const bytes = (): Buffer => {
    raw ??= readFirst(join(root, path), HEAD_BYTES);
    return raw;
  };
  return {
    path,
    size,
    head: () => {
      head ??= decodeText(bytes());
      return head;
    },
    whole: () => {
      whole ??= decodeText(readFirst(join(root, path), WHOLE_BYTES));
      return whole;
    },
    bytes,
  };
}

/** Reads a regular file whole. Throws on anything else, and `TargetError` on one larger than `maxBytes`. */
export function readRegularFile(file: string, maxBytes: number): Buffer {
  return withOpenFile(file, (descriptor, size) => {
    if (size > maxBytes) {
      throw new TargetError(`larger than ${maxBytes} bytes`, { code: 'FILE_TOO_LARGE' });
    }
    return readUpTo(descriptor, size);
  });
}

/**
 * The content of a regular file piece by piece, each beginning with the last bytes of the one before (`overlap`), up to
 * `maxBytes`. The buffer is used again.
 */
export function* readPieces(file: string, overlap: number, maxBytes: number): Generator<Buffer> {
  const descriptor = openSync(file, SAFE_OPEN);
  try {
    if (!fstatSync(descriptor).isFile()) throw new TargetError('not a regular file', { code: 'NOT_A_FILE' });
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES + overlap);
    let kept = 0;
    for (let at = 0; at < maxBytes; ) {
      const count = readSync(descriptor, buffer, kept, Math.min(PIECE_BYTES, maxBytes - at), at);
      if (count === 0) return;
      yield buffer.subarray(0, kept + count);
      at += count;
      const next = Math.min(overlap, kept + count);
      buffer.copyWithin(0, kept + count - next, kept + count);
      kept = next;
    }
  } finally {
    closeSync(descriptor);
  }
}

function readFirst(file: string, bytes: number): Buffer {
  try {
    return withOpenFile(file, (descriptor, size) => readUpTo(descriptor, Math.min(size, bytes)));
  } catch {
    return Buffer.alloc(0);
  }
}

function withOpenFile<T>(file: string, use: (descriptor: number, size: number) => T): T {
  const descriptor = openSync(file, SAFE_OPEN);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new TargetError('not a regular file', { code: 'NOT_A_FILE' });
    return use(descriptor, stat.size);
  } finally {
    closeSync(descriptor);
  }
}

/** `readFileSync` on a descriptor would block on what only claims to be a file; this reads what `fstat` promised. */
function readUpTo(descriptor: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, bytes, filled, size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return filled === size ? bytes : bytes.subarray(0, filled);
}
