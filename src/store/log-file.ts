import type { Location, Observation } from '../contracts/index.ts';
import type { CutLimits } from '../logs/cut.ts';
import type { LogFormat } from '../logs/format.ts';
import { unpackedSize } from '../logs/save.ts';
import type { TextMasks } from './log-mask.ts';

/** One file that a format claims. */
export interface LogFile {
  readonly format: LogFormat;
  /** Absolute. */
  readonly file: string;
  /** As reports show it. */
  readonly path: string;
  readonly target: string;
  readonly size: number;
  readonly at: Location;
}

export interface LogWork {
  /** Start of the run, ISO 8601. */
  readonly now: string;
  /** A directory for us alone, gone when the store is closed. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly clockTolerance: number;
  /** Records older than this are not taken in, and those that are there are forgotten; the rows that sum them up stay. */
  readonly forgetAfterDays: number | undefined;
  readonly masks: TextMasks;
  /** How large files are cut; `CUT_LIMITS`. */
  readonly limits?: CutLimits;
  addPart(file: LogFile, content: string): { readonly part: bigint; readonly known: boolean };
  add(part: bigint, observation: Observation): Promise<void>;
  onFile(bytes: number): void;
  warn(message: string, data: object): void;
}

/** Masks what a log names: in observations, and in the rows that get into the store by SQL alone. */
export interface LogMasks extends TextMasks {
  redact(observation: Observation): Observation;
}

/** A file that is about to be read. */
export interface Loading extends LogFile {
  /** Its number among those of the batch. */
  readonly index: number;
  readonly part: bigint;
  readonly sha256: string;
  /** Records that stood in a broken file and could not be saved. */
  lost: number;
  why?: string;
  /** What could be read of it lies beside it, a record a line. */
  isSaved?: boolean;
}

/** What a file held. */
export interface Counts {
  readonly records: number;
  readonly failed: number;
  readonly known: number;
  /** Older than records are kept: not taken in. */
  readonly old: number;
  readonly firstAt: string | undefined;
  readonly lastAt: string | undefined;
}

/** Its size before it was packed. A file that is gone fails when it is read. */
export function unpacked(file: LogFile): number {
  try {
    return unpackedSize(file.file, file.size);
  } catch {
    return file.size;
  }
}
