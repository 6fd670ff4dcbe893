export interface DatedCommit {
  readonly id: string;
  /** Seconds, as its committer says. */
  readonly date: number;
  readonly parents: readonly string[];
}

const [SPACE, ZERO, SEPARATOR] = [32, 48, 2];

/**
 * The age of commits: the committer's date, but never before that of a commit it builds on, for dates can lie. It is a
 * commit's own and does not change with what comes later, so that two scans of a growing history agree. A history may have
 * a million of them: they stand as bytes, not as objects.
 */
export class CommitOrders {
  static readonly NONE = new CommitOrders(Buffer.alloc(0), 20);
  readonly #kept: Buffer;
  readonly #idBytes: number;
  /** Of `#kept`, open addressing by the front of the id: row + 1, or 0. Made when first asked for. */
  #index: Int32Array | undefined;
  readonly #fresh = new Map<string, number>();

  /** `kept`: rows of `encode`. */
  constructor(kept: Buffer, idBytes: number) {
    this.#kept = kept;
    this.#idBytes = idBytes;
  }

  /** Of commits by their headers, `ID DATE PARENTS…` closed by byte 2: one behind the other, in any order. */
  static ofHeaders(headers: Buffer, ends: Uint32Array, count: number): CommitOrders {
    if (count === 0) return CommitOrders.NONE;
    const idBytes = headers.indexOf(SPACE) / 2;
    const rows = Buffer.allocUnsafeSlow(count * (idBytes + 8));
    for (let row = 0; row < count; row++) writeRow(rows, row, headers, startOf(ends, row), idBytes);
    const orders = new CommitOrders(rows, idBytes);
    orders.#settle(headers, ends, count);
    return orders;
  }

  /** 0 for an unknown commit: one beyond the edge of a shallow clone. */
  of(commit: string): number {
    const fresh = this.#fresh.get(commit);
    if (fresh !== undefined) return fresh;
    const id = Buffer.from(commit, 'hex');
    const row = id.length === this.#idBytes ? this.#rowOf(id) : -1;
    return row < 0 ? 0 : this.#orderAt(row);
  }

  /** The same with more commits, parents first. */
  with(commits: Iterable<DatedCommit>): CommitOrders {
    const next = new CommitOrders(this.#kept, this.#idBytes);
    next.#index = this.#index;
    for (const [id, order] of this.#fresh) next.#fresh.set(id, order);
    for (const { id, date, parents } of commits) {
      let order = date;
      for (const parent of parents) order = Math.max(order, next.of(parent) + 1);
      next.#fresh.set(id, order);
    }
    return next;
  }

  encode(): Buffer {
    const idBytes = this.#kept.length > 0 ? this.#idBytes : ([...this.#fresh.keys()][0]?.length ?? 40) / 2;
    const added = Buffer.alloc(this.#fresh.size * (idBytes + 8));
    let at = 0;
    for (const [id, order] of this.#fresh) {
      added.write(id, at, idBytes, 'hex');
      added.writeDoubleLE(order, at + idBytes);
      at += idBytes + 8;
    }
    return this.#fresh.size === 0 ? this.#kept : Buffer.concat([this.#kept, added]);
  }

  /** Makes orders of what are dates so far. Without recursion: histories are long. */
  #settle(headers: Buffer, ends: Uint32Array, count: number): void {
    const parents = new Parents(headers, ends, count, this.#idBytes, (id) => this.#rowOf(id));
    const isSettled = new Uint8Array(count);
    const open: number[] = [];
    for (let first = 0; first < count; first++) {
      open.push(first);
      for (let row = open.at(-1); row !== undefined; row = open.at(-1)) {
        const { length } = open;
        if (isSettled[row] === 0)
          for (const parent of parents.of(row)) if (parent >= 0 && isSettled[parent] === 0) open.push(parent);
        if (open.length > length) continue;
        open.pop();
        if (isSettled[row] === 1) continue;
        let order = this.#orderAt(row);
        // One that is not known, beyond the edge of a shallow clone, has 0.
        for (const parent of parents.of(row)) order = Math.max(order, (parent < 0 ? 0 : this.#orderAt(parent)) + 1);
        this.#kept.writeDoubleLE(order, row * (this.#idBytes + 8) + this.#idBytes);
        isSettled[row] = 1;
      }
    }
  }

  #orderAt(row: number): number {
    return this.#kept.readDoubleLE(row * (this.#idBytes + 8) + this.#idBytes);
  }

  #rowOf(id: Buffer): number {
    if (this.#kept.length === 0) return -1;
    this.#index ??= this.#makeIndex();
    const mask = this.#index.length - 1;
    for (let slot = id.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#index[slot] as number) - 1;
      if (row < 0) return -1;
      const start = row * (this.#idBytes + 8);
      if (id.compare(this.#kept, start, start + this.#idBytes) === 0) return row;
    }
  }

  #makeIndex(): Int32Array {
    const count = Math.floor(this.#kept.length / (this.#idBytes + 8));
    const index = new Int32Array(2 ** Math.ceil(Math.log2(count * 2 + 1)));
    const mask = index.length - 1;
    for (let row = 0; row < count; row++) {
      let slot = this.#kept.readUInt32LE(row * (this.#idBytes + 8)) & mask;
      while (index[slot] !== 0) slot = (slot + 1) & mask;
      index[slot] = row + 1;
    }
    return index;
  }
}

/** The rows of the parents of each commit; -1 for one that is not there. */
class Parents {
  readonly #ends: Uint32Array;
  #rows: Int32Array;

  constructor(headers: Buffer, ends: Uint32Array, count: number, idBytes: number, rowOf: (id: Buffer) => number) {
    this.#ends = new Uint32Array(count);
    this.#rows = new Int32Array(count * 2);
    const id = Buffer.alloc(idBytes);
    let length = 0;
    for (let row = 0; row < count; row++) {
      // Behind the id, a space and the date.
      let at = headers.indexOf(SPACE, startOf(ends, row) + 2 * idBytes + 1) + 1;
      while (headers[at] !== SEPARATOR && at < (ends[row] as number)) {
        id.write(headers.toString('latin1', at, at + 2 * idBytes), 'hex');
        if (length === this.#rows.length) this.#grow();
        this.#rows[length++] = rowOf(id);
        at += 2 * idBytes;
        if (headers[at] === SPACE) at++;
      }
      this.#ends[row] = length;
    }
  }

  of(row: number): Int32Array {
    return this.#rows.subarray(row === 0 ? 0 : this.#ends[row - 1], this.#ends[row]);
  }

  #grow(): void {
    const larger = new Int32Array(this.#rows.length * 2);
    larger.set(this.#rows);
    this.#rows = larger;
  }
}

function startOf(ends: Uint32Array, row: number): number {
  return row === 0 ? 0 : (ends[row - 1] as number);
}

function writeRow(rows: Buffer, row: number, headers: Buffer, start: number, idBytes: number): void {
  const at = row * (idBytes + 8);
  rows.write(headers.toString('latin1', start, start + 2 * idBytes), at, idBytes, 'hex');
  let date = 0;
  let from = start + 2 * idBytes + 1;
  const isBefore1970 = headers[from] === 45;
  if (isBefore1970) from++;
  for (; headers[from] !== SPACE && from < headers.length; from++) date = date * 10 + (headers[from] as number) - ZERO;
  rows.writeDoubleLE(isBefore1970 ? -date : date, at + idBytes);
}
