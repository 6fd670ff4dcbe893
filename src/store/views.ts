import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from 'duckdb';
import { sha256 } from '../util/digest.ts';
import { packageRoot } from '../util/package-root.ts';

interface Statement {
  readonly sql: string;
  /** Name of the view that it makes; `undefined` for macros and comments. */
  readonly view: string | undefined;
  readonly isComment: boolean;
}

/** These show what changes after the observations are in: they are views in memory too. */
const ALWAYS_VIEWS: ReadonlySet<string> = new Set([
  'current_run',
  'current_findings',
  'identity_overview',
  'observations',
  'observation_parts',
]);

const SETTING = 'views_sha256';

/**
 * Views that checks read again and again. Binding a view binds all that it builds on, so thirty checks over nested views
 * cost seconds; over tables they cost milliseconds. In an order in which each finds the ones it builds on.
 */
function shared(): readonly string[] {
  return statements().flatMap(({ view }) => (view === undefined || ALWAYS_VIEWS.has(view) ? [] : [view]));
}

/** Makes the views, if they are not those of this version already (making them costs 100 ms). */
export async function makeViews(connection: DuckDBConnection): Promise<void> {
  const digest = sha256(text());
  const known = await connection.runAndReadAll('SELECT 1 FROM settings WHERE name = $name AND value = $digest', {
    name: SETTING,
    digest,
  });
  if (known.currentRowCount > 0) return;
  await connection.run('BEGIN');
  await connection.run(text());
  await connection.run('INSERT OR REPLACE INTO settings VALUES ($name, $digest)', { name: SETTING, digest });
  await connection.run('COMMIT');
}

/**
 * For a store that holds one run and ends with the process: once the observations are in, what would be
 * views is made as tables right away.
 */
export async function makeViewTables(connection: DuckDBConnection): Promise<void> {
  for (const { sql, view, isComment } of statements()) {
    if (isComment) continue;
    const isTable = view !== undefined && !ALWAYS_VIEWS.has(view);
    await connection.run(isTable ? sql.replace('CREATE OR REPLACE VIEW', 'CREATE TABLE') : sql);
  }
}

/** Temporary tables of the same names stand before the views until `dropViewTables`. */
export async function coverViews(connection: DuckDBConnection): Promise<void> {
  for (const view of shared()) await connection.run(`CREATE TEMP TABLE ${view} AS SELECT * FROM ${view}`);
}

export async function uncoverViews(connection: DuckDBConnection): Promise<void> {
  for (const view of shared().toReversed()) await connection.run(`DROP TABLE temp.${view}`);
}

function text(): string {
  return readFileSync(join(packageRoot(), 'src/store/views.sql'), 'utf8');
}

function statements(): readonly Statement[] {
  return text()
    .replace(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((sql) => sql.trim())
    .filter((sql) => sql !== '')
    .map((sql) => ({
      sql,
      view: /^CREATE OR REPLACE VIEW (?<name>\w+)/.exec(sql)?.groups?.name,
      isComment: sql.startsWith('COMMENT ON'),
    }));
}
