/** A text as a literal of SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** https://duckdb.org/docs/stable/sql/statements/copy#parquet-options */
export function copyParquet(sql: string, file: string, metadata: { readonly [name: string]: string }): string {
  const told = Object.entries(metadata).map(([name, value]) => `${name}: ${sqlText(value)}`);
  return `COPY (${sql}) TO ${sqlText(file)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {${told.join(', ')}})`;
}
