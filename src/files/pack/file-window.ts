import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { PackError } from './pack-error.ts';

// What was put in a file's place must not hang us.
const SAFE_OPEN = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * A file of which stretches are read through one window: never mapped nor read whole, for a pack may be larger than memory.
 * Stretches that are asked for lie mostly one behind the other.
 */
export class FileWindow {
  readonly size: number;
  /** So much is read at once. */
  room: number;
  readonly #descriptor: number;
  #window = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  constructor(path: string, room: number) {
    this.#descriptor = openSync(path, SAFE_OPEN);
    this.room = room;
    try {
      const stat = fstatSync(this.#descriptor);
      if (!stat.isFile()) throw new PackError('not a regular file');
      this.size = stat.size;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** What stands in `[at, at + length)`, valid until the next call. Throws where the file is shorter. */
  read(at: number, length: number): Buffer {
    if (at < this.#start || at + length > this.#end) this.#move(at, length);
    return this.#window.subarray(at - this.#start, at - this.#start + length);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #move(at: number, length: number): void {
    if (at < 0 || length < 0 || at + length > this.size) throw new PackError('shorter than it says');
    const wanted = Math.min(Math.max(length, this.room), this.size - at);
    // When a read fails, what is in the window is neither what was there nor what was wanted.
    this.#start = 0;
    this.#end = 0;
    if (this.#window.length < wanted) this.#window = Buffer.allocUnsafeSlow(wanted);
    let fill = 0;
    while (fill < wanted) {
      const count = readSync(this.#descriptor, this.#window, fill, wanted - fill, at + fill);
      if (count === 0) break;
      fill += count;
    }
    if (fill < length) throw new PackError('shorter than it says');
    this.#start = at;
    this.#end = at + fill;
  }
}
