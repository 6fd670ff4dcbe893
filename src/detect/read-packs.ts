import { setImmediate as turn } from 'node:timers/promises';
import { UNKNOWN_SIZE } from '../files/blob-table.ts';
import { createInflater } from '../files/pack/inflate.ts';
import { PackError } from '../files/pack/pack-error.ts';
import { PackFile } from '../files/pack/pack-file.ts';
import { MAX_ENTRY, type PackTrees } from '../files/pack/trees.ts';
import { isArchive } from './archives.ts';
import type { Engine } from './engine.ts';
import { memoryOf } from './kernel/wasm.ts';
import { isAborted } from './outcome.ts';
import { createPatch, type Patch, RECORD, SLACK } from './patch.ts';
import { type Portion, PortionBuilder } from './protocol.ts';
import { searchBlob } from './search-blob.ts';
import { isBinary, sniffEncoding } from './text.ts';
import { LiveHits, LiveSpan, Versions } from './versions.ts';

/** Of each worker, but only what is used of it is taken from the machine. */
const ARENA = 48 * 1024 * 1024;
/** Room for records of what a version has in common with its base; without a record, a stretch is searched anew. */
const RECORDS = 8192 * RECORD;
/**
 * A text of nothing but keywords may have two live hits for every three bytes, and a chain of versions would keep those of all.
 * Such texts, and what is made from them, are searched as a whole. Of moby's 230,908 blobs none is one.
 */
const DENSE = 16;
const FEW_HITS = 4096;
/** So much of a pack is read ahead. */
const WINDOW = 12 * 1024;

/** A text on the path from the root of a tree to the one at hand. */
interface Version {
  /** Is its text there, for others to be made from? */
  isThere: boolean;
  /** Is it searched as the bytes it is, by live hits? */
  isPlain: boolean;
  /** Has it, or what it is made from, so many live hits that to keep them costs more than to look for them? */
  isDense: boolean;
  side: 0 | 1;
  start: number;
  end: number;
  /** Where its live hits are. */
  first: number;
  behind: number;
  /** Does it take room? */
  isHeld: boolean;
}

/**
 * Reads blobs straight from a pack: each entry is inflated once, and a delta applied to its base, which is still there, for
 * the entries come tree by tree. What is odd about one is left to git, with all that is made from it: its outcome says so.
 *
 * Texts are held in one memory, in two stacks that grow toward each other: a version on the other side than its base. So the
 * base may go as soon as the last version of it is made, and long chains take the room of two texts.
 */
export class PackReader {
  readonly #engine: Engine;
  readonly #maxBytes: number;
  readonly #versions: Versions;
  readonly #arena: Buffer;
  /** What to add to a place in the arena for its address. */
  readonly #origin: number;
  readonly #words: Int32Array;
  readonly #patch: Patch;
  readonly #inflate = createInflater();
  readonly #path: Version[] = [];
  readonly #live = [new LiveHits(), new LiveHits()] as const;
  #low = RECORDS;
  #high: number;

  /** Throws where there is no WebAssembly. */
  constructor(engine: Engine, maxBytes: number) {
    this.#engine = engine;
    this.#maxBytes = maxBytes;
    this.#versions = new Versions(engine.search);
    this.#arena = engine.slab(ARENA);
    const memory = memoryOf(this.#arena);
    if (memory === undefined) throw new Error('there is no WebAssembly');
    this.#origin = this.#arena.byteOffset;
    this.#words = new Int32Array(memory.buffer);
    this.#patch = createPatch(memory);
    this.#high = ARENA - SLACK;
  }

  /** An outcome for each entry with a position, in their order. */
  async *search(trees: PackTrees, signal?: AbortSignal): AsyncGenerator<Portion> {
    const pack = new PackFile(trees.path, trees.idBytes, trees.checksum, WINDOW);
    try {
      let portion = new PortionBuilder();
      for (let entry = 0; entry < trees.at.length; entry++) {
        this.#read(pack, trees, entry, portion);
        if (!portion.isFull) continue;
        yield await portion.finish();
        portion = new PortionBuilder();
        // Others want to be heard: the search may be over.
        await turn();
        if (isAborted(signal)) return;
      }
      if (portion.count > 0) yield await portion.finish();
    } finally {
      this.#release(0);
      pack.close();
    }
  }

  #read(pack: PackFile, trees: PackTrees, entry: number, portion: PortionBuilder): void {
    const depth = trees.depths[entry] as number;
    const isAsked = (trees.positions[entry] as number) >= 0;
    this.#release(depth);
    const version = this.#versionAt(depth);
    const base = depth === 0 ? undefined : this.#versionAt(depth - 1);
    version.isThere = false;
    try {
      if (base?.isThere !== false) {
        const packed = pack.read(trees.at[entry] as number, trees.most[entry] as number);
        const size = trees.sizes[entry] as number;
        const records = base === undefined ? this.#place(version, packed, size) : this.#make(version, base, packed, size);
        const bytes = this.#arena.subarray(version.start, version.end);
        this.#sift(version, base, bytes, records);
        version.isThere = true;
      }
    } catch {
      // Whatever is the matter with it: git will say.
    }
    // Another size than git knows: it has another one of that name.
    const listed = trees.listed[entry] as number;
    const isSame = version.isThere && (listed === UNKNOWN_SIZE || version.end - version.start === listed);
    if (isAsked && isSame) this.#search(version, portion);
    else if (isAsked) portion.leave();
    if (base !== undefined && trees.isLast[entry] === 1) this.#free(base);
  }

  /** A text that stands in the pack as it is. */
  #place(version: Version, packed: Buffer, size: number): undefined {
    this.#hold(version, 0, size);
    this.#inflate(packed, this.#arena, version.start, size);
  }

  /** Makes a text from its base; gives the records of what they have in common. */
  #make(version: Version, base: Version, packed: Buffer, size: number): Int32Array {
    // The delta stands in what is left between the stacks, on the side of its base.
    if (roomFor(size) > this.#high - this.#low) throw new PackError('no room');
    const delta = base.side === 0 ? this.#low : this.#high - roomFor(size);
    const deltaEnd = delta + size;
    this.#inflate(packed, this.#arena, delta, size);
    const reader = { at: delta, end: deltaEnd };
    const [from, to] = [readSize(this.#arena, reader), readSize(this.#arena, reader)];
    if (from !== base.end - base.start || to > MAX_ENTRY) throw new PackError('a delta of something else');
    this.#hold(version, base.side === 0 ? 1 : 0, to, roomFor(size));
    const origin = this.#origin;
    const { before, after, last, least } = this.#versions;
    const end = this.#patch.patch(
      ...[reader.at + origin, deltaEnd + origin, base.start + origin, base.end + origin],
      ...[version.start + origin, version.end + origin, origin, origin + RECORDS],
      ...[before, after, last, least],
    );
    if (end === 0) throw new PackError('a delta that does not fit');
    return this.#words.subarray(origin / 4, end / 4);
  }

  /** Notes the live hits of a text. */
  #sift(version: Version, base: Version | undefined, bytes: Buffer, records: Int32Array | undefined): void {
    const live = this.#live[version.side];
    version.first = live.count;
    version.isDense = base?.isDense === true;
    version.isPlain = !version.isDense && sniffEncoding(bytes) === 'bytes' && !isBinary(bytes);
    if (version.isPlain) {
      if (base?.isPlain === true && records !== undefined) {
        const spare = this.#arena.subarray(this.#low, this.#high);
        this.#versions.changed(bytes, records, this.#spanOf(base), live, spare);
      } else this.#versions.all(bytes, live);
      if (live.count - version.first > Math.max(FEW_HITS, bytes.length / DENSE)) {
        version.isDense = true;
        version.isPlain = false;
        live.count = version.first;
      }
    }
    version.behind = live.count;
  }

  #search(version: Version, portion: PortionBuilder): void {
    const { isPlain, first, behind, start, end } = version;
    const bytes = this.#arena.subarray(start, end);
    if (isPlain && first === behind && !this.#versions.mayHold(bytes) && !isArchive(bytes)) portion.addClean(bytes.length);
    else searchBlob(this.#engine, bytes, this.#maxBytes, portion, isPlain ? this.#spanOf(version).hits() : undefined);
  }

  #spanOf({ side, first, behind }: Version): LiveSpan {
    return new LiveSpan(this.#live[side], first, behind);
  }

  #versionAt(depth: number): Version {
    const known = this.#path[depth];
    if (known !== undefined) return known;
    const version: Version = {
      isThere: false,
      isPlain: false,
      isDense: false,
      side: 0,
      start: 0,
      end: 0,
      first: 0,
      behind: 0,
      isHeld: false,
    };
    this.#path[depth] = version;
    return version;
  }

  /** Takes room for a text, if there is that much and `beside` more. */
  #hold(version: Version, side: 0 | 1, size: number, beside = 0): void {
    const room = roomFor(size);
    if (size > this.#maxBytes || room + beside > this.#high - this.#low) throw new PackError('no room');
    version.side = side;
    if (side === 0) {
      version.start = this.#low;
      this.#low += room;
    } else {
      this.#high -= room;
      version.start = this.#high;
    }
    version.end = version.start + size;
    version.first = this.#live[side].count;
    version.isHeld = true;
  }

  /** Gives back the room of all from `depth` on: they are on top of their stacks. */
  #release(depth: number): void {
    for (let at = this.#path.length - 1; at >= depth; at--) this.#free(this.#path[at] as Version);
    if (this.#path.length > depth) this.#path.length = depth;
    if (depth === 0) for (const live of this.#live) live.shrink();
  }

  #free(version: Version): void {
    if (!version.isHeld) return;
    version.isHeld = false;
    const { side, start, end } = version;
    if (side === 0) this.#low = start;
    else this.#high = start + roomFor(end - start);
    this.#live[side].count = version.first;
  }
}

/** With what may be written behind its end. */
function roomFor(size: number): number {
  return (size + SLACK + 7) & ~7;
}

/** A size at the front of a delta. */
function readSize(bytes: Buffer, reader: { at: number; readonly end: number }): number {
  let size = 0;
  for (let scale = 1; ; scale *= 128) {
    if (reader.at >= reader.end || scale > MAX_ENTRY) throw new PackError('a delta that is cut');
    const byte = bytes[reader.at++] as number;
    size += (byte & 127) * scale;
    if (byte < 128) return size;
  }
}
