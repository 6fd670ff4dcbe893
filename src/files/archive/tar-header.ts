/** The blocks of a tar file: POSIX ustar and pax (IEEE Std 1003.1, pax), and GNU's variants (GNU tar manual, "Basic Tar Format"). */
export const BLOCK = 512;

export interface TarHeader {
  readonly name: string;
  readonly size: number;
  /** The type flag: `0` file, `5` directory, `1` and `2` links, `x` and `g` pax, `L` and `K` GNU's long names, `S` sparse. */
  readonly type: string;
  readonly linkName: string;
  /** GNU's sparse map goes on in blocks of its own. */
  readonly hasMoreMap: boolean;
}

/** Is it a block whose checksum is right? All zeros is not. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK || block[0] === 0) return false;
  const stored = octal(block, 148, 8);
  if (stored === undefined) return false;
  let [sum, signed] = [0, 0];
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= 148 && at < 156 ? 32 : (block[at] as number);
    sum += byte;
    // Some old writers added up signed bytes.
    signed += byte < 128 ? byte : byte - 256;
  }
  return stored === sum || stored === signed;
}

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

export function readTarHeader(block: Buffer): TarHeader | undefined {
  if (!isTarHeader(block)) return undefined;
  const size = sizeOf(block);
  if (size === undefined) return undefined;
  const type = String.fromCharCode(block[156] as number);
  const magic = block.toString('latin1', 257, 263);
  const prefix = magic === 'ustar\0' ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size,
    type: type === '\0' ? '0' : type,
    linkName: text(block, 157, 100),
    hasMoreMap: type === 'S' && block[482] === 1,
  };
}

/** The records of a pax header: `LENGTH KEY=VALUE\n`. What is malformed ends it. */
export function readPax(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    if (space < 0 || space - at > 10) break;
    const length = Number(bytes.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isSafeInteger(length) || length < 5 || end > bytes.length || bytes[end - 1] !== 10) break;
    const equals = bytes.indexOf(61, space);
    if (equals < 0 || equals >= end) break;
    records.set(bytes.toString('utf8', space + 1, equals), bytes.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** Octal digits; or, where the first bit is set, a number to base 256. */
function sizeOf(block: Buffer): number | undefined {
  if (((block[124] as number) & 0x80) === 0) return octal(block, 124, 12);
  if (block[124] !== 0x80) return undefined;
  let size = 0;
  for (let at = 125; at < 136; at++) size = size * 256 + (block[at] as number);
  return Number.isSafeInteger(size) ? size : undefined;
}

function octal(block: Uint8Array, start: number, length: number): number | undefined {
  let [value, digits] = [0, 0];
  for (let at = start; at < start + length; at++) {
    const byte = block[at] as number;
    if (byte >= 48 && byte <= 55) {
      value = value * 8 + byte - 48;
      digits++;
    } else if (byte === 0 || (byte === 32 && digits > 0)) {
      break;
    } else if (byte !== 32) {
      return undefined;
    }
  }
  return digits === 0 && block[start] !== 0 && block[start] !== 32 ? undefined : value;
}

function text(block: Buffer, start: number, length: number): string {
  const end = block.subarray(start, start + length).indexOf(0);
  return block.toString('utf8', start, start + (end < 0 ? length : end));
}
