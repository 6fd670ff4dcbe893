import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

/** A step of a delta: bytes of the base, or bytes of its own. */
export type Step = { readonly from: number; readonly size: number } | Buffer;

/** An entry of a pack, as it is or as it should not be. */
export interface Entry {
  /** 3 for a blob, 6 and 7 for deltas. */
  readonly type: number;
  /** What it inflates to. */
  readonly data: Buffer;
  /** What its head says of its size; the truth by default. */
  readonly size?: number;
  /** Number of the base, or an id. */
  readonly base?: number | string;
  /** How much further back the base is said to be. */
  readonly astray?: number;
  /** The content, by which it is named. */
  readonly content: Buffer;
  /** Instead of what zlib makes of `data`. */
  readonly packed?: Buffer;
}

export function blobId(content: Buffer, algorithm = 'sha1'): string {
  return createHash(algorithm).update(`blob ${content.length}\0`).update(content).digest('hex');
}

export function whole(content: Buffer): Entry {
  return { type: 3, data: content, content };
}

export function applySteps(base: Buffer, steps: readonly Step[]): Buffer {
  return Buffer.concat(steps.map((step) => (Buffer.isBuffer(step) ? step : base.subarray(step.from, step.from + step.size))));
}

/** The delta that makes `target` from a base. */
export function deltaOf(baseSize: number, targetSize: number, steps: readonly Step[]): Buffer {
  return Buffer.concat([Buffer.from([...varint(baseSize), ...varint(targetSize)]), ...steps.flatMap(instructions)]);
}

function instructions(step: Step): Buffer[] {
  const parts: Buffer[] = [];
  if (Buffer.isBuffer(step)) {
    for (let at = 0; at < step.length; at += 127) {
      const part = step.subarray(at, at + 127);
      parts.push(Buffer.from([part.length]), part);
    }
    return parts;
  }
  for (let { from, size } = step; size > 0; ) {
    const length = Math.min(size, 0x10000);
    const bytes: number[] = [];
    let flags = 0x80;
    for (let index = 0; index < 4; index++) {
      const byte = (from >>> (8 * index)) & 0xff;
      if (byte === 0) continue;
      flags |= 1 << index;
      bytes.push(byte);
    }
    for (let index = 0; index < 2; index++) {
      const byte = (length >>> (8 * index)) & 0xff;
      if (byte === 0) continue;
      flags |= 16 << index;
      bytes.push(byte);
    }
    parts.push(Buffer.from([flags, ...bytes]));
    from += length;
    size -= length;
  }
  return parts;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

function headOf({ type, data, size = data.length }: Entry): Buffer {
  const bytes = [(type << 4) | (size % 16)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) as number) | 128;
    bytes.push(rest % 128);
  }
  return Buffer.from(bytes);
}

function distance(back: number): Buffer {
  const bytes = [back % 128];
  for (let rest = Math.floor(back / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((--rest % 128) | 128);
  return Buffer.from(bytes);
}

/** Writes a pack and its index into the objects of a git directory. Gives the paths of both, and where each entry stands. */
export function writePack(
  gitDir: string,
  entries: readonly Entry[],
  algorithm = 'sha1',
): { readonly pack: string; readonly index: string; readonly offsets: readonly number[] } {
  const head = Buffer.from(`PACK\0\0\0\x02${'\0'.repeat(4)}`, 'latin1');
  head.writeUInt32BE(entries.length, 8);
  const parts: Buffer[] = [head];
  const offsets: number[] = [];
  let at = head.length;
  for (const entry of entries) {
    offsets.push(at);
    const base = typeof entry.base === 'number' ? (entries[entry.base] as Entry) : undefined;
    const link =
      entry.type === 6
        ? distance(at - (offsets[entry.base as number] ?? at) + (entry.astray ?? 0))
        : entry.type === 7
          ? Buffer.from(base === undefined ? String(entry.base) : blobId(base.content, algorithm), 'hex')
          : Buffer.alloc(0);
    const bytes = Buffer.concat([headOf(entry), link, entry.packed ?? deflateSync(entry.data)]);
    parts.push(bytes);
    at += bytes.length;
  }
  const body = Buffer.concat(parts);
  const checksum = createHash(algorithm).update(body).digest();
  const folder = join(gitDir, 'objects', 'pack');
  mkdirSync(folder, { recursive: true });
  const name = join(folder, `pack-${checksum.toString('hex')}`);
  writeFileSync(`${name}.pack`, Buffer.concat([body, checksum]));
  const ids = entries.map(({ content }) => blobId(content, algorithm));
  writeFileSync(`${name}.idx`, indexOf(ids, offsets, checksum, algorithm));
  return { pack: `${name}.pack`, index: `${name}.idx`, offsets };
}

/** An index, version 2. Offsets from 2 GiB on go to its second table, and those that are told so by `isLarge`. */
export function indexOf(
  ids: readonly string[],
  offsets: readonly number[],
  checksum: Buffer,
  algorithm = 'sha1',
  isLarge: (offset: number) => boolean = (offset) => offset >= 2 ** 31,
): Buffer {
  const order = ids.map((id, number) => ({ id, offset: offsets[number] ?? 0 })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const fanout = Buffer.alloc(1024);
  for (let byte = 0; byte < 256; byte++) {
    fanout.writeUInt32BE(order.filter(({ id }) => Number.parseInt(id.slice(0, 2), 16) <= byte).length, 4 * byte);
  }
  const large: Buffer[] = [];
  const small = order.map(({ offset }) => {
    const bytes = Buffer.alloc(4);
    if (!isLarge(offset)) {
      bytes.writeUInt32BE(offset);
      return bytes;
    }
    const wide = Buffer.alloc(8);
    wide.writeBigUInt64BE(BigInt(offset));
    bytes.writeUInt32BE((0x80000000 + large.length) >>> 0);
    large.push(wide);
    return bytes;
  });
  const body = Buffer.concat([
    Buffer.from('ff744f6300000002', 'hex'),
    fanout,
    ...order.map(({ id }) => Buffer.from(id, 'hex')),
    Buffer.alloc(4 * order.length),
    ...small,
    ...large,
    checksum,
  ]);
  return Buffer.concat([body, createHash(algorithm).update(body).digest()]);
}
