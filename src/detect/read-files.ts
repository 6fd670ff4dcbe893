import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { fileSource } from '../files/archive/source.ts';
import { codeOf, messageOf } from '../util/errors.ts';
import { isArchive, searchArchive, withMembers } from './archives.ts';
import type { Engine } from './engine.ts';
import { conclude, cutWhy, failed, type ItemOutcome, isAborted, skipped } from './outcome.ts';
import { LARGE_SLAB, type Slabs } from './slabs.ts';

/** Neither follows a link (its target is read where it lies) nor waits for the other end of a pipe. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads files one after another into memory that is used again and searches them there: synchronous reads are several times faster than
 * promises, and nothing is allocated for a file. Long ones are read in overlapping pieces.
 */
export class FileReader {
  readonly #engine: Engine;
  readonly #slabs: Slabs;
  readonly #maxBytes: number;

  constructor(engine: Engine, slabs: Slabs, maxBytes: number) {
    this.#engine = engine;
    this.#slabs = slabs;
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
    // Detectors bound to other paths hit, too: git may have the same bytes there.
    const scan = this.#engine.open({ path, unplaced: true });
    let slab = this.#slabs.take(size + 1);
    try {
      let [fill, total] = [0, 0];
      let hasMembers = false;
      for (;;) {
        const room = Math.min(slab.length - fill, this.#maxBytes - total);
        const count = room === 0 ? 0 : readSync(handle, slab, fill, room, null);
        fill += count;
        total += count;
        const isWhole = total === fill;
        const isEnd = count === 0 || (isWhole && total === size);
        if (!isEnd && fill < slab.length) continue;
        if (!isEnd && slab.length < LARGE_SLAB) {
          // It grew since it was measured, or is one of those that say 0.
          const larger = this.#slabs.take(LARGE_SLAB);
          slab.copy(larger, 0, 0, fill);
          this.#slabs.giveBack(slab);
          slab = larger;
          continue;
        }
        const view = slab.subarray(0, fill);
        if (isWhole) hasMembers = isArchive(view);
        const drop = scan.feed(view, isEnd);
        if (isEnd) {
          const cut = total < size && total >= this.#maxBytes ? cutWhy(size, this.#maxBytes) : undefined;
          const whole = isWhole && cut === undefined ? view : undefined;
          const outcome = await conclude(this.#engine, scan.finish(), total, whole, cut);
          if (!hasMembers) return outcome;
          return withMembers(outcome, await searchArchive(this.#engine, fileSource(handle, size), { signal }));
        }
        slab.copyWithin(0, drop, fill);
        fill -= drop;
        // Lets an interruption be heard in the midst of a huge file.
        await new Promise((resolve) => setImmediate(resolve));
        if (isAborted(signal)) return failed('interrupted', total);
      }
    } finally {
      this.#slabs.giveBack(slab);
    }
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
