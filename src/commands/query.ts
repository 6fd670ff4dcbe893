import { readFileSync } from 'node:fs';
import type { Io } from '../io.ts';
import { ConfigError, EXIT, messageOf } from '../util/errors.ts';
import { shellWord } from '../util/shell-word.ts';
import { renderTable, type TableFormat } from '../util/table.ts';
import { type StoreOptions, withStore } from './with-store.ts';

/** The user's own SQL. The store is open read-only, and neither files, network nor extensions can be reached from it. */
export async function queryCommand(
  io: Io,
  sql: string,
  options: StoreOptions & { readonly format: TableFormat },
): Promise<number> {
  const text = sql === '-' ? readFileSync(0, 'utf8') : sql;
  if (isBlank(text)) {
    throw new ConfigError('There is no SQL to run', { code: 'QUERY', hint: hintFor('', text, shellWord(options.store)) });
  }
  const { rows, columns } = await withStore(io, options, async (store) => {
    // Views stand on views: what the query names is made a table first, which takes a tenth of the time of planning them all.
    await store.materialise();
    try {
      return await store.table(text);
    } catch (error) {
      if (io.signal.aborted) throw error;
      const what = error instanceof Error ? error.message.trim() : messageOf(error);
      throw new ConfigError(`The query failed: ${what}`, {
        code: 'QUERY',
        hint: hintFor(what, text, shellWord(options.store)),
        cause: error,
      });
    }
  });
  await io.stdout(renderTable(rows, columns, options.format, io.terminal.columns));
  return EXIT.clean;
}

/** Nothing but blanks, comments and semicolons. */
function isBlank(sql: string): boolean {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').replace(/[\s;]/g, '') === '';
}

function hintFor(what: string, sql: string, store: string): string {
  if (/^one statement is expected/.test(what)) {
    // The engine makes two of a PIVOT whose columns it has to look up first.
    return /\bpivot/i.test(sql)
      ? "Name the columns of a PIVOT, and give one statement: PIVOT identities ON provider IN ('aws', 'gcp') USING count(*)"
      : 'Run them one by one, or join their results with UNION ALL.';
  }
  return `The views and their columns: nhi-audit query "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal" --store ${store}`;
}
