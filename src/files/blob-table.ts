import type { BlobRef } from '../contracts/index.ts';

/**
 * Blobs in the order that they are best read in. A repository may have millions: their ids stand as bytes in one buffer,
 * and become strings one at a time.
 */
export class BlobTable implements Iterable<BlobRef> {
  readonly length: number;
  /** Bytes of an id: 20, or 32 in a SHA-256 repository. */
  readonly idBytes: number;
  readonly #ids: Buffer;
  readonly #sizes: Float64Array;
  /** Open addressing by the front of the id: position + 1, or 0. Made when first asked for. */
  #index: Int32Array | undefined;
  #asked: Buffer | undefined;

  constructor(ids: Buffer, sizes: Float64Array) {
    this.length = sizes.length;
    this.idBytes = sizes.length === 0 ? SHA1_BYTES : ids.length / sizes.length;
    this.#ids = ids;
    this.#sizes = sizes;
  }

  static from(blobs: Iterable<BlobRef>): BlobTable {
    if (blobs instanceof BlobTable) return blobs;
    const builder = new BlobTableBuilder();
    for (const { id, size } of blobs) builder.add(id, size);
    return builder.table();
  }

  idAt(position: number): string {
    return this.#ids.toString('hex', position * this.idBytes, (position + 1) * this.idBytes);
  }

  /** `UNKNOWN_SIZE` where git was not asked for it. */
  sizeAt(position: number): number {
    return this.#sizes[position] ?? 0;
  }

  /** Notes a size that was not known. */
  learn(id: string, size: number): void {
    const position = this.positionOf(id);
    if (position >= 0) this.#sizes[position] = size;
  }

  has(id: string): boolean {
    return this.positionOf(id) >= 0;
  }

  /** Where a blob is; -1 when it is not here. */
  positionOf(id: string): number {
    return this.#find(Buffer.from(id, 'hex'));
  }

  /** The same for an id that stands, in hexadecimal, at `start` of a buffer. */
  positionAt(buffer: Buffer, start: number): number {
    this.#asked ??= Buffer.alloc(this.idBytes);
    let from = start;
    for (let to = 0; to < this.idBytes; to++) {
      this.#asked[to] = (digit(buffer[from++] as number) << 4) | digit(buffer[from++] as number);
    }
    return this.#find(this.#asked);
  }

  /** `undefined` for a blob that is not here, and where it is not known. */
  sizeOf(id: string): number | undefined {
    const position = this.positionOf(id);
    const size = position < 0 ? UNKNOWN_SIZE : this.sizeAt(position);
    return size === UNKNOWN_SIZE ? undefined : size;
  }

  concat(other: BlobTable): BlobTable {
    const sizes = new Float64Array(this.length + other.length);
    sizes.set(this.#sizes);
    sizes.set(other.#sizes, this.length);
    return new BlobTable(Buffer.concat([this.#ids, other.#ids]), sizes);
  }

  /** All ids, one after another: not to be changed. */
  get ids(): Buffer {
    return this.#ids;
  }

  /** The ids of a stretch, in memory of their own, to be handed to another thread. */
  idsOf(from: number, to: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#ids.subarray(from * this.idBytes, to * this.idBytes));
  }

  filter(keep: (blob: BlobRef) => boolean): BlobTable {
    const builder = new BlobTableBuilder();
    for (const blob of this) if (keep(blob)) builder.add(blob.id, blob.size);
    return builder.table();
  }

  /** Those at these positions, in the order of the positions. */
  only(positions: readonly number[]): BlobTable {
    const ids = Buffer.allocUnsafeSlow(positions.length * this.idBytes);
    const sizes = new Float64Array(positions.length);
    for (const [to, position] of [...positions].sort((a, b) => a - b).entries()) {
      this.#ids.copy(ids, to * this.idBytes, position * this.idBytes, (position + 1) * this.idBytes);
      sizes[to] = this.sizeAt(position);
    }
    return new BlobTable(ids, sizes);
  }

  /** All but these; makes no string or object of any. */
  without(ids: Iterable<string>): BlobTable {
    const isGone = new Uint8Array(this.length);
    let gone = 0;
    for (const id of ids) {
      const position = this.positionOf(id);
      if (position < 0 || isGone[position] === 1) continue;
      isGone[position] = 1;
      gone++;
    }
    if (gone === 0) return this;
    const left = Buffer.allocUnsafeSlow((this.length - gone) * this.idBytes);
    const sizes = new Float64Array(this.length - gone);
    let to = 0;
    for (let position = 0; position < this.length; position++) {
      if (isGone[position] === 1) continue;
      this.#ids.copy(left, to * this.idBytes, position * this.idBytes, (position + 1) * this.idBytes);
      sizes[to++] = this.sizeAt(position);
    }
    return new BlobTable(left, sizes);
  }

  *[Symbol.iterator](): Generator<BlobRef> {
    for (let position = 0; position < this.length; position++) {
      yield { id: this.idAt(position), size: this.sizeAt(position) };
    }
  }

  #find(id: Buffer): number {
    if (id.length !== this.idBytes || this.length === 0) return -1;
    this.#index ??= this.#makeIndex();
    const mask = this.#index.length - 1;
    for (let slot = id.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const position = (this.#index[slot] as number) - 1;
      if (position < 0) return -1;
      const start = position * this.idBytes;
      if (id.compare(this.#ids, start, start + this.idBytes) === 0) return position;
    }
  }

  /** An id is a digest: its first bytes are as good as any hash of it. */
  #makeIndex(): Int32Array {
    const index = new Int32Array(2 ** Math.ceil(Math.log2(this.length * 2 + 1)));
    const mask = index.length - 1;
    for (let position = 0; position < this.length; position++) {
      let slot = this.#ids.readUInt32LE(position * this.idBytes) & mask;
      while (index[slot] !== 0) slot = (slot + 1) & mask;
      index[slot] = position + 1;
    }
    return index;
  }
}

const SHA1_BYTES = 20;
export const UNKNOWN_SIZE = -1;

export class BlobTableBuilder {
  #ids = Buffer.allocUnsafeSlow(SHA1_BYTES * 64);
  #sizes = new Float64Array(64);
  #idBytes = 0;
  #length = 0;

  add(id: string, size: number): void {
    this.#makeRoom(id.length / 2);
    this.#put(this.#ids.write(id, this.#length * this.#idBytes, 'hex'), size);
  }

  /** The same with the id as it stands, in hexadecimal, in `[start, end)` of a buffer. */
  addFrom(buffer: Buffer, start: number, end: number, size: number): void {
    this.#makeRoom((end - start) / 2);
    let to = this.#length * this.#idBytes;
    for (let at = start; at < end; at += 2) {
      this.#ids[to++] = (digit(buffer[at] as number) << 4) | digit(buffer[at + 1] as number);
    }
    this.#put(this.#idBytes, size);
  }

  table(): BlobTable {
    // Copies, so that what was kept free for more is given back.
    const ids = Buffer.allocUnsafeSlow(this.#length * this.#idBytes);
    this.#ids.copy(ids, 0, 0, ids.length);
    return new BlobTable(ids, this.#sizes.slice(0, this.#length));
  }

  #makeRoom(idBytes: number): void {
    if (this.#length === 0) this.#idBytes = idBytes;
    const needed = (this.#length + 1) * this.#idBytes;
    if (needed > this.#ids.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#ids.length * 2));
      this.#ids.copy(larger);
      this.#ids = larger;
    }
    if (this.#length < this.#sizes.length) return;
    const larger = new Float64Array(this.#sizes.length * 2);
    larger.set(this.#sizes);
    this.#sizes = larger;
  }

  #put(written: number, size: number): void {
    if (written !== this.#idBytes || written === 0) throw new Error('object ids of one repository are of one length');
    this.#sizes[this.#length++] = size;
  }
}

/** Of what git wrote: 0 to 9, a to f. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
