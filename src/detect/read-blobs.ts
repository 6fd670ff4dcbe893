import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../util/errors.ts';
import type { Engine } from './engine.ts';
import { type FileScan, OVERLAP } from './file-scan.ts';
import { conclude, cutWhy, failed, type ItemOutcome, isAborted, PIECE, skipped } from './outcome.ts';

export interface BlobSource {
  /** Arguments before the subcommand, `--git-dir` among them. */
  readonly git: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const SMALL_SLAB = 1024 * 1024;
const LINE_FEED = 10;
const SPACE = 32;
const ZERO = 48;
/** A repository in which git dies this often without delivering anything is given up. */
const MAX_DEATHS = 16;

/**
 * Reads blobs through one `git cat-file --batch` in the order given, and searches each: exactly one outcome an id, in
 * that order. When git dies at an object (a corrupt one), that one fails and a new git goes on behind it.
 */
export async function* searchBlobs(
  engine: Engine,
  source: BlobSource,
  ids: readonly string[],
  maxBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<ItemOutcome> {
  let next = 0;
  let deaths = 0;
  while (next < ids.length) {
    if (isAborted(signal)) return;
    const run = new Batch(engine, source, ids.slice(next), maxBytes, signal);
    let delivered = 0;
    for await (const outcome of run.outcomes()) {
      delivered++;
      yield outcome;
    }
    next += delivered;
    if (next >= ids.length || isAborted(signal)) return;
    deaths = delivered === 0 ? deaths + 1 : 0;
    const why = run.why();
    if (run.cannotStart || deaths >= MAX_DEATHS) {
      for (; next < ids.length; next++) yield failed(why);
      return;
    }
    next++;
    yield failed(why);
  }
}

interface Large {
  readonly scan: FileScan;
  readonly size: number;
  /** Bytes of content not yet taken from the stream. */
  remaining: number;
  /** Bytes of content that may still be searched. */
  wanted: number;
}

/** One run of `git cat-file --batch`: a stream of `<id> blob <size>\n<content>\n`. */
class Batch {
  readonly #engine: Engine;
  readonly #maxBytes: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #slab = Buffer.allocUnsafeSlow(SMALL_SLAB);
  /** What is not yet dealt with stands in `[#at, #fill)`. */
  #at = 0;
  #fill = 0;
  #large: Large | undefined;
  #stderr = '';
  #spawnError: Error | undefined;
  readonly #closed: Promise<void>;

  constructor(engine: Engine, source: BlobSource, ids: readonly string[], maxBytes: number, signal: AbortSignal | undefined) {
    this.#engine = engine;
    this.#maxBytes = maxBytes;
    this.#child = spawn('git', [...source.git, 'cat-file', '--batch', '--buffer'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: source.env,
      windowsHide: true,
      ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' }),
    });
    this.#child.on('error', (error) => {
      this.#spawnError ??= error;
    });
    // git may die before it has read them all.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdin.end(`${ids.join('\n')}\n`);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (this.#stderr.length < 2000) this.#stderr += text;
    });
    this.#closed = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  get cannotStart(): boolean {
    return this.#spawnError !== undefined;
  }

  /** Why it ended early. */
  why(): string {
    if (this.#spawnError !== undefined) return `git cannot be started: ${messageOf(this.#spawnError)}`;
    const said = this.#stderr.trim().split('\n')[0] ?? '';
    return said === '' ? 'git ended before it was read' : said.replace(/^(?:fatal|error): /, 'git: ');
  }

  async *outcomes(): AsyncGenerator<ItemOutcome> {
    try {
      for await (const chunk of this.#child.stdout) {
        this.#append(chunk as Buffer);
        for (;;) {
          const outcome = await this.#take();
          if (outcome === undefined) break;
          yield outcome;
        }
      }
    } catch {
      // Aborted, or the pipe broke: the caller sees that outcomes are missing.
    } finally {
      this.#child.kill('SIGKILL');
      this.#child.stdout.destroy();
    }
    await this.#closed;
  }

  #append(chunk: Buffer): void {
    if (this.#fill + chunk.length > this.#slab.length) this.#compact(chunk.length);
    chunk.copy(this.#slab, this.#fill);
    this.#fill += chunk.length;
  }

  #compact(extra: number): void {
    const used = this.#fill - this.#at;
    const wanted = used + extra;
    if (wanted <= this.#slab.length) {
      this.#slab.copyWithin(0, this.#at, this.#fill);
    } else {
      const larger = Buffer.allocUnsafeSlow(Math.max(wanted, Math.min(this.#slab.length * 2, PIECE + 4 * OVERLAP)));
      this.#slab.copy(larger, 0, this.#at, this.#fill);
      this.#slab = larger;
    }
    this.#at = 0;
    this.#fill = used;
  }

  /** The next outcome, if enough bytes are at hand. */
  async #take(): Promise<ItemOutcome | undefined> {
    if (this.#large !== undefined) return this.#takeLarge(this.#large);
    const slab = this.#slab;
    const end = slab.indexOf(LINE_FEED, this.#at);
    if (end < 0 || end >= this.#fill) return undefined;
    const size = sizeIn(slab, this.#at, end);
    if (size === undefined) {
      const said = slab.toString('latin1', this.#at, end);
      this.#at = end + 1;
      return failed(
        said.endsWith(' missing') ? 'the object is missing from the repository' : `git: ${said.replace(/^\S+ /, '')}`,
      );
    }
    const isBlob = slab.toString('latin1', this.#at, end).includes(' blob ');
    if (size > PIECE) {
      this.#at = end + 1;
      this.#large = { scan: this.#engine.open(), size, remaining: size, wanted: isBlob ? Math.min(size, this.#maxBytes) : 0 };
      return this.#takeLarge(this.#large);
    }
    if (end + 1 + size + 1 > this.#fill) return undefined;
    const content = slab.subarray(end + 1, end + 1 + size);
    this.#at = end + 1 + size + 1;
    if (!isBlob) return skipped('not a blob');
    if (size > this.#maxBytes) return this.#search(content.subarray(0, this.#maxBytes), cutWhy(size, this.#maxBytes));
    return this.#search(content);
  }

  async #search(content: Buffer, cut?: string): Promise<ItemOutcome> {
    const scan = this.#engine.open();
    scan.feed(content, true);
    return conclude(this.#engine, scan, content.length, cut === undefined ? content : undefined, cut);
  }

  /** Feeds the scan whenever a piece is full; passes over what is beyond the limit. */
  async #takeLarge(large: Large): Promise<ItemOutcome | undefined> {
    const have = this.#fill - this.#at;
    if (large.wanted > 0) {
      const isLast = have >= large.wanted;
      if (!isLast && have < PIECE) return undefined;
      const view = this.#slab.subarray(this.#at, this.#at + (isLast ? large.wanted : have));
      const drop = large.scan.feed(view, isLast);
      this.#at += drop;
      large.wanted -= drop;
      large.remaining -= drop;
      if (!isLast) return undefined;
    }
    // The rest of the content, and the line feed behind it.
    const passed = Math.min(large.remaining + 1, this.#fill - this.#at);
    this.#at += passed;
    large.remaining -= passed;
    if (large.remaining >= 0) return undefined;
    this.#large = undefined;
    const searched = Math.min(large.size, this.#maxBytes);
    const cut = searched < large.size ? cutWhy(large.size, this.#maxBytes) : undefined;
    return conclude(this.#engine, large.scan, searched, undefined, cut);
  }
}

/** The size in `<id> blob <size>`; `undefined` for `<id> missing` and other answers. */
function sizeIn(slab: Buffer, start: number, end: number): number | undefined {
  let size = 0;
  let scale = 1;
  let at = end - 1;
  for (; at > start && slab[at] !== SPACE; at--) {
    const digit = (slab[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    size += digit * scale;
    scale *= 10;
  }
  return at === end - 1 ? undefined : size;
}
