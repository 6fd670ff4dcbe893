import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from 'duckdb';
import { OBSERVATION_KINDS, type Observation } from '../../../src/contracts/index.ts';
import { TABLES } from '../../../src/store/columns.ts';
import { type NewRun, openStore, type Store } from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { StoreError } from '../../../src/util/errors.ts';
import { ALL_KINDS as ALL } from '../../helpers/observations.ts';

const RUN: NewRun = {
  startedAt: '2026-11-20T09:00:00.000Z',
  toolVersion: '0.0.0',
  targets: ['./shop', "o'brien"],
  parameters: { history: true },
  rulesDigest: 'digest',
  fingerprintKeyId: 'key-1',
};
const UNIT = { scanner: 'test', version: 1, target: './shop', unit: 'a.json', content: 'c1' };
const NOTHING = { findings: [], checks: [], controls: [] };

async function withRun(use: (store: Store, part: bigint) => Promise<void>): Promise<void> {
  const store = await openStore({ mode: 'write' });
  try {
    await store.beginRun(RUN);
    const { part } = store.addPart(UNIT, RUN.startedAt);
    await use(store, part);
  } finally {
    await store.rollback();
    store.close();
  }
}

describe('store', () => {
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nhi-store-'));
    file = join(directory, 'audit.duckdb');
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('has a comment on every table, view and column that people query', async () => {
    const store = await openStore({ mode: 'write' });

    const bare = await store.rows(
      `SELECT table_name AS name FROM duckdb_tables() WHERE comment IS NULL AND NOT internal AND NOT temporary
       UNION ALL SELECT concat(table_name, '.', column_name) FROM duckdb_columns() WHERE comment IS NULL AND NOT internal
         AND (schema_name, table_name) IN (SELECT (schema_name, table_name) FROM duckdb_tables())
       UNION ALL SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal`,
    );
    store.close();

    assert.deepEqual(bare, []);
  });

  it('keeps the columns of the appender in step with the schema', async () => {
    const store = await openStore({ mode: 'write' });

    for (const kind of OBSERVATION_KINDS) {
      const { name, columns } = TABLES[kind];
      const inSchema = await store.rows(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'obs' AND table_name = $name ORDER BY column_index",
        { name },
      );
      assert.deepEqual(
        inSchema.map((row) => row.column_name),
        ['observation_id', 'part_id', ...columns.map(([column]) => column)],
      );
    }
    store.close();
  });

  it('takes in every kind with every field, and gives it back', async () => {
    await withRun(async (store, part) => {
      for (const observation of ALL) await store.append(part, observation);

      const counts = await store.endLoading([]);

      assert.deepEqual(counts, Object.fromEntries(OBSERVATION_KINDS.map((kind) => [kind, 1])));
      for (const kind of OBSERVATION_KINDS) {
        const [row] = await store.rows(`SELECT * EXCLUDE (location, detail) FROM obs.${TABLES[kind].name}`);
        const empty = Object.entries(row ?? {}).filter(([, value]) => value === null);
        assert.deepEqual(empty, [], `${kind}: columns that came back empty`);
      }
      const [usage] = await store.rows('SELECT used_at, objects FROM usages');
      assert.deepEqual(usage, { used_at: '2026-03-12T02:00:04.118Z', objects: ['customers', 'o"rders'] });
      const [identity] = await store.rows('SELECT last_used_at, tags FROM identities');
      assert.deepEqual(identity, { last_used_at: '2026-01-31T22:00:00.000Z', tags: { team: 'web' } });
    });
  });

  it('holds the same fact of one unit once', async () => {
    await withRun(async (store, part) => {
      const [identity] = ALL;
      assert.ok(identity);

      await store.append(part, identity);
      await store.append(part, { ...identity });
      await store.endLoading([]);

      assert.deepEqual(await store.rows('SELECT count(*) AS n FROM obs.identities'), [{ n: 1 }]);
    });
  });

  it('takes in what no text or number should be', async () => {
    await withRun(async (store, part) => {
      await store.append(part, {
        kind: 'identity',
        id: 'hoop:-:api-key/\ud800',
        provider: 'hoop',
        type: 'api-key',
        name: 'half a pair \ud83d and a \\\\ud800 spelt out',
        detail: { '\udc00key': '\ud800', path: 'C:\\ud800' },
      });
      await store.append(part, {
        kind: 'coverage',
        surface: 'gateway',
        subject: 'x',
        outcome: 'complete',
        covers: [],
        bytes: 1e30,
      });
      await store.endLoading([]);

      const [row] = await store.rows('SELECT name, detail FROM obs.identities');

      assert.deepEqual(row, {
        name: 'half a pair \ufffd and a \\\\ud800 spelt out',
        detail: { '\ufffdkey': '\ufffd', path: 'C:\\ud800' },
      });
      assert.deepEqual(await store.rows('SELECT bytes FROM obs.coverage'), [{ bytes: null }]);
    });
  });

  it('names a time it cannot read, without keeping the row', async () => {
    await withRun(async (store, part) => {
      const bad: Observation = { kind: 'person', email: 'a@b.example', leftAt: 'tomorrow-ish' };

      await assert.rejects(store.append(part, bad), /person\.left_at is not an ISO 8601 time: "tomorrow-ish"/);
    });
  });

  it('resolves the owner against the roster', async () => {
    await withRun(async (store, part) => {
      for (const observation of ALL) await store.append(part, observation);
      await store.endLoading([]);

      const [owner] = await store.rows('SELECT owner, ownership, left_at FROM identity_owners');

      assert.deepEqual(owner, { owner: 'ada@harbour.example', ownership: 'owner-left', left_at: '2026-06-30T00:00:00.000Z' });
    });
  });

  it('keeps uses apart that have no session id, and takes the fuller of two rows of one session', async () => {
    await withRun(async (store, part) => {
      const use: Observation = { kind: 'usage', usedAt: '2026-03-12T02:00:00Z', via: 'cloud', target: 'a' };
      const session: Observation = { kind: 'usage', usedAt: '2026-03-12T03:00:00Z', via: 'gateway', sessionId: 's-2' };
      await store.append(part, use);
      await store.append(part, { ...use, target: 'b' });
      await store.append(part, { ...session, detail: { depth: 'list', note: 'thin but long, longer than the other' } });
      await store.append(part, { ...session, detail: { depth: 'single' }, action: 'read' });

      await store.endLoading([]);

      const rows = await store.rows('SELECT target, action FROM usages ORDER BY used_at, target');
      assert.deepEqual(rows, [
        { target: 'a', action: null },
        { target: 'b', action: null },
        { target: null, action: 'read' },
      ]);
    });
  });

  it('tells an observation in a line without loose ends', async () => {
    await withRun(async (store, part) => {
      await store.append(part, { kind: 'person', email: 'a@b.example' });
      await store.append(part, { kind: 'grant', identity: 'aws:1:user/a', effect: 'allow', permission: 's3:*', resource: '*' });
      await store.append(part, {
        kind: 'credential',
        id: 'aws:access-key/AKIA2',
        provider: 'aws',
        type: 'access-key',
        publicId: 'AKIA2',
      });
      await store.endLoading([]);

      const rows = await store.rows('SELECT kind, summary FROM observations ORDER BY kind');

      assert.deepEqual(rows, [
        { kind: 'credential', summary: 'access-key AKIA2' },
        { kind: 'grant', summary: 'allow s3:* on *' },
        { kind: 'person', summary: 'a@b.example' },
      ]);
    });
  });

  it('keeps runs apart and shows the newest, or the one that is asked for', async () => {
    const store = await openStore({ mode: 'write', file });
    const first = await store.beginRun(RUN);
    const one = store.addPart(UNIT, RUN.startedAt);
    await store.append(one.part, ALL[0] as Observation);
    await store.endLoading([]);
    await store.saveResults(NOTHING, RUN.startedAt);
    const second = await store.beginRun({ ...RUN, startedAt: '2026-11-21T09:00:00.000Z' });
    await store.endLoading([]);
    await store.saveResults(NOTHING, RUN.startedAt);

    const newest = await store.rows('SELECT count(*) AS n FROM identities');
    await store.selectRun(first);
    const older = await store.rows('SELECT count(*) AS n FROM identities');
    store.close();

    assert.notEqual(first, second);
    assert.deepEqual([newest, older], [[{ n: 0 }], [{ n: 1 }]]);
  });

  it('reads a unit again only when its content changed', async () => {
    const store = await openStore({ mode: 'write', file });
    await store.beginRun(RUN);
    store.addPart(UNIT, RUN.startedAt);
    await store.endLoading([]);
    await store.saveResults(NOTHING, RUN.startedAt);
    await store.beginRun({ ...RUN, startedAt: '2026-11-21T09:00:00.000Z' });

    const same = store.addPart(UNIT, RUN.startedAt);
    const changed = store.addPart({ ...UNIT, content: 'c2' }, RUN.startedAt);
    await store.rollback();
    store.close();

    assert.deepEqual([same.known, changed.known], [true, false]);
  });

  it('leaves nothing of a run that was rolled back', async () => {
    const store = await openStore({ mode: 'write', file });
    await store.beginRun(RUN);
    const { part } = store.addPart(UNIT, RUN.startedAt);
    for (const observation of ALL) await store.append(part, observation);

    await store.rollback();
    store.close();

    const again = await openStore({ mode: 'read', file });
    const left = await again.rows(
      'SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM parts) + (SELECT count(*) FROM obs.identities) AS n',
    );
    again.close();
    assert.deepEqual(left, [{ n: 0 }]);
  });

  it('is for its owner alone', async () => {
    const store = await openStore({ mode: 'write', file });
    await store.beginRun(RUN);
    await store.endLoading([]);
    await store.saveResults(NOTHING, RUN.startedAt);
    store.close();

    if (process.platform !== 'win32') assert.equal((statSync(file).mode & 0o777).toString(8), '600');
  });

  it('tells a second writer who holds it, with exit code 6', async () => {
    const holder = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { openStore } from ${JSON.stringify(new URL('../../../src/store/index.ts', import.meta.url).href)};
         await openStore({ mode: 'write', file: ${JSON.stringify(file)} });
         console.log('held');
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      await once(holder.stdout, 'data');

      const refusal = await openStore({ mode: 'write', file }).catch((error: unknown) => error);

      assert.ok(refusal instanceof StoreError);
      assert.equal(refusal.exit, 6);
      assert.match(refusal.message, new RegExp(`in use by another process \\(PID ${holder.pid}\\)`));
    } finally {
      holder.kill();
      await once(holder, 'exit');
    }
  });

  it('refuses a newer schema, another database, and what is no database, and leaves them alone', async () => {
    const newer = await DuckDBInstance.create(file);
    const connection = await newer.connect();
    await connection.run('CREATE TABLE schema_migrations (version INTEGER)');
    await connection.run('INSERT INTO schema_migrations VALUES (99)');
    connection.closeSync();
    newer.closeSync();
    const foreignFile = join(directory, 'foreign.duckdb');
    const foreign = await DuckDBInstance.create(foreignFile);
    const other = await foreign.connect();
    await other.run('CREATE TABLE things (a INTEGER)');
    other.closeSync();
    foreign.closeSync();
    const junk = join(directory, 'junk.duckdb');
    writeFileSync(junk, 'not a database '.repeat(1000));

    const codes: unknown[] = [];
    for (const path of [file, foreignFile, junk]) {
      for (const mode of ['write', 'read'] as const) {
        const refusal = await openStore({ mode, file: path }).catch((error: unknown) => error);
        assert.ok(refusal instanceof StoreError, `${path} ${mode}: ${String(refusal)}`);
        codes.push([refusal.code, refusal.exit]);
      }
    }

    assert.deepEqual(codes, [
      ['STORE_NEWER', 2],
      ['STORE_NEWER', 2],
      ['STORE_FOREIGN', 2],
      ['STORE_FOREIGN', 2],
      ['STORE_CORRUPT', 2],
      ['STORE_CORRUPT', 2],
    ]);
  });

  it('brings an older schema forward in one step, or not at all', async () => {
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    const log = 'CREATE TABLE schema_migrations (version INTEGER, sha256 VARCHAR, applied_at TIMESTAMP, tool VARCHAR)';
    const first = { version: 1, sql: `${log}; CREATE TABLE a (x INTEGER)` };
    const second = { version: 2, sql: 'ALTER TABLE a ADD COLUMN y INTEGER' };
    const broken = { version: 3, sql: 'ALTER TABLE a ADD COLUMN z INTEGER; SELECT nonsense' };
    const columns = async (): Promise<unknown> =>
      (await connection.runAndReadAll("SELECT column_name FROM duckdb_columns() WHERE table_name = 'a'")).getRows().flat();

    await migrate(connection, file, [first]);
    await migrate(connection, file, [first, second]);
    const forward = await columns();
    await assert.rejects(migrate(connection, file, [first, second, broken]));

    assert.deepEqual(forward, ['x', 'y']);
    assert.deepEqual(await columns(), ['x', 'y']);
    const versions = (await connection.runAndReadAll('SELECT version FROM schema_migrations ORDER BY 1')).getRows().flat();
    assert.deepEqual(versions, [1, 2]);
    connection.closeSync();
    instance.closeSync();
  });

  it('takes at most half of the memory there is and never a gigabyte, and writes nothing beside whoever runs it', async () => {
    const store = await openStore({ mode: 'write', views: 'tables' });

    const settings = await store.rows(
      "SELECT name, value FROM duckdb_settings() WHERE name IN ('memory_limit', 'temp_directory') ORDER BY name",
    );

    const [limit, directory] = settings.map(({ value }) => String(value));
    const [, number = '', unit = ''] = /^([\d.]+) (MiB|GiB)$/.exec(limit ?? '') ?? [];
    const bytes = Number(number) * 2 ** (unit === 'GiB' ? 30 : 20);
    assert.ok(bytes > 0 && bytes <= Math.max(2 ** 29, 0.51 * totalmem()) && bytes < 2 ** 30);
    assert.equal(dirname(directory ?? ''), tmpdir());
    assert.equal(statSync(directory ?? '').mode & 0o777, 0o700);
    store.close();
    assert.equal(existsSync(directory ?? ''), false);
  });

  it('puts aside what its memory does not hold, in memory too', async () => {
    const store = await openStore({ mode: 'write', views: 'tables' });

    // 1.2 GB to put in order, which a disk takes in half a second.
    const [row] = await store.rows(
      'SELECT count(*) AS n, max(length(k)) AS longest FROM (SELECT repeat(md5(i::VARCHAR), 128) AS k FROM range(300000) AS r(i) ORDER BY hash(i) OFFSET 1)',
    );

    store.close();
    assert.deepEqual(row, { n: 299_999, longest: 4096 });
  });

  it('leaves nothing of that behind when the process is ended at once', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nhi-audit-test-'));
    const source = join(import.meta.dirname, '../../../src/store/index.ts');
    const code = `import { readdirSync } from 'node:fs';
      import { openStore } from ${JSON.stringify(source)};
      await openStore({ mode: 'write', views: 'tables' });
      console.log(readdirSync(process.env.TMPDIR).join());
      process.exit(130);`;
    try {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], { env: { ...process.env, TMPDIR: directory } });
      let out = '';
      child.stdout.on('data', (text) => {
        out += text;
      });
      const [exit] = await once(child, 'close');

      assert.equal(exit, 130);
      assert.match(out, /nhi-audit-spill-/);
      assert.deepEqual(readdirSync(directory), []);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('joins rows that are not committed as the query is written: the planner takes their table for empty', async () => {
    await withRun(async (store, part) => {
      for (const observation of ALL) await store.append(part, observation);
      await store.endLoading([]);

      const plans = await store.rows(`EXPLAIN SELECT u.session_id, c.name, s.review_id
        FROM obs.usages AS u
        LEFT JOIN (SELECT 'name ' || range AS name FROM range(1000)) AS c ON c.name = u.target
        ASOF JOIN (SELECT 'a' AS target, TIMESTAMP '2026-01-01' AS at, 'r' AS review_id UNION ALL SELECT 'b', TIMESTAMP '2026-01-02', 's') AS s
          ON s.target = u.target AND u.used_at >= s.at`);

      const plan = JSON.stringify(plans);
      assert.match(plan, /Join Type: LEFT/);
      assert.match(plan, /ASOF_JOIN/);
    });
  });

  it('answers several queries at the same time, each with its own parameters', async () => {
    const store = await openStore({ mode: 'write', views: 'tables' });
    await store.beginRun(RUN);

    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => store.rows('SELECT $n::INTEGER AS n FROM runs', { n })));

    store.close();
    assert.deepEqual(
      answers.flat(),
      [1, 2, 3, 4, 5].map((n) => ({ n })),
    );
  });

  it('lets SQL reach no file, no extension and no setting, and write nothing', async () => {
    const store = await openStore({ mode: 'write', file });

    for (const sql of [
      "SELECT * FROM read_csv('/etc/hostname')",
      `COPY (SELECT 1) TO '${join(directory, 'out.csv')}'`,
      'INSTALL httpfs',
      "ATTACH '/tmp/other.duckdb'",
      'SET enable_external_access = true',
      'DROP TABLE findings',
      'SELECT 1; SELECT 2',
    ]) {
      await assert.rejects(store.rows(sql), /Permission|locked|disabled|only a SELECT|one statement/i, sql);
    }
    store.close();
  });
});
