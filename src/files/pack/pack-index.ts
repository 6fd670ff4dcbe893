import { FileWindow } from './file-window.ts';
import { PackError } from './pack-error.ts';

const MAGIC = 0xff744f63;
const VERSION = 2;
const HEADER = 8;
const FANOUT = 256 * 4;
const CRC = 4;
const SMALL_OFFSET = 4;
const LARGE_OFFSET = 8;
const IS_LARGE = 0x80000000;
/** Names that begin with one byte are read together; in an honest index they are 1/256 of all. */
const MOST_AT_ONCE = 64 * 1024 * 1024;
const WINDOW = 64 * 1024;
export const TWICE = -1;

/**
 * The index of a pack, version 2: https://git-scm.com/docs/gitformat-pack#_version_2_pack_idx_files_support_packs_larger_than_4_gib_and
 * It is read a bucket (all names with the same first byte) at a time.
 */
export class PackIndex {
  readonly count: number;
  readonly #file: FileWindow;
  readonly #path: string;
  /** The same once more: names and offsets are looked at side by side, and neither is copied. */
  #names: FileWindow | undefined;
  /** And for offsets of 64 bits, which most packs have not. */
  #wide: FileWindow | undefined;
  readonly #idBytes: number;
  readonly #fanout: readonly number[];

  constructor(path: string, idBytes: number) {
    this.#file = new FileWindow(path, WINDOW);
    this.#path = path;
    this.#idBytes = idBytes;
    try {
      const head = this.#file.read(0, HEADER + FANOUT);
      if (head.readUInt32BE(0) !== MAGIC || head.readUInt32BE(4) !== VERSION) throw new PackError('an index of another version');
      this.#fanout = Array.from({ length: 256 }, (_, byte) => head.readUInt32BE(HEADER + 4 * byte));
      if (this.#fanout.some((end, byte) => end < (this.#fanout[byte - 1] ?? 0))) throw new PackError('an index out of order');
      this.count = this.#fanout[255] as number;
      if (this.#largeAt > this.#file.size - 2 * idBytes) throw new PackError('an index that is too short');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** That of the pack this is the index of. */
  checksum(): Buffer {
    return Buffer.from(this.#file.read(this.#file.size - 2 * this.#idBytes, this.#idBytes));
  }

  /**
   * Tells where in the pack the objects are whose ids stand in `ids`, or `TWICE`, for of two of one name git may take either; not
   * of those it has not. What comes of an offset that leads out of the pack is for the caller to see.
   */
  find(ids: BucketedIds, found: (position: number, offset: number) => void): void {
    for (let byte = 0; byte < 256; byte++) {
      const first = byte === 0 ? 0 : (this.#fanout[byte - 1] as number);
      const count = (this.#fanout[byte] as number) - first;
      const positions = ids.bucket(byte);
      if (count === 0 || positions.length === 0) continue;
      if (count * this.#idBytes > MOST_AT_ONCE) throw new PackError('an index of too many names');
      this.#findIn(first, count, ids.ids, positions, found);
    }
  }

  close(): void {
    this.#file.close();
    this.#names?.close();
    this.#wide?.close();
  }

  get #smallAt(): number {
    return HEADER + FANOUT + this.count * (this.#idBytes + CRC);
  }

  get #largeAt(): number {
    return this.#smallAt + this.count * SMALL_OFFSET;
  }

  #findIn(
    first: number,
    count: number,
    ids: Buffer,
    positions: Int32Array,
    found: (position: number, offset: number) => void,
  ): void {
    const size = this.#idBytes;
    this.#names ??= new FileWindow(this.#path, WINDOW);
    const names = this.#names.read(HEADER + FANOUT + first * size, count * size);
    const offsets = this.#file.read(this.#smallAt + first * SMALL_OFFSET, count * SMALL_OFFSET);
    for (const position of positions) {
      const at = position * size;
      const key = ids.readUInt32BE(at);
      let [low, high] = [0, count];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (names.readUInt32BE(middle * size) < key) low = middle + 1;
        else high = middle;
      }
      for (; low < count && names.readUInt32BE(low * size) === key; low++) {
        if (names.compare(ids, at, at + size, low * size, (low + 1) * size) !== 0) continue;
        const isTwice = low + 1 < count && names.compare(ids, at, at + size, (low + 1) * size, (low + 2) * size) === 0;
        found(position, isTwice ? TWICE : this.#offsetOf(offsets.readUInt32BE(low * SMALL_OFFSET)));
        break;
      }
    }
  }

  #offsetOf(small: number): number {
    if (small < IS_LARGE) return small;
    const at = this.#largeAt + (small - IS_LARGE) * LARGE_OFFSET;
    if (at + LARGE_OFFSET > this.#file.size - 2 * this.#idBytes) throw new PackError('an index that is too short');
    this.#wide ??= new FileWindow(this.#path, WINDOW);
    const offset = Number(this.#wide.read(at, LARGE_OFFSET).readBigUInt64BE());
    if (!Number.isSafeInteger(offset)) throw new PackError('an offset beyond all files');
    return offset;
  }
}

/** Ids, one after another, and which of them begin with which byte. */
export class BucketedIds {
  readonly ids: Buffer;
  readonly #positions: Int32Array;
  readonly #starts = new Int32Array(257);

  /** `positions`: of those that are to be found. */
  constructor(ids: Buffer, idBytes: number, positions: Int32Array) {
    this.ids = ids;
    this.#positions = new Int32Array(positions.length);
    const starts = this.#starts;
    for (const position of positions) {
      const next = (ids[position * idBytes] as number) + 1;
      starts[next] = (starts[next] as number) + 1;
    }
    for (let byte = 1; byte < 257; byte++) starts[byte] = (starts[byte] as number) + (starts[byte - 1] as number);
    const fill = starts.slice();
    for (const position of positions) {
      const byte = ids[position * idBytes] as number;
      this.#positions[fill[byte] as number] = position;
      fill[byte] = (fill[byte] as number) + 1;
    }
  }

  bucket(byte: number): Int32Array {
    return this.#positions.subarray(this.#starts[byte], this.#starts[byte + 1]);
  }
}
