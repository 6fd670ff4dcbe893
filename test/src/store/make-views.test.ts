import assert from 'node:assert/strict';
import { type DuckDBConnection, DuckDBInstance } from 'duckdb';
import { migrate } from '../../../src/store/migrate.ts';
import { makeViews, viewsText } from '../../../src/store/views.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';

const CATALOG = [
  'SELECT view_name, sql, comment, temporary FROM duckdb_views() WHERE NOT internal ORDER BY ALL',
  'SELECT table_name, column_index, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL',
  'SELECT table_name, temporary FROM duckdb_tables() ORDER BY ALL',
  'SELECT function_name, parameters, macro_definition FROM duckdb_functions() WHERE NOT internal ORDER BY ALL',
];

describe('views of a store', () => {
  let instance: DuckDBInstance;
  let connection: DuckDBConnection;
  /** What the text itself makes, and what that costs. */
  let expected: unknown;
  let cost: number;

  before(async () => {
    [instance, connection] = await emptyStore();
    const start = cpuTime();
    await connection.run(viewsText());
    cost = cpuTime() - start;
    expected = await catalogOf(connection);
    connection.closeSync();
    instance.closeSync();
  });

  beforeEach(async () => {
    [instance, connection] = await emptyStore();
  });

  afterEach(() => {
    connection.closeSync();
    instance.closeSync();
  });

  it('are what their text says, for a third of the time', async () => {
    const start = cpuTime();
    await makeViews(connection);
    const spent = cpuTime() - start;

    assert.deepEqual(await catalogOf(connection), expected);
    assert.ok(spent < cost / 3, `${spent.toFixed()} ms, against ${cost.toFixed()} ms`);
  });

  it('take the place of those of another version', async () => {
    await connection.run(
      'CREATE VIEW sightings AS SELECT 1 AS seen; CREATE VIEW leaked_credentials AS SELECT seen FROM sightings',
    );
    await connection.run("INSERT INTO settings VALUES ('views_sha256', 'of another version')");

    await makeViews(connection);

    assert.deepEqual(await catalogOf(connection), expected);
  });

  it('are left as they are when they are those of this version', async () => {
    await makeViews(connection);
    await connection.run('CREATE OR REPLACE VIEW sightings AS SELECT 1 AS seen');

    await makeViews(connection);

    assert.deepEqual((await connection.runAndReadAll('SELECT * FROM sightings')).getRows(), [[1]]);
  });
});

async function emptyStore(): Promise<[DuckDBInstance, DuckDBConnection]> {
  const made = await DuckDBInstance.create(':memory:');
  const connection = await made.connect();
  await migrate(connection, ':memory:');
  return [made, connection];
}

async function catalogOf(connection: DuckDBConnection): Promise<unknown> {
  const all = [];
  for (const sql of CATALOG) all.push((await connection.runAndReadAll(sql)).getRowsJson());
  return all;
}
