import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from 'duckdb';
import { text, usageColumns } from '../logs/compile.ts';
import { CUT_LIMITS, type CutLimits, cutFile, isToCut } from '../logs/cut.ts';
import type { LogFormat } from '../logs/format.ts';
import { sha256OfFile } from '../logs/save.ts';
import { streamOf } from '../logs/stream.ts';
import { messageOf } from '../util/errors.ts';
import { LogCompare } from './log-compare.ts';
import { testDigests } from './log-digests.ts';
import { LogFacts } from './log-facts.ts';
import type { Counts, Loading, LogFile, LogWork } from './log-file.ts';
import { maskTexts } from './log-mask.ts';
import { Ahead, LogReader } from './log-reader.ts';
import { type Batch, batchesOf, columnsOf, type FilePart, numberOf, stage } from './log-stage.ts';
import { type Known, knownRow, LogTally, oldText, problem } from './log-tally.ts';
import { type Column, sumsSql, usagesSql } from './log-usages.ts';

const ISO = "'%Y-%m-%dT%H:%M:%S.%fZ'";

type Running = Omit<Counts, 'known'>;

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
  /** By format and target: what an earlier run has read. */
  readonly #known = new Map<string, Known & { readonly file: LogFile }>();
  readonly #columns = new Map<LogFormat, readonly string[]>();
  readonly #facts: LogFacts;
  readonly #keeper: Ahead<() => Promise<void>>;
  /** Of the file that is read in parts: what those so far held, and what of it was new. */
  readonly #partsRead = new Map<number, Running>();
  readonly #partsKept = new Map<number, Running>();
  #batches = 0;
  #ofUsages: Promise<readonly Column[]> | undefined;

  constructor(connection: DuckDBConnection, reader: LogReader, work: LogWork, compare: LogCompare) {
    this.#connection = connection;
    this.#reader = reader;
    this.#work = work;
    this.#compare = compare;
    this.#facts = new LogFacts(reader, work);
    this.#keeper = new Ahead((keep) => keep());
  }

  async read(format: LogFormat, files: readonly LogFile[]): Promise<void> {
    for (const batch of batchesOf(files)) await this.#readBatch(format, batch);
    await this.#keeper.end();
  }

  async end(files: readonly LogFile[]): Promise<void> {
    await this.#compare.findGone(files);
    await this.#facts.end();
    await this.#tellKnown();
    const { forgetAfterDays, now } = this.#work;
    for (const tally of this.#tallies.values()) await this.#work.add(tally.part, tally.coverage(forgetAfterDays));
    if (forgetAfterDays === undefined) return;
    await this.#connection.run('DELETE FROM obs.log_records WHERE used_at < $now::TIMESTAMP - to_days($days::INTEGER)', {
      now,
      days: forgetAfterDays,
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
    const limits = this.#work.limits ?? CUT_LIMITS;
    const loading: Loading[] = [];
    const notes: (() => Promise<void>)[] = [];
    for (const [file, digest] of digests) {
      if (typeof digest !== 'string') notes.push(() => this.#tellUnread(file, digest));
      else if (!this.#begin(file, digest, loading)) notes.push(async () => this.#work.onFile(file.size));
    }
    const aside: Loading[] = [];
    for (const file of loading) {
      if (!this.#compare.hasTwin(file) && (await isToCut(format, file, limits, this.#work.signal))) aside.push(file);
    }
    const batch = this.#batchOf(
      format,
      loading.filter((file) => !aside.includes(file)),
    );
    aside.push(...(await this.#stage(batch)));
    await this.#give({ ...batch, files: batch.files.filter((file) => !aside.includes(file)) }, notes);
    for (const file of aside) await this.#readInParts(format, file, limits);
  }

  /** A file that the engine has no room for: what it was cut to is gone before more than the next lies there. */
  async #readInParts(format: LogFormat, file: Loading, limits: CutLimits): Promise<void> {
    const batches: Batch[] = [];
    const directory = (): string => {
      const batch = this.#batchOf(format, [file]);
      batches.push(batch);
      return batch.directory;
    };
    const to = { directory, number: numberOf(file), limits, signal: this.#work.signal };
    for await (const { paths, isLast, lost, why } of cutFile(format, file.file, to)) {
      const batch = batches.at(-1) ?? this.#batchOf(format, [file]);
      file.lost += lost;
      if (why !== undefined) file.why ??= why;
      const part = { ...batch, part: { paths, place: batches.length - 1, isLast } };
      await this.#stage(part);
      await this.#give(part);
    }
  }

  #batchOf(format: LogFormat, files: readonly Loading[]): Batch {
    this.#batches++;
    const directory = join(this.#work.scratch, `batch-${this.#batches}`);
    mkdirSync(directory, { mode: 0o700 });
    return { format, files, directory, staged: `staged_${this.#batches}` };
  }

  async #stage(batch: Batch): Promise<readonly Loading[]> {
    const { format, files } = batch;
    if (files.length === 0) return [];
    const given = this.#columns.get(format) ?? (await columnsOf(format, this.#reader, this.#work));
    this.#columns.set(format, given);
    return await stage(batch, given, { reader: this.#reader, compare: this.#compare, work: this.#work });
  }

  /** To be kept, while what comes next is read. */
  async #give(batch: Batch, notes: readonly (() => Promise<void>)[] = []): Promise<void> {
    await this.#keeper.give(async () => {
      try {
        for (const note of notes) await note();
        if (batch.files.length > 0) await this.#keep(batch);
      } finally {
        rmSync(batch.directory, { recursive: true, force: true });
      }
    });
  }

  /** `false`: there is nothing to read in it, for an earlier run has read the very same. */
  #begin(file: LogFile, digest: string, loading: Loading[]): boolean {
    const { part, known } = this.#work.addPart(file, `${digest} ${file.format.digest}`);
    this.parts.set(file, { part, isNew: !known });
    if (known) this.#compare.noteSame(part);
    if (known) this.#noteKnown(file, this.#compare.recordsOf(digest, file.format));
    else loading.push({ ...file, index: loading.length, part, sha256: digest, lost: 0 });
    return !known;
  }

  /** What was read goes to where it stays. */
  async #keep(batch: Batch): Promise<void> {
    const { format, files, staged, part } = batch;
    const reader = this.#reader;
    const given = this.#columns.get(format) ?? [];
    const isWhole = part === undefined || part.isLast;
    await this.#openBatch(files);
    const before = addedUp(this.#partsRead, part, await this.#count(staged));
    await reader.run(`DELETE FROM ${staged} WHERE record_id IS NULL OR used_at IS NULL OR ${this.#isOld()}`);
    await this.#compare.dropKnown(format, files, staged, isWhole ? before : new Map());
    const fresh = addedUp(this.#partsKept, part, await this.#count(staged));
    await this.#facts.makeFacts(batch, given);
    await this.#facts.noteKeys(batch, given);
    const to = { connection: this.#connection, schema: 'obs' };
    await reader.give(
      `SELECT b.part_id, s.usage_key, s.record_key, s.digest, s.used_at FROM ${staged} AS s JOIN batch AS b USING (file)`,
      { ...to, table: 'log_records' },
    );
    const rows = await this.#maskedRows(format, given, staged);
    await reader.give(usagesSql(format, given, rows, await this.#usageColumns()), { ...to, table: 'usages' });
    await reader.run(`DROP TABLE IF EXISTS sums; DROP TABLE ${staged}`);
    if (!isWhole) return;
    for (const file of files) {
      const all = before.get(file.index);
      await this.#endFile(file, all, fresh.get(file.index)?.records ?? 0);
    }
    await this.#compare.saveFiles();
  }

  /** What rows of usages are made of: the records, or what sums them up. */
  async #maskedRows(format: LogFormat, given: readonly string[], staged: string): Promise<string> {
    const names = usageColumns(given).map(({ name }) => name);
    if (format.meta.single) {
      await maskTexts(this.#reader, staged, [...names, 'record_id'], this.#work.masks);
      return staged;
    }
    await this.#reader.run(`CREATE TABLE sums AS ${sumsSql(format, given, staged)}`);
    await maskTexts(this.#reader, 'sums', [...names, 'first_id'], this.#work.masks);
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

  #isOld(): string {
    const { forgetAfterDays, now } = this.#work;
    return forgetAfterDays === undefined ? 'false' : `used_at < TIMESTAMP ${text(now)} - to_days(${forgetAfterDays})`;
  }

  async #count(staged: string): Promise<ReadonlyMap<number, Running>> {
    const old = this.#isOld();
    const rows = await this.#reader.rows(
      `SELECT file, count(*), count(*) FILTER (record_id IS NULL OR used_at IS NULL), strftime(min(used_at) FILTER (NOT (${old})), ${ISO}),
         strftime(max(used_at) FILTER (NOT (${old})), ${ISO}), count(*) FILTER (record_id IS NOT NULL AND ${old})
       FROM ${staged} GROUP BY file`,
    );
    return new Map(
      rows.map(([file, records, failed, first, last, forgotten]) => [
        Number(file),
        {
          records: Number(records) - Number(failed),
          failed: Number(failed),
          firstAt: first === null ? undefined : String(first),
          lastAt: last === null ? undefined : String(last),
          old: Number(forgotten),
        },
      ]),
    );
  }

  async #endFile(file: Loading, running: Running | undefined, fresh: number): Promise<void> {
    this.#work.onFile(file.size);
    const twin = this.#compare.twinOf(file);
    const { records = 0, failed = 0, old = 0, firstAt, lastAt } = running ?? {};
    const counts = twin ?? { records, failed: failed + file.lost, known: records - fresh - old, old, firstAt, lastAt };
    this.#compare.addFile(file, counts);
    if (file.why !== undefined || counts.failed > 0) await this.#tellProblem(file, counts);
    else this.#tallyOf(file).add(file, counts);
  }

  #noteKnown(file: LogFile, records: number): void {
    const key = `${file.format.meta.id} ${file.target}`;
    const known = this.#known.get(key) ?? { file, files: 0, records: 0 };
    this.#known.set(key, { file: known.file, files: known.files + 1, records: known.records + records });
  }

  /** Of this run alone: the next may find less. */
  async #tellKnown(): Promise<void> {
    for (const { file, ...counts } of this.#known.values()) {
      const { part } = this.#work.addPart({ ...file, path: 'known already' }, this.#work.now);
      await this.#work.add(part, knownRow(file, counts));
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

  async #tellProblem(file: Loading, { records, failed, known, old }: Counts): Promise<void> {
    const why = [
      file.why,
      failed === 0 ? undefined : `${failed} of ${records + failed} records have no time or id, or cannot be read`,
      oldText(old, this.#work.forgetAfterDays),
    ].filter((one) => one !== undefined);
    this.#work.warn('a log was not read whole', { path: file.path, why: why.join('; ') });
    await this.#work.add(file.part, {
      ...problem(file, why.join('; ')),
      seen: records - known + failed,
      read: records - known - old,
      ...(old === 0 ? {} : { skipped: old }),
      failed,
    });
  }
}

function addedUp(
  sums: Map<number, Running>,
  part: FilePart | undefined,
  counted: ReadonlyMap<number, Running>,
): ReadonlyMap<number, Running> {
  if (part === undefined) return counted;
  if (part.place === 0) sums.clear();
  for (const [file, { records, failed, old, firstAt, lastAt }] of counted) {
    const sum = sums.get(file) ?? { records: 0, failed: 0, old: 0, firstAt: undefined, lastAt: undefined };
    const times = [sum.firstAt, firstAt, sum.lastAt, lastAt].filter((time) => time !== undefined).toSorted();
    sums.set(file, {
      records: sum.records + records,
      failed: sum.failed + failed,
      old: sum.old + old,
      firstAt: times[0],
      lastAt: times.at(-1),
    });
  }
  return sums;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
