import { gunzipSync, constants as zlib } from 'node:zlib';
import type { FileHead, SourceFile } from '../../src/contracts/index.ts';
import { decodeText } from '../../src/files/decode.ts';
import { sourceFile } from '../../src/files/source-file.ts';

const HEAD = 4096;
/** As much as a text may have; larger ones are read as logs. */
const MAX_UNPACKED = 256 * 1024 * 1024;

export function isPacked(path: string): boolean {
  return /\.gz$/i.test(path);
}

/** The head of what is packed; empty where that is no gzip. */
export function packedHead(file: FileHead): string {
  const bytes = file.bytes?.();
  if (bytes === undefined || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return '';
  try {
    const inflated = gunzipSync(bytes, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: 1 << 24 });
    return decodeText(inflated.subarray(0, HEAD));
  } catch {
    return '';
  }
}

/** The file that is packed in this one, under its name; a sentence where it cannot be unpacked. */
export function unpacked(file: SourceFile): SourceFile | string {
  try {
    // What breaks off is given as far as it goes: the reader of records says so.
    const bytes = gunzipSync(file.bytes, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: MAX_UNPACKED });
    return sourceFile(file.path, bytes, file.at, file.place, file.around);
  } catch (error) {
    const isLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isLarge
      ? `unpacked it is larger than ${MAX_UNPACKED / 1024 / 1024} MB: give it in parts`
      : 'it is no whole gzip: export it again';
  }
}
