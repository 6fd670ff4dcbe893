import type { DuckDBConnection } from 'duckdb';
import { text } from '../logs/compile.ts';
import type { LogFormat } from '../logs/format.ts';
import { streamOf } from '../logs/stream.ts';
import type { Counts, Loading, LogFile, LogWork } from './log-file.ts';
import type { LogReader } from './log-reader.ts';

interface Imported extends Counts {
  readonly format: string;
  readonly path: string;
  readonly target: string;
  readonly sha256: string;
  readonly mapping: string;
  readonly part: bigint;
}

interface Span {
  readonly from: string;
  to: string;
}

const DAY = 86_400_000;
const ISO = "'%Y-%m-%dT%H:%M:%S.%fZ'";

/**
 * Holds what is imported against what was before: of a log that was imported earlier the records that are gone, changed or came
 * late are kept in `obs.log_changes`.
 */
export class LogCompare {
  readonly #connection: DuckDBConnection;
  readonly #reader: LogReader;
  readonly #work: LogWork;
  readonly #before: readonly Imported[];
  readonly #bySha = new Map<string, Imported>();
  /** By format and path: what earlier runs imported from there. */
  readonly #byPath = new Map<string, Imported[]>();
  /** By format and stream: the times that earlier imports tell of. */
  readonly #spans = new Map<string, Span[]>();
  /** Rows for `obs.log_files`. */
  readonly #files: object[] = [];
  /** Parts of earlier runs whose very files lie there still. */
  readonly #same = new Set<bigint>();
  #sequence: number;

  private constructor(
    connection: DuckDBConnection,
    reader: LogReader,
    work: LogWork,
    before: readonly Imported[],
    sequence: number,
  ) {
    this.#connection = connection;
    this.#reader = reader;
    this.#work = work;
    this.#before = before;
    this.#sequence = sequence;
    for (const file of before) this.#learn(file);
    for (const [stream, files] of Map.groupBy(before, (file) => `${file.format} ${streamOf(file.path)}`)) {
      this.#spans.set(stream, joined(files));
    }
  }

  static async open(connection: DuckDBConnection, logs: LogReader, work: LogWork): Promise<LogCompare> {
    const reader = await connection.runAndReadAll(
      `SELECT f.format, f.path, p.target, f.sha256, f.mapping, f.part_id, f.records, strftime(f.first_at, ${ISO}), strftime(f.last_at, ${ISO}), f.sequence
       FROM obs.log_files AS f LEFT JOIN parts AS p USING (part_id) ORDER BY f.sequence`,
    );
    const rows = reader.getRows();
    const before = rows.map(([format, path, target, sha, mapping, part, records, first, last]) => ({
      format: String(format),
      path: String(path),
      target: String(target ?? ''),
      sha256: String(sha),
      mapping: String(mapping),
      part: part as bigint,
      records: Number(records),
      failed: 0,
      known: Number(records),
      old: 0,
      firstAt: first === null ? undefined : String(first),
      lastAt: last === null ? undefined : String(last),
    }));
    const newest = rows.at(-1);
    // What this run met for the first time, and what of it earlier ones had.
    await logs.run(
      'CREATE TABLE met (record_key UHUGEINT, mark UBIGINT, mapping UBIGINT); CREATE TABLE again (record_key UHUGEINT)',
    );
    await connection.run(
      'CREATE OR REPLACE TEMP TABLE log_missed (part_id UBIGINT, record_key UHUGEINT, usage_key UBIGINT, used_at TIMESTAMP)',
    );
    return new LogCompare(connection, logs, work, before, Number(newest?.[9] ?? 0));
  }

  /** The same bytes, read before by the same format. */
  twinOf({ format, sha256: digest, part }: Loading): Counts | undefined {
    const twin = this.#bySha.get(`${digest} ${format.digest}`);
    return twin === undefined || twin.part === part ? undefined : twin;
  }

  /** The file lies there as it was when an earlier run imported it. */
  noteSame(part: bigint): void {
    this.#same.add(part);
  }

  /** How many records an earlier import of the same bytes counted. */
  recordsOf(digest: string, format: LogFormat): number {
    return this.#bySha.get(`${digest} ${format.digest}`)?.records ?? 0;
  }

  addFile(file: Loading, { records, firstAt, lastAt, failed }: Counts): void {
    const { format, path, sha256: digest, size, part } = file;
    const { now } = this.#work;
    this.#sequence++;
    this.#files.push({
      part: String(part),
      format: format.meta.id,
      mapping: format.digest,
      path,
      sha256: digest,
      bytes: size,
      records,
      firstAt,
      lastAt,
      at: now,
      sequence: this.#sequence,
    });
    const { target } = file;
    this.#bySha.set(`${digest} ${format.digest}`, {
      format: format.meta.id,
      path,
      target,
      sha256: digest,
      mapping: format.digest,
      part,
      records,
      failed,
      known: records,
      old: 0,
      firstAt,
      lastAt,
    });
  }

  /** Writes the files that were added; one by one a thousand take a second and a half. */
  async saveFiles(): Promise<void> {
    await this.#connection.run(
      `INSERT INTO obs.log_files BY NAME
       SELECT r.part AS part_id, r.format, r.mapping, r.path, r.sha256, r.bytes, r.records, r."firstAt" AS first_at, r."lastAt" AS last_at, r.at AS imported_at, r.sequence
       FROM (SELECT unnest(from_json($rows, '[{"part":"UBIGINT","format":"VARCHAR","mapping":"VARCHAR","path":"VARCHAR","sha256":"VARCHAR","bytes":"BIGINT","records":"BIGINT",
         "firstAt":"TIMESTAMP","lastAt":"TIMESTAMP","at":"TIMESTAMP","sequence":"BIGINT"}]')) AS r)`,
      { rows: JSON.stringify(this.#files.splice(0)) },
    );
  }

  /** Can it be told without reading it that all of it is known? */
  hasTwin(file: Loading): boolean {
    return this.twinOf(file) !== undefined;
  }

  /**
   * Leaves in a table of the engine that reads what is new: no record that another file of this run or an earlier run had, none
   * twice. What changed since an earlier run is noted.
   */
  async dropKnown(
    format: LogFormat,
    files: readonly Loading[],
    staged: string,
    counts: ReadonlyMap<number, { readonly firstAt: string | undefined }>,
  ): Promise<void> {
    const reader = this.#reader;
    const [[isTwice] = []] = await reader.rows(`SELECT count(*) > count(DISTINCT record_key) FROM ${staged}`);
    if (isTwice === true) {
      if (!format.meta.single) await this.#noteConflicts(staged);
      await reader.run(`DELETE FROM ${staged} WHERE rowid NOT IN (SELECT min(rowid) FROM ${staged} GROUP BY record_key)`);
    }
    if (this.#before.length > 0) await this.#compare(format, files, staged, counts);
    if (!format.meta.single) await this.#noteMet(format, staged);
    await reader.run(
      `DELETE FROM ${staged} WHERE record_key IN (SELECT record_key FROM met SEMI JOIN ${staged} USING (record_key))`,
    );
    await reader.run(`INSERT INTO met SELECT record_key, hash(digest), hash(${text(format.digest)}) FROM ${staged}`);
  }

  /** One record that files of a batch tell in two ways: one of them was changed. Sessions go on, and may be told as they went. */
  async #noteConflicts(staged: string): Promise<void> {
    await this.#reader.give(
      `SELECT b.part_id, 'conflict' AS change, c.record_key, c.usage_key, c.used_at
       FROM (SELECT record_key, arg_min(usage_key, rowid) AS usage_key, arg_min(used_at, rowid) AS used_at, max(file) AS file
         FROM ${staged} GROUP BY record_key HAVING min(digest) <> max(digest)) AS c
       JOIN batch AS b USING (file)`,
      { connection: this.#connection, schema: 'obs', table: 'log_changes' },
    );
  }

  /** The same over batches: what was kept of the other is in the store already. */
  async #noteMet(format: LogFormat, staged: string): Promise<void> {
    await this.#connection.run('CREATE OR REPLACE TEMP TABLE log_conflict (part_id UBIGINT, record_key UHUGEINT)');
    const found = await this.#reader.give(
      `SELECT b.part_id, s.record_key FROM ${staged} AS s JOIN met AS m USING (record_key) JOIN batch AS b USING (file)
       WHERE m.mark <> hash(s.digest) AND m.mapping = hash(${text(format.digest)})`,
      { connection: this.#connection, table: 'log_conflict', catalog: 'temp' },
    );
    if (found === 0) return;
    await this.#connection.run(
      `INSERT INTO obs.log_changes BY NAME
       SELECT DISTINCT ON (r.record_key) c.part_id, 'conflict' AS change, r.record_key, r.usage_key, r.used_at
       FROM temp.log_conflict AS c JOIN obs.log_records AS r USING (record_key)`,
    );
  }

  /** Only the hashes of the records go to the store. */
  async #compare(
    format: LogFormat,
    files: readonly Loading[],
    staged: string,
    counts: ReadonlyMap<number, { readonly firstAt: string | undefined }>,
  ): Promise<void> {
    await this.#connection.run(
      `CREATE TEMP TABLE log_staged (file INTEGER, part_id UBIGINT, stream VARCHAR, usage_key UBIGINT, record_key UHUGEINT, digest UHUGEINT, used_at TIMESTAMP)`,
    );
    await this.#reader.give(
      `SELECT s.file, b.part_id, b.stream, s.usage_key, s.record_key, s.digest, s.used_at FROM ${staged} AS s JOIN batch AS b USING (file)`,
      { connection: this.#connection, table: 'log_staged', catalog: 'temp' },
    );
    await this.#findChanged(format);
    for (const file of files) await this.#findVanished(file, counts.get(file.index)?.firstAt);
    await this.#findLate(format, files);
    await this.#reader.run('CREATE OR REPLACE TABLE known (record_key UHUGEINT)');
    await this.#reader.take(
      this.#connection,
      'SELECT record_key FROM obs.log_records SEMI JOIN temp.log_staged USING (record_key)',
      'known',
    );
    await this.#reader.run(
      `DELETE FROM ${staged} WHERE record_key IN (SELECT record_key FROM known); INSERT INTO again SELECT record_key FROM known`,
    );
    await this.#connection.run('DROP TABLE temp.log_staged');
  }

  /** What earlier runs read from the path of a file, as it is read now. */
  #partsOf({ format, path }: LogFile): readonly bigint[] {
    const before = this.#byPath.get(`${format.meta.id} ${path}`) ?? [];
    return before.flatMap(({ mapping, part }) => (mapping === format.digest ? [part] : []));
  }

  /** The same record with other content; one that another version of the format read says nothing. */
  async #findChanged(format: LogFormat): Promise<void> {
    await this.#connection.run(
      `CREATE TEMP TABLE log_changed AS
       SELECT DISTINCT ON (r.record_key) s.part_id, r.record_key, r.usage_key, r.used_at, s.digest
       FROM obs.log_records AS r
       JOIN temp.log_staged AS s USING (record_key)
       WHERE r.digest <> s.digest AND r.part_id IN (SELECT part_id FROM obs.log_files WHERE format = $format AND mapping = $mapping)`,
      { format: format.meta.id, mapping: format.digest },
    );
    await this.#connection.run(
      `INSERT INTO obs.log_changes BY NAME SELECT part_id, 'changed' AS change, record_key, usage_key, used_at FROM temp.log_changed;
       UPDATE obs.log_records AS r SET digest = c.digest FROM temp.log_changed AS c WHERE c.record_key = r.record_key;
       DROP TABLE temp.log_changed`,
    );
  }

  /**
   * Of what was read from this path before: what is younger than the oldest record there now, and not among them; of a file that is
   * written once, all of it. It may be elsewhere.
   */
  async #findVanished(file: Loading, firstAt: string | undefined): Promise<void> {
    const parts = this.#partsOf(file);
    const first = this.#isSealed(file) ? this.#oldest() : firstAt;
    // A file that is damaged, or empty, lacks records for that.
    if (parts.length === 0 || first === undefined || file.why !== undefined) return;
    await this.#connection.run(
      `INSERT INTO temp.log_missed
       SELECT $part::UBIGINT, record_key, usage_key, used_at
       FROM obs.log_records AS r
       WHERE r.part_id IN (${parts.join(', ')}) AND r.used_at >= $first::TIMESTAMP
         AND r.record_key NOT IN (SELECT record_key FROM temp.log_staged WHERE file = $file)`,
      { part: String(file.part), first, file: file.index },
    );
  }

  #isSealed({ format, path }: LogFile): boolean {
    const { sealed } = format.meta;
    return sealed !== undefined && new RegExp(sealed).test(path);
  }

  /** Of records that are taken in. */
  #oldest(): string {
    const { forgetAfterDays, now } = this.#work;
    return forgetAfterDays === undefined ? '-infinity' : new Date(Date.parse(now) - forgetAfterDays * DAY).toISOString();
  }

  /** New records of a time that earlier imports of the log tell of: by then they should have been there. */
  async #findLate(format: LogFormat, files: readonly Loading[]): Promise<void> {
    const seconds = this.#work.clockTolerance + format.meta.delay;
    const streams = new Set(files.map(({ path }) => streamOf(path)));
    const spans = [...streams].flatMap((stream) =>
      (this.#spans.get(`${format.meta.id} ${stream}`) ?? []).map(({ from, to }) => ({ stream, from, to })),
    );
    if (spans.length === 0) return;
    await this.#connection.run(
      `INSERT INTO obs.log_changes BY NAME
       SELECT DISTINCT ON (s.record_key) s.part_id, 'late' AS change, s.record_key, s.usage_key, s.used_at
       FROM temp.log_staged AS s
       JOIN (SELECT r.stream, r."from" AS first_at, r."to" - to_seconds(${seconds}) AS last_at
             FROM (SELECT unnest(from_json($spans, '[{"stream":"VARCHAR","from":"TIMESTAMP","to":"TIMESTAMP"}]')) AS r)) AS t
         ON t.stream = s.stream AND s.used_at >= t.first_at AND s.used_at < t.last_at
       ANTI JOIN obs.log_records AS k ON k.record_key = s.record_key`,
      { spans: JSON.stringify(spans) },
    );
  }

  /**
   * A file that was there before and is not now, while older ones of its log are: rotation takes the oldest first. Where the
   * same bytes lie under another name, nothing is gone.
   */
  async findGone(files: readonly LogFile[]): Promise<void> {
    const here = new Set(files.map(({ format, path }) => `${format.meta.id} ${path}`));
    const newest = new Map(this.#before.map((file) => [`${file.format} ${file.path}`, file]));
    const present = [...newest].flatMap(([key, file]) => (here.has(key) ? [file] : []));
    const shas = new Set([...this.#imported(), ...present.map(({ sha256: digest }) => digest)]);
    const read = new Set(files.map(({ format, target }) => `${format.meta.id} ${target}`));
    for (const [key, file] of newest) {
      if (here.has(key) || !read.has(`${file.format} ${file.target}`) || shas.has(file.sha256) || file.firstAt === undefined)
        continue;
      const stream = streamOf(file.path);
      const { firstAt } = file;
      const isWithin = present.some((one) => streamOf(one.path) === stream && one.firstAt !== undefined && one.firstAt < firstAt);
      if (isWithin) await this.#missAll(file);
    }
    const imported = new Set(this.#imported());
    await this.#tellVanished(
      this.#before.flatMap(({ sha256: digest, part }) => (this.#same.has(part) || imported.has(digest) ? [part] : [])),
    );
  }

  async #missAll(file: Imported): Promise<void> {
    await this.#connection.run(
      'INSERT INTO temp.log_missed SELECT part_id, record_key, usage_key, used_at FROM obs.log_records WHERE part_id = $part::UBIGINT',
      { part: String(file.part) },
    );
  }

  /** Rotation takes records from one file to the next, and packs them: gone are those that this run met nowhere. */
  async #tellVanished(present: readonly bigint[]): Promise<void> {
    const reader = this.#reader;
    await reader.run('CREATE OR REPLACE TABLE missed (record_key UHUGEINT)');
    const missed = await reader.take(this.#connection, 'SELECT DISTINCT record_key FROM temp.log_missed', 'missed');
    if (missed === 0) return;
    await this.#connection.run('CREATE OR REPLACE TEMP TABLE log_gone (record_key UHUGEINT)');
    await reader.give('SELECT record_key FROM missed ANTI JOIN met USING (record_key) ANTI JOIN again USING (record_key)', {
      connection: this.#connection,
      table: 'log_gone',
      catalog: 'temp',
    });
    await this.#connection.run(
      `INSERT INTO obs.log_changes BY NAME
       SELECT DISTINCT ON (record_key) part_id, 'vanished' AS change, record_key, usage_key, used_at
       FROM temp.log_missed SEMI JOIN temp.log_gone USING (record_key)
       WHERE record_key NOT IN (SELECT record_key FROM obs.log_changes WHERE change = 'vanished')
         AND record_key NOT IN (SELECT record_key FROM obs.log_records WHERE part_id IN (SELECT unnest(from_json($present, '["UBIGINT"]'))))`,
      { present: JSON.stringify(present.map(String)) },
    );
  }

  /** Digests of what this run read. */
  #imported(): string[] {
    const before = new Set(this.#before);
    return [...this.#bySha.values()].flatMap((file) => (before.has(file) ? [] : [file.sha256]));
  }

  #learn(file: Imported): void {
    this.#bySha.set(`${file.sha256} ${file.mapping}`, file);
    const key = `${file.format} ${file.path}`;
    this.#byPath.set(key, [...(this.#byPath.get(key) ?? []), file]);
  }
}

/** Times of several files, those that touch as one. */
function joined(files: readonly Counts[]): Span[] {
  const spans: Span[] = [];
  const timed = files.flatMap(({ firstAt: from, lastAt: to }) => (from === undefined || to === undefined ? [] : [{ from, to }]));
  for (const span of timed.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = spans.at(-1);
    if (last === undefined || last.to < span.from) spans.push({ ...span });
    else if (last.to < span.to) last.to = span.to;
  }
  return spans;
}
