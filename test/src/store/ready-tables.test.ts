import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { loadRun } from '../correlate/run-store.ts';

const TEMPORARY = 'SELECT table_name FROM duckdb_tables() WHERE temporary ORDER BY 1';

describe('tables that the end of loading makes', () => {
  let store: Store;

  beforeEach(async () => {
    store = await openStore({ mode: 'write' });
  });

  afterEach(() => store.close());

  it('are those that the joins build on, and checks go on with them', async () => {
    await loadRun(store, identities('etl'));
    const made = await tables();
    assert.ok(made.includes('credential_identities_of_run'), made.join());

    await store.materialise();

    assert.deepEqual(await store.rows('SELECT identity_id FROM identities'), [{ identity_id: 'aws:1:user/etl' }]);
    assert.ok((await tables()).length > made.length);
    await store.dematerialise();
    assert.deepEqual(await tables(), []);
  });

  it('are gone when the run is stored, and the next one sees its own', async () => {
    await loadRun(store, identities('etl'), { target: 'a' });
    await store.saveResults({ findings: [], checks: [], controls: [] }, '2026-06-01T00:01:00.000Z');
    assert.deepEqual(await tables(), []);

    await loadRun(store, identities('web'), { target: 'b', startedAt: '2026-06-02T00:00:00.000Z' });
    await store.materialise();

    assert.deepEqual(await store.rows('SELECT identity_id FROM identities'), [{ identity_id: 'aws:1:user/web' }]);
  });

  it('are gone when the run is undone', async () => {
    await loadRun(store, identities('etl'));
    await store.rollback();

    await loadRun(store, identities('web'));
    await store.materialise();

    assert.deepEqual(await store.rows('SELECT identity_id FROM identities'), [{ identity_id: 'aws:1:user/web' }]);
  });

  async function tables(): Promise<readonly unknown[]> {
    return (await store.rows(TEMPORARY)).map((row) => row.table_name);
  }
});

function identities(name: string): readonly Observation[] {
  return [{ kind: 'identity', id: `aws:1:user/${name}`, provider: 'aws', type: 'user', name }];
}
