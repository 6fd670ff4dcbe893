import type { DuckDBResultReader } from 'duckdb';
import type { Row } from './reader.ts';

/** DuckDB's values as plain JS: see `Row` in `reader.ts`. A name that comes twice gets a suffix (`a`, `a:1`). */
export function plainRows(reader: DuckDBResultReader): Row[] {
  const json = reader.columnTypes().map((type) => type.alias === 'JSON');
  const names = reader.deduplicatedColumnNames();
  return reader.getRowsJS().map((values) => {
    const row: { [column: string]: unknown } = {};
    for (const [index, name] of names.entries()) {
      const value = values[index];
      row[name] = json[index] && typeof value === 'string' ? JSON.parse(value) : plain(value);
    }
    return row;
  });
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  }
  return value;
}
