import { join } from 'node:path';
import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance } from 'duckdb';

export interface StagedColumn {
  readonly name: string;
  readonly type: string;
}

/**
 * An engine of its own, without a file, that reads logs: a store reaches no file but its own, and a query that fails over a
 * broken log would take the transaction of the run with it.
 */
export class LogReader {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(scratch: string): Promise<LogReader> {
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: '600MiB',
      temp_directory: join(scratch, 'spill'),
      preserve_insertion_order: 'false',
    });
    const connection = await instance.connect();
    // A time without a zone is UTC, wherever we run.
    await connection.run("SET TimeZone = 'UTC'");
    return new LogReader(instance, connection);
  }

  async columns(sql: string): Promise<readonly StagedColumn[]> {
    const described = await this.#connection.runAndReadAll(`DESCRIBE ${sql}`);
    return described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
  }

  /** Rows as the engine has them, 2,048 at a time: they are handed on as they are. */
  async *chunks(sql: string): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.#connection.stream(sql);
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
      yield chunk;
  }

  async objects(sql: string) {
    return (await this.#connection.runAndReadAll(sql)).getRowObjectsJS();
  }

  interrupt(): void {
    this.#connection.interrupt();
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}
