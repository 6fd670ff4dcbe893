import type { Inlet } from '../files/read-child.ts';
import { messageOf } from '../util/errors.ts';
import { ArchiveParts, isArchive } from './archives.ts';
import type { Engine } from './engine.ts';
import type { FileScan } from './file-scan.ts';
import { conclude, cutWhy, failed, PIECE, skipped } from './outcome.ts';
import { PortionBuilder } from './protocol.ts';
import { searchBlob } from './search-blob.ts';
import { LARGE_SLAB, type Slabs, SMALL_SLAB } from './slabs.ts';

const LINE_FEED = 10;
const SPACE = 32;
const ZERO = 48;
const [LETTER_B, LETTER_L] = [98, 108];
/** git's answers are one short line each. */
const MAX_HEADER = 4096;
/** Portions at hand before git is made to wait. */
const AHEAD = 2;

/** A blob that is searched piece by piece, or passed over. */
interface Long {
  readonly scan: FileScan;
  readonly size: number;
  readonly isBlob: boolean;
  /** Why the search of it broke off. */
  trouble?: string;
  /** Bytes of content not yet taken from the stream. */
  remaining: number;
  /** Bytes of content that may still be searched. */
  wanted: number;
  /** What is held of an archive. */
  archive?: ArchiveParts;
}

interface Header {
  readonly isBlob: boolean;
  readonly size: number;
}

export interface BlobStreamOptions {
  readonly engine: Engine;
  readonly slabs: Slabs;
  readonly maxBytes: number;
  readonly idBytes: number;
  /** Answers that are to come. */
  readonly total: number;
  /** A portion is at hand, or the stream makes no sense. */
  readonly onReady: () => void;
}

/**
 * Takes what `git cat-file --batch` says (`<id> blob <size>`, a line feed, the content, a line feed) and searches each blob
 * where it stands. One that is not wholly there waits; a long one is searched in pieces.
 */
export class BlobStream implements Inlet {
  readonly #engine: Engine;
  readonly #slabs: Slabs;
  readonly #maxBytes: number;
  readonly #idLength: number;
  readonly #total: number;
  readonly #onReady: () => void;
  #delivered = 0;
  #slab: Buffer;
  /** What is not yet dealt with stands in `[#at, #fill)`. */
  #at = 0;
  #fill = 0;
  /** The blob at `#at`, from its header on, has so many bytes. */
  #needed = 0;
  #long: Long | undefined;
  #portion = new PortionBuilder();
  readonly #ready: PortionBuilder[] = [];
  #nonsense: string | undefined;

  constructor({ engine, slabs, maxBytes, idBytes, total, onReady }: BlobStreamOptions) {
    this.#engine = engine;
    this.#slabs = slabs;
    this.#maxBytes = maxBytes;
    this.#idLength = idBytes * 2;
    this.#total = total;
    this.#onReady = onReady;
    this.#slab = slabs.take(SMALL_SLAB);
  }

  /** Outcomes known so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Why no more can be understood. */
  get nonsense(): string | undefined {
    return this.#nonsense;
  }

  get isBehind(): boolean {
    return this.#ready.length >= AHEAD;
  }

  /** A full portion. */
  take(): PortionBuilder | undefined {
    return this.#ready.shift();
  }

  /** At the end: the last portion, which may be empty. Nothing may be written to `room()` any more. */
  end(): PortionBuilder {
    this.#slabs.giveBack(this.#slab);
    return this.#portion;
  }

  room(): Uint8Array<ArrayBuffer> {
    return this.#slab.subarray(this.#fill) as Uint8Array<ArrayBuffer>;
  }

  filled(count: number): boolean {
    this.#fill += count;
    if (this.#delivered < this.#total && this.#nonsense === undefined) {
      while (this.#take()) this.#ration();
      this.#makeRoom();
    } else {
      // Nothing was asked for that could come here.
      this.#at = 0;
      this.#fill = 0;
    }
    return !this.isBehind;
  }

  #ration(): void {
    this.#delivered++;
    if (!this.#portion.isFull) return;
    this.#ready.push(this.#portion);
    this.#portion = new PortionBuilder();
    this.#onReady();
  }

  /** Room for what stands at `#at`, and the smaller slab whenever it will do. */
  #makeRoom(): void {
    const used = this.#fill - this.#at;
    const wantsLarge = this.#long !== undefined || this.#needed > SMALL_SLAB;
    if (wantsLarge !== (this.#slab.length === LARGE_SLAB)) {
      const other = this.#slabs.take(wantsLarge ? LARGE_SLAB : SMALL_SLAB);
      this.#slab.copy(other, 0, this.#at, this.#fill);
      this.#slabs.giveBack(this.#slab);
      this.#slab = other;
    } else if (used > 0) {
      const hasRoom = this.#long === undefined && this.#slab.length - this.#at > Math.max(this.#needed, MAX_HEADER);
      if (hasRoom || this.#at === 0) return;
      this.#slab.copyWithin(0, this.#at, this.#fill);
    }
    this.#at = 0;
    this.#fill = used;
  }

  /** Deals with what stands at `#at`. `false`: more bytes are needed. */
  #take(): boolean {
    if (this.#delivered >= this.#total || this.#nonsense !== undefined) return false;
    if (this.#long !== undefined) return this.#takeLong(this.#long);
    if (this.#fill - this.#at < Math.max(1, this.#needed)) return false;
    const slab = this.#slab;
    const end = slab.indexOf(LINE_FEED, this.#at);
    if (end < 0 || end >= this.#fill) return this.#expectHeader();
    const header = this.#headerIn(this.#at, end);
    if (header === undefined) {
      const said = slab.toString('latin1', this.#at, end);
      this.#at = end + 1;
      this.#portion.add(
        failed(
          said.endsWith(' missing')
            ? 'the object is missing from the repository, or damaged'
            : `git: ${said.replace(/^\S+ /, '')}`,
        ),
      );
      return true;
    }
    const { isBlob, size } = header;
    if (size > PIECE) {
      this.#at = end + 1;
      this.#needed = 0;
      this.#long = {
        scan: this.#engine.open({ unplaced: true }),
        size,
        isBlob,
        remaining: size,
        wanted: isBlob ? Math.min(size, this.#maxBytes) : 0,
      };
      return this.#takeLong(this.#long);
    }
    const behind = end + 1 + size + 1;
    if (behind > this.#fill) {
      this.#needed = behind - this.#at;
      return false;
    }
    this.#needed = 0;
    this.#at = behind;
    const content = slab.subarray(end + 1, end + 1 + size);
    if (!isBlob) this.#portion.add(skipped('not a blob'));
    else searchBlob(this.#engine, content, this.#maxBytes, this.#portion);
    return true;
  }

  #expectHeader(): false {
    if (this.#fill - this.#at > MAX_HEADER) {
      this.#nonsense = 'git gave an answer that cannot be read';
      this.#onReady();
    }
    return false;
  }

  /** What `<id> blob <size>` says; `undefined` for `<id> missing` and other answers. */
  #headerIn(start: number, end: number): Header | undefined {
    const slab = this.#slab;
    const type = start + this.#idLength + 1;
    if (slab[type - 1] !== SPACE) return undefined;
    const space = slab.indexOf(SPACE, type);
    if (space < 0 || space >= end) return undefined;
    let size = 0;
    for (let at = space + 1; at < end; at++) {
      const value = (slab[at] as number) - ZERO;
      if (value < 0 || value > 9) return undefined;
      size = size * 10 + value;
    }
    return { isBlob: slab[type] === LETTER_B && slab[type + 1] === LETTER_L, size };
  }

  /** Feeds the scan whenever a piece is full; passes over what is beyond the limit. */
  #takeLong(long: Long): boolean {
    const have = this.#fill - this.#at;
    if (long.wanted > 0) {
      const isLast = have >= long.wanted;
      if (!isLast && have < PIECE) return false;
      const view = this.#slab.subarray(this.#at, this.#at + (isLast ? long.wanted : have));
      if (long.remaining === long.size && isArchive(view)) long.archive = new ArchiveParts(long.size);
      const drop = feedSafely(long, view, isLast);
      long.archive?.add(view.subarray(0, drop));
      this.#at += drop;
      long.wanted -= drop;
      long.remaining -= drop;
      if (!isLast && long.trouble === undefined) return false;
    }
    // The rest of the content, and the line feed behind it.
    const passed = Math.min(long.remaining + 1, this.#fill - this.#at);
    this.#at += passed;
    long.remaining -= passed;
    if (long.remaining >= 0) return false;
    this.#long = undefined;
    if (!long.isBlob) {
      this.#portion.add(skipped('not a blob'));
      return true;
    }
    if (long.trouble !== undefined) {
      this.#portion.add(failed(long.trouble));
      return true;
    }
    const searched = Math.min(long.size, this.#maxBytes);
    const cut = searched < long.size ? cutWhy(long.size, this.#maxBytes) : undefined;
    const outcome = conclude(this.#engine, long.scan.finish(), searched, undefined, cut);
    const { archive } = long;
    const all = archive === undefined ? outcome : outcome.then((known) => archive.search(this.#engine, known));
    this.#portion.addLater(all, searched);
    return true;
  }
}

function feedSafely(long: Long, view: Buffer, isLast: boolean): number {
  try {
    return long.scan.feed(view, isLast);
  } catch (error) {
    long.trouble = messageOf(error);
    long.wanted = 0;
    return 0;
  }
}
