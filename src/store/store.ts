import { availableParallelism } from 'node:os';
import { type DuckDBConnection, type DuckDBInstance, type DuckDBResultReader, StatementType, version } from 'duckdb';
import type {
  AcceptanceUse,
  CheckResult,
  ControlResult,
  Finding,
  Memory,
  Observation,
  ObservationKind,
} from '../contracts/index.ts';
import { contentId, sha256 } from '../util/digest.ts';
import { messageOf } from '../util/errors.ts';
import { type TempDirectory, tempDirectory } from '../util/temp-directory.ts';
import { ObservationAppender } from './append.ts';
import { plainRows } from './convert.ts';
import { brokenRows, EvidenceChain } from './evidence-chain.ts';
import type { LogFile, LogMasks, LogWork } from './log-file.ts';
import { storeMemory } from './memory.ts';
import { keepMethod, type RunMethod } from './method.ts';
import { migrations, schemaVersion } from './migrate.ts';
import { copyParquet } from './parquet.ts';
import type { Row, SqlParameters, StoreReader } from './reader.ts';
import { hasViews, KEPT, ViewTables } from './views.ts';

export interface NewRun {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly toolVersion: string;
  readonly targets: readonly string[];
  readonly parameters: { readonly [name: string]: string | number | boolean };
  readonly rulesDigest: string;
  readonly fingerprintKeyId: string;
  /** Binds the rows of usages; without it a run tests and adds no link. */
  readonly evidenceKey?: Uint8Array | string;
  /** What it is given and stands on; kept where the store is. */
  readonly method?: RunMethod;
}

/** What a run came to. */
export interface RunResults {
  readonly findings: readonly Finding[];
  readonly checks: readonly CheckResult[];
  readonly controls: readonly ControlResult[];
  readonly acceptances?: readonly AcceptanceUse[];
  /** Added to those that the run began with. */
  readonly parameters?: NewRun['parameters'];
}

/** A unit of work: what was read, by which scanner. Its hash names the part in the store. */
export interface Unit {
  readonly scanner: string;
  readonly version: number;
  readonly target: string;
  /** Path, API surface or, for what cannot be told apart by content, the run. */
  readonly unit: string;
  /** Digest of the content and of everything else that decides the result (rules, fingerprint key); the run id if unknown. */
  readonly content: string;
}

interface Opened {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  readonly file: string | undefined;
  readonly release: (() => void) | undefined;
  /** In memory for one run: tables are made in place of views, when a query asks for them, and nothing is kept. */
  readonly isPassing: boolean;
}

/** Planning a query takes one processor, whatever the engine has for running it; more than a few gain nothing. */
const MAX_LANES = 4;
/** Written together, 5,400 findings with much evidence took 330 MB for a moment. */
const FINDINGS_AT_ONCE = 250;

/** An open store. One run is written at a time, in one transaction: an interrupted run leaves nothing behind. */
export class Store implements StoreReader {
  readonly file: string | undefined;
  readonly lanes: number;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  /** For queries at the same time: of all that were made, those that nobody uses. */
  readonly #readers: DuckDBConnection[] = [];
  readonly #idleReaders: DuckDBConnection[] = [];
  readonly #release: (() => void) | undefined;
  readonly #isPassing: boolean;
  /** What a large import puts aside; gone with the store. */
  #scratch: TempDirectory | undefined;
  #viewTables: ViewTables | undefined;
  /** Tables made at the end of loading, for checks to go on with. */
  #readyTables: ViewTables | undefined;
  #appender: ObservationAppender | undefined;
  /** Kinds that this run loaded rows of, where no other run can have any. */
  #loaded: ReadonlySet<string> | undefined;
  #runId: string | undefined;
  #binding: { readonly chain: EvidenceChain; readonly now: string } | undefined;
  /** Logs were imported: rows of usages came without the appender. */
  #hasLogs = false;
  /** The run was written to its end. */
  #isEnded = false;
  #knownParts: ReadonlySet<bigint> = new Set();
  readonly #newParts = new Map<bigint, object>();
  readonly #runParts = new Set<bigint>();

  constructor(opened: Opened) {
    this.file = opened.file;
    this.#instance = opened.instance;
    this.#connection = opened.connection;
    this.#release = opened.release;
    this.#isPassing = opened.isPassing;
    // In a file the run is one transaction, and no other connection sees what is in it.
    this.lanes = opened.isPassing ? Math.min(MAX_LANES, availableParallelism()) : 1;
  }

  async rows(sql: string, parameters: SqlParameters = {}): Promise<Row[]> {
    return plainRows(await this.#read(sql, parameters));
  }

  /** Rows with their column names in order, for SQL whose columns are not known beforehand. */
  async table(sql: string): Promise<{ readonly columns: readonly string[]; readonly rows: Row[] }> {
    const reader = await this.#read(sql, {});
    return { columns: reader.deduplicatedColumnNames(), rows: plainRows(reader) };
  }

  async #read(sql: string, parameters: SqlParameters): Promise<DuckDBResultReader> {
    await this.#viewTables?.provide(sql);
    try {
      return await this.#select(sql, parameters);
    } catch (error) {
      // A name that the text does not spell out (`query_table('sight' || 'ings')`).
      if (this.#viewTables === undefined || !(await this.#viewTables.provideAll())) throw error;
      return await this.#select(sql, parameters);
    }
  }

  async #select(sql: string, parameters: SqlParameters): Promise<DuckDBResultReader> {
    if (this.lanes === 1) return await selectOn(this.#connection, sql, parameters);
    const connection = this.#idleReaders.pop() ?? (await this.#addReader());
    try {
      return await selectOn(connection, sql, parameters);
    } finally {
      this.#idleReaders.push(connection);
    }
  }

  async #addReader(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    this.#readers.push(connection);
    return connection;
  }

  async describe(
    sql: string,
    parameters: SqlParameters = {},
  ): Promise<readonly { readonly name: string; readonly type: string }[]> {
    await this.#viewTables?.provide(sql);
    const described = await this.#connection.runAndReadAll(`DESCRIBE ${sql}`, { ...parameters });
    return described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
  }

  /** Writes the rows of a query to a Parquet file in the directory that the store was opened for. Returns how many there are. */
  async writeParquet(sql: string, file: string, metadata: { readonly [name: string]: string }): Promise<number> {
    await this.#viewTables?.provide(sql);
    const copied = await this.#connection.runAndReadAll(copyParquet(sql, file, metadata));
    return Number(copied.getRows()[0]?.[0] ?? 0);
  }

  /** Version of the engine, for reports. */
  async engine(): Promise<string> {
    return `DuckDB ${version()}`;
  }

  /** Was the file brought to this version, its views too? Only one opened `asItIs` may not be. */
  async isCurrent(): Promise<boolean> {
    return (await schemaVersion(this.#connection)) === migrations().at(-1)?.version && (await hasViews(this.#connection));
  }

  /** Lets views show another run than the newest; `undefined` goes back to the newest. */
  async selectRun(runId: string | undefined): Promise<void> {
    await this.#dropReady();
    if (runId === undefined) await this.#connection.run('RESET VARIABLE nhi_run');
    else await this.#connection.run('SET VARIABLE nhi_run = $run', { run: runId });
  }

  /** What the file says its fingerprints were made with; `undefined` in a new store. */
  async setting(name: string): Promise<string | undefined> {
    const [row] = await this.rows('SELECT value FROM settings WHERE name = $name', { name });
    return row === undefined ? undefined : String(row.value);
  }

  /** Opens a transaction and a run in it. Returns the run's id. */
  async beginRun(run: NewRun): Promise<string> {
    const sequence = this.#isPassing ? 1 : await this.#beginNext();
    const time = run.startedAt.replace(/[-:]|\.\d+/g, '');
    const id = `${time}-${contentId({ sequence, targets: run.targets, rules: run.rulesDigest }).slice(0, 8)}`;
    await this.#connection.run(
      `INSERT INTO runs VALUES ($id, $sequence, $started::TIMESTAMP, NULL, 'loading', $tool,
        json_extract_string($targets, '$[*]'), $parameters, $rules, $key, [])`,
      {
        id,
        sequence,
        started: run.startedAt,
        tool: run.toolVersion,
        targets: JSON.stringify(run.targets),
        parameters: JSON.stringify(run.parameters),
        rules: run.rulesDigest,
        key: run.fingerprintKeyId,
      },
    );
    if (!this.#isPassing) await this.#joinPast(id, run.fingerprintKeyId);
    if (!this.#isPassing && run.method !== undefined) await keepMethod(this.#connection, id, run.method);
    this.#runId = id;
    this.#isEnded = false;
    const { evidenceKey, startedAt } = run;
    this.#binding =
      evidenceKey === undefined || this.#isPassing
        ? undefined
        : { chain: new EvidenceChain(this.#connection, evidenceKey), now: startedAt };
    this.#appender = new ObservationAppender(this.#connection);
    return id;
  }

  /** Opens a transaction. Returns the next position in the store. */
  async #beginNext(): Promise<number> {
    await this.#connection.run('BEGIN');
    const [last] = await this.rows('SELECT coalesce(max(sequence), 0) AS sequence FROM runs');
    return Number(last?.sequence ?? 0) + 1;
  }

  /** Lets views show the new run, and finds what earlier ones have loaded. */
  async #joinPast(id: string, fingerprintKeyId: string): Promise<void> {
    await this.#connection.run("INSERT OR REPLACE INTO settings VALUES ('fingerprint_key_id', $key)", { key: fingerprintKeyId });
    await this.selectRun(id);
    const parts = await this.#connection.runAndReadAll('SELECT part_id FROM parts');
    this.#knownParts = new Set(parts.getRows().map(([part]) => part as bigint));
  }

  /** Did an earlier run load this very unit? */
  hasPart(unit: Unit): boolean {
    return this.#knownParts.has(partId(unit));
  }

  /** Adds a unit's part to the run. `known`: the very same was loaded before; there is nothing to read again. */
  addPart(unit: Unit, now: string): { readonly part: bigint; readonly known: boolean } {
    const part = partId(unit);
    const known = this.#knownParts.has(part) || this.#runParts.has(part);
    if (!known) {
      const { scanner, target, unit: what } = unit;
      this.#newParts.set(part, { part: String(part), scanner, target, unit: what, now });
    }
    this.#runParts.add(part);
    return { part, known };
  }

  /** A crawl of a thousand notebooks has a thousand parts: they are written together, at the end of loading. */
  async #saveParts(): Promise<void> {
    await this.#connection.run(
      `INSERT INTO parts SELECT r.part, r.scanner, r.target, r.unit, r.now
       FROM (SELECT unnest(from_json($rows, '[{"part":"UBIGINT","scanner":"VARCHAR","target":"VARCHAR","unit":"VARCHAR","now":"TIMESTAMP"}]')) AS r)`,
      { rows: JSON.stringify([...this.#newParts.values()]) },
    );
    await this.#connection.run(`INSERT INTO run_parts SELECT $run, unnest(from_json($parts, '["UBIGINT"]'))`, {
      run: this.#run(),
      parts: JSON.stringify([...this.#runParts].map(String)),
    });
    this.#newParts.clear();
    this.#runParts.clear();
  }

  /** What a scanner keeps about a target, if this store outlives the process. Written with the run that is open. */
  memory(target: string, scanner: string): Memory | undefined {
    return this.file === undefined ? undefined : storeMemory(this.#connection, target, scanner);
  }

  async append(part: bigint, observation: Observation): Promise<string> {
    if (this.#appender === undefined) throw new Error('no run is open');
    return await this.#appender.append(part, observation);
  }

  /** Reads logs where they lie: what they hold gets into the store by SQL alone. Before the end of loading. */
  async importLogs(
    files: readonly LogFile[],
    work: Omit<LogWork, 'scratch' | 'addPart' | 'add'> & { readonly masks: LogMasks },
  ): Promise<void> {
    const { importLogs } = await import('./logs.ts');
    this.#scratch ??= tempDirectory('nhi-audit-logs-');
    this.#appender?.flush();
    await importLogs(this.#connection, files, {
      ...work,
      scratch: this.#scratch.path,
      addPart: ({ format, path, target }, content) =>
        this.addPart({ scanner: `log-${format.meta.id}`, version: 1, target, unit: path, content }, work.now),
      add: async (part, observation) => void (await this.append(part, work.masks.redact(observation))),
    });
    this.#hasLogs = true;
  }

  /** Ends loading. Views show this run from here on; tables in their place, from `materialise` on. */
  async endLoading(hosts: readonly string[]): Promise<{ readonly [kind: string]: number }> {
    await this.#bindUsages();
    const appender = this.#appender;
    appender?.close();
    this.#appender = undefined;
    await this.#saveParts();
    await this.#connection.run(
      "UPDATE runs SET status = 'loaded', hosts = json_extract_string($hosts, '$[*]') WHERE run_id = $run",
      { hosts: JSON.stringify(hosts), run: this.#run() },
    );
    const counts = appender?.counts ?? {};
    if (!this.#isPassing) await this.#keepJoins();
    if (this.#isPassing)
      this.#loaded = new Set(
        Object.keys(counts).filter((kind) => (counts[kind] ?? 0) > 0 || (kind === 'usage' && this.#hasLogs)),
      );
    return counts;
  }

  /** Over views the joins take 0.45 s to plan; what they build on is made into tables here, which checks want as well. */
  async #keepJoins(): Promise<void> {
    const run = this.#run();
    this.#readyTables = new ViewTables(this.#connection, true);
    await this.#readyTables.provide([...KEPT.values()].join(' '));
    for (const [name, source] of KEPT) {
      await this.#connection.run(`INSERT INTO obs.${name} SELECT $run, * FROM ${source}`, { run });
    }
  }

  async #dropReady(): Promise<void> {
    const tables = this.#readyTables;
    this.#readyTables = undefined;
    await tables?.drop();
  }

  /** Tests what earlier runs bound and binds what this one loaded. */
  async #bindUsages(): Promise<void> {
    if (this.#binding === undefined) return;
    const { chain, now } = this.#binding;
    this.#appender?.flush();
    const broken = await chain.extend(this.#run(), now, new Set([...this.#newParts.keys()].map(String)));
    if (broken.length === 0) return;
    const names = new Map(
      (await this.#connection.runAndReadAll('SELECT part_id::VARCHAR, unit FROM parts'))
        .getRows()
        .map(([id, unit]) => [id, unit]),
    );
    for (const row of brokenRows(broken, (part) => String(names.get(part) ?? 'an import that is not known'))) {
      const { part } = this.addPart(
        { scanner: 'evidence', version: 1, target: 'store', unit: row.subject, content: this.#run() },
        now,
      );
      await this.append(part, row);
    }
  }

  /** May the run have observations of this kind? `false` spares a query. */
  mayHave(kind: ObservationKind): boolean {
    return this.#loaded?.has(kind) ?? true;
  }

  /** Lets checks read tables in place of nested views, for as long as they run. */
  async materialise(): Promise<void> {
    this.#viewTables ??= this.#readyTables ?? new ViewTables(this.#connection, !this.#isPassing);
    this.#readyTables = undefined;
  }

  /** The end of `materialise`: views show again what is stored. */
  async dematerialise(): Promise<void> {
    if (this.#isPassing) return;
    await this.#viewTables?.drop();
    this.#viewTables = undefined;
  }

  /**
   * Writes what the checks found and commits the run. `tell` asks of it while the tables of `materialise` hold: they number rows of
   * `obs.usages`, and the engine numbers rows anew when they are committed. Returns why the file could not be put in order once the
   * run was in it (a full disk): what is new then stands in the log beside it, and this store can be read no more.
   */
  async saveResults(results: RunResults, finishedAt: string, tell?: () => Promise<void>): Promise<string | undefined> {
    const run = this.#run();
    await this.#insertFindings(run, results.findings);
    if (!this.#isPassing) await this.#insertRest(run, results);
    await this.#dropReady();
    await this.#connection.run(
      `UPDATE runs SET status = 'complete', finished_at = $at::TIMESTAMP, parameters = json_merge_patch(parameters, $more::JSON)
       WHERE run_id = $run`,
      { at: finishedAt, more: JSON.stringify(results.parameters ?? {}), run },
    );
    await tell?.();
    if (!this.#isPassing) await this.#connection.run('COMMIT');
    this.#isEnded = true;
    this.#runId = undefined;
    if (this.file === undefined) return undefined;
    try {
      await this.#connection.run('CHECKPOINT');
    } catch (error) {
      // The engine takes nothing more after this, the end of `materialise` included; the run is committed.
      this.#viewTables = undefined;
      return messageOf(error);
    }
    return undefined;
  }

  /** What is read by later runs and commands alone. */
  async #insertRest(run: string, results: RunResults): Promise<void> {
    await this.#connection.run(
      `INSERT INTO check_results
       SELECT $run, r.rule, r.outcome, r.reason, r.population, r.findings, r.excepted
       FROM (SELECT unnest(from_json($rows, '[{"rule":"VARCHAR","outcome":"VARCHAR","reason":"VARCHAR","population":"BIGINT","findings":"BIGINT","excepted":"BIGINT"}]')) AS r)`,
      { run, rows: JSON.stringify(results.checks) },
    );
    await this.#insertAcceptances(run, results.acceptances ?? []);
    await this.#connection.run(
      `INSERT INTO control_results
       SELECT $run, r.framework, r.control, r.outcome, r.reason, r.findings, r.population
       FROM (SELECT unnest(from_json($rows, '[{"framework":"VARCHAR","control":"VARCHAR","outcome":"VARCHAR","reason":"VARCHAR","findings":"BIGINT","population":"BIGINT"}]')) AS r)`,
      { run, rows: JSON.stringify(results.controls) },
    );
  }

  async #insertFindings(run: string, findings: readonly Finding[]): Promise<void> {
    for (let from = 0; from < findings.length; from += FINDINGS_AT_ONCE) {
      await this.#insertSome(run, findings.slice(from, from + FINDINGS_AT_ONCE));
    }
  }

  async #insertSome(run: string, findings: readonly Finding[]): Promise<void> {
    await this.#connection.run(
      `INSERT INTO findings
       SELECT $run, r.fingerprint, r.rule, r.title, r.message, r.severity, r.confidence, r.persona, r.status, r.identity, r.credential,
         r.subject, r.controls, r.evidence, r.firstSeen, r.lastSeen, r.fix, r.detail, r.acceptedBy
       FROM (SELECT unnest(from_json($rows, '[{"fingerprint":"VARCHAR","rule":"VARCHAR","title":"VARCHAR","message":"VARCHAR","severity":"VARCHAR",
         "confidence":"VARCHAR","persona":"VARCHAR","status":"VARCHAR","identity":"VARCHAR","credential":"VARCHAR","subject":"VARCHAR",
         "controls":["VARCHAR"],"evidence":"JSON","firstSeen":"TIMESTAMP","lastSeen":"TIMESTAMP","fix":"VARCHAR","detail":"JSON","acceptedBy":"JSON"}]')) AS r)`,
      { run, rows: JSON.stringify(findings) },
    );
  }

  async #insertAcceptances(run: string, uses: readonly AcceptanceUse[]): Promise<void> {
    if (uses.length === 0) return;
    const rows = uses.map(({ source, entry, place, state, findings, ...detail }) => ({
      source,
      entry,
      place,
      state,
      findings,
      detail,
    }));
    await this.#connection.run(
      `INSERT INTO acceptances
       SELECT $run, r.source, r.entry, r.place, r.state, r.findings, r.detail
       FROM (SELECT unnest(from_json($rows, '[{"source":"VARCHAR","entry":"VARCHAR","place":"VARCHAR","state":"VARCHAR","findings":"BIGINT","detail":"JSON"}]')) AS r)`,
      { run, rows: JSON.stringify(rows) },
    );
  }

  /** Undoes the open run, if there is one. */
  async rollback(): Promise<void> {
    if (this.#runId === undefined) return;
    this.#runId = undefined;
    this.#newParts.clear();
    this.#runParts.clear();
    try {
      this.#appender?.close();
    } catch {
      // An appender that failed on a row cannot be closed; the rollback discards its rows all the same.
    }
    this.#appender = undefined;
    // The tables were made within the transaction, and go with it.
    this.#readyTables = undefined;
    this.#viewTables = undefined;
    try {
      if (!this.#isPassing) await this.#connection.run('ROLLBACK');
    } catch {
      // The engine has rolled back itself (a full disk); what went wrong is told by the error under way.
    }
  }

  /** Stops the query that is running. A run that is written is not undone by it: what is left to do takes no time. */
  interrupt(): void {
    if (this.#isEnded) return;
    for (const connection of [this.#connection, ...this.#readers]) connection.interrupt();
  }

  close(): void {
    for (const connection of [this.#connection, ...this.#readers]) connection.closeSync();
    this.#instance.closeSync();
    this.#scratch?.remove();
    this.#release?.();
  }

  #run(): string {
    if (this.#runId === undefined) throw new Error('no run is open');
    return this.#runId;
  }
}

function partId({ scanner, version, target, unit, content }: Unit): bigint {
  return BigInt(`0x${sha256(JSON.stringify([scanner, version, target, unit, content])).slice(0, 16)}`);
}

/** Reads, and only reads: checks and queries may be a stranger's, and a store is evidence. */
async function selectOn(connection: DuckDBConnection, sql: string, parameters: SqlParameters): Promise<DuckDBResultReader> {
  const extracted = await connection.extractStatements(sql);
  if (extracted.count !== 1) throw new TypeError(`one statement is expected, not ${extracted.count}`);
  const statement = await extracted.prepare(0);
  try {
    if (statement.statementType !== StatementType.SELECT && statement.statementType !== StatementType.EXPLAIN) {
      throw new TypeError('only a SELECT is run: a store is read, never written, by SQL');
    }
    statement.bind({ ...parameters });
    return await statement.runAndReadAll();
  } finally {
    statement.destroySync();
  }
}
