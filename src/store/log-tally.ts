import type { CoverageObservation } from '../contracts/index.ts';
import type { LogFormat } from '../logs/format.ts';
import type { Counts, LogFile } from './logs.ts';

/** What was read of one format in one target: of a trail there are a hundred thousand files. */
export class LogTally {
  /** That of the first file: the row is shown for as long as that is. */
  readonly part: bigint;
  readonly #format: LogFormat;
  readonly #target: string;
  #files = 0;
  #records = 0;
  #known = 0;
  #bytes = 0;
  #first: string | undefined;
  #last: string | undefined;

  constructor(format: LogFormat, target: string, part: bigint) {
    this.#format = format;
    this.#target = target;
    this.part = part;
  }

  add({ size }: LogFile, { records, known, firstAt, lastAt }: Counts): void {
    this.#files++;
    this.#records += records;
    this.#known += known;
    this.#bytes += size;
    if (firstAt !== undefined && (this.#first === undefined || firstAt < this.#first)) this.#first = firstAt;
    if (lastAt !== undefined && (this.#last === undefined || lastAt > this.#last)) this.#last = lastAt;
  }

  coverage(retentionDays: number | undefined): CoverageObservation {
    const { id, title, surface } = this.#format.meta;
    return {
      kind: 'coverage',
      surface,
      subject: `${title} (${this.#target})`,
      outcome: 'complete',
      covers: ['usage'],
      // What an earlier import counted is not counted again.
      seen: this.#records - this.#known,
      read: this.#records - this.#known,
      failed: 0,
      bytes: this.#bytes,
      detail: {
        format: id,
        files: this.#files,
        known: this.#known,
        ...(this.#first === undefined ? {} : { firstAt: this.#first }),
        ...(this.#last === undefined ? {} : { lastAt: this.#last }),
        ...(retentionDays === undefined ? {} : { recordsKeptForDays: retentionDays }),
      },
    };
  }
}
