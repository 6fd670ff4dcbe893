import { OVERLAP } from './file-scan.ts';
import { PIECE } from './outcome.ts';

/** Small enough to stay in the processor's cache, large enough for nearly every content. */
export const SMALL_SLAB = 512 * 1024;
/** Room for a piece of a long content, and for what is kept of the piece before. */
export const LARGE_SLAB = PIECE + 4 * OVERLAP;

/** Memory to read into, used again and again. */
export class Slabs {
  readonly #make: (size: number) => Buffer;
  readonly #small: Buffer[] = [];
  readonly #large: Buffer[] = [];

  /** `make`: usually the engine's own memory, which it searches in place. */
  constructor(make: (size: number) => Buffer) {
    this.#make = make;
  }

  /** At least so many bytes, but never more than a large one has. */
  take(size: number): Buffer {
    if (size <= SMALL_SLAB) return this.#small.pop() ?? this.#make(SMALL_SLAB);
    return this.#large.pop() ?? this.#make(LARGE_SLAB);
  }

  giveBack(slab: Buffer): void {
    (slab.length === SMALL_SLAB ? this.#small : this.#large).push(slab);
  }
}

/** For a few contents: there the engine's own memory takes longer to make than it saves. */
export function plainSlabs(): Slabs {
  return new Slabs((size) => Buffer.allocUnsafeSlow(size));
}
