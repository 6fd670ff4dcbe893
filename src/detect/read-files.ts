import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../util/errors.ts';
import type { Engine } from './engine.ts';
import { OVERLAP } from './file-scan.ts';
import { conclude, cutWhy, failed, type ItemOutcome, isAborted, PIECE, skipped } from './outcome.ts';

/** Neither follows a link (its target is read where it lies) nor waits for the other end of a pipe. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const SMALL_SLAB = 1024 * 1024;

/**
 * Reads files one after another into one slab and searches them there: synchronous reads are several times faster than
 * promises, and nothing is allocated for a file. Long ones are read in overlapping pieces.
 */
export class FileReader {
  readonly #engine: Engine;
  readonly #maxBytes: number;
  #slab = Buffer.allocUnsafeSlow(SMALL_SLAB);

  constructor(engine: Engine, maxBytes: number) {
    this.#engine = engine;
    this.#maxBytes = maxBytes;
  }

  async read(root: string, path: string, signal?: AbortSignal): Promise<ItemOutcome> {
    let handle: number;
    try {
      handle = openSync(join(root, path), OPEN_FLAGS);
    } catch (error) {
      return cannotOpen(error);
    }
    try {
      const stat = fstatSync(handle);
      if (stat.isDirectory()) return skipped('a directory');
      if (!stat.isFile()) return skipped('not a regular file');
      return await this.#search(handle, path, stat.size, signal);
    } catch (error) {
      return failed(messageOf(error));
    } finally {
      closeSync(handle);
    }
  }

  async #search(handle: number, path: string, size: number, signal: AbortSignal | undefined): Promise<ItemOutcome> {
    const scan = this.#engine.open({ path });
    this.#makeRoom(Math.min(size, PIECE) + 1);
    let [fill, total] = [0, 0];
    for (;;) {
      const room = Math.min(this.#slab.length - fill, this.#maxBytes - total);
      const count = room === 0 ? 0 : readSync(handle, this.#slab, fill, room, null);
      fill += count;
      total += count;
      const isWhole = total === fill;
      const isEnd = count === 0 || (isWhole && total === size);
      if (!isEnd && fill < this.#slab.length) continue;
      if (!isEnd && this.#slab.length < PIECE) {
        // It grew since it was measured, or is one of those that say 0.
        this.#makeRoom(Math.min(PIECE, this.#slab.length * 2), fill);
        continue;
      }
      const view = this.#slab.subarray(0, fill);
      const drop = scan.feed(view, isEnd);
      if (isEnd) {
        const cut = total < size && total >= this.#maxBytes ? cutWhy(size, this.#maxBytes) : undefined;
        return conclude(this.#engine, scan.finish(), total, isWhole && cut === undefined ? view : undefined, cut);
      }
      this.#slab.copyWithin(0, drop, fill);
      fill -= drop;
      // Lets an interruption be heard in the midst of a huge file.
      await new Promise((resolve) => setImmediate(resolve));
      if (isAborted(signal)) return failed('interrupted', total);
    }
  }

  /** At least `size` bytes, and enough for an overlap once a file needs pieces. */
  #makeRoom(size: number, keep = 0): void {
    if (size <= this.#slab.length) return;
    const wanted = size > PIECE / 2 ? PIECE + 4 * OVERLAP : size;
    const larger = Buffer.allocUnsafeSlow(wanted);
    if (keep > 0) this.#slab.copy(larger, 0, 0, keep);
    this.#slab = larger;
  }
}

function cannotOpen(error: unknown): ItemOutcome {
  const code = codeOf(error);
  // O_NOFOLLOW gives ELOOP at a link, whether or not it leads in circles.
  if (code === 'ELOOP' || code === 'EMLINK') return skipped('a symbolic link; what it names is read where it lies');
  if (code === 'EACCES' || code === 'EPERM') return failed('permission denied');
  if (code === 'ENOENT') return failed('it is no longer there');
  return failed(messageOf(error));
}
