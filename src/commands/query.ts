import { readFileSync } from 'node:fs';
import type { Io } from '../io.ts';
import { ConfigError, EXIT, messageOf } from '../util/errors.ts';
import { renderTable, type TableFormat } from '../util/table.ts';
import { type StoreOptions, withStore } from './with-store.ts';

/** The user's own SQL. The store is open read-only, and neither files, network nor extensions can be reached from it. */
export async function queryCommand(
  io: Io,
  sql: string,
  options: StoreOptions & { readonly format: TableFormat },
): Promise<number> {
  const text = sql === '-' ? readFileSync(0, 'utf8') : sql;
  const { rows, columns } = await withStore(io, options, async (store) => {
    try {
      return await store.table(text);
    } catch (error) {
      if (io.signal.aborted) throw error;
      throw new ConfigError(`The query failed: ${error instanceof Error ? error.message.trim() : messageOf(error)}`, {
        code: 'QUERY',
        hint: 'The views and their columns: nhi-audit query "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal" --store FILE',
        cause: error,
      });
    }
  });
  const width = io.terminal.stdoutIsTTY ? io.terminal.columns : undefined;
  await io.stdout(renderTable(rows, columns, options.format, width));
  return EXIT.clean;
}
