import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from 'duckdb';
import { sha256 } from '../util/digest.ts';
import { packageRoot } from '../util/package-root.ts';

interface Statement {
  readonly sql: string;
  /** Name of the view or macro that it makes. */
  readonly name: string;
  readonly isView: boolean;
}

/** Files of `views/`, each after those that its views build on. */
const IN_ORDER = [
  'run',
  'words',
  'logs',
  'paths',
  'identities',
  'credentials',
  'kubernetes-roles',
  'observed',
  'kubernetes',
  'credential-owners',
  'gateway',
  'spans',
  'owners',
  'reach',
  'administration',
  'leaks',
  'use',
  'gateway-rules',
  'usage-around',
  'usage-answers',
  'granted-used',
  'gateway-guards',
  'fixes',
] as const;

/** These show what changes after the observations are in: they are views in memory too. */
const ALWAYS_VIEWS: ReadonlySet<string> = new Set([
  'current_run',
  'current_findings',
  'identity_overview',
  'observations',
  'observation_parts',
  // Every column of a million sessions would be held twice; what they are joined by is a table.
  'usages',
  'gateway_sessions',
  'machine_calls',
  // A row for each record of a log.
  'log_events',
]);

/** Views of what is kept with a run, and those that work it out: tables are made of these, for older runs have nothing kept. */
export const KEPT: ReadonlyMap<string, string> = new Map([
  ['identity_aliases', 'identity_aliases_of_run'],
  ['credential_identities', 'credential_identities_of_run'],
]);

const SETTING = 'views_sha256';

/** Are the views in the file those of this version? */
export async function hasViews(connection: DuckDBConnection): Promise<boolean> {
  const known = await connection.runAndReadAll('SELECT 1 FROM settings WHERE name = $name AND value = $digest', {
    name: SETTING,
    digest: sha256(viewsText()),
  });
  return known.currentRowCount > 0;
}

/** Makes the views, if they are not those of this version already: 0.25 s of processor time. */
export async function makeViews(connection: DuckDBConnection): Promise<void> {
  if (await hasViews(connection)) return;
  await connection.run('BEGIN');
  await connection.run(inSteps(viewsText()));
  await connection.run('INSERT OR REPLACE INTO settings VALUES ($name, $digest)', {
    name: SETTING,
    digest: sha256(viewsText()),
  });
  await connection.run('COMMIT');
}

/**
 * To make a view binds all that it builds on, down to the tables: of 91 nested views that came to 1.3 s. Here an empty table
 * stands before each view as soon as it is made, so that those above bind one level.
 */
function inSteps(text: string): string {
  const views: string[] = [];
  const comments: string[] = [];
  const steps = statementsOf(text).flatMap((sql) => {
    if (sql.startsWith('COMMENT')) {
      comments.push(sql);
      return [];
    }
    const name = /^CREATE OR REPLACE VIEW (\w+)/.exec(sql)?.[1];
    if (name === undefined) return [sql];
    views.push(name);
    return [sql, `CREATE TEMP TABLE ${name} AS FROM main.${name} LIMIT 0`];
  });
  return [...steps, ...views.map((name) => `DROP TABLE temp.${name}`), ...comments].join(';\n');
}

/**
 * Checks read views again and again. Binding a view binds all that it builds on, so thirty checks over nested views cost
 * seconds; over tables they cost milliseconds. Once the observations are in, a view is made a table when a query first
 * names it: a commit with one leaked key needs a dozen of the seventy statements, a repository half of them.
 */
export class ViewTables {
  readonly #connection: DuckDBConnection;
  /** Are there views? Then temporary tables of the same names stand before them until `drop`; else nothing stands behind the tables. */
  readonly #hasViews: boolean;
  readonly #made = new Set<string>();
  #making: Promise<unknown> = Promise.resolve();

  constructor(connection: DuckDBConnection, hasViews: boolean) {
    this.#connection = connection;
    this.#hasViews = hasViews;
  }

  /** Makes what a query may name, and what that builds on. A name that only looks like one costs time, nothing else. */
  async provide(sql: string): Promise<void> {
    const words = wordsOf(sql);
    await this.#make((all) => all.filter(({ name }) => words.has(name)));
  }

  /** Everything. `true`: something was missing before. */
  async provideAll(): Promise<boolean> {
    if (this.#hasViews) return false;
    const before = this.#made.size;
    await this.#make((all) => all);
    return this.#made.size > before;
  }

  async #make(choose: (all: readonly Statement[]) => readonly Statement[]): Promise<void> {
    const all = statements();
    const chosen = choose(all).filter(({ name }) => !this.#made.has(name));
    const wanted = chosen.length === 0 ? new Set() : withGround(chosen, all);
    const missing = all.filter((statement) => wanted.has(statement) && !this.#made.has(statement.name));
    for (const { name } of missing) this.#made.add(name);
    // One after another: a second query must not overtake the making of what it reads.
    this.#making = this.#making.then(async () => {
      if (!this.#hasViews && missing.length > 0) await this.#connection.run(missing.map(asTable).join(';\n'));
      for (const { name } of this.#hasViews ? missing.filter(isCovered) : []) {
        await this.#connection.run(`CREATE TEMP TABLE ${name} AS SELECT * FROM ${KEPT.get(name) ?? name}`);
      }
    });
    await this.#making;
  }

  /** Lets the views be seen again, if there are any. */
  async drop(): Promise<void> {
    await this.#making;
    const tables = this.#hasViews ? statements().filter((view) => isCovered(view) && this.#made.has(view.name)) : [];
    for (const { name } of tables.toReversed()) await this.#connection.run(`DROP TABLE temp.${name}`);
    this.#made.clear();
  }
}

function isCovered({ name, isView }: Statement): boolean {
  return isView && !ALWAYS_VIEWS.has(name);
}

function asTable(statement: Statement): string {
  const { sql } = statement;
  return isCovered(statement) ? sql.replace('CREATE OR REPLACE VIEW', 'CREATE TABLE') : sql;
}

/** The statements, and all that they build on. */
function withGround(chosen: readonly Statement[], all: readonly Statement[]): ReadonlySet<Statement> {
  const byName = new Map(all.map((statement) => [statement.name, statement]));
  const found = new Set(chosen);
  // A set that grows while it is walked is walked to its new end.
  for (const { sql } of found) {
    for (const word of wordsOf(sql)) {
      const ground = byName.get(word);
      if (ground !== undefined) found.add(ground);
    }
  }
  return found;
}

/** Every word outside of comments, string literals and names of the schema `obs`, in lower case. */
function wordsOf(sql: string): ReadonlySet<string> {
  const code = sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|\bobs\.\w+/g, ' ');
  return new Set(code.toLowerCase().match(/[a-z_]\w*/g) ?? []);
}

let read: string | undefined;

/** The text of `src/store/views/*.sql`, the public face of a store: what checks, reports and people query. */
export function viewsText(): string {
  const directory = join(packageRoot(), 'src/store/views');
  read ??= IN_ORDER.map((name) => readFileSync(join(directory, `${name}.sql`), 'utf8')).join('\n');
  return read;
}

let parsed: readonly Statement[] | undefined;

function statements(): readonly Statement[] {
  parsed ??= statementsOf(viewsText()).flatMap((sql) => {
    const { what, name } = /^CREATE OR REPLACE (?<what>VIEW|MACRO) (?<name>\w+)/.exec(sql)?.groups ?? {};
    if (name === undefined) return [];
    const from = KEPT.get(name);
    const text = from === undefined ? sql : `CREATE OR REPLACE VIEW ${name} AS SELECT * FROM ${from}`;
    return [{ sql: text, name, isView: what === 'VIEW' }];
  });
  return parsed;
}

function statementsOf(text: string): readonly string[] {
  return text
    .replace(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((sql) => sql.trim())
    .filter((sql) => sql !== '');
}
