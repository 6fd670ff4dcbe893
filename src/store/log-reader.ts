import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type DuckDBConnection, DuckDBInstance } from 'duckdb';
import { isPacked } from '../logs/save.ts';

/** Where rows go: a table of the other engine. */
export interface RowTarget {
  readonly connection: DuckDBConnection;
  readonly table: string;
  readonly schema?: string;
  readonly catalog?: string;
}

/** Chunks of 2,048 rows that are handed on before what stands for them is collected. */
const COLLECT_EVERY = 64;

/**
 * An engine of its own, without a file, that reads logs and sums them up: a store reaches no file but its own, a query that
 * fails over a broken log would take the transaction of the run with it, and what a transaction puts aside it holds to its end.
 */
export class LogReader {
  readonly #instance: DuckDBInstance;
  /** One reads while the other works on what was read. */
  readonly #reading: DuckDBConnection;
  readonly #working: DuckDBConnection;

  private constructor(instance: DuckDBInstance, reading: DuckDBConnection, working: DuckDBConnection) {
    this.#instance = instance;
    this.#reading = reading;
    this.#working = working;
  }

  static async open(scratch: string): Promise<LogReader> {
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: '400MiB',
      temp_directory: join(scratch, 'spill'),
      preserve_insertion_order: 'false',
    });
    const [reading, working] = [await instance.connect(), await instance.connect()];
    // A time without a zone is UTC, wherever we run.
    for (const connection of [reading, working]) await connection.run("SET TimeZone = 'UTC'");
    return new LogReader(instance, reading, working);
  }

  /** A statement that reads files. */
  async read(sql: string): Promise<void> {
    await this.#reading.run(sql);
  }

  async columns(sql: string): Promise<readonly { readonly name: string; readonly type: string }[]> {
    const described = await this.#reading.runAndReadAll(`DESCRIBE ${sql}`);
    return described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
  }

  async run(sql: string, parameters: { readonly [name: string]: string } = {}): Promise<void> {
    await this.#working.run(sql, { ...parameters });
  }

  async rows(sql: string) {
    return (await this.#working.runAndReadAll(sql)).getRows();
  }

  /** The first column of a query, text by text: a million of them are never held. */
  async each(sql: string, look: (text: string) => void, parameters: { readonly [name: string]: string } = {}): Promise<void> {
    const result = await this.#working.stream(sql, { ...parameters });
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      for (const text of chunk.getColumnValues(0)) if (typeof text === 'string') look(text);
    }
  }

  async objects(sql: string) {
    return (await this.#working.runAndReadAll(sql)).getRowObjectsJS();
  }

  /** Rows of a query into a table of the store, as the engine has them. Returns how many. */
  async give(sql: string, to: RowTarget): Promise<number> {
    return await handOver(this.#working, sql, to);
  }

  /** Rows of a query over the store into a table here. */
  async take(from: DuckDBConnection, sql: string, table: string): Promise<number> {
    return await handOver(from, sql, { connection: this.#working, table });
  }

  interrupt(): void {
    this.#reading.interrupt();
    this.#working.interrupt();
  }

  close(): void {
    this.#reading.closeSync();
    this.#working.closeSync();
    this.#instance.closeSync();
  }
}

async function handOver(from: DuckDBConnection, sql: string, to: RowTarget): Promise<number> {
  const appender = await to.connection.createAppender(to.table, to.schema ?? 'main', to.catalog);
  let rows = 0;
  let chunks = 0;
  try {
    const result = await from.stream(sql);
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      appender.appendDataChunk(chunk);
      rows += chunk.rowCount;
      if (++chunks % COLLECT_EVERY === 0) freeChunks();
    }
  } finally {
    appender.closeSync();
  }
  return rows;
}

/** A name that holds no glob and no quote, whatever the file is called. */
export function linkAs(file: string, directory: string, index: number): string {
  const link = join(directory, `${String(index).padStart(6, '0')}.log${isPacked(file) ? '.gz' : ''}`);
  symlinkSync(file, link);
  return link;
}

/** Works on what it was given last while more is made ready: one at a time, and one ahead. */
export class Ahead<T> {
  readonly #work: (what: T) => Promise<void>;
  #under: Promise<void> = Promise.resolve();

  constructor(work: (what: T) => Promise<void>) {
    this.#work = work;
  }

  async give(what: T): Promise<void> {
    await this.#under;
    this.#under = this.#work(what);
    // Told by `give` or `end`.
    this.#under.catch(() => undefined);
  }

  async end(): Promise<void> {
    await this.#under;
  }
}

let collect: ((options: { readonly type: 'minor'; readonly execution: 'sync' }) => void) | undefined;

/**
 * Chunks are freed with the small objects that stand for them, and so few of these are made that nobody collects them: over a
 * million events 560 MB, with this 234 MB and 12 ms.
 */
function freeChunks(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc');
  }
  collect?.({ type: 'minor', execution: 'sync' });
}
