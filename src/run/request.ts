import type { Baseline } from '../config/baseline.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { CrawlOptions, Log, Persona, Progress, ReportPart, Scanner } from '../contracts/index.ts';
import type { StoreReader } from '../store/reader.ts';

/** Everything a scan needs to know; made by `src/commands/scan.ts`, by `demo` and by tests. */
export interface ScanRequest {
  /** As typed. */
  readonly targets: readonly string[];
  /** Standard input, where it is a target, under this name. */
  readonly stdin?: StdinInput;
  /** Directory that relative targets start from. */
  readonly directory: string;
  /** Where the exceptions lie, unless the configuration or the command line names a file; else `directory`. */
  readonly home?: string;
  readonly crawl: Omit<CrawlOptions, 'maxFileBytes' | 'search'>;
  /** Absolute; in memory when absent. */
  readonly storeFile?: string;
  /** Only these scanners, or all but these. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly config: LoadedConfig;
  readonly persona: Persona;
  /** Findings that are already known: left out of the report, counted in it. */
  readonly baseline?: Baseline;
  readonly newOnly: boolean;
  /** Ask providers whether found credentials work; the addresses stand in for hosts in tests. */
  readonly verify?: { readonly origins?: { readonly [host: string]: string } };
  /** `false`: what comments, ignore files and exceptions accept is reported like the rest. A path: exceptions from there. */
  readonly exceptions?: string | false;
  /** Frameworks whose control tables are wanted; all when empty. */
  readonly frameworks: readonly string[];
  /** Asks the store more, once the results are in: what its views show lies in tables then, and a query costs milliseconds. */
  readonly ask?: (store: StoreReader) => Promise<void>;
  /** What there is is known to be little: the engine need not hand work to other threads. Only without a store file. */
  readonly isSmall?: boolean;
  /** What the reporters need of the store beside findings, controls and coverage. */
  readonly parts?: readonly ReportPart[];
  /** As typed, without the name of the program; told in reports with secrets masked. */
  readonly commandLine?: readonly string[];
  readonly runtime: Runtime;
}

export interface StdinInput {
  /** One of `targets`. */
  readonly name: string;
  /** A name that says nothing of the content: no path-bound rule goes by it. */
  readonly isNameless: boolean;
  readonly chunks: () => AsyncIterable<Uint8Array>;
}

/** What the process lends: a test brings its own. */
export interface Runtime {
  readonly scanners: readonly Scanner[];
  readonly env: { readonly [name: string]: string | undefined };
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: Progress;
}
