import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from 'duckdb';
import type { CoverageObservation, Location, Observation } from '../contracts/index.ts';
import { madeSql, type Reading, readingSql, stagedSql, text, usageColumns } from '../logs/compile.ts';
import type { LogFormat } from '../logs/format.ts';
import { madeRows } from '../logs/made.ts';
import { isPacked, saveRecords, sha256OfFile } from '../logs/save.ts';
import { streamOf } from '../logs/stream.ts';
import { sha256 } from '../util/digest.ts';
import { messageOf } from '../util/errors.ts';
import { LogCompare } from './log-compare.ts';
import { LogReader } from './log-reader.ts';
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
  addPart(file: LogFile, content: string): { readonly part: bigint; readonly known: boolean };
  add(part: bigint, observation: Observation): Promise<void>;
  onFile(bytes: number): void;
  warn(message: string, data: object): void;
}

/** Masks what an observation of a log names. */
export interface LogMasks {
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
  /** Who made what was read from it. */
  isMade?: boolean;
}

interface Pass {
  readonly reading: Reading;
  readonly salt: string;
  readonly counts: Map<number, Running>;
  readonly directory: string;
  readonly files: readonly Loading[];
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

/** The same while it is read. */
interface Running {
  records: number;
  failed: number;
  fresh: number;
  firstAt: string | undefined;
  lastAt: string | undefined;
}

/**
 * Files are read together, so that what is the same in several becomes one row; packed ones hold ten times their size. Of
 * what they hold no more is kept in memory than these rows: 300,000 events of CloudTrail take 120 MB.
 */
const BATCH_BYTES = 384 * 1024 * 1024;
const BATCH_FILES = 2000;
const BATCH_ROWS = 600_000;
const PACKED = 10;

/** Reads log files into `obs.usages` and `obs.log_records`, by SQL alone: nothing of them gets into this process's heap. */
export async function importLogs(connection: DuckDBConnection, files: readonly LogFile[], work: LogWork): Promise<void> {
  const reader = await LogReader.open(work.scratch);
  const stop = (): void => reader.interrupt();
  work.signal.addEventListener('abort', stop);
  try {
    const importing = new LogImport(connection, reader, work, await LogCompare.open(connection, work));
    for (const [format, ofFormat] of Map.groupBy(files, (file) => file.format)) await importing.read(format, ofFormat);
    await importing.end(files);
  } finally {
    work.signal.removeEventListener('abort', stop);
    reader.close();
  }
}

class LogImport {
  readonly #connection: DuckDBConnection;
  readonly #reader: LogReader;
  readonly #work: LogWork;
  readonly #compare: LogCompare;
  readonly #tallies = new Map<string, LogTally>();
  readonly #columns = new Map<LogFormat, readonly string[]>();
  #batches = 0;

  constructor(connection: DuckDBConnection, reader: LogReader, work: LogWork, compare: LogCompare) {
    this.#connection = connection;
    this.#reader = reader;
    this.#work = work;
    this.#compare = compare;
  }

  async read(format: LogFormat, files: readonly LogFile[]): Promise<void> {
    const sorted = files.toSorted((a, b) => compareText(a.target, b.target) || compareText(a.path, b.path));
    let batch: Loading[] = [];
    let bytes = 0;
    for (const file of sorted) {
      this.#work.signal.throwIfAborted();
      const loading = await this.#begin(file, batch.length);
      if (loading === undefined) continue;
      batch.push(loading);
      bytes += file.size * (isPacked(file.file) ? PACKED : 1);
      if (bytes < BATCH_BYTES && batch.length < BATCH_FILES) continue;
      await this.#readBatch(format, batch);
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) await this.#readBatch(format, batch);
  }

  async end(files: readonly LogFile[]): Promise<void> {
    await this.#compare.findGone(files);
    const { retentionDays, now } = this.#work;
    for (const tally of this.#tallies.values()) await this.#work.add(tally.part, tally.coverage(retentionDays));
    if (retentionDays === undefined) return;
    await this.#connection.run('DELETE FROM obs.log_records WHERE used_at < $now::TIMESTAMP - to_days($days::INTEGER)', {
      now,
      days: retentionDays,
    });
  }

  /** `undefined`: there is nothing to read in it that is not known. */
  async #begin(file: LogFile, index: number): Promise<Loading | undefined> {
    let digest: string;
    try {
      digest = await sha256OfFile(file.file, this.#work.signal);
    } catch (error) {
      this.#work.signal.throwIfAborted();
      const { part } = this.#work.addPart(file, `unreadable ${this.#work.now}`);
      await this.#work.add(part, problem(file, `it could not be read: ${messageOf(error)}`));
      return undefined;
    }
    const { part, known } = this.#work.addPart(file, `${digest} ${file.format.digest}`);
    const loading = { ...file, index, part, sha256: digest, lost: 0 };
    const twin = known ? undefined : this.#compare.twinOf(loading);
    if (!known && twin === undefined) return loading;
    if (twin !== undefined) {
      // The same bytes under another name: all their records are known.
      await this.#compare.addFile(loading, twin);
      this.#tallyOf(loading).add(loading, twin);
    }
    this.#work.onFile(file.size);
    return undefined;
  }

  async #readBatch(format: LogFormat, files: readonly Loading[]): Promise<void> {
    const directory = join(this.#work.scratch, `batch-${++this.#batches}`);
    mkdirSync(directory, { mode: 0o700 });
    try {
      await this.#openBatch(files);
      const counts = await this.#readAll(format, files, directory);
      await this.#compare.endFiles(files, counts);
      for (const file of files) await this.#endFile(file, counts.get(file.index));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    await this.#connection.run('DROP TABLE temp.log_staged; DROP TABLE temp.log_batch');
  }

  async #openBatch(files: readonly Loading[]): Promise<void> {
    const rows = files.map(({ index, part, path, at, target }) => ({
      file: index,
      part: String(part),
      stream: streamOf(path),
      target,
      at: { ...at, path },
    }));
    await this.#connection.run(
      `CREATE TEMP TABLE log_batch AS SELECT r.file, r.part AS part_id, r.stream, r.target, r.at FROM
       (SELECT unnest(from_json($rows, '[{"file":"INTEGER","part":"UBIGINT","stream":"VARCHAR","target":"VARCHAR","at":"JSON"}]')) AS r)`,
      { rows: JSON.stringify(rows) },
    );
  }

  /** All that the files hold; what is broken is taken out, and saved as far as it can be. */
  async #readAll(format: LogFormat, files: readonly Loading[], directory: string): Promise<ReadonlyMap<number, Running>> {
    const salt = sha256(files.map((file) => file.sha256).join(' '));
    const counts = new Map<number, Running>();
    const read = (paths: readonly string[], reading: Reading) =>
      this.#stage(format, paths, { reading, salt, counts, directory, files });
    const broken: Loading[] = [];
    const whole = new Map<string, Loading>();
    for (const file of files) {
      if (isTooLong(format, file)) broken.push(file);
      else whole.set(linkOf(file, directory), file);
    }
    await this.#createStaged(format, salt);
    while (whole.size > 0) {
      try {
        await read([...whole.keys()], 'whole');
        break;
      } catch (error) {
        this.#work.signal.throwIfAborted();
        // The message names the file; where it does not, each is read by itself.
        const bad = [...whole].find(([path]) => messageOf(error).includes(path));
        if (bad === undefined) {
          for (const [path, file] of whole) {
            await read([path], 'whole').catch(() => {
              this.#work.signal.throwIfAborted();
              broken.push(file);
            });
          }
          break;
        }
        whole.delete(bad[0]);
        broken.push(bad[1]);
      }
    }
    for (const file of broken) {
      const saved = await saveRecords(format, file.file, join(directory, `${number(file)}.jsonl`), this.#work.signal);
      file.isSaved = true;
      file.lost = saved.lost;
      if (saved.why !== undefined) file.why = saved.why;
      try {
        await read([saved.path], 'saved');
      } catch (error) {
        this.#work.signal.throwIfAborted();
        file.why = `it cannot be read as ${format.meta.title}: ${firstLine(messageOf(error))}`;
      }
    }
    return counts;
  }

  async #createStaged(format: LogFormat, salt: string): Promise<void> {
    const none = readingSql(format, [this.#none()], 'whole');
    const given = this.#columns.get(format) ?? (await this.#reader.columns(none)).map(({ name }) => name);
    this.#columns.set(format, given);
    const columns = await this.#reader.columns(stagedSql(format, given, salt, none));
    await this.#connection.run(`CREATE TEMP TABLE log_staged (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`);
  }

  /** A file that holds nothing: the engine tells the columns of a SELECT over it. */
  #none(): string {
    const path = join(this.#work.scratch, '000000.none');
    writeFileSync(path, '');
    return path;
  }

  /** Reads files to their end; every so many rows, what was read is summed up. Throws where one is broken. */
  async #stage(format: LogFormat, paths: readonly string[], pass: Pass): Promise<void> {
    const { reading, salt, counts, files } = pass;
    const given = this.#columns.get(format) ?? [];
    const touched = new Set(paths.map((path) => Number(/(\d{6})\.\w+(?:\.gz)?$/.exec(path)?.[1])));
    // Read once more after another of the batch was found to be broken.
    for (const index of touched) {
      const running = counts.get(index);
      if (running !== undefined) Object.assign(running, { records: 0, failed: 0, firstAt: undefined, lastAt: undefined });
    }
    let appender = await this.#connection.createAppender('log_staged', 'main', 'temp');
    let rows = 0;
    try {
      for await (const chunk of this.#reader.chunks(stagedSql(format, given, salt, readingSql(format, paths, reading)))) {
        this.#work.signal.throwIfAborted();
        appender.appendDataChunk(chunk);
        rows += chunk.rowCount;
        if (rows < BATCH_ROWS) continue;
        appender.closeSync();
        await this.#keep(format, files, pass);
        appender = await this.#connection.createAppender('log_staged', 'main', 'temp');
        rows = 0;
      }
    } catch (error) {
      appender.closeSync();
      await this.#connection.run('DELETE FROM temp.log_staged');
      throw error;
    }
    appender.closeSync();
    await this.#keep(format, files, pass);
  }

  /** What stands in `log_staged` goes to where it stays. */
  async #keep(format: LogFormat, files: readonly Loading[], { counts, directory }: Pass): Promise<void> {
    const given = this.#columns.get(format) ?? [];
    await this.#count(counts, false);
    await this.#compare.findChanges(format, files);
    await this.#dropKnown();
    await this.#count(counts, true);
    await this.#makeFacts(format, files, directory, given);
    await this.#connection.run(
      `INSERT INTO obs.log_records SELECT b.part_id, s.usage_key, s.record_key, s.digest, s.used_at
       FROM temp.log_staged AS s JOIN temp.log_batch AS b USING (file)`,
    );
    await this.#connection.run(usagesSql(format, given));
    await this.#connection.run('TRUNCATE temp.log_staged');
  }

  async #count(counts: Map<number, Running>, isFresh: boolean): Promise<void> {
    const reader = await this.#connection.runAndReadAll(
      `SELECT file, count(*), count(*) FILTER (record_id IS NULL OR used_at IS NULL), strftime(min(used_at), ${ISO}), strftime(max(used_at), ${ISO})
       FROM temp.log_staged GROUP BY file`,
    );
    for (const [file, records, failed, first, last] of reader.getRows()) {
      const running = counts.get(Number(file)) ?? { records: 0, failed: 0, fresh: 0, firstAt: undefined, lastAt: undefined };
      counts.set(Number(file), running);
      if (isFresh) {
        running.fresh += Number(records);
        continue;
      }
      running.records += Number(records) - Number(failed);
      running.failed += Number(failed);
      if (first !== null && (running.firstAt === undefined || String(first) < running.firstAt)) running.firstAt = String(first);
      if (last !== null && (running.lastAt === undefined || String(last) > running.lastAt)) running.lastAt = String(last);
    }
  }

  /** Leaves in `log_staged` what is new: no record without time or id, none that is known, none twice. */
  async #dropKnown(): Promise<void> {
    const { retentionDays, now } = this.#work;
    const old = retentionDays === undefined ? '' : `OR used_at < TIMESTAMP ${text(now)} - to_days(${retentionDays})`;
    await this.#connection.run(`DELETE FROM temp.log_staged WHERE record_id IS NULL OR used_at IS NULL ${old}`);
    await this.#connection.run(
      `DELETE FROM temp.log_staged WHERE record_key IN (SELECT record_key FROM obs.log_records SEMI JOIN temp.log_staged USING (record_key))`,
    );
    const twice = await this.#connection.runAndReadAll('SELECT count(*) > count(DISTINCT record_key) FROM temp.log_staged');
    if (twice.getRows()[0]?.[0] !== true) return;
    await this.#connection.run(
      `DELETE FROM temp.log_staged WHERE rowid NOT IN (SELECT min(rowid) FROM temp.log_staged GROUP BY record_key)`,
    );
  }

  async #endFile(file: Loading, running: Running | undefined): Promise<void> {
    const { records = 0, failed = 0, fresh = 0, firstAt, lastAt } = running ?? {};
    const counts = { records, failed: failed + file.lost, known: records - fresh, firstAt, lastAt };
    await this.#compare.addFile(file, counts);
    if (file.why !== undefined || counts.failed > 0) await this.#tellProblem(file, counts);
    else this.#tallyOf(file).add(file, counts);
    this.#work.onFile(file.size);
  }

  /** Who made what, from the files that tell of it. */
  async #makeFacts(format: LogFormat, files: readonly Loading[], directory: string, given: readonly string[]): Promise<void> {
    const { made } = format.meta;
    if (made === undefined || !given.includes('operation')) return;
    const when = made.when.map(text).join(', ');
    const reader = await this.#connection.runAndReadAll(
      `SELECT DISTINCT file FROM temp.log_staged WHERE operation IN (${when}) ORDER BY 1`,
    );
    for (const [index] of reader.getRows()) {
      const file = files.find((one) => one.index === Number(index));
      if (file === undefined || file.isMade === true) continue;
      file.isMade = true;
      const path = file.isSaved === true ? join(directory, `${number(file)}.jsonl`) : linkName(file, directory);
      const select = madeSql(format, [path], file.isSaved === true ? 'saved' : 'lenient');
      if (select === undefined) return;
      const rows = await this.#reader.objects(select);
      for (const row of madeRows(rows, { ...file.at, path: file.path }, format.meta.id)) await this.#work.add(file.part, row);
    }
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

function usagesSql(format: LogFormat, given: readonly string[]): string {
  const columns = usageColumns(given);
  const session = given.includes('session_id')
    ? 'coalesce(any_value(session_id), arg_min(record_id, used_at))'
    : 'arg_min(record_id, used_at)';
  const ended = given.includes('ended_at') ? 'max(coalesce(ended_at, used_at))' : 'max(used_at)';
  const others = columns.filter(({ name }) => name !== 'session_id');
  return `INSERT INTO obs.usages BY NAME
    SELECT printf('%016x', usage_key) AS observation_id, b.part_id, g.* EXCLUDE (usage_key, file, first_id),
      json_merge_patch(b.at, json_object('pointer', g.first_id)) AS location
    FROM (
      SELECT usage_key, arg_min(file, used_at) AS file, arg_min(record_id, used_at) AS first_id, min(used_at) AS used_at, ${ended} AS ended_at, ${text(format.meta.via)} AS via,
        ${session} AS session_id, ${others.map(({ name, sql }) => `${sql} AS ${name}, `).join('')}count(*) AS records
      FROM temp.log_staged GROUP BY usage_key) AS g
    JOIN temp.log_batch AS b USING (file)`;
}

/** A document is taken in whole: one that is too large for that is taken apart first. */
function isTooLong(format: LogFormat, file: Loading): boolean {
  return format.meta.as === 'json' && file.size * (isPacked(file.file) ? PACKED : 1) > BATCH_BYTES / 2;
}

function number({ index }: { readonly index: number }): string {
  return String(index).padStart(6, '0');
}

function linkName(file: Loading, directory: string): string {
  return join(directory, `${number(file)}.log${isPacked(file.file) ? '.gz' : ''}`);
}

/** A name that holds no glob and no quote, whatever the file is called. */
function linkOf(file: Loading, directory: string): string {
  const link = linkName(file, directory);
  symlinkSync(file.file, link);
  return link;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
