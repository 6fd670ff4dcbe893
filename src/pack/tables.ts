import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exportTables } from '../evidence/export.ts';
import type { Store } from '../store/index.ts';
import { SUMS, TABLES } from './format.ts';
import type { Staging } from './staging.ts';

/** The tables of the run as Parquet, into a directory that the store was opened for. */
export async function writeTables(staging: Staging, store: Store): Promise<void> {
  const directory = join(staging.directory, TABLES);
  mkdirSync(directory, { recursive: true });
  const tables = await exportTables(store, directory);
  // The pack has one list of all its files.
  rmSync(join(directory, SUMS), { force: true });
  for (const file of ['manifest.json', ...tables.map((table) => table.file)]) staging.adopt(`${TABLES}/${file}`);
}
