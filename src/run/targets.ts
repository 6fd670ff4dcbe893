import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type {
  CoverageObservation,
  CrawlContext,
  Crawler,
  CrawlOptions,
  FilePlace,
  FileScanner,
  Memory,
  Observation,
  PathTarget,
  ScanContext,
  Scanner,
  ServiceScanner,
  ServiceTarget,
  SourceFile,
  StdinTarget,
  Surface,
  Target,
} from '../contracts/index.ts';
import { headOfFile, readRegularFile, sourceFile } from '../files/source-file.ts';
import { shownTo } from '../files/surroundings.ts';
import { LiveFailure, outcomeOf } from '../live/index.ts';
import type { Unit } from '../store/index.ts';
import { mayHoldRuleComments, type RuleComment, ruleCommentsDetail, ruleCommentsIn } from '../suppress/rule-comments.ts';
import { sha256 } from '../util/digest.ts';
import { environmentOf } from '../util/environment.ts';
import { codeOf, Interrupted, messageOf, TargetError } from '../util/errors.ts';
import { crawlContext } from './context.ts';
import type { LogShelf } from './logs.ts';
import type { Part, Sink } from './sink.ts';

/** Structured readers need the whole text in memory; V8 strings end at 512 MiB. */
export const MAX_STRUCTURED_BYTES = 256 * 1024 * 1024;

export interface TargetWork {
  readonly sink: Pick<Sink, 'part' | 'memory'> & Partial<Pick<Sink, 'has'>>;
  readonly base: ScanContext;
  readonly bulk: CrawlContext['bulk'];
  readonly options: CrawlOptions;
  /** Does this crawler search what it reads? Absent: as the options say. */
  readonly isSearchedBy?: (crawler: string) => boolean;
  readonly scanners: readonly Scanner[];
  /** Everything beside the content that decides a unit's result: rules and fingerprint key. */
  readonly rulesDigest: string;
  /** Sightings keep what a detect-secrets baseline knows them by: a part that was made without is not what is wanted. */
  readonly keepsBaselineIds?: boolean;
  readonly detectors?: NonNullable<CrawlContext['detectors']>;
  readonly runId: string;
  readonly startedAt: string;
  /** Where logs are put aside; absent before a merge, when nothing but a change is looked at. */
  readonly logs?: LogShelf;
  /** Told when something is as an earlier run of the store read it: it is not read again. */
  readonly onKept?: () => void;
  /** What is kept of a service target for a run that goes on; only with a store file. */
  readonly keepSteps?: (target: ServiceTarget, version: number) => NonNullable<ScanContext['once']>;
}

/** Reads one target and puts what is there into the sink. What cannot be read becomes a coverage row. */
export async function readTarget(target: Exclude<Target, StdinTarget>, work: TargetWork): Promise<void> {
  try {
    if (target.kind === 'service') return await readService(target, work);
    const crawler = await crawlerOf(target, work.scanners);
    if (crawler !== undefined) return await crawl(crawler, target, work);
    if (!target.isDirectory) return await readSingleFile(target, work);
    throw new TargetError(`No scanner reads the directory ${target.path}`, {
      code: 'TARGET_UNSUPPORTED',
      hint: 'Was it left out with --only or --skip?',
    });
  } catch (error) {
    if (work.base.signal.aborted) throw new Interrupted();
    if (!(error instanceof TargetError)) throw error;
    await unreadable(target.name, error, work);
  }
}

/** A target that could not be read at all is said in the report, beside those that could. */
export async function unreadable(
  name: string,
  error: TargetError,
  work: Pick<TargetWork, 'sink' | 'runId' | 'base'>,
): Promise<void> {
  work.base.log.warn(`${name}: ${error.message}${error.hint === undefined ? '' : `. ${error.hint}`}`);
  const part = await work.sink.part({ scanner: 'core', version: 1, target: name, unit: name, content: work.runId });
  await part.add({
    kind: 'coverage',
    surface: 'work-tree',
    subject: name,
    outcome: 'denied',
    why: error.message,
    covers: ['sighting'],
  });
}

async function readService(target: ServiceTarget, work: TargetWork): Promise<void> {
  const scanner = work.scanners.find((s) => s.kind === 'service' && s.scheme === target.scheme);
  if (scanner?.kind !== 'service') throw new TargetError(`No scanner reads ${target.name}`, { code: 'TARGET_SCHEME' });
  const part = await work.sink.part(runUnit(scanner, target.name, work));
  const once = work.keepSteps?.(target, scanner.version);
  const context = once === undefined ? work.base : { ...work.base, once, settled: settledOf(scanner, target, work) };
  try {
    await addAll(scanner.scan(target, context), part, work);
  } catch (error) {
    if (work.base.signal.aborted) throw error;
    await serviceUnreadable(scanner, target, error, part, work);
  }
}

/** `ScanContext.settled`: each unit is a part of its own, which later runs of the store share. */
function settledOf(scanner: ServiceScanner, target: ServiceTarget, work: TargetWork): NonNullable<ScanContext['settled']> {
  const isKept = (of: Unit): boolean => work.sink.has?.(of) === true;
  return async (unit, content, make) => {
    const known = sha256([work.rulesDigest, content].join('\n'));
    const of = { scanner: scanner.id, version: scanner.version, target: target.name, unit, content: known };
    if (work.options.full !== true && isKept(of)) {
      await work.sink.part(of);
      work.onKept?.();
      return 'kept';
    }
    const observations = await make();
    if (observations === undefined) return 'open';
    // Asked anew, it is another part than the one that is there.
    const part = await work.sink.part(isKept(of) ? { ...of, content: `${known} ${work.runId}` } : of);
    for (const observation of observations) await part.add(observation);
    return 'added';
  };
}

/**
 * Nothing of it could be asked, or not all: said of every surface that the scanner would have looked at. What other targets
 * gave stands.
 */
async function serviceUnreadable(
  scanner: ServiceScanner,
  target: ServiceTarget,
  error: unknown,
  part: Part,
  { base }: TargetWork,
): Promise<void> {
  const isFault = !(error instanceof TargetError || error instanceof LiveFailure);
  const hint = error instanceof TargetError && error.hint !== undefined ? `. ${error.hint}` : '';
  const why = isFault
    ? `the ${scanner.id} scanner failed on it (${messageOf(error)}); please report this`
    : `${messageOf(error)}${hint}`;
  base.log.warn(`${target.name}: ${why}`);
  for (const surface of scanner.surfaces) {
    await part.add({
      kind: 'coverage',
      surface,
      subject: target.name,
      outcome: error instanceof LiveFailure ? outcomeOf(error) : isFault ? 'partial' : 'denied',
      why,
      covers: scanner.emits.filter((kind) => kind !== 'coverage'),
    });
  }
}

/** The first that accepts it: repositories and directories, images in directories and in single files. */
export async function crawlerOf(target: PathTarget, scanners: readonly Scanner[]): Promise<Crawler | undefined> {
  for (const scanner of scanners) {
    if (scanner.kind === 'crawler' && (await scanner.accepts(target))) return scanner;
  }
  return undefined;
}

async function crawl(scanner: Crawler, target: PathTarget, work: TargetWork): Promise<void> {
  const files = work.scanners.filter((s): s is FileScanner => s.kind === 'file');
  // The crawler picks what counts of a change, or of an old version; what is there now goes straight into its part.
  const premerge = work.options.staged || work.options.diff !== undefined;
  const options = { ...work.options, search: work.isSearchedBy?.(scanner.id) ?? work.options.search };
  const whole = crawlContext(
    work.base,
    options,
    work.bulk,
    files,
    (reader, file) =>
      premerge || file.place === 'history' ? iterate(reader, file, work) : readIntoPart(reader, file, target.name, work),
    work.logs?.intake(target.name),
  );
  const part = await work.sink.part(runUnit(scanner, target.name, work));
  const memory = premerge ? undefined : toldOf(await work.sink.memory(target.name, scanner.id), work);
  const readers = JSON.stringify(files.map((reader) => [reader.id, reader.version]));
  const detectors = work.detectors === undefined ? undefined : { ...work.detectors, readers };
  const context = { ...whole, ...(memory === undefined || detectors === undefined ? {} : { memory, detectors }) };
  await addAll(scanner.scan(target, context), part, work);
}

function toldOf(memory: Memory | undefined, { onKept }: TargetWork): Memory | undefined {
  if (memory === undefined || onKept === undefined) return memory;
  return {
    ...memory,
    async get(name) {
      const known = await memory.get(name);
      if (known !== undefined) onKept();
      return known;
    },
  };
}

/** One file, named by the user: read by the scanner that knows it, and searched as bytes unless that scanner does so. */
async function readSingleFile(target: PathTarget, work: TargetWork): Promise<void> {
  const path = realpathSync(target.path);
  const size = sizeOf(path);
  const folder = dirname(path);
  const name = basename(path);
  const files = work.scanners.filter((s): s is FileScanner => s.kind === 'file');
  const where = await placeOfFile(target, files, work);
  const { at, place } = where;
  // What a file is may show in its path (`.github/workflows/x.yml`); else it is taken for one that lies at the top.
  const head = headOfFile(folder, name, size);
  const paths = new Set([at.path, target.name.split('\\').join('/'), path.split(sep).join('/'), name]);
  const logs = work.logs?.intake(target.name);
  for (const seen of logs === undefined ? [] : paths) {
    const log = { ...head, path: seen };
    if (logs?.claims(log) === true) return logs.add(path, log, at);
  }
  let reader: FileScanner | undefined;
  for (const seen of paths) reader ??= files.find((s) => s.recognises({ ...head, path: seen }));
  if (reader !== undefined) {
    const bytes = readStructured(path);
    if (typeof bytes === 'string') await notStructured(reader, bytes, target, work);
    else {
      const file = {
        ...sourceFile(at.path, bytes, at, place, where.around),
        ...(where.mode === undefined ? {} : { mode: where.mode }),
      };
      for await (const observation of readIntoPart(reader, file, target.name, work)) void observation;
      if (reader.content === 'own') return;
    }
  }
  const part = await work.sink.part(runUnit({ id: 'file', version: 1 }, target.name, work));
  for await (const item of work.bulk.files(folder, [name])) {
    const matches = work.base.settle?.(item.matches, [at]) ?? item.matches;
    for (const match of matches) await part.add(work.base.sighting(match, at, place, environmentOf(at.path)));
    const outcome = item.outcome === 'read' ? 'complete' : item.outcome === 'partial' ? 'partial' : 'denied';
    await part.add({
      kind: 'coverage',
      surface: 'work-tree',
      subject: target.name,
      outcome,
      ...(outcome === 'complete' ? {} : { why: item.why ?? 'it could not be read' }),
      covers: ['sighting'],
      seen: 1,
      read: item.outcome === 'read' || item.outcome === 'partial' ? 1 : 0,
      skipped: item.outcome === 'skipped' ? 1 : 0,
      failed: item.outcome === 'failed' ? 1 : 0,
      bytes: item.bytes,
      ...(item.members === undefined ? {} : { detail: { inArchives: { ...item.members } } }),
    });
  }
}

/** As the crawl of what it lies in would say it. */
async function placeOfFile(target: PathTarget, files: readonly FileScanner[], work: TargetWork): Promise<FilePlace> {
  const crawler = work.scanners.find((s): s is Crawler => s.kind === 'crawler' && s.locate !== undefined);
  const context = crawlContext(work.base, work.options, work.bulk, files, (reader, file) => iterate(reader, file, work));
  return (await crawler?.locate?.(target, context)) ?? { at: { path: target.name.split('\\').join('/') }, place: 'file' };
}

/** The whole file; a text in its place says why it cannot be had. */
function readStructured(path: string): Buffer | string {
  try {
    return readRegularFile(path, MAX_STRUCTURED_BYTES);
  } catch (error) {
    if (error instanceof TargetError && error.code === 'FILE_TOO_LARGE') {
      return 'it is too large to be read by its structure: only searched for credentials';
    }
    if (codeOf(error) === undefined) throw error;
    return messageOf(error);
  }
}

/** A file of a known kind that could not be read as such; the search for credentials that follows is another surface. */
export async function notStructured(
  reader: FileScanner,
  why: string,
  target: { readonly name: string },
  work: TargetWork,
): Promise<void> {
  const part = await work.sink.part(runUnit(reader, target.name, work));
  await part.add({
    kind: 'coverage',
    surface: reader.surfaces[0] as Surface,
    subject: target.name,
    outcome: 'denied',
    why,
    covers: reader.emits.filter((kind) => kind !== 'coverage'),
    seen: 1,
    read: 0,
    skipped: 1,
    failed: 0,
  });
}

/** Loads a file's observations straight into its own part, once: the crawler gets nothing back. */
export async function* readIntoPart(
  reader: FileScanner,
  file: SourceFile,
  target: string,
  work: TargetWork,
): AsyncIterable<Observation> {
  const content = await contentOf(reader, file, work);
  const unit: Unit = { scanner: reader.id, version: reader.version, target, unit: file.path, content };
  const part = await work.sink.part(unit);
  if (part.known) {
    work.onKept?.();
    return;
  }
  await addAll(iterate(reader, file, work), part, work);
  yield* [];
}

/** Everything that decides what a scanner tells of a file. */
async function contentOf(reader: FileScanner, file: SourceFile, work: TargetWork): Promise<string> {
  const clock = reader.usesClock === true ? work.startedAt : '';
  const ids = work.keepsBaselineIds === true ? 'with baseline ids' : '';
  // Only what a store file keeps is held against the next run, and what goes by the clock never is the same.
  const isKept = work.detectors !== undefined && reader.usesClock !== true;
  const around = isKept ? ((await shownTo(reader, file).around?.digest()) ?? '') : '';
  const parts = [sha256(file.bytes), JSON.stringify(file.at), file.place, file.mode ?? '', around, work.rulesDigest, clock, ids];
  return sha256(parts.join('\n'));
}

/** A file scanner that fails on a file is a fault of ours; the file is reported as not read, and the run goes on. */
async function* iterate(reader: FileScanner, file: SourceFile, work: TargetWork): AsyncIterable<Observation> {
  const cuts = new Set<string>();
  const context: ScanContext = {
    ...work.base,
    detect: (text, hints) => work.base.detect(text, { ...hints, onCut: (why) => void cuts.add(why) }),
  };
  let isTold = false;
  try {
    for await (const observation of reader.scan(shownTo(reader, file), context)) {
      const isCut = cuts.size > 0 && observation.kind === 'coverage' && observation.covers.includes('sighting');
      isTold ||= isCut;
      yield isCut ? withCuts(observation, cuts) : observation;
    }
    if (cuts.size > 0 && !isTold) yield cutRow(reader, file, cuts);
    const comments = mayHoldRuleComments(file.bytes) ? ruleCommentsIn(file.text()) : [];
    if (comments.length > 0) yield commentsRow(reader, file, comments);
  } catch (error) {
    if (work.base.signal.aborted) throw new Interrupted();
    work.base.log.warn('a scanner failed on a file', { scanner: reader.id, file: file.path, error: messageOf(error) });
    yield {
      kind: 'coverage',
      surface: reader.surfaces[0] as Surface,
      subject: file.path,
      outcome: 'partial',
      why: `the ${reader.id} scanner failed on it (${messageOf(error)}); please report this`,
      covers: reader.emits.filter((kind) => kind !== 'coverage'),
      seen: 1,
      read: 0,
      skipped: 0,
      failed: 1,
      at: file.at,
    };
  }
}

/** What a file asks not to be told of it. It covers no kind of observation, and counts no file. */
function commentsRow(reader: FileScanner, file: SourceFile, comments: readonly RuleComment[]): CoverageObservation {
  return {
    kind: 'coverage',
    surface: reader.surfaces[0] as Surface,
    subject: file.path,
    outcome: 'complete',
    covers: [],
    at: { ...file.at, path: file.path },
    detail: ruleCommentsDetail(comments),
  };
}

/** A scanner does not know what its texts were searched for in vain. */
function withCuts(row: CoverageObservation, cuts: ReadonlySet<string>): CoverageObservation {
  const why = [row.why, ...cuts].filter((reason) => reason !== undefined).join('; ');
  return { ...row, ...(row.outcome === 'complete' ? { outcome: 'partial' } : {}), why };
}

function cutRow(reader: FileScanner, file: SourceFile, cuts: ReadonlySet<string>): CoverageObservation {
  return {
    kind: 'coverage',
    surface: reader.surfaces[0] as Surface,
    subject: file.path,
    outcome: 'partial',
    why: [...cuts].join('; '),
    covers: ['sighting'],
    seen: 1,
    read: 1,
    skipped: 0,
    failed: 0,
    at: file.at,
  };
}

async function addAll(observations: AsyncIterable<Observation>, part: Part, work: TargetWork): Promise<void> {
  for await (const observation of observations) {
    if (work.base.signal.aborted) throw new Interrupted();
    await part.add(observation);
  }
}

export function runUnit(scanner: { readonly id: string; readonly version: number }, target: string, work: TargetWork): Unit {
  return { scanner: scanner.id, version: scanner.version, target, unit: join('run', target), content: work.runId };
}

function sizeOf(path: string): number {
  const stat = statSync(path);
  if (stat.isFile()) return stat.size;
  throw new TargetError(`${path} is neither a file nor a directory`, {
    code: 'TARGET_UNSUPPORTED',
    hint: 'Name a file or a directory.',
  });
}
