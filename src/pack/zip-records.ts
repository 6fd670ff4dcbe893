/**
 * The few forms of ZIP records that a pack has: entries stored as they are, sorted, without times, extra fields or comments, one
 * behind the other. What is compressed differs between releases of zlib and so between machines, and an archive that is never
 * inflated cannot be a bomb. `gzip PACK.zip`, or any transport, makes it small.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export interface ZipEntry {
  readonly path: string;
  readonly size: number;
  readonly crc: number;
}

export const LOCAL = 0x04034b50;
export const CENTRAL = 0x02014b50;
export const END = 0x06054b50;
export const LOCAL_SIZE = 30;
export const CENTRAL_SIZE = 46;
export const END_SIZE = 22;

/** Beyond these numbers a ZIP needs other records. */
export const MOST_ENTRIES = 0xfffe;
export const MOST_BYTES = 0xfffffffe;

/** 1 January 1980, the first day that the format knows. */
const DAY = 0x0021;
const VERSION = 10;
/** Made by Unix, so that the mode counts. */
const MADE_BY = 0x0300 | VERSION;
const MODE = 0o100644;

export function localRecord({ path, size, crc }: ZipEntry): Buffer {
  const name = Buffer.from(path);
  return Buffer.concat([numbers('4 2 2 2 2 2 4 4 4 2 2', [LOCAL, VERSION, 0, 0, 0, DAY, crc, size, size, name.length, 0]), name]);
}

export function centralRecord({ path, size, crc }: ZipEntry, offset: number): Buffer {
  const name = Buffer.from(path);
  const head = [CENTRAL, MADE_BY, VERSION, 0, 0, 0, DAY, crc, size, size, name.length, 0];
  const tail = [0, 0, 0, (MODE << 16) >>> 0, offset];
  return Buffer.concat([numbers('4 2 2 2 2 2 2 4 4 4 2 2 2 2 2 4 4', [...head, ...tail]), name]);
}

export function endRecord(count: number, size: number, offset: number): Buffer {
  return numbers('4 2 2 2 2 4 4 2', [END, 0, 0, count, count, size, offset, 0]);
}

/** Least byte first, each of so many bytes. */
function numbers(sizes: string, values: readonly number[]): Buffer {
  return Buffer.concat(
    sizes.split(' ').map((size, index) => {
      const bytes = Buffer.alloc(Number(size));
      bytes.writeUIntLE(values[index] ?? 0, 0, Number(size));
      return bytes;
    }),
  );
}
