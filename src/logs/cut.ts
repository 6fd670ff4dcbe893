import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../util/errors.ts';
import { MAX_OBJECT } from './compile.ts';
import type { LogFormat } from './format.ts';
import { inflated, isPacked, Lines, sinkOf, unpackedSize, whyLost } from './save.ts';

export interface CutLimits {
  /** Bytes of a piece: a file that the engine reads at once, but for a line that is longer. */
  readonly piece: number;
  /** Bytes of the pieces that lie there at once. */
  readonly chunk: number;
  /** Larger documents are taken apart: the engine holds one whole. */
  readonly document: number;
  /** Larger files of lines are cut. */
  readonly file: number;
  /** Of files above this, those with long lines are. */
  readonly longLines: number;
}

/**
 * The engine takes 2,048 lines at once, of any length, and copies them a dozen times: lines of 5 kB took 230 MB a thread, in
 * pieces of a megabyte 90.
 */
export const CUT_LIMITS: CutLimits = {
  piece: 1 << 20,
  chunk: 1 << 27,
  document: MAX_OBJECT * 0.75,
  file: 1 << 30,
  longLines: 1 << 24,
};
const LONG_LINE = 2048;

/** Records of a file, in order, in files of their own. */
export interface Chunk {
  readonly paths: readonly string[];
  readonly isLast: boolean;
  /** Records that were begun and cannot be read. */
  readonly lost: number;
  readonly why?: string;
}

/** Values of a table go over several lines. */
export function canCut({ meta }: LogFormat): boolean {
  return meta.as !== 'csv';
}

/** Must the file be cut, for the engine to read it within its memory? */
export async function isToCut(
  format: LogFormat,
  { file, size }: { readonly file: string; readonly size: number },
  limits: CutLimits,
  signal: AbortSignal,
): Promise<boolean> {
  if (!canCut(format)) return false;
  // The end of a packed file that holds more than 4 GiB does not tell its size.
  const bytes = Math.max(unpackedSize(file, size), isPacked(file) ? size * 4 : size);
  if (format.meta.as === 'json') return bytes > limits.document;
  return bytes > limits.file || (bytes > limits.longLines && (await hasLongLines(file, signal)));
}

async function hasLongLines(file: string, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const chunk of inflated(file, signal)) {
      let lines = 1;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
      return chunk.length / lines > LONG_LINE;
    }
  } catch {
    signal.throwIfAborted();
    // What is wrong with it is told by who reads it.
  }
  return false;
}

/**
 * The lines of a file, or the records of a large document, in pieces. `directory` is asked for a new place for each chunk: who
 * takes it in removes it.
 */
export async function* cutFile(
  format: LogFormat,
  file: string,
  {
    directory,
    number,
    limits,
    signal,
  }: {
    readonly directory: () => string;
    readonly number: string;
    readonly limits: CutLimits;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<Chunk> {
  let sink: ReturnType<typeof sinkOf> | undefined;
  let pieces: Pieces | undefined;
  let why: string | undefined;
  let lost = 0;
  try {
    for await (const bytes of inflated(file, signal)) {
      pieces ??= new Pieces(directory(), number, limits.piece);
      // Lines as they are: what is wrong with one is seen when it is read.
      sink ??= format.meta.as === 'json' ? sinkOf(format, bytes) : new Lines(false);
      pieces.write(sink.take(bytes));
      if (pieces.bytes < limits.chunk) continue;
      yield { paths: pieces.end(), isLast: false, lost: sink.lost - lost };
      lost = sink.lost;
      pieces = undefined;
    }
  } catch (error) {
    signal.throwIfAborted();
    why =
      codeOf(error) === 'ENOSPC'
        ? 'there was no room in the temporary directory: what stood before that was read'
        : `it ends early or is damaged (${messageOf(error)}): what stood whole before that was read`;
  } finally {
    pieces?.end();
  }
  pieces ??= new Pieces(directory(), number, limits.piece);
  if (sink !== undefined) pieces.write(sink.end(why !== undefined));
  if (sink !== undefined && sink.lost > 0) why ??= whyLost(sink);
  yield { paths: pieces.end(), isLast: true, lost: (sink?.lost ?? 0) - lost, ...(why === undefined ? {} : { why }) };
}

const NEWLINE = 0x0a;

/** Files of whole lines. */
class Pieces {
  bytes = 0;
  readonly #directory: string;
  readonly #number: string;
  readonly #most: number;
  readonly #paths: string[] = [];
  #open: number | undefined;
  #size = 0;

  constructor(directory: string, number: string, most: number) {
    this.#directory = directory;
    this.#number = number;
    this.#most = most;
  }

  write(lines: Buffer): void {
    for (let from = 0; from < lines.length; ) {
      const room = this.#most - this.#size;
      let end = lines.length - from <= room ? lines.length : room <= 0 ? 0 : lines.lastIndexOf(NEWLINE, from + room - 1) + 1;
      if (end <= from && this.#size > 0) {
        this.#close();
        continue;
      }
      // A line that is longer than a piece is one.
      if (end <= from) end = lines.indexOf(NEWLINE, from) + 1;
      this.#append(lines.subarray(from, end));
      from = end;
    }
  }

  /** May be called twice. */
  end(): readonly string[] {
    this.#close();
    return this.#paths;
  }

  #append(lines: Buffer): void {
    if (this.#open === undefined) {
      const path = join(this.#directory, `${this.#paths.length}-${this.#number}.jsonl`);
      this.#open = openSync(path, 'wx', 0o600);
      this.#paths.push(path);
    }
    for (let at = 0; at < lines.length; ) at += writeSync(this.#open, lines, at);
    this.#size += lines.length;
    this.bytes += lines.length;
  }

  #close(): void {
    if (this.#open !== undefined) closeSync(this.#open);
    this.#open = undefined;
    this.#size = 0;
  }
}
