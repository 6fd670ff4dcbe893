import { statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Files, MAX_OBJECT, type Reading, readingSql, roomFor, SMALL_OBJECT, stagedSql } from '../logs/compile.ts';
import { canCut } from '../logs/cut.ts';
import type { LogFormat } from '../logs/format.ts';
import { isPacked, saveRecords } from '../logs/save.ts';
import { sha256 } from '../util/digest.ts';
import { messageOf } from '../util/errors.ts';
import type { LogCompare } from './log-compare.ts';
import { type Loading, type LogFile, type LogWork, unpacked } from './log-file.ts';
import { type LogReader, linkAs } from './log-reader.ts';

/**
 * Files are read together, so that what is the same in several becomes one row; packed ones by their size before that. Of
 * 230,000 events of CloudTrail no more than 70 MB stands in memory, and as much that is read meanwhile.
 */
const BATCH_BYTES = 256 * 1024 * 1024;
const BATCH_FILES = 2000;
/** Files that are read together once one of a batch was found to be broken. */
const AFTER_FAILURE = 64;

/** Files that were read into `staged` of the other engine. */
export interface Batch {
  readonly format: LogFormat;
  readonly files: readonly Loading[];
  readonly directory: string;
  /** Its table. */
  readonly staged: string;
  /** Of one file that is too large to be read at once: where it was cut to. */
  readonly part?: FilePart;
}

export interface FilePart {
  readonly paths: readonly string[];
  /** Which of its parts this is, from 0. */
  readonly place: number;
  readonly isLast: boolean;
}

export interface Staging {
  readonly reader: LogReader;
  readonly compare: LogCompare;
  readonly work: LogWork;
}

/** Files that are read together. */
export function* batchesOf(files: readonly LogFile[]): Generator<readonly LogFile[]> {
  const sorted = files.toSorted((a, b) => compareText(a.target, b.target) || compareText(a.path, b.path));
  let batch: LogFile[] = [];
  let bytes = 0;
  for (const file of sorted) {
    batch.push(file);
    bytes += unpacked(file);
    if (bytes < BATCH_BYTES && batch.length < BATCH_FILES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** The columns that a format's SELECT gives. */
export async function columnsOf(format: LogFormat, reader: LogReader, work: LogWork): Promise<readonly string[]> {
  return (await reader.columns(noneSql(format, work))).map(({ name }) => name);
}

/** Over a file that holds nothing. */
export function noneSql(format: LogFormat, { scratch }: Pick<LogWork, 'scratch'>): string {
  const path = join(scratch, '000000.none');
  writeFileSync(path, '');
  return readingSql(format, { paths: [path], reading: 'whole', largest: SMALL_OBJECT });
}

/**
 * All that the files hold into a table; what is broken is taken out, and saved as far as it can be. Returns files that the engine
 * has no room for, of which nothing was read.
 */
export async function stage(
  { format, files, directory, staged, part }: Batch,
  given: readonly string[],
  { reader, compare, work }: Staging,
): Promise<readonly Loading[]> {
  const none = noneSql(format, work);
  const [room, ...more] = roomFor(format, Math.max(...files.map(unpacked)));
  const salt = sha256([...files.map((file) => file.sha256), ...(part === undefined ? [] : [part.place])].join(' '));
  await reader.read(`CREATE TABLE ${staged} AS ${stagedSql(format, given, salt, none)} LIMIT 0`);
  const read = async (paths: readonly string[], reading: Reading, largest = room): Promise<string | undefined> => {
    try {
      await reader.read(
        `INSERT INTO ${staged} ${stagedSql(format, given, salt, readingSql(format, { paths, reading, largest }))}`,
      );
      return undefined;
    } catch (error) {
      work.signal.throwIfAborted();
      return messageOf(error);
    }
  };
  const whole = new Map<string, Loading>();
  for (const file of files) {
    if (part !== undefined) for (const path of part.paths) whole.set(path, file);
    else if (!compare.hasTwin(file)) whole.set(linkAs(file.file, directory, file.index), file);
  }
  const aside: Loading[] = [];
  const asItIs = part !== undefined && format.meta.as === 'json' ? 'saved' : 'whole';
  for (const { path, file, why } of await readWhole(whole, (paths) => read(paths, asItIs))) {
    if (part === undefined && canCut(format) && why.startsWith('Out of Memory')) {
      aside.push(file);
      continue;
    }
    const source = part === undefined ? file.file : path;
    const to = part === undefined ? savedName(file, directory) : join(directory, `saved-${basename(path)}`);
    const saved = await saveRecords(format, source, to, work.signal);
    file.isSaved = true;
    file.lost += saved.lost;
    if (saved.why !== undefined) file.why ??= saved.why;
    let failure = await read([saved.path], 'saved');
    for (const largest of more) failure &&= await read([saved.path], 'saved', largest);
    if (failure !== undefined) file.why = `it cannot be read as ${format.meta.title}: ${firstLine(failure)}`;
  }
  return aside;
}

interface Unread {
  readonly path: string;
  readonly file: Loading;
  readonly why: string;
}

/** Reads files together; those that stop the others are given back. */
async function readWhole(
  whole: ReadonlyMap<string, Loading>,
  read: (paths: readonly string[]) => Promise<string | undefined>,
): Promise<readonly Unread[]> {
  const unread: Unread[] = [];
  const waiting = whole.size === 0 ? [] : [[...whole.keys()]];
  for (let paths = waiting.pop(); paths !== undefined; paths = waiting.pop()) {
    const why = await read(paths);
    if (why === undefined) continue;
    // The message names the file; where it does not, the half is looked for that fails.
    const path = paths.length === 1 ? paths[0] : paths.find((one) => why.includes(one));
    const file = whole.get(path ?? '');
    if (path !== undefined && file !== undefined) unread.push({ path, file, why });
    const left = paths.filter((one) => one !== path);
    const size = Math.min(AFTER_FAILURE, Math.ceil(left.length / 2));
    for (let at = 0; at < left.length; at += size) waiting.push(left.slice(at, at + size));
  }
  return unread;
}

/** Where what was read of a file lies, and how it is read once more. */
export function readAgain({ format, directory, part }: Batch, file: Loading): Files {
  if (part !== undefined) {
    const largest = roomFor(format, Math.max(0, ...part.paths.map((path) => statSync(path).size))).at(-1) ?? MAX_OBJECT;
    return { paths: part.paths, reading: format.meta.as === 'json' ? 'saved' : 'lenient', largest };
  }
  return file.isSaved === true
    ? { paths: [savedName(file, directory)], reading: 'saved', largest: MAX_OBJECT }
    : { paths: [linkName(file, directory)], reading: 'lenient', largest: MAX_OBJECT };
}

/** What could be read of a broken file. */
function savedName(file: Loading, directory: string): string {
  return join(directory, `${numberOf(file)}.jsonl`);
}

function linkName(file: Loading, directory: string): string {
  return join(directory, `${numberOf(file)}.log${isPacked(file.file) ? '.gz' : ''}`);
}

/** As names of files end with it: what the engine reads from there is of the file of this number. */
export function numberOf({ index }: { readonly index: number }): string {
  return String(index).padStart(6, '0');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
