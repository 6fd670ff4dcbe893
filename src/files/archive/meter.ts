import { megabytes } from '../../util/bytes.ts';

/** What one archive, with all that is nested in it, may cost. */
export interface ArchiveLimits {
  /** Archives within archives: a member of the outermost one is at depth 1. */
  readonly depth: number;
  readonly members: number;
  /** Bytes unpacked, at all depths together. */
  readonly bytes: number;
  /** An archive within an archive that must be held in memory to be read (a zip). */
  readonly held: number;
  /** Bytes unpacked for one packed byte, once `RATIO_FREE` bytes are unpacked. */
  readonly ratio: number;
  readonly milliseconds: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = {
  depth: 4,
  members: 50_000,
  bytes: 512 * 1024 * 1024,
  held: 64 * 1024 * 1024,
  ratio: 250,
  milliseconds: 120_000,
};

/** Whatever unpacks to no more than this is no bomb. */
const RATIO_FREE = 32 * 1024 * 1024;

/** A limit was reached: nothing more is read of the archive. The message says which, for people. */
export class LimitReached extends Error {}

/** One that another run may not reach. */
export class TimeReached extends LimitReached {}

/** Counts what is spent on one outermost archive. */
export class Meter {
  readonly limits: ArchiveLimits;
  readonly #packed: number;
  readonly #deadline: number;
  readonly #signal: AbortSignal | undefined;
  #unpacked = 0;
  #members = 0;

  constructor(limits: ArchiveLimits, packed: number, signal?: AbortSignal) {
    this.limits = limits;
    this.#packed = packed;
    this.#deadline = performance.now() + limits.milliseconds;
    this.#signal = signal;
  }

  member(): void {
    this.#members++;
    if (this.#members > this.limits.members) throw new LimitReached(`it has more than ${this.limits.members} members`);
    this.#watch();
  }

  unpack(count: number): void {
    this.#unpacked += count;
    if (this.#unpacked > this.limits.bytes) throw new LimitReached(`it holds more than ${megabytes(this.limits.bytes)}`);
    if (this.#unpacked > RATIO_FREE && this.#unpacked > this.#packed * this.limits.ratio) {
      throw new LimitReached(`it unpacks to more than ${this.limits.ratio} times its size`);
    }
    this.#watch();
  }

  /** Bytes that may still be unpacked. */
  get left(): number {
    return Math.max(0, this.limits.bytes - this.#unpacked);
  }

  #watch(): void {
    if (this.#signal?.aborted === true) throw new TimeReached('interrupted');
    if (performance.now() > this.#deadline) {
      throw new TimeReached(`unpacking it takes longer than ${Math.round(this.limits.milliseconds / 1000)} s`);
    }
  }
}
