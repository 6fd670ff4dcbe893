import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.ts';
import { loadScanners } from '../../../src/registry.ts';
import { type ScanOutcome, scan } from '../../../src/run.ts';
import { openStore } from '../../../src/store/index.ts';
import { SILENT_PROGRESS } from '../../../src/util/progress.ts';
import { scramVerifier } from '../../helpers/scram.ts';
import { tempRepo } from '../../helpers/temp-repo.ts';

const PASSWORD = ['kR7v', 'Qx2m', 'Zt9w', 'Lp4s'].join('');
const ATTRIBUTES = 'NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS';

function dump(password: string): string {
  const stored = scramVerifier(password);
  return `--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE etl;\nALTER ROLE etl WITH ${ATTRIBUTES} PASSWORD '${stored}';\n`;
}

describe('a scan of a repository and of a dump of roles', function () {
  this.timeout(30_000);
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nhi-passwords-'));
    for (const folder of ['app', 'exports']) mkdirSync(join(root, folder));
    writeFileSync(join(root, 'app', 'settings.py'), `URL = "postgres://etl:${PASSWORD}@db.harbour.internal/shop"\n`);
    writeFileSync(join(root, 'exports', 'roles.sql'), dump(PASSWORD));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  async function run(targets: readonly string[], { at = '2026-11-22T02:00:00Z', isStored = false } = {}): Promise<ScanOutcome> {
    return await scan({
      targets: targets.map((name) => join(root, name)),
      directory: root,
      crawl: { history: true, staged: false, exclude: [], own: [] },
      only: [],
      skip: [],
      config: await loadConfig(root),
      persona: 'security',
      newOnly: false,
      frameworks: [],
      ...(isStored ? { storeFile: join(root, 'store.duckdb') } : {}),
      runtime: {
        scanners: await loadScanners(),
        env: { NHI_AUDIT_FINGERPRINT_KEY: 'a key for the tests of passwords' },
        clock: () => new Date(at),
        signal: new AbortController().signal,
        log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
        progress: SILENT_PROGRESS,
      },
    });
  }

  function live({ report }: ScanOutcome): readonly string[] {
    return report.findings.flatMap(({ rule, subject, status }) =>
      rule === 'leaked-live-key' && status !== 'fixed' && status !== 'not-observed' ? [subject] : [],
    );
  }

  function heldOf({ report }: ScanOutcome): readonly unknown[] {
    const row = report.coverage.find(({ subject }) => subject === 'found passwords held against verifiers');
    return [row?.seen, row?.outcome];
  }

  for (const order of [
    ['app', 'exports'],
    ['exports', 'app'],
  ]) {
    it(`says that the password is current, reading ${order.join(' before ')}`, async () => {
      const outcome = await run(order);

      assert.deepEqual(live(outcome), ['postgres:db.harbour.internal/shop:role/etl']);
      assert.deepEqual(outcome.report.run.hosts, []);
      assert(!JSON.stringify(outcome.report).includes(PASSWORD));
    });
  }

  it('says nothing of the kind of a password that was changed', async () => {
    writeFileSync(join(root, 'exports', 'roles.sql'), dump(`${PASSWORD}, changed`));

    const outcome = await run(['app', 'exports']);

    assert.deepEqual(live(outcome), []);
    const row = outcome.report.coverage.find(({ subject }) => subject === 'found passwords held against verifiers');
    assert.equal(row?.read, 1);
  });

  it('remembers the answer where nothing changed', async () => {
    tempRepo([], join(root, 'app')).commit('settings');
    await run(['app', 'exports'], { isStored: true });

    const again = await run(['app', 'exports'], { isStored: true, at: '2026-11-23T02:00:00Z' });

    assert.deepEqual(live(again), ['postgres:db.harbour.internal/shop:role/etl']);
    // The file of the password was not read again.
    assert.deepEqual(heldOf(again), [0, 'complete']);
  });

  it('reads an unchanged repository again where the dump changed, whether it is current by then or no more', async () => {
    tempRepo([], join(root, 'app')).commit('settings');
    writeFileSync(join(root, 'exports', 'roles.sql'), dump(`${PASSWORD}, another`));
    const first = await run(['app', 'exports'], { isStored: true });
    writeFileSync(join(root, 'exports', 'roles.sql'), dump(PASSWORD));
    const current = await run(['app', 'exports'], { isStored: true, at: '2026-11-23T02:00:00Z' });
    writeFileSync(
      join(root, 'exports', 'roles.sql'),
      `-- host: db.harbour.internal\n-- Started on 2026-11-23 10:00:00 UTC\n${dump(`${PASSWORD}, changed`)}`,
    );
    const changed = await run(['app', 'exports'], { isStored: true, at: '2026-11-24T02:00:00Z' });

    assert.deepEqual(live(first), []);
    assert.deepEqual(live(current), ['postgres:db.harbour.internal/shop:role/etl']);
    assert.deepEqual(live(changed), []);
    assert.deepEqual(heldOf(current), [1, 'complete']);
    assert.deepEqual(heldOf(changed), [1, 'complete']);
    const store = await openStore({ mode: 'read', file: join(root, 'store.duckdb') });
    const rows = await store.rows("SELECT status FROM credentials WHERE (detail->>'$.basis') = 'verifier'");
    store.close();
    assert.deepEqual(rows, [{ status: 'revoked' }]);
  });

  it('unlearns that a password is current by a newer dump beside the older, and learns it again where that is gone', async () => {
    const made = (day: string, password: string): string =>
      `-- host: db.harbour.internal\n-- Started on ${day} 10:00:00 UTC\n${dump(password)}`;
    tempRepo([], join(root, 'app')).commit('settings');
    writeFileSync(join(root, 'exports', 'roles.sql'), made('2026-11-21', PASSWORD));
    const first = await run(['app', 'exports'], { isStored: true });
    writeFileSync(join(root, 'exports', 'newer.sql'), made('2026-11-22', `${PASSWORD}, changed`));
    const both = await run(['app', 'exports'], { isStored: true, at: '2026-11-23T02:00:00Z' });
    rmSync(join(root, 'exports', 'newer.sql'));
    const again = await run(['app', 'exports'], { isStored: true, at: '2026-11-24T02:00:00Z' });

    assert.deepEqual(live(first), ['postgres:db.harbour.internal:role/etl']);
    assert.deepEqual(live(both), []);
    assert.deepEqual(live(again), ['postgres:db.harbour.internal:role/etl']);
  });

  it('reads what only history has again, and what an earlier run without any dump read', async () => {
    const repo = tempRepo([], join(root, 'app'));
    repo.commit('settings');
    writeFileSync(join(root, 'app', 'settings.py'), 'URL = None\n');
    repo.commit('no password any more');
    await run(['app'], { isStored: true });

    const current = await run(['app', 'exports'], { isStored: true, at: '2026-11-23T02:00:00Z' });

    assert.deepEqual(live(current), ['postgres:db.harbour.internal/shop:role/etl']);
    assert.deepEqual(heldOf(current), [1, 'complete']);
  });

  it('keeps neither the password nor the verifier', async () => {
    await run(['app', 'exports'], { isStored: true });

    const store = await openStore({ mode: 'read', file: join(root, 'store.duckdb') });
    const tables = await store.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'obs'");
    const texts: string[] = [];
    for (const { table_name: name } of tables)
      texts.push(
        JSON.stringify(await store.rows(`SELECT * FROM obs.${String(name)}`), (_, value) =>
          typeof value === 'bigint' ? String(value) : value,
        ),
      );
    store.close();
    assert(tables.length > 5);
    assert(!texts.some((text) => text.includes(PASSWORD) || text.includes('SCRAM-SHA-256$4096')));
  });
});
