import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '../../../src/contracts/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { viewsText } from '../../../src/store/views.ts';
import { packageRoot } from '../../../src/util/package-root.ts';

const START = '2026-06-01T00:00:00.000Z';
const USER = 'aws:111122223333:user/ci';
const KEY = 'aws:access-key/AKIAIOSFODNN7EXAMPLE';

const OBSERVATIONS: readonly Observation[] = [
  { kind: 'identity', id: USER, provider: 'aws', type: 'user', name: 'ci', owner: 'ada@harbour.example' },
  { kind: 'credential', id: KEY, provider: 'aws', type: 'access-key', identity: USER, createdAt: '2026-01-01T00:00:00.000Z' },
  {
    kind: 'sighting',
    credential: KEY,
    detector: 'aws-access-key',
    provider: 'aws',
    type: 'access-key',
    fingerprint: 'f1',
    masked: 'AKIA…',
    confidence: 'high',
    place: 'work-tree',
    at: { repository: 'shop', path: 'a.sh', line: 3 },
  },
  { kind: 'grant', identity: USER, effect: 'allow', permission: '*', resource: '*', capability: 'admin', confidence: 'high' },
  { kind: 'person', email: 'ada@harbour.example', name: 'Ada' },
  { kind: 'coverage', surface: 'work-tree', subject: '.', outcome: 'complete', covers: ['sighting'] },
];

const VIEWS = [...viewsText().matchAll(/^CREATE OR REPLACE VIEW (\w+)/gm)].map((match) => match[1] ?? '');

async function loaded(views: 'views' | 'tables'): Promise<Store> {
  const store = await openStore({ mode: 'write', views });
  const run = { startedAt: START, toolVersion: '0', targets: ['.'], parameters: {}, rulesDigest: 'r', fingerprintKeyId: 'k' };
  await store.beginRun(run);
  const { part } = store.addPart({ scanner: 'test', version: 1, target: '.', unit: 'u', content: 'c' }, START);
  for (const observation of OBSERVATIONS) await store.append(part, observation);
  await store.endLoading([]);
  await store.materialise();
  return store;
}

describe('tables in place of views', () => {
  let store: Store;

  beforeEach(async () => {
    store = await loaded('tables');
  });

  afterEach(() => store.close());

  it('hold what the views show, whichever is asked first', async () => {
    const other = await loaded('views');
    try {
      assert.ok(VIEWS.length > 20);
      for (const view of VIEWS) {
        const sql = `SELECT * FROM ${view} ORDER BY ALL`;

        assert.deepEqual(await store.rows(sql), await other.rows(sql), view);
      }
    } finally {
      other.close();
    }
  });

  it('are made for a query that says their name in capitals, in quotes or behind a comment', async () => {
    for (const from of ['SIGHTINGS', '"sightings"', `/* ' */ sightings -- '`]) {
      const fresh = await loaded('tables');
      try {
        assert.deepEqual(await fresh.rows(`SELECT count(*) AS n FROM ${from}`), [{ n: 1 }]);
      } finally {
        fresh.close();
      }
    }
  });

  it('are made for a query that puts their name together', async () => {
    const rows = await store.rows(`SELECT credential_id FROM query_table('leaked_' || 'credentials')`);

    assert.deepEqual(rows, [{ credential_id: KEY }]);
  });

  it('are there for queries that run at once, and for a description', async () => {
    const counts = await Promise.all(
      ['leaked_credentials', 'sightings', 'leaked_credentials'].map((view) => store.rows(`SELECT count(*) AS n FROM ${view}`)),
    );

    assert.deepEqual(counts.flat(), [{ n: 1 }, { n: 1 }, { n: 1 }]);
    assert.equal((await store.describe('SELECT owner FROM identity_owners'))[0]?.type, 'VARCHAR');
  });

  it('are of every file of views', () => {
    const directory = join(packageRoot(), 'src/store/views');
    const texts = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));

    assert.ok(texts.length > 10);
    for (const text of texts) assert.ok(viewsText().includes(text), text.split('\n', 1)[0]);
  });

  it('leave an error of a query as it is', async () => {
    await assert.rejects(store.rows('SELECT nothing_such FROM sightings'), /nothing_such/);
    await assert.rejects(store.rows('SELECT * FROM no_such_table'), /no_such_table/);
  });
});
