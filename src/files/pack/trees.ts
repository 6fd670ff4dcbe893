import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type BlobTable, UNKNOWN_SIZE } from '../blob-table.ts';
import { commonDirOf } from '../git.ts';
import { namesIn } from '../names-in.ts';
import { looseIds } from '../object-store.ts';
import { PackError } from './pack-error.ts';
import { BLOB, ID_DELTA, OFFSET_DELTA, PackFile } from './pack-file.ts';
import { BucketedIds, PackIndex, TWICE } from './pack-index.ts';

/** Larger entries are left to git. */
export const MAX_ENTRY = 8 * 1024 * 1024;
/** git makes no deeper chains. */
const MAX_DEPTH = 4095;
/** Each pack is asked for each blob: with more packs, all is left to git. It wants to repack from fifty on. */
const MAX_PACKS = 256;
/** Bases that were not asked for: so many, and so many for each blob that was. */
const MAX_OTHERS = 65_536;
const OTHERS_EACH = 4;
/** Rounds in which bases are sought by id: each may read as much of the index as a whole one. */
const MAX_ID_ROUNDS = 256;
/** Heads that stand close to one another are read front to back, others one by one. */
const WINDOW = 1024 * 1024;
const SMALL_WINDOW = 4096;
const CLOSE = 8192;
/** Milliseconds of work after which others are let to theirs. */
const LONG = 20;
const SOME = 256;

/**
 * Blobs of one pack that are to be read, and what they are deltas of, tree by tree: a base stands before all that is made
 * from it. Per entry one place in each array, nothing else: a repository may have millions.
 */
export interface PackTrees {
  readonly path: string;
  readonly checksum: Uint8Array<ArrayBuffer>;
  readonly idBytes: number;
  /** Where the zlib stream begins; how many bytes it has at most; to how many it inflates. */
  readonly at: Float64Array<ArrayBuffer>;
  readonly most: Uint32Array<ArrayBuffer>;
  readonly sizes: Uint32Array<ArrayBuffer>;
  /** 0 for an entry that is no delta; for others one more than their base has. */
  readonly depths: Uint16Array<ArrayBuffer>;
  /** 1 where an entry is the last one made from its base. */
  readonly isLast: Uint8Array<ArrayBuffer>;
  /** The position among the blobs asked for; -1 for a base that was not asked for. */
  readonly positions: Int32Array<ArrayBuffer>;
  /** The size that git says the blob has; `UNKNOWN_SIZE` where it was not asked for. */
  readonly listed: Float64Array<ArrayBuffer>;
}

export interface PlannedTrees extends PackTrees {
  /** About how long the text of each entry is: as it is known, or as what it was first made from. */
  readonly texts: Float64Array<ArrayBuffer>;
}

export interface PackPlan {
  readonly packs: readonly PlannedTrees[];
  /** Positions of blobs that are not in these packs, or in a way that is left to git. */
  readonly left: Int32Array<ArrayBuffer>;
}

/**
 * Finds blobs in the packs of a repository itself (not in those it borrows from). What is odd is left to git: so is what stands
 * in two packs, or in one and beside them, for it chooses by rules of its own, and two of one name need not be the same.
 */
export async function findInPacks(gitDir: string, blobs: BlobTable, signal?: AbortSignal): Promise<PackPlan> {
  const all = (): Int32Array<ArrayBuffer> => Int32Array.from({ length: blobs.length }, (_, position) => position);
  const paths = packPaths(gitDir);
  if (blobs.length === 0 || paths.length === 0 || paths.length > MAX_PACKS) return { packs: [], left: all() };
  const pause = new Pause(signal);
  const packs: PlannedTrees[] = [];
  const isPlanned = new Uint8Array(blobs.length);
  try {
    const places = await placesIn(paths, blobs, pause);
    for (const id of looseIds(join(commonDirOf(gitDir), 'objects'))) {
      const position = blobs.positionOf(id);
      if (position >= 0) places.packOf[position] = IN_TWO;
    }
    for (const [number, { path, checksum, count }] of places.packs.entries()) {
      if (count === 0) continue;
      const mine = positionsOf(places.packOf, number + 1);
      const trees = await readTrees({ ...path, checksum }, blobs, mine, places.offsets, pause);
      if (trees === undefined) continue;
      for (const position of trees.positions) if (position >= 0) isPlanned[position] = 1;
      packs.push(trees);
    }
  } catch {
    // An index that we cannot read, but git perhaps can: who knows what stands in two packs? Or the search is over.
    return { packs: [], left: all() };
  }
  return { packs, left: positionsOf(isPlanned, 0) };
}

/** Lets others do their work, and ends what is no longer wanted. */
class Pause {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  async after(least: number): Promise<void> {
    if (performance.now() - this.#last < least) return;
    await turn();
    if (this.#signal?.aborted === true) throw new PackError('it is over');
    this.#last = performance.now();
  }
}

interface PackPath {
  readonly index: string;
  readonly pack: string;
}

interface Places {
  /** By position: 0, or one more than the number of the only pack that has it; `IN_TWO`. */
  readonly packOf: Uint16Array;
  readonly offsets: Float64Array;
  readonly packs: readonly {
    readonly path: PackPath;
    readonly checksum: Uint8Array<ArrayBuffer>;
    readonly count: number;
  }[];
}

const IN_TWO = 0xffff;

async function placesIn(paths: readonly PackPath[], { ids, idBytes, length }: BlobTable, pause: Pause): Promise<Places> {
  const packOf = new Uint16Array(length);
  const offsets = new Float64Array(length);
  const wanted = new BucketedIds(
    ids,
    idBytes,
    Int32Array.from({ length }, (_, position) => position),
  );
  const packs: Places['packs'][number][] = [];
  for (const [number, path] of paths.entries()) {
    const index = new PackIndex(path.index, idBytes);
    let count = 0;
    try {
      index.find(wanted, (position, offset) => {
        count++;
        offsets[position] = offset;
        packOf[position] = offset === TWICE || packOf[position] !== 0 ? IN_TWO : number + 1;
      });
      packs.push({ path, checksum: new Uint8Array(index.checksum()), count });
    } finally {
      index.close();
    }
    await pause.after(0);
  }
  return { packOf, offsets, packs };
}

function packPaths(gitDir: string): PackPath[] {
  const folder = join(commonDirOf(gitDir), 'objects', 'pack');
  return namesIn(folder).flatMap((name) => {
    if (!name.endsWith('.idx')) return [];
    const pack = join(folder, name.replace(/idx$/, 'pack'));
    return existsSync(pack) ? [{ index: join(folder, name), pack }] : [];
  });
}

function positionsOf(marks: Uint8Array | Uint16Array, mark: number): Int32Array<ArrayBuffer> {
  let count = 0;
  for (const one of marks) if (one === mark) count++;
  const positions = new Int32Array(count);
  let next = 0;
  for (let position = 0; position < marks.length; position++) if (marks[position] === mark) positions[next++] = position;
  return positions;
}

async function readTrees(
  { index: indexPath, pack: path, checksum }: PackPath & { readonly checksum: Uint8Array<ArrayBuffer> },
  blobs: BlobTable,
  asked: Int32Array,
  offsets: Float64Array,
  pause: Pause,
): Promise<PlannedTrees | undefined> {
  const { idBytes } = blobs;
  let index: PackIndex | undefined;
  let pack: PackFile | undefined;
  try {
    index = new PackIndex(indexPath, idBytes);
    pack = new PackFile(path, idBytes, checksum, WINDOW);
    if (pack.count !== index.count || !index.checksum().equals(checksum)) {
      throw new PackError('a pack that is not that of its index');
    }
    const entries = new Entries(pack, index, idBytes);
    await entries.read(asked, offsets, pause);
    return entries.count === 0 ? undefined : { path, checksum, idBytes, ...entries.trees(blobs) };
  } catch {
    // Gone, cut, crafted or of another kind: git knows what to make of it.
    return undefined;
  } finally {
    pack?.close();
    index?.close();
  }
}

/** Entries of one pack, by a number each. */
class Entries {
  readonly #pack: PackFile;
  readonly #index: PackIndex;
  readonly #idBytes: number;
  count = 0;
  /** The first so many are the blobs asked for, by rising offset. */
  #asked = 0;
  #offsets = new Float64Array(0);
  #positions = new Int32Array(0);
  #at = new Float64Array(0);
  #sizes = new Float64Array(0);
  /** Number of the base; NONE for none, UNUSABLE for what is left to git. */
  #bases = new Int32Array(0);
  /** Bases that were not asked for, by offset. */
  readonly #others = new Map<number, number>();
  #mostOthers = 0;

  constructor(pack: PackFile, index: PackIndex, idBytes: number) {
    this.#pack = pack;
    this.#index = index;
    this.#idBytes = idBytes;
  }

  async read(asked: Int32Array, offsets: Float64Array, pause: Pause): Promise<void> {
    const { length } = asked;
    this.#grow(length);
    // git lists objects in the order of the pack.
    let isSorted = true;
    for (let number = 0; number < length; number++) {
      const offset = offsets[asked[number] as number] as number;
      if (number > 0 && offset < (this.#offsets[number - 1] as number)) isSorted = false;
      this.#offsets[number] = offset;
      this.#positions[number] = asked[number] as number;
    }
    this.count = length;
    this.#asked = length;
    this.#mostOthers = MAX_OTHERS + OTHERS_EACH * length;
    if (!isSorted) this.#sort();
    await this.#readHeads(pause);
  }

  #sort(): void {
    const { count } = this;
    const [offsets, positions] = [this.#offsets.slice(0, count), this.#positions.slice(0, count)];
    const order = Int32Array.from({ length: count }, (_, number) => number);
    order.sort((a, b) => (offsets[a] as number) - (offsets[b] as number));
    for (let number = 0; number < count; number++) {
      this.#offsets[number] = offsets[order[number] as number] as number;
      this.#positions[number] = positions[order[number] as number] as number;
    }
  }

  /**
   * Reads heads, then those of bases not met so far, and so on: a stranger's pack may be one chain of millions, or many that
   * go far without meeting. What they lead to is left to git.
   */
  async #readHeads(pause: Pause): Promise<void> {
    let from = 0;
    let idRounds = 0;
    for (let round = 0; from < this.count && round <= MAX_DEPTH; round++) {
      const to = this.count;
      const order = round === 0 ? undefined : this.#byOffset(from, to);
      const [first, last] = [order?.[0] ?? from, order?.at(-1) ?? to - 1];
      const span = (this.#offsets[last] as number) - (this.#offsets[first] as number);
      this.#pack.readAhead(span / (to - from) < CLOSE ? Math.min(WINDOW, span + SMALL_WINDOW) : SMALL_WINDOW);
      const wanted: { readonly entry: number; readonly id: Buffer }[] = [];
      for (let entry = from; entry < to; entry++) {
        this.#readHead(order?.[entry - from] ?? entry, wanted);
        if (entry % SOME === 0) await pause.after(LONG);
      }
      if (wanted.length > 0 && idRounds++ < MAX_ID_ROUNDS) this.#findBases(wanted);
      await pause.after(LONG);
      from = to;
    }
    this.#bases.fill(UNUSABLE, from, this.count);
  }

  #byOffset(from: number, to: number): Int32Array {
    const order = Int32Array.from({ length: to - from }, (_, index) => from + index);
    return order.sort((a, b) => (this.#offsets[a] as number) - (this.#offsets[b] as number));
  }

  #readHead(entry: number, wanted: { readonly entry: number; readonly id: Buffer }[]): void {
    this.#bases[entry] = UNUSABLE;
    let head: ReturnType<PackFile['headAt']>;
    try {
      head = this.#pack.headAt(this.#offsets[entry] as number);
    } catch {
      return;
    }
    if (head.size > MAX_ENTRY) return;
    this.#at[entry] = head.dataAt;
    this.#sizes[entry] = head.size;
    if (head.type === BLOB) this.#bases[entry] = NONE;
    else if (head.type === OFFSET_DELTA) this.#link(entry, head.base);
    else if (head.type === ID_DELTA && head.baseId !== undefined) wanted.push({ entry, id: Buffer.from(head.baseId) });
  }

  #findBases(wanted: readonly { readonly entry: number; readonly id: Buffer }[]): void {
    const ids = Buffer.concat(wanted.map(({ id }) => id));
    const all = Int32Array.from({ length: wanted.length }, (_, number) => number);
    this.#index.find(new BucketedIds(ids, this.#idBytes, all), (number, offset) => {
      const entry = wanted[number]?.entry;
      if (entry !== undefined && offset !== TWICE) this.#link(entry, offset);
    });
  }

  #link(entry: number, offset: number): void {
    // A new entry may make the arrays grow.
    const base = this.#entryAt(offset);
    this.#bases[entry] = base;
  }

  /** The entry at an offset; a new one when it was not met before. `UNUSABLE` when there are too many. */
  #entryAt(offset: number): number {
    const offsets = this.#offsets;
    let [low, high] = [0, this.#asked];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((offsets[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    if (low < this.#asked && offsets[low] === offset) return low;
    const known = this.#others.get(offset);
    if (known !== undefined) return known;
    if (this.#others.size >= this.#mostOthers) return UNUSABLE;
    if (this.count === this.#offsets.length) this.#grow(this.count + 1024 + (this.count >> 2));
    const entry = this.count++;
    this.#offsets[entry] = offset;
    this.#positions[entry] = -1;
    this.#others.set(offset, entry);
    return entry;
  }

  #grow(size: number): void {
    this.#offsets = longer(this.#offsets, new Float64Array(size));
    this.#positions = longer(this.#positions, new Int32Array(size));
    this.#at = longer(this.#at, new Float64Array(size));
    this.#sizes = longer(this.#sizes, new Float64Array(size));
    this.#bases = longer(this.#bases, new Int32Array(size));
  }

  /** Entries that lead to a whole blob, each behind its base. Those in a circle of bases are never come to. */
  trees(blobs: BlobTable): Omit<PlannedTrees, 'path' | 'checksum' | 'idBytes'> {
    const { count } = this;
    const first = new Int32Array(count).fill(NONE);
    const next = new Int32Array(count).fill(NONE);
    const roots: number[] = [];
    for (let entry = count - 1; entry >= 0; entry--) {
      const base = this.#bases[entry] as number;
      if (base === NONE) roots.push(entry);
      if (base < 0) continue;
      next[entry] = first[base] as number;
      first[base] = entry;
    }
    roots.sort((a, b) => (this.#offsets[a] as number) - (this.#offsets[b] as number));
    const out = {
      at: new Float64Array(count),
      most: new Uint32Array(count),
      sizes: new Uint32Array(count),
      depths: new Uint16Array(count),
      isLast: new Uint8Array(count),
      positions: new Int32Array(count),
      listed: new Float64Array(count),
      texts: new Float64Array(count),
    };
    let length = 0;
    const path: number[] = [];
    for (const root of roots) {
      path.push(root);
      while (path.length > 0) {
        const depth = path.length - 1;
        const entry = path[depth] as number;
        if (entry === NONE) {
          path.pop();
          continue;
        }
        // Its place on the path is taken by the next one made from the same base.
        const following = depth === 0 ? NONE : (next[entry] as number);
        path[depth] = following;
        out.at[length] = this.#at[entry] as number;
        out.most[length] = this.#mostAt(entry);
        out.sizes[length] = this.#sizes[entry] as number;
        out.depths[length] = depth;
        out.isLast[length] = following === NONE ? 1 : 0;
        const position = this.#positions[entry] as number;
        const size = position < 0 ? UNKNOWN_SIZE : blobs.sizeAt(position);
        out.listed[length] = size;
        out.texts[length] = size === UNKNOWN_SIZE ? (this.#sizes[root] as number) : size;
        out.positions[length++] = position;
        const child = first[entry] as number;
        if (child !== NONE && depth < MAX_DEPTH) path.push(child);
      }
    }
    if (length === count) return out;
    return {
      at: out.at.slice(0, length),
      most: out.most.slice(0, length),
      sizes: out.sizes.slice(0, length),
      depths: out.depths.slice(0, length),
      isLast: out.isLast.slice(0, length),
      positions: out.positions.slice(0, length),
      listed: out.listed.slice(0, length),
      texts: out.texts.slice(0, length),
    };
  }

  /** So many bytes hold the zlib stream, whatever made it: zlib's own bound, and it ends where the next entry begins. */
  #mostAt(entry: number): number {
    const at = this.#at[entry] as number;
    const size = this.#sizes[entry] as number;
    const bound = size + ((size + 7) >> 3) + ((size + 63) >> 6) + 64;
    const following = entry + 1 < this.#asked ? (this.#offsets[entry + 1] as number) : this.#pack.end;
    return Math.min(bound, (following > at ? following : this.#pack.end) - at);
  }
}

const NONE = -1;
const UNUSABLE = -2;

function longer<T extends Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
