import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from 'duckdb';
import { sha256 } from '../util/digest.ts';
import { StoreError } from '../util/errors.ts';
import { packageRoot } from '../util/package-root.ts';
import { toolVersion } from '../util/version.ts';

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/**
 * Applied in order; a new schema version is one more entry. Once a version is published, its file is never edited: what the
 * later ones add may stand in `schema.sql` only because no release had it without, and they add only what is not there.
 */
export function migrations(): readonly Migration[] {
  return [
    { version: 1, sql: readSql('schema.sql') },
    { version: 2, sql: readSql('schema-2.sql') },
    { version: 3, sql: readSql('schema-3.sql') },
    { version: 4, sql: readSql('schema-4.sql') },
    { version: 5, sql: readSql('schema-5.sql') },
    { version: 6, sql: readSql('schema-6.sql') },
  ];
}

/** Version of the schema in the file; 0 for an empty database, `undefined` when it is a database of something else. */
export async function schemaVersion(connection: DuckDBConnection): Promise<number | undefined> {
  const tables = await connection.runAndReadAll("SELECT table_name FROM duckdb_tables() WHERE schema_name IN ('main', 'obs')");
  const names = tables.getRows().map(([name]) => String(name));
  if (names.length === 0) return 0;
  if (!names.includes('schema_migrations')) return undefined;
  const version = await connection.runAndReadAll('SELECT max(version) FROM schema_migrations');
  return Number(version.getRows()[0]?.[0] ?? 0);
}

/**
 * Brings the file forward to the newest schema, in one transaction: it is at the old version or at the new one, never
 * between. Refuses a file that a newer nhi-audit wrote.
 */
export async function migrate(
  connection: DuckDBConnection,
  file: string,
  list: readonly Migration[] = migrations(),
): Promise<void> {
  const known = list.at(-1)?.version ?? 0;
  const present = await schemaVersion(connection);
  if (present === undefined) {
    throw new StoreError(`${file} is a DuckDB database, but not a store of nhi-audit`, {
      code: 'STORE_FOREIGN',
      hint: 'Name another file with --store; this one was left as it is.',
    });
  }
  if (present > known) throw newerSchema(file, present, known);
  const due = list.filter((migration) => migration.version > present);
  if (due.length === 0) return;
  await connection.run('BEGIN');
  try {
    for (const { version, sql } of due) {
      await connection.run(sql);
      await connection.run('INSERT INTO schema_migrations VALUES ($version, $sha256, $at::TIMESTAMP, $tool)', {
        version,
        sha256: sha256(sql),
        at: new Date().toISOString(),
        tool: toolVersion(),
      });
    }
    await connection.run('COMMIT');
  } catch (error) {
    // Where there is no room to commit, the engine has rolled back itself: what was in the way is told, not that.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The newest schema in an empty database that ends with the process: without its descriptions, which cost 20 ms and have no reader. */
export async function makeTables(connection: DuckDBConnection): Promise<void> {
  // The first has it all: the others bring older files forward.
  for (const { sql } of migrations().slice(0, 1)) await connection.run(sql.replace(/^COMMENT ON [^']*'(?:[^']|'')*';$/gm, ''));
}

export function newerSchema(file: string, present: number, known: number): StoreError {
  return new StoreError(`${file} has store schema ${present}; this nhi-audit knows schemas up to ${known}`, {
    code: 'STORE_NEWER',
    hint: 'Install the nhi-audit that wrote it (or a newer one). The file was left as it is.',
  });
}

function readSql(name: string): string {
  return readFileSync(join(packageRoot(), 'src/store', name), 'utf8');
}
