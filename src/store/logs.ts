import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from 'duckdb';
import type { CoverageObservation, Location, Observation } from '../contracts/index.ts';
import {
  MAX_OBJECT,
  madeSql,
  type Reading,
  readingSql,
  roomFor,
  SMALL_OBJECT,
  stagedSql,
  text,
  usageColumns,
} from '../logs/compile.ts';
import type { LogFormat } from '../logs/format.ts';
import { madeRows, usedKey } from '../logs/made.ts';
import { isPacked, saveRecords, sha256OfFile, unpackedSize } from '../logs/save.ts';
import { streamOf } from '../logs/stream.ts';
import { sha256 } from '../util/digest.ts';
import { messageOf } from '../util/errors.ts';
import { LogCompare } from './log-compare.ts';
import { testDigests } from './log-digests.ts';
import { maskTexts, type TextMasks } from './log-mask.ts';
import { Ahead, LogReader, linkAs } from './log-reader.ts';
import { LogTally } from './log-tally.ts';

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
  readonly retentionDays: number | undefined;
  readonly masks: TextMasks;
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

const ISO = "'%Y-%m-%dT%H:%M:%S.%fZ'";

/** What a file held. */
export interface Counts {
  readonly records: number;
  readonly failed: number;
  readonly known: number;
  readonly firstAt: string | undefined;
  readonly lastAt: string | undefined;
}

type Running = Omit<Counts, 'known'>;

interface Column {
  readonly name: string;
  readonly type: string;
}

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
interface Batch {
  readonly format: LogFormat;
  readonly files: readonly Loading[];
  readonly directory: string;
  /** Its table. */
  readonly staged: string;
}

/** Reads log files into `obs.usages` and `obs.log_records`, by SQL alone: nothing of them gets into this process's heap. */
export async function importLogs(connection: DuckDBConnection, files: readonly LogFile[], work: LogWork): Promise<void> {
  const reader = await LogReader.open(work.scratch);
  const stop = (): void => reader.interrupt();
  work.signal.addEventListener('abort', stop);
  try {
    const importing = new LogImport(connection, reader, work, await LogCompare.open(connection, reader, work));
    const logs = files.filter(({ format }) => format.meta.digests === undefined);
    for (const [format, ofFormat] of Map.groupBy(logs, (file) => file.format)) await importing.read(format, ofFormat);
    await importing.end(logs);
    const digests = files.filter(({ format }) => format.meta.digests !== undefined);
    await testDigests(digests, logs, { connection, reader, work, parts: importing.parts });
  } finally {
    work.signal.removeEventListener('abort', stop);
    reader.close();
  }
}

class LogImport {
  readonly parts = new Map<LogFile, { readonly part: bigint; readonly isNew: boolean }>();
  readonly #connection: DuckDBConnection;
  readonly #reader: LogReader;
  readonly #work: LogWork;
  readonly #compare: LogCompare;
  readonly #tallies = new Map<string, LogTally>();
  readonly #columns = new Map<LogFormat, readonly string[]>();
  readonly #keys = new Map<string, { readonly part: bigint; readonly lastUsedAt: string; readonly row: Observation }>();
  readonly #keeper: Ahead<() => Promise<void>>;
  #batches = 0;
  #ofUsages: Promise<readonly Column[]> | undefined;

  constructor(connection: DuckDBConnection, reader: LogReader, work: LogWork, compare: LogCompare) {
    this.#connection = connection;
    this.#reader = reader;
    this.#work = work;
    this.#compare = compare;
    this.#keeper = new Ahead((keep) => keep());
  }

  async read(format: LogFormat, files: readonly LogFile[]): Promise<void> {
    const sorted = files.toSorted((a, b) => compareText(a.target, b.target) || compareText(a.path, b.path));
    let batch: LogFile[] = [];
    let bytes = 0;
    for (const file of sorted) {
      batch.push(file);
      bytes += unpacked(file);
      if (bytes < BATCH_BYTES && batch.length < BATCH_FILES) continue;
      await this.#readBatch(format, batch);
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) await this.#readBatch(format, batch);
    await this.#keeper.end();
  }

  async end(files: readonly LogFile[]): Promise<void> {
    await this.#compare.findGone(files);
    for (const { part, row } of this.#keys.values()) await this.#work.add(part, row);
    const { retentionDays, now } = this.#work;
    for (const tally of this.#tallies.values()) await this.#work.add(tally.part, tally.coverage(retentionDays));
    if (retentionDays === undefined) return;
    await this.#connection.run('DELETE FROM obs.log_records WHERE used_at < $now::TIMESTAMP - to_days($days::INTEGER)', {
      now,
      days: retentionDays,
    });
  }

  /** Reads files while those before them are being kept: the store is only touched by who keeps. */
  async #readBatch(format: LogFormat, files: readonly LogFile[]): Promise<void> {
    const digests = new Map<LogFile, string | Error>();
    for (const file of files) {
      this.#work.signal.throwIfAborted();
      digests.set(file, await sha256OfFile(file.file, this.#work.signal).catch(toError));
    }
    this.#work.signal.throwIfAborted();
    const loading: Loading[] = [];
    const notes: (() => Promise<void>)[] = [];
    for (const [file, digest] of digests) {
      if (typeof digest !== 'string') notes.push(() => this.#tellUnread(file, digest));
      else if (!this.#begin(file, digest, loading)) notes.push(async () => this.#work.onFile(file.size));
    }
    const batch = {
      format,
      files: loading,
      directory: join(this.#work.scratch, `batch-${++this.#batches}`),
      staged: `staged_${this.#batches}`,
    };
    mkdirSync(batch.directory, { mode: 0o700 });
    if (loading.length > 0) await this.#stage(batch);
    await this.#keeper.give(async () => {
      try {
        for (const note of notes) await note();
        if (loading.length > 0) await this.#keep(batch);
      } finally {
        rmSync(batch.directory, { recursive: true, force: true });
      }
    });
  }

  /** `false`: there is nothing to read in it, for an earlier run has read the very same. */
  #begin(file: LogFile, digest: string, loading: Loading[]): boolean {
    const { part, known } = this.#work.addPart(file, `${digest} ${file.format.digest}`);
    this.parts.set(file, { part, isNew: !known });
    if (!known) loading.push({ ...file, index: loading.length, part, sha256: digest, lost: 0 });
    return !known;
  }

  /** All that the files hold into a table; what is broken is taken out, and saved as far as it can be. */
  async #stage({ format, files, directory, staged }: Batch): Promise<void> {
    const none = readingSql(format, { paths: [this.#none()], reading: 'whole', largest: SMALL_OBJECT });
    const given = this.#columns.get(format) ?? (await this.#reader.columns(none)).map(({ name }) => name);
    this.#columns.set(format, given);
    const [room, ...more] = roomFor(format, Math.max(...files.map(unpacked)));
    const salt = sha256(files.map((file) => file.sha256).join(' '));
    await this.#reader.read(`CREATE TABLE ${staged} AS ${stagedSql(format, given, salt, none)} LIMIT 0`);
    const read = async (paths: readonly string[], reading: Reading, largest = room): Promise<string | undefined> => {
      try {
        await this.#reader.read(
          `INSERT INTO ${staged} ${stagedSql(format, given, salt, readingSql(format, { paths, reading, largest }))}`,
        );
        return undefined;
      } catch (error) {
        this.#work.signal.throwIfAborted();
        return messageOf(error);
      }
    };
    const broken: Loading[] = [];
    const whole = new Map<string, Loading>();
    for (const file of files) {
      if (this.#compare.hasTwin(file)) continue;
      if (isTooLong(format, file)) broken.push(file);
      else whole.set(linkAs(file.file, directory, file.index), file);
    }
    broken.push(...(await readWhole(whole, read)));
    for (const file of broken) {
      const saved = await saveRecords(format, file.file, join(directory, `${number(file)}.jsonl`), this.#work.signal);
      file.isSaved = true;
      file.lost = saved.lost;
      if (saved.why !== undefined) file.why = saved.why;
      let failure = await read([saved.path], 'saved');
      for (const largest of more) failure &&= await read([saved.path], 'saved', largest);
      if (failure !== undefined) file.why = `it cannot be read as ${format.meta.title}: ${firstLine(failure)}`;
    }
  }

  /** A file that holds nothing: the engine tells the columns of a SELECT over it. */
  #none(): string {
    const path = join(this.#work.scratch, '000000.none');
    writeFileSync(path, '');
    return path;
  }

  /** What was read goes to where it stays. */
  async #keep({ format, files, directory, staged }: Batch): Promise<void> {
    const reader = this.#reader;
    const given = this.#columns.get(format) ?? [];
    await this.#openBatch(files);
    const before = await this.#count(staged);
    const { retentionDays, now } = this.#work;
    const old = retentionDays === undefined ? '' : `OR used_at < TIMESTAMP ${text(now)} - to_days(${retentionDays})`;
    await reader.run(`DELETE FROM ${staged} WHERE record_id IS NULL OR used_at IS NULL ${old}`);
    await this.#compare.dropKnown(format, files, staged, before);
    const fresh = await this.#count(staged);
    await this.#makeFacts(format, files, directory, staged);
    await this.#noteKeys(format, files, staged);
    const to = { connection: this.#connection, schema: 'obs' };
    await reader.give(
      `SELECT b.part_id, s.usage_key, s.record_key, s.digest, s.used_at FROM ${staged} AS s JOIN batch AS b USING (file)`,
      { ...to, table: 'log_records' },
    );
    const rows = await this.#maskedRows(format, given, staged);
    await reader.give(usagesSql(format, given, rows, await this.#usageColumns()), { ...to, table: 'usages' });
    await reader.run(`DROP TABLE IF EXISTS sums; DROP TABLE ${staged}`);
    for (const file of files) {
      const all = before.get(file.index);
      await this.#endFile(file, all, fresh.get(file.index)?.records ?? 0);
    }
    await this.#compare.saveLinks();
  }

  /** What rows of usages are made of: the records, or what sums them up. */
  async #maskedRows(format: LogFormat, given: readonly string[], staged: string): Promise<string> {
    const names = [...usageColumns(given).map(({ name }) => name), ...(given.includes('session_id') ? ['session_id'] : [])];
    if (format.meta.single) {
      await maskTexts(this.#reader, staged, [...names, 'record_id'], this.#work.masks);
      return staged;
    }
    await this.#reader.run(`CREATE TABLE sums AS ${sumsSql(format, given, staged)}`);
    await maskTexts(this.#reader, 'sums', [...names, 'session_id', 'first_id'], this.#work.masks);
    return 'sums';
  }

  async #openBatch(files: readonly Loading[]): Promise<void> {
    const rows = files.map(({ index, part, path, at, target }) => ({
      file: index,
      part: String(part),
      stream: streamOf(path),
      target,
      at: { ...at, path },
    }));
    await this.#reader.run(
      `CREATE OR REPLACE TABLE batch AS SELECT r.file, r.part AS part_id, r.stream, r.target, r.at FROM
       (SELECT unnest(from_json($rows, '[{"file":"INTEGER","part":"UBIGINT","stream":"VARCHAR","target":"VARCHAR","at":"JSON"}]')) AS r)`,
      { rows: JSON.stringify(rows) },
    );
  }

  async #usageColumns(): Promise<readonly Column[]> {
    this.#ofUsages ??= (async () => {
      const described = await this.#connection.runAndReadAll('DESCRIBE obs.usages');
      return described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
    })();
    return await this.#ofUsages;
  }

  async #count(staged: string): Promise<ReadonlyMap<number, Running>> {
    const rows = await this.#reader.rows(
      `SELECT file, count(*), count(*) FILTER (record_id IS NULL OR used_at IS NULL), strftime(min(used_at), ${ISO}), strftime(max(used_at), ${ISO})
       FROM ${staged} GROUP BY file`,
    );
    return new Map(
      rows.map(([file, records, failed, first, last]) => [
        Number(file),
        {
          records: Number(records) - Number(failed),
          failed: Number(failed),
          firstAt: first === null ? undefined : String(first),
          lastAt: last === null ? undefined : String(last),
        },
      ]),
    );
  }

  async #endFile(file: Loading, running: Running | undefined, fresh: number): Promise<void> {
    this.#work.onFile(file.size);
    const twin = this.#compare.twinOf(file);
    const { records = 0, failed = 0, firstAt, lastAt } = running ?? {};
    const counts = twin ?? { records, failed: failed + file.lost, known: records - fresh, firstAt, lastAt };
    this.#compare.addFile(file, counts);
    if (file.why !== undefined || counts.failed > 0) await this.#tellProblem(file, counts);
    else this.#tallyOf(file).add(file, counts);
  }

  /** Whose a key is and when it was last used: a key that leaks is known by that where no inventory tells of it. */
  async #noteKeys(format: LogFormat, files: readonly Loading[], staged: string): Promise<void> {
    const given = this.#columns.get(format) ?? [];
    if (!given.includes('credential_id') || !given.includes('identity_id')) return;
    const target = given.includes('target') ? 'arg_max(target, used_at)' : 'NULL';
    const rows = await this.#reader.rows(
      `SELECT credential_id, identity_id, strftime(max(used_at), ${ISO}), ${target}, arg_max(record_id, used_at), arg_max(file, used_at)
       FROM ${staged} WHERE credential_id IS NOT NULL AND identity_id IS NOT NULL GROUP BY credential_id, identity_id`,
    );
    for (const [credential, identity, last, service, record, index] of rows) {
      const file = files.find((one) => one.index === Number(index));
      const known = this.#keys.get(`${credential} ${identity}`);
      if (file === undefined || (known?.lastUsedAt !== undefined && known.lastUsedAt >= String(last))) continue;
      this.#keys.set(`${credential} ${identity}`, {
        part: file.part,
        lastUsedAt: String(last),
        row: usedKey(String(credential), String(identity), {
          lastUsedAt: String(last),
          ...(service === null ? {} : { lastUsedFor: String(service) }),
          at: { ...file.at, path: file.path, pointer: String(record) },
          detail: { source: format.meta.id },
        }),
      });
    }
  }

  /** Who made what, from the files that tell of it. */
  async #makeFacts(format: LogFormat, files: readonly Loading[], directory: string, staged: string): Promise<void> {
    const { made } = format.meta;
    if (made === undefined || this.#columns.get(format)?.includes('operation') !== true) return;
    const when = made.when.map(text).join(', ');
    const rows = await this.#reader.rows(`SELECT DISTINCT file FROM ${staged} WHERE operation IN (${when}) ORDER BY 1`);
    for (const [index] of rows) {
      const file = files.find((one) => one.index === Number(index));
      if (file === undefined) continue;
      const path = file.isSaved === true ? join(directory, `${number(file)}.jsonl`) : linkName(file, directory);
      const select = madeSql(format, {
        paths: [path],
        reading: file.isSaved === true ? 'saved' : 'lenient',
        largest: MAX_OBJECT,
      });
      if (select === undefined) return;
      const facts = await this.#reader.objects(select);
      for (const row of madeRows(facts, { ...file.at, path: file.path }, format.meta.id)) await this.#work.add(file.part, row);
    }
  }

  async #tellUnread(file: LogFile, error: Error): Promise<void> {
    const { part } = this.#work.addPart(file, `unreadable ${this.#work.now}`);
    await this.#work.add(part, problem(file, `it could not be read: ${messageOf(error)}`));
  }

  #tallyOf(file: Loading): LogTally {
    const key = `${file.format.meta.id} ${file.target}`;
    const known = this.#tallies.get(key) ?? new LogTally(file.format, file.target, file.part);
    this.#tallies.set(key, known);
    return known;
  }

  async #tellProblem(file: Loading, { records, failed, known }: Counts): Promise<void> {
    const why = [
      file.why,
      failed === 0 ? undefined : `${failed} of ${records + failed} records have no time or id, or cannot be read`,
    ].filter((one) => one !== undefined);
    this.#work.warn('a log was not read whole', { path: file.path, why: why.join('; ') });
    await this.#work.add(file.part, {
      ...problem(file, why.join('; ')),
      seen: records - known + failed,
      read: records - known,
      failed,
    });
  }
}

function problem({ format, path, size, at }: LogFile, why: string): CoverageObservation {
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

/** What is the same within an hour as one row, with its first record. */
function sumsSql(format: LogFormat, given: readonly string[], staged: string): string {
  const made = summedUp(format, given);
  const groups = Object.entries(made).map(([name, sql]) => `${sql} AS ${name}`);
  return `SELECT usage_key, arg_min(file, used_at) AS file, arg_min(record_id, used_at) AS first_id, ${groups.join(', ')}
    FROM ${staged} GROUP BY usage_key`;
}

function summedUp(format: LogFormat, given: readonly string[]): { readonly [name: string]: string } {
  const session = given.includes('session_id')
    ? 'coalesce(any_value(session_id), arg_min(record_id, used_at))'
    : 'arg_min(record_id, used_at)';
  return {
    ...Object.fromEntries(usageColumns(given).map(({ name, sql }) => [name, sql])),
    used_at: 'min(used_at)',
    ended_at: given.includes('ended_at') ? 'max(coalesce(ended_at, used_at))' : 'max(used_at)',
    via: text(format.meta.via),
    session_id: session,
    records: 'count(*)',
  };
}

/** Rows for `obs.usages`, in the order of its columns. */
function usagesSql(format: LogFormat, given: readonly string[], rows: string, columns: readonly Column[]): string {
  if (format.meta.single) return singleSql(format, given, rows, columns);
  const made = summedUp(format, given);
  const selected = columns.map(({ name, type }) => {
    if (name === 'observation_id') return "printf('%016x', usage_key)";
    if (name === 'part_id') return 'b.part_id';
    if (name === 'location') return "json_merge_patch(b.at, json_object('pointer', first_id))::JSON";
    return `${name in made ? `g.${name}` : 'NULL'}::${type}`;
  });
  return `SELECT ${selected.join(', ')} FROM ${rows} AS g JOIN batch AS b USING (file)`;
}

/** The same without summing up: grouping a million rows that are all different takes their size in memory, and spills none of it. */
function singleSql(format: LogFormat, given: readonly string[], staged: string, columns: readonly Column[]): string {
  const made: { readonly [name: string]: string } = {
    ...Object.fromEntries(usageColumns(given).map(({ name }) => [name, `s.${name}`])),
    observation_id: "printf('%016x', s.usage_key)",
    part_id: 'b.part_id',
    used_at: 's.used_at',
    ...(given.includes('ended_at') ? { ended_at: 's.ended_at' } : {}),
    via: text(format.meta.via),
    session_id: given.includes('session_id') ? 'coalesce(s.session_id, s.record_id)' : 's.record_id',
    location: "json_merge_patch(b.at, json_object('pointer', s.record_id))::JSON",
  };
  const selected = columns.map(({ name, type }) => `${made[name] ?? 'NULL'}::${type}`);
  return `SELECT ${selected.join(', ')} FROM ${staged} AS s JOIN batch AS b USING (file)`;
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

/** A file that is gone fails when it is read. */
function unpacked(file: LogFile): number {
  try {
    return unpackedSize(file.file, file.size);
  } catch {
    return file.size;
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function number({ index }: { readonly index: number }): string {
  return String(index).padStart(6, '0');
}

function linkName(file: Loading, directory: string): string {
  return join(directory, `${number(file)}.log${isPacked(file.file) ? '.gz' : ''}`);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
