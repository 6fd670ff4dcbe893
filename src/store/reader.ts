/** Values that may be bound as `$name`. */
export type SqlValue = string | number | boolean | null;
export type SqlParameters = { readonly [name: string]: SqlValue };

/** Plain JS values: integers as numbers (bigint only above 2^53), timestamps as ISO 8601 text in UTC, JSON parsed, lists as arrays, structs as objects. */
export type Row = { readonly [column: string]: unknown };

/** Reads a store. The only thing that the rest of the core sees of DuckDB. */
export interface StoreReader {
  /** So many queries may run at a time; 1 when absent. */
  readonly lanes?: number;
  rows(sql: string, parameters?: SqlParameters): Promise<Row[]>;
  /** Column names and DuckDB types of a query, without running it. Throws when it does not bind. */
  describe(sql: string, parameters?: SqlParameters): Promise<readonly { readonly name: string; readonly type: string }[]>;
}
