import type { Secret } from '../util/secret.ts';
import type { CredentialId, IdentityId } from './identity-id.ts';
import type {
  Confidence,
  IsoTime,
  Json,
  JsonObject,
  Location,
  Observation,
  ObservationKind,
  SightingObservation,
  Surface,
} from './observation.ts';
import type { PathTarget, ServiceTarget } from './target.ts';

/**
 * Three kinds of scanner, one contract each:
 * - a **file** scanner reads one file it recognises (notebook, workflow, IAM export, session log);
 * - a **crawler** walks a directory target, finds the files, and hands them on (`context.read`);
 * - a **service** scanner reads an API.
 *
 * All three yield observations, say what they could not read as `coverage`, and touch nothing but their context: no
 * store, no globals, no clock, so that a unit of work can run on any machine and its result be merged.
 */
export type Scanner = FileScanner | Crawler | ServiceScanner;

interface ScannerBase {
  /** Folder name under `scanners/`. */
  readonly id: string;
  readonly title: string;
  /** Kinds it may yield. */
  readonly emits: readonly ObservationKind[];
  readonly surfaces: readonly Surface[];
  /** Raised when the same input would give other observations: part of a unit's id, so that stores re-read. */
  readonly version: number;
  /** True when it judges by `context.now()` (an expiry, a condition on time): the same file is then read anew in each run. */
  readonly usesClock?: boolean;
}

export interface FileScanner extends ScannerBase {
  readonly kind: 'file';
  /**
   * `own`: the scanner itself passes what may hold secrets to `context.detect` (notebooks by cell; exports hold none to
   * find). `shared`: the raw bytes are also searched as any other file.
   */
  readonly content: 'own' | 'shared';
  /** Cheap: path first, then the head of the content. Called for every file of a crawl. */
  recognises(file: FileHead): boolean;
  /**
   * Which of the files around one it may read, by path. It is shown no others, and a file is read anew when one of them
   * has changed. Absent: each file is looked at alone.
   */
  readonly looksAt?: (path: string) => boolean;
  scan(file: SourceFile, context: ScanContext): AsyncIterable<Observation> | Iterable<Observation>;
}

export interface Crawler extends ScannerBase {
  readonly kind: 'crawler';
  /** The first registered crawler that accepts a directory gets it. */
  accepts(target: PathTarget): boolean | Promise<boolean>;
  scan(target: PathTarget, context: CrawlContext): AsyncIterable<Observation>;
  /** Where a file that is a target of its own lies, as the crawl of what it lies in would say. The first that can is asked. */
  locate?(target: PathTarget, context: CrawlContext): Promise<FilePlace>;
}

/** What is known of a file beside its content. */
export type FilePlace = Pick<SourceFile, 'place' | 'mode' | 'around'> & { readonly at: Location & { readonly path: string } };

export interface ServiceScanner extends ScannerBase {
  readonly kind: 'service';
  /** Scheme of the target: `aws` for `aws:profile`. */
  readonly scheme: string;
  /** What stands after the colon of the target, for help and errors: `[PROFILE]`, `ORG`, `HOST/DATABASE`. */
  readonly address?: string;
  /** Every call that `scan` may make, read-only all of them: `--dry-run` prints them. */
  calls?(target: ServiceTarget, env: ScanContext['env']): readonly LiveCall[];
  /** Tries the credentials and each right with the smallest call there is: `doctor` prints what comes of it. Never throws for a refusal. */
  probe?(target: ServiceTarget, context: ScanContext): AsyncIterable<Probed>;
  scan(target: ServiceTarget, context: ScanContext): AsyncIterable<Observation>;
}

/** One call of a service, as its provider names it. */
export interface LiveCall {
  readonly host: string;
  /** `iam:ListUsers`, `GET /orgs/{org}/installations`, `SELECT … FROM pg_roles`. */
  readonly operation: string;
  /** The right, scope or role that it needs, by its provider's name. */
  readonly right: string;
  /** What stays unknown without it, in a few words: `age and use of access keys`. */
  readonly tells: string;
}

export interface Probed {
  readonly call: LiveCall;
  readonly outcome: 'ok' | 'denied' | 'failed';
  /** Of a refusal or failure: a clause that names the cause, and what to do. Of a success: what is worth a word, such as a wrong clock. */
  readonly why?: string;
}

export interface FileHead {
  /** `/`-separated, relative to the target. */
  readonly path: string;
  /** The first 4 KiB (or the whole file), decoded lazily as UTF-8 with replacement; UTF-16 and BOM are seen to. */
  readonly head: () => string;
  /** Up to 4 MiB of it, for what the head leaves open; read again by whoever scans. Absent where only the head is at hand. */
  readonly whole?: () => string;
  /** The same 4 KiB as they are. */
  readonly bytes?: () => Uint8Array;
  readonly size: number;
}

export interface SourceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Decoded text: UTF-8 (replacement characters for invalid bytes), UTF-16 by BOM; BOM removed. */
  readonly text: () => string;
  /** Repository, path, commit, atHead …: spread it into the locations you make. */
  readonly at: Location;
  /** Which kind of place, for sightings in this file unless the scanner knows better. */
  readonly place: SightingObservation['place'];
  /** Permission bits (`0o644`) of a file on disk, on systems that have them. */
  readonly mode?: number;
  /** The files around it, as they are in the same work tree, index or commit; absent for a file that is looked at alone. */
  readonly around?: Surroundings;
}

/**
 * What a file may refer to: the other files of a module, a local include. One object for all files of a work tree or
 * commit, so that what a scanner made of several of them can be kept by it in a `WeakMap`.
 */
export interface Surroundings {
  /** Paths of the files in a directory (`''` is the top), without those further below. */
  list(directory: string): Promise<readonly string[]>;
  /** By its path, as in `SourceFile.path`; `undefined` where there is no such file, or the crawl leaves it out. */
  read(path: string): Promise<SourceFile | undefined>;
  /** The paths of all. */
  paths(): Promise<Iterable<string>>;
  /** Those files alone; the same object whenever the same is asked for. */
  only(isShown: (path: string) => boolean): Surroundings;
  /** Another one when a file came, went or changed. */
  digest(): Promise<string>;
}

/** Everything a scanner may touch. */
export interface ScanContext {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly now: () => Date;
  /** Environment of the run, for live scanners' SDK configuration. */
  readonly env: { readonly [name: string]: string | undefined };
  /** Keyed fingerprint (HMAC-SHA-256, hex) of a secret. */
  fingerprint(secret: Secret): string;
  /** Finds credentials in a text. Offsets are turned into line and column relative to `at`; see `Match`. */
  detect(text: string | Uint8Array, hints?: DetectHints): readonly Match[];
  /** All that a bulk search tells of bytes at hand: matches in archives too, and what was left out. */
  search?(bytes: Uint8Array, hints?: DetectHints): Promise<Omit<BulkItem, 'key'>>;
  /** Of the matches of a bulk search: those to report where the content lies at `places`. */
  settle?(
    matches: readonly BulkMatch[],
    places: readonly { readonly path?: string; readonly commit?: string }[],
  ): readonly BulkMatch[];
  /** Is a match, found without knowing its place, not to be reported there? An imported rule may say so. */
  isDiscarded?(match: BulkMatch, at: { readonly path?: string; readonly commit?: string }): boolean;
  /** Rules that look at the path of a file alone, and see no blob of the history. */
  readonly rulesOnPathAlone?: number;
  /** The sighting for a match: fills credential id, masked form, confidence and the match's position. */
  sighting(match: BulkMatch, at: Location, place: SightingObservation['place'], environment?: string): SightingObservation;
  /** Says that a host is contacted; live scanners call it before the first request. */
  contacts(host: string): void;
  /**
   * Of a service: `make` is asked once, and its result kept until the target is done, so that a run that was cut off goes on
   * where it stopped. `step` names it within the target. The result is plain JSON, and holds no secret.
   */
  once?<T extends Json>(step: string, make: () => Promise<T>): Promise<T>;
  /**
   * Of a service, with a store: what will not change any more, such as the log of a day long past. Where an earlier run of the
   * store has taken `unit` whole, it stands in this run too and `make` is not asked (`kept`). `make` gives its observations
   * (`added`), or `undefined` where they are not all, or may still change (`open`): then they are the scanner's to yield.
   * `content` names all that decides them beside the target: whose rights were used, how much was asked.
   */
  settled?(
    unit: string,
    content: string,
    make: () => Promise<readonly Observation[] | undefined>,
  ): Promise<'kept' | 'added' | 'open'>;
  progress: Progress;
}

export interface DetectHints {
  /** For path-bound rules. */
  readonly path?: string;
  /** The path is not known yet: detectors that are bound to some hit too, and are settled later (`ScanContext.settle`). */
  readonly unplaced?: boolean;
  /** Leave out detectors of the category `generic`. */
  readonly specificOnly?: boolean;
  /** Told when not all was searched, or not all that was found is given back, and why. */
  readonly onCut?: (why: string) => void;
}

export interface CrawlContext extends ScanContext {
  readonly options: CrawlOptions;
  /**
   * Gives a found file to the file scanner that recognises it. Returns its observations, or `undefined` when none
   * claims it. `content` tells whether the raw bytes must still be searched.
   */
  read(file: SourceFile): { readonly content: 'own' | 'shared'; readonly observations: AsyncIterable<Observation> } | undefined;
  /** Would some file scanner claim this path? Cheap; may ask for the head. `among`: only those of this kind are asked. */
  claims(
    file: FileHead,
    among?: 'own' | 'shared',
  ): { readonly content: 'own' | 'shared'; readonly by?: Pick<FileScanner, 'id' | 'surfaces'> } | undefined;
  /** Takes the logs that a format reads: they go to the store by their path, whatever their size, and are not searched. */
  readonly logs?: LogIntake;
  /** Bulk detection in worker threads over a work tree or git objects: the hot path. */
  readonly bulk: BulkDetect;
  /** Kept from the last run over this target, when there is a store file. */
  readonly memory?: Memory;
  /** Digest of each detector by id, and one for the rest that decides what is found (engine, placeholders, fingerprint key). */
  readonly detectors?: {
    readonly base: string;
    readonly digests: ReadonlyMap<string, string>;
    /** Names the file scanners that take part, with their versions. */
    readonly readers?: string;
  };
}

export interface LogIntake {
  /** Is it of a log format? Cheap: path first, then the head of the content. */
  claims(file: FileHead): boolean;
  /** `file`: its absolute path. It is read when all targets have been. */
  add(file: string, head: FileHead, at: Location): void;
}

export interface CrawlOptions {
  /** Read git history as well as the work tree. */
  readonly history: boolean;
  /** Only commits after this ref, or made since this date. */
  readonly since?: string;
  /**
   * Only what changed between two commits, and what the commits between them brought: pre-merge. `head` is empty for the
   * work tree; `fromFork` compares with the commit where `head` left `base` (`A...B`).
   */
  readonly diff?: { readonly base: string; readonly head: string; readonly fromFork?: boolean };
  /** Read what the ignore rules of git leave out, too; repositories in it stay out. */
  readonly includeIgnored?: boolean;
  /** Only what is staged. */
  readonly staged: boolean;
  /** With `staged` or `diff`: the changed files as they were before, to tell what a change brought without adding a line of it. */
  readonly before?: boolean;
  /** Globs (gitignore syntax) left out; what they leave out is counted as skipped, and coverage is partial. */
  readonly exclude: readonly string[];
  /** Read everything anew, whatever an earlier run of the same store has read. */
  readonly full?: boolean;
  /** Absolute paths that are the tool's own in this run (the store, its key, report files): never read. */
  readonly own: readonly string[];
  /** Search raw bytes for credentials; false when only some file scanners were asked for: then files are found for them. */
  readonly search: boolean;
  /** Files larger than this are read in overlapping pieces up to `maxFileBytes`, then reported as partial. */
  readonly maxFileBytes: number;
}

/** A credential found in a text. Holds the secret itself: never let it leave the scanner but through `context.sighting`. */
export interface Match {
  readonly detector: string;
  readonly provider: string;
  readonly type: string;
  readonly secret: Secret;
  readonly publicId?: string;
  readonly credential: CredentialId;
  readonly fingerprint: string;
  readonly masked: string;
  readonly confidence: Confidence;
  /** What made the confidence other than the detector's own: `in a test`, `a dictionary word` … */
  readonly why?: readonly string[];
  /** The make of a password that only its name tells; see `src/util/strength.ts`. */
  readonly strength?: 'strong' | 'weak';
  /** How it was hidden, outermost first: `base64`, `hex`, `percent`, `escapes`, `concatenation`, `gzip`, `zip` … */
  readonly hidden?: readonly string[];
  /** Path inside the archive that the searched bytes are: `a/b.zip!c/d.env` is member `c/d.env` of `a/b.zip`. Nested: joined by `!`. */
  readonly member?: string;
  /** The inline comment that asks not to report it, as written: `gitleaks:allow`. */
  readonly allowedBy?: string;
  /** Not to be reported at a place for which this holds; see `ScanContext.isDiscarded`. Absent: reported everywhere. */
  readonly unless?: PlaceTest;
  /** What a detect-secrets baseline knows the secret by, under our key; see `src/util/fingerprint.ts`. */
  readonly baselineId?: string;
  readonly identity?: IdentityId;
  /** What its form tells beside: the end that its provider shows, until when it counts. Goes into the detail of the sighting. Never a secret. */
  readonly detail?: JsonObject;
  /** Byte offset for bytes, UTF-16 offset for strings, of the secret in what was given. */
  readonly start: number;
  readonly end: number;
  /** 1-based, in what was given. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/**
 * What an imported rule leaves to the place when that is not known while searching: a blob of the history has many paths.
 * A number names a test of the pack.
 */
export type PlaceTest = number | boolean | readonly ['not', PlaceTest] | readonly ['and' | 'or', ...PlaceTest[]];

/** A match that crossed a thread boundary: the same without the secret. */
export type BulkMatch = Omit<Match, 'secret'> & {
  /** Only in a run with `--verify`: in memory, until its provider was asked. */
  readonly secret?: Secret;
  /** When what holds it was made, where it says so itself. */
  readonly takenAt?: IsoTime;
};

export interface BulkDetect {
  /** Much is about to be given: what must be made ready for it is made meanwhile. */
  expect?(): void;
  /**
   * Files below `root`. Paths are relative, `/`-separated. Yields one item for every file, in no fixed order. What detectors
   * bound to other paths found is among the matches, as for blobs: see `ScanContext.settle`.
   */
  files(root: string, paths: Iterable<string>): AsyncIterable<BulkItem>;
  /**
   * Git blobs by id, read from the packs of the repository, and what they do not give through `git cat-file --batch` processes
   * that the workers own. Many are best given as the `BlobTable` of `src/files/blob-table.ts`.
   * `git` is the safe argument prefix (see `src/files/git.ts`).
   */
  blobs(
    repository: { readonly gitDir: string; readonly git: readonly string[] },
    ids: Iterable<BlobRef>,
    /** Only these detectors (ids); absent: all. */
    detectors?: readonly string[],
  ): AsyncIterable<BulkItem>;
}

/**
 * What a crawler may keep from one run for the next about one target: part of the unit's result, written with it or not
 * at all. Bytes only (never a secret); absent without a store file. A crawler that finds nothing useful reads all anew.
 */
export interface Memory {
  get(name: string): Promise<Uint8Array | undefined>;
  set(name: string, bytes: Uint8Array): Promise<void>;
  delete(name: string): Promise<void>;
}

export interface BlobRef {
  readonly id: string;
  readonly size: number;
}

export interface BulkItem {
  /** Path or blob id. */
  readonly key: string;
  readonly outcome: 'read' | 'skipped' | 'failed' | 'partial';
  readonly why?: string;
  readonly bytes: number;
  readonly matches: readonly BulkMatch[];
  /** Of an archive: files in it that were read, and that were not. */
  readonly members?: { readonly read: number; readonly skipped: number };
  /** What was left out was for want of time: the next run may do better. */
  readonly isTransient?: boolean;
}

export interface Log {
  /** Static message, data beside it; goes to stderr. */
  debug(message: string, data?: object): void;
  info(message: string, data?: object): void;
  warn(message: string, data?: object): void;
}

/** Progress on stderr: a bar on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** Starts a phase; `total` may come later through `update`. */
  phase(title: string, total?: number): void;
  advance(done: number, bytes?: number): void;
  total(total: number): void;
  end(): void;
}

export function defineFileScanner(spec: Omit<FileScanner, 'kind'>): FileScanner {
  return { ...spec, kind: 'file' };
}

export function defineCrawler(spec: Omit<Crawler, 'kind'>): Crawler {
  return { ...spec, kind: 'crawler' };
}

export function defineServiceScanner(spec: Omit<ServiceScanner, 'kind'>): ServiceScanner {
  return { ...spec, kind: 'service' };
}
