import { type Inlet, type ReadChild, readChild } from '../files/read-child.ts';
import { messageOf } from '../util/errors.ts';
import type { Engine } from './engine.ts';
import type { FileScan } from './file-scan.ts';
import { conclude, cutWhy, failed, isAborted, isClean, PIECE, skipped } from './outcome.ts';
import { type Portion, PortionBuilder } from './protocol.ts';
import { LARGE_SLAB, type Slabs, SMALL_SLAB } from './slabs.ts';

export interface BlobSource {
  /** Arguments before the subcommand, `--git-dir` among them. */
  readonly git: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds of silence after which git is given up: an object that is a FIFO makes it wait for ever. */
  readonly patience?: number;
}

/** Ids as bytes, one after another. */
export interface IdList {
  readonly ids: Uint8Array<ArrayBuffer>;
  readonly idBytes: number;
}

const LINE_FEED = 10;
const SPACE = 32;
const ZERO = 48;
const [LETTER_B, LETTER_L] = [98, 108];
/** git's answers are one short line each. */
const MAX_HEADER = 4096;
/** A repository in which git dies this often without delivering anything is given up. */
const MAX_DEATHS = 200;
const PATIENCE = 600_000;
/** Portions at hand before git is made to wait. */
const AHEAD = 2;
const IDS_A_WRITE = 1024;

/**
 * Reads blobs through `git cat-file --batch` in the order given, straight into memory that the engine searches in place:
 * exactly one outcome an id, in that order. When git dies at an object (a corrupt one), that one fails and a new git goes
 * on behind it.
 */
export class BlobReader {
  readonly #engine: Engine;
  readonly #slabs: Slabs;
  readonly #maxBytes: number;

  constructor(engine: Engine, slabs: Slabs, maxBytes: number) {
    this.#engine = engine;
    this.#slabs = slabs;
    this.#maxBytes = maxBytes;
  }

  async *search(source: BlobSource, list: IdList, signal?: AbortSignal): AsyncGenerator<Portion> {
    const total = list.ids.length / list.idBytes;
    let next = 0;
    let deaths = 0;
    while (next < total) {
      if (isAborted(signal)) return;
      const batch = new Batch(this.#engine, this.#slabs, this.#maxBytes, list.idBytes, total - next);
      yield* batch.run(source, { ...list, ids: list.ids.subarray(next * list.idBytes) }, signal);
      next += batch.delivered;
      if (next >= total || isAborted(signal)) return;
      deaths = batch.delivered === 0 ? deaths + 1 : 0;
      const given = batch.cannotStart || deaths >= MAX_DEATHS ? total - next : 1;
      const rest = new PortionBuilder();
      for (let count = 0; count < given; count++) rest.add(failed(batch.why()));
      next += given;
      yield await rest.finish();
    }
  }
}

/** A blob that is searched piece by piece, or passed over. */
interface Long {
  readonly scan: FileScan;
  readonly size: number;
  readonly isBlob: boolean;
  /** Bytes of content not yet taken from the stream. */
  remaining: number;
  /** Bytes of content that may still be searched. */
  wanted: number;
}

interface Header {
  readonly isBlob: boolean;
  readonly size: number;
}

/** One run of git: a stream of `<id> blob <size>\n<content>\n`. */
class Batch implements Inlet {
  /** Outcomes known so far. */
  delivered = 0;
  readonly #engine: Engine;
  readonly #maxBytes: number;
  readonly #idLength: number;
  readonly #total: number;
  readonly #slabs: Slabs;
  #slab: Buffer;
  /** What is not yet dealt with stands in `[#at, #fill)`. */
  #at = 0;
  #fill = 0;
  /** The blob at `#at`, from its header on, has so many bytes. */
  #needed = 0;
  #long: Long | undefined;
  #portion = new PortionBuilder();
  readonly #ready: PortionBuilder[] = [];
  #wake: () => void = () => undefined;
  #hasEnded = false;
  #nonsense: string | undefined;
  #child: ReadChild | undefined;

  constructor(engine: Engine, slabs: Slabs, maxBytes: number, idBytes: number, total: number) {
    this.#engine = engine;
    this.#maxBytes = maxBytes;
    this.#idLength = idBytes * 2;
    this.#total = total;
    this.#slabs = slabs;
    this.#slab = slabs.take(SMALL_SLAB);
  }

  get cannotStart(): boolean {
    return this.#child?.startError() !== undefined;
  }

  /** Why it ended early. */
  why(): string {
    const startError = this.#child?.startError();
    if (startError !== undefined) return `git cannot be started: ${messageOf(startError)}`;
    if (this.#nonsense !== undefined) return this.#nonsense;
    if (this.#child?.isGivenUp() === true) return 'git gave no answer for too long';
    const said = this.#child?.stderr().trim().split('\n')[0] ?? '';
    return said === '' ? 'git ended before it was read' : said.replace(/^(?:fatal|error): /, 'git: ');
  }

  async *run(source: BlobSource, list: IdList, signal: AbortSignal | undefined): AsyncGenerator<Portion> {
    const child = await readChild({
      program: 'git',
      args: [...source.git, 'cat-file', '--batch', '--buffer'],
      env: source.env,
      input: lines(list),
      inlet: this,
      patience: source.patience ?? PATIENCE,
    });
    this.#child = child;
    signal?.addEventListener('abort', child.kill, { once: true });
    if (isAborted(signal)) child.kill();
    void child.ended.then(() => {
      this.#hasEnded = true;
      this.#wake();
    });
    try {
      for (;;) {
        const full = this.#ready.shift();
        if (full !== undefined) {
          yield await full.finish();
          if (this.#ready.length < AHEAD) child.resume();
          continue;
        }
        if (this.#hasEnded) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#portion.count > 0 && !isAborted(signal)) yield await this.#portion.finish();
    } finally {
      signal?.removeEventListener('abort', child.kill);
      child.kill();
      // Until then it may write to the slab.
      await child.ended;
      this.#slabs.giveBack(this.#slab);
    }
  }

  room(): Uint8Array<ArrayBuffer> {
    return this.#slab.subarray(this.#fill) as Uint8Array<ArrayBuffer>;
  }

  filled(count: number): boolean {
    this.#fill += count;
    if (this.delivered < this.#total && this.#nonsense === undefined) {
      while (this.#take()) this.#ration();
      this.#makeRoom();
    } else {
      // Nothing was asked for that could come here.
      this.#at = 0;
      this.#fill = 0;
    }
    return this.#ready.length < AHEAD;
  }

  #ration(): void {
    this.delivered++;
    if (!this.#portion.isFull) return;
    this.#ready.push(this.#portion);
    this.#portion = new PortionBuilder();
    this.#wake();
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
    if (this.delivered >= this.#total || this.#nonsense !== undefined) return false;
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
        failed(said.endsWith(' missing') ? 'the object is missing from the repository' : `git: ${said.replace(/^\S+ /, '')}`),
      );
      return true;
    }
    const { isBlob, size } = header;
    if (size > PIECE) {
      this.#at = end + 1;
      this.#needed = 0;
      this.#long = {
        scan: this.#engine.open(),
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
    else this.#search(content);
    return true;
  }

  #expectHeader(): false {
    if (this.#fill - this.#at > MAX_HEADER) {
      this.#nonsense = 'git gave an answer that cannot be read';
      this.#child?.kill();
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

  #search(content: Buffer): void {
    const scan = this.#engine.open();
    const isCut = content.length > this.#maxBytes;
    const searched = isCut ? content.subarray(0, this.#maxBytes) : content;
    scan.feed(searched, true);
    const result = scan.finish();
    if (!isCut && isClean(result)) {
      this.#portion.addClean(content.length);
      return;
    }
    const cut = isCut ? cutWhy(content.length, this.#maxBytes) : undefined;
    // The slab goes on to other blobs before its turn comes.
    const whole = isCut || result.lints.length === 0 ? undefined : Buffer.from(content);
    this.#portion.addLater(conclude(this.#engine, result, searched.length, whole, cut), searched.length);
  }

  /** Feeds the scan whenever a piece is full; passes over what is beyond the limit. */
  #takeLong(long: Long): boolean {
    const have = this.#fill - this.#at;
    if (long.wanted > 0) {
      const isLast = have >= long.wanted;
      if (!isLast && have < PIECE) return false;
      const view = this.#slab.subarray(this.#at, this.#at + (isLast ? long.wanted : have));
      const drop = long.scan.feed(view, isLast);
      this.#at += drop;
      long.wanted -= drop;
      long.remaining -= drop;
      if (!isLast) return false;
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
    const searched = Math.min(long.size, this.#maxBytes);
    const cut = searched < long.size ? cutWhy(long.size, this.#maxBytes) : undefined;
    this.#portion.addLater(conclude(this.#engine, long.scan.finish(), searched, undefined, cut), searched);
    return true;
  }
}

/** The ids as git wants them, a line each. */
function* lines({ ids, idBytes }: IdList): Generator<Buffer> {
  const bytes = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength);
  const width = idBytes * 2 + 1;
  for (let from = 0; from < bytes.length; from += IDS_A_WRITE * idBytes) {
    const to = Math.min(bytes.length, from + IDS_A_WRITE * idBytes);
    const chunk = Buffer.allocUnsafe(((to - from) / idBytes) * width);
    for (let at = from, out = 0; at < to; at += idBytes, out += width) {
      chunk.write(bytes.toString('hex', at, at + idBytes), out, 'latin1');
      chunk[out + width - 1] = LINE_FEED;
    }
    yield chunk;
  }
}
