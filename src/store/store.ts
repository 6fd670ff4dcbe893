import { type DuckDBConnection, type DuckDBInstance, type DuckDBResultReader, StatementType } from 'duckdb';
import type { CheckResult, ControlResult, Finding, Observation } from '../contracts/index.ts';
import { contentId, sha256 } from '../util/digest.ts';
import { ObservationAppender } from './append.ts';
import { plainRows } from './convert.ts';
import type { Row, SqlParameters, StoreReader } from './reader.ts';
import { coverViews, makeViewTables, uncoverViews } from './views.ts';

export interface NewRun {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly toolVersion: string;
  readonly targets: readonly string[];
  readonly parameters: { readonly [name: string]: string | number | boolean };
  readonly rulesDigest: string;
  readonly fingerprintKeyId: string;
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
  /** Tables are made in place of views, when the run is loaded. */
  readonly viewTables: boolean;
}

/** An open store. One run is written at a time, in one transaction: an interrupted run leaves nothing behind. */
export class Store implements StoreReader {
  readonly file: string | undefined;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #release: (() => void) | undefined;
  readonly #viewTables: boolean;
  #appender: ObservationAppender | undefined;
  #runId: string | undefined;
  #knownParts: ReadonlySet<bigint> = new Set();
  readonly #newParts = new Map<bigint, object>();
  readonly #runParts = new Set<bigint>();

  constructor(opened: Opened) {
    this.file = opened.file;
    this.#instance = opened.instance;
    this.#connection = opened.connection;
    this.#release = opened.release;
    this.#viewTables = opened.viewTables;
  }

  async rows(sql: string, parameters: SqlParameters = {}): Promise<Row[]> {
    return plainRows(await this.#read(sql, parameters));
  }

  /** Rows with their column names in order, for SQL whose columns are not known beforehand. */
  async table(sql: string): Promise<{ readonly columns: readonly string[]; readonly rows: Row[] }> {
    const reader = await this.#read(sql, {});
    return { columns: reader.deduplicatedColumnNames(), rows: plainRows(reader) };
  }

  /** Reads, and only reads: checks and queries may be a stranger's, and a store is evidence. */
  async #read(sql: string, parameters: SqlParameters): Promise<DuckDBResultReader> {
    const extracted = await this.#connection.extractStatements(sql);
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

  async describe(
    sql: string,
    parameters: SqlParameters = {},
  ): Promise<readonly { readonly name: string; readonly type: string }[]> {
    const described = await this.#connection.runAndReadAll(`DESCRIBE ${sql}`, { ...parameters });
    return described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
  }

  /** Version of the engine, for reports. */
  async engine(): Promise<string> {
    const [row] = await this.rows('SELECT version() AS version');
    return `DuckDB ${String(row?.version)}`;
  }

  /** Lets views show another run than the newest; `undefined` goes back to the newest. */
  async selectRun(runId: string | undefined): Promise<void> {
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
    await this.#connection.run('BEGIN');
    const [last] = await this.rows('SELECT coalesce(max(sequence), 0) AS sequence FROM runs');
    const sequence = Number(last?.sequence ?? 0) + 1;
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
    await this.#connection.run("INSERT OR REPLACE INTO settings VALUES ('fingerprint_key_id', $key)", {
      key: run.fingerprintKeyId,
    });
    await this.selectRun(id);
    const parts = await this.#connection.runAndReadAll('SELECT part_id FROM parts');
    this.#knownParts = new Set(parts.getRows().map(([part]) => part as bigint));
    this.#runId = id;
    this.#appender = new ObservationAppender(this.#connection);
    return id;
  }

  /** Adds a unit's part to the run. `known`: the very same was loaded before; there is nothing to read again. */
  addPart(unit: Unit, now: string): { readonly part: bigint; readonly known: boolean } {
    const part = BigInt(
      `0x${sha256(JSON.stringify([unit.scanner, unit.version, unit.target, unit.unit, unit.content])).slice(0, 16)}`,
    );
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

  async append(part: bigint, observation: Observation): Promise<string> {
    if (this.#appender === undefined) throw new Error('no run is open');
    return await this.#appender.append(part, observation);
  }

  /** Ends loading. Views show this run from here on; tables in their place, from `materialise` on. */
  async endLoading(hosts: readonly string[]): Promise<{ readonly [kind: string]: number }> {
    const appender = this.#appender;
    appender?.close();
    this.#appender = undefined;
    await this.#saveParts();
    await this.#connection.run(
      "UPDATE runs SET status = 'loaded', hosts = json_extract_string($hosts, '$[*]') WHERE run_id = $run",
      { hosts: JSON.stringify(hosts), run: this.#run() },
    );
    return appender?.counts ?? {};
  }

  /** Lets checks read tables in place of nested views, for as long as they run. */
  async materialise(): Promise<void> {
    if (this.#viewTables) await makeViewTables(this.#connection);
    else await coverViews(this.#connection);
  }

  /** The end of `materialise`: views show again what is stored. */
  async dematerialise(): Promise<void> {
    if (!this.#viewTables) await uncoverViews(this.#connection);
  }

  /** Writes what the checks found and commits the run. */
  async saveResults(
    results: {
      readonly findings: readonly Finding[];
      readonly checks: readonly CheckResult[];
      readonly controls: readonly ControlResult[];
    },
    finishedAt: string,
  ): Promise<void> {
    const run = this.#run();
    await this.#connection.run(
      `INSERT INTO check_results
       SELECT $run, r.rule, r.outcome, r.reason, r.population, r.findings, r.excepted
       FROM (SELECT unnest(from_json($rows, '[{"rule":"VARCHAR","outcome":"VARCHAR","reason":"VARCHAR","population":"BIGINT","findings":"BIGINT","excepted":"BIGINT"}]')) AS r)`,
      { run, rows: JSON.stringify(results.checks) },
    );
    await this.#insertFindings(run, results.findings);
    await this.#connection.run(
      `INSERT INTO control_results
       SELECT $run, r.framework, r.control, r.outcome, r.reason, r.findings, r.population
       FROM (SELECT unnest(from_json($rows, '[{"framework":"VARCHAR","control":"VARCHAR","outcome":"VARCHAR","reason":"VARCHAR","findings":"BIGINT","population":"BIGINT"}]')) AS r)`,
      { run, rows: JSON.stringify(results.controls) },
    );
    await this.#connection.run("UPDATE runs SET status = 'complete', finished_at = $at::TIMESTAMP WHERE run_id = $run", {
      at: finishedAt,
      run,
    });
    await this.#connection.run('COMMIT');
    this.#runId = undefined;
    if (this.file !== undefined) await this.#connection.run('CHECKPOINT');
  }

  async #insertFindings(run: string, findings: readonly Finding[]): Promise<void> {
    if (findings.length === 0) return;
    await this.#connection.run(
      `INSERT INTO findings
       SELECT $run, r.fingerprint, r.rule, r.title, r.message, r.severity, r.confidence, r.persona, r.status, r.identity, r.credential,
         r.subject, r.controls, r.evidence, r.firstSeen, r.lastSeen, r.fix, r.detail
       FROM (SELECT unnest(from_json($rows, '[{"fingerprint":"VARCHAR","rule":"VARCHAR","title":"VARCHAR","message":"VARCHAR","severity":"VARCHAR",
         "confidence":"VARCHAR","persona":"VARCHAR","status":"VARCHAR","identity":"VARCHAR","credential":"VARCHAR","subject":"VARCHAR",
         "controls":["VARCHAR"],"evidence":"JSON","firstSeen":"TIMESTAMP","lastSeen":"TIMESTAMP","fix":"VARCHAR","detail":"JSON"}]')) AS r)`,
      { run, rows: JSON.stringify(findings) },
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
    try {
      await this.#connection.run('ROLLBACK');
    } catch {
      // The engine has rolled back itself (a full disk); what went wrong is told by the error under way.
    }
  }

  /** Stops the query that is running. */
  interrupt(): void {
    this.#connection.interrupt();
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
    this.#release?.();
  }

  #run(): string {
    if (this.#runId === undefined) throw new Error('no run is open');
    return this.#runId;
  }
}
