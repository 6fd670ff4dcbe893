import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_OBJECT, type Reading, readingSql, roomFor, SMALL_OBJECT, stagedSql } from '../logs/compile.ts';
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
/** A larger document is taken apart: the engine holds one whole. */
const LARGE_DOCUMENT = MAX_OBJECT * 0.75;

/** Files that were read into `staged` of the other engine. */
export interface Batch {
  readonly format: LogFormat;
  readonly files: readonly Loading[];
  readonly directory: string;
  /** Its table. */
  readonly staged: string;
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

/** All that the files hold into a table; what is broken is taken out, and saved as far as it can be. */
export async function stage(
  { format, files, directory, staged }: Batch,
  given: readonly string[],
  { reader, compare, work }: Staging,
): Promise<void> {
  const none = noneSql(format, work);
  const [room, ...more] = roomFor(format, Math.max(...files.map(unpacked)));
  const salt = sha256(files.map((file) => file.sha256).join(' '));
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
  const broken: Loading[] = [];
  const whole = new Map<string, Loading>();
  for (const file of files) {
    if (compare.hasTwin(file)) continue;
    if (isTooLong(format, file)) broken.push(file);
    else whole.set(linkAs(file.file, directory, file.index), file);
  }
  broken.push(...(await readWhole(whole, read)));
  for (const file of broken) {
    const saved = await saveRecords(format, file.file, savedName(file, directory), work.signal);
    file.isSaved = true;
    file.lost = saved.lost;
    if (saved.why !== undefined) file.why = saved.why;
    let failure = await read([saved.path], 'saved');
    for (const largest of more) failure &&= await read([saved.path], 'saved', largest);
    if (failure !== undefined) file.why = `it cannot be read as ${format.meta.title}: ${firstLine(failure)}`;
  }
}

/** Reads files together; those that are broken, and so stop the others, are given back. */
async function readWhole(
  whole: ReadonlyMap<string, Loading>,
  read: (paths: readonly string[], reading: Reading) => Promise<string | undefined>,
): Promise<readonly Loading[]> {
  const broken: Loading[] = [];
  const waiting = whole.size === 0 ? [] : [[...whole.keys()]];
  for (let paths = waiting.pop(); paths !== undefined; paths = waiting.pop()) {
    const failure = await read(paths, 'whole');
    if (failure === undefined) continue;
    // The message names the file; where it does not, the half is looked for that fails.
    const bad = paths.length === 1 ? paths[0] : paths.find((path) => failure.includes(path));
    const file = whole.get(bad ?? '');
    if (file !== undefined) broken.push(file);
    const left = paths.filter((path) => path !== bad);
    const size = Math.min(AFTER_FAILURE, Math.ceil(left.length / 2));
    for (let at = 0; at < left.length; at += size) waiting.push(left.slice(at, at + size));
  }
  return broken;
}

/** A document is taken in whole: one that is too large for that is taken apart first. */
function isTooLong(format: LogFormat, file: Loading): boolean {
  return format.meta.as === 'json' && unpacked(file) > LARGE_DOCUMENT;
}

/** What could be read of a broken file. */
export function savedName(file: Loading, directory: string): string {
  return join(directory, `${number(file)}.jsonl`);
}

export function linkName(file: Loading, directory: string): string {
  return join(directory, `${number(file)}.log${isPacked(file.file) ? '.gz' : ''}`);
}

function number({ index }: { readonly index: number }): string {
  return String(index).padStart(6, '0');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
