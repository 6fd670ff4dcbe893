import type { CoverageObservation } from '../contracts/index.ts';
import type { LogFormat } from '../logs/format.ts';
import type { Counts, LogFile } from './log-file.ts';

/** What was read of one format in one target: of a trail there are a hundred thousand files. */
export class LogTally {
  /** That of the first file: the row is shown for as long as that is. */
  readonly part: bigint;
  readonly #format: LogFormat;
  readonly #target: string;
  #files = 0;
  #records = 0;
  #known = 0;
  #old = 0;
  #bytes = 0;
  #first: string | undefined;
  #last: string | undefined;

  constructor(format: LogFormat, target: string, part: bigint) {
    this.#format = format;
    this.#target = target;
    this.part = part;
  }

  add({ size }: LogFile, { records, known, old, firstAt, lastAt }: Counts): void {
    this.#files++;
    this.#records += records;
    this.#known += known;
    this.#old += old;
    this.#bytes += size;
    if (firstAt !== undefined && (this.#first === undefined || firstAt < this.#first)) this.#first = firstAt;
    if (lastAt !== undefined && (this.#last === undefined || lastAt > this.#last)) this.#last = lastAt;
  }

  coverage(forgetAfterDays: number | undefined): CoverageObservation {
    const { id, title, surface, types } = this.#format.meta;
    const why = oldText(this.#old, forgetAfterDays);
    return {
      kind: 'coverage',
      surface,
      subject: `${title} (${this.#target})`,
      outcome: 'complete',
      ...(why === undefined ? {} : { why }),
      covers: ['usage'],
      // What an earlier import counted is not counted again.
      seen: this.#records - this.#known,
      read: this.#records - this.#known - this.#old,
      ...(this.#old === 0 ? {} : { skipped: this.#old }),
      failed: 0,
      bytes: this.#bytes,
      detail: {
        format: id,
        types,
        files: this.#files,
        known: this.#known,
        ...(this.#first === undefined ? {} : { firstAt: this.#first }),
        ...(this.#last === undefined ? {} : { lastAt: this.#last }),
        ...(forgetAfterDays === undefined ? {} : { recordsKeptForDays: forgetAfterDays }),
      },
    };
  }
}

/** Why records were left out. */
export function oldText(old: number, days: number | undefined): string | undefined {
  if (old === 0 || days === undefined) return undefined;
  return `${old} ${old === 1 ? 'record is' : 'records are'} older than ${days} days, for which records are kept (forgetLogsAfterDays)`;
}

export interface Known {
  readonly files: number;
  readonly records: number;
}

/** Files that are as an earlier run read them. What they hold is counted where that is told. */
export function knownRow({ format, target }: LogFile, { files, records }: Known): CoverageObservation {
  const { id, title, surface } = format.meta;
  const why =
    files === 1
      ? 'a log file is as it was when it was imported: it was not read again'
      : `${files} log files are as they were when they were imported: they were not read again`;
  return {
    kind: 'coverage',
    surface,
    subject: `${title} (${target}), imported before`,
    outcome: 'complete',
    why,
    covers: [],
    detail: { format: id, files, known: records },
  };
}

/** A file that was not read, or not whole. */
export function problem({ format, path, size, at }: LogFile, why: string): CoverageObservation {
  return {
    kind: 'coverage',
    surface: format.meta.surface,
    subject: path,
    outcome: 'partial',
    why,
    covers: ['usage'],
    bytes: size,
    at: { ...at, path },
    detail: { format: format.meta.id },
  };
}
