import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DuckDBInstance } from 'duckdb';
import { openStore } from '../../../src/store/index.ts';
import { tempDir } from '../../helpers/temp-repo.ts';

const RUN = {
  startedAt: '2026-03-12T02:00:00.000Z',
  toolVersion: '0.0.0',
  targets: ['.'],
  parameters: {},
  rulesDigest: 'rules',
  fingerprintKeyId: 'key',
};

async function inRun(
  file: string,
  use: (memory: NonNullable<ReturnType<Awaited<ReturnType<typeof openStore>>['memory']>>) => Promise<void>,
  end: 'save' | 'rollback' = 'save',
) {
  const store = await openStore({ mode: 'write', file });
  try {
    await store.beginRun(RUN);
    const memory = store.memory('.', 'repository');
    assert.ok(memory !== undefined);
    await use(memory);
    await store.endLoading([]);
    if (end === 'save') await store.saveResults({ findings: [], checks: [], controls: [] }, RUN.startedAt);
    else await store.rollback();
  } finally {
    store.close();
  }
}

describe('what a crawler keeps in the store', () => {
  it('is there in the next run, byte by byte, until it is replaced or deleted', async () => {
    const file = join(tempDir(), 'audit.duckdb');
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256);
    await inRun(file, async (memory) => {
      await memory.set('blobs', bytes);
      await memory.set('empty', new Uint8Array());
      await memory.set('old', Buffer.from('old'));
    });

    await inRun(file, async (memory) => {
      assert.deepEqual(Buffer.from((await memory.get('blobs')) ?? []), Buffer.from(bytes));
      assert.equal((await memory.get('empty'))?.length, 0);
      assert.equal(await memory.get('never'), undefined);
      await memory.set('blobs', Buffer.from('new'));
      await memory.delete('old');
    });

    await inRun(file, async (memory) => {
      assert.equal(Buffer.from((await memory.get('blobs')) ?? []).toString(), 'new');
      assert.equal(await memory.get('old'), undefined);
    });
  });

  it('is as it was when the run does not end', async () => {
    const file = join(tempDir(), 'audit.duckdb');
    await inRun(file, async (memory) => memory.set('state', Buffer.from('first')));
    await inRun(
      file,
      async (memory) => {
        await memory.set('state', Buffer.from('second'));
        await memory.set('more', Buffer.from('more'));
      },
      'rollback',
    );

    await inRun(file, async (memory) => {
      assert.equal(Buffer.from((await memory.get('state')) ?? []).toString(), 'first');
      assert.equal(await memory.get('more'), undefined);
    });
  });

  it('can be kept in a store of an older schema, once it is brought forward', async () => {
    const file = join(tempDir(), 'audit.duckdb');
    await inRun(file, async (memory) => memory.set('state', Buffer.from('first')));
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    await connection.run('DROP TABLE memory; DROP TABLE acceptances; DELETE FROM schema_migrations WHERE version > 1');
    connection.closeSync();
    instance.closeSync();

    await inRun(file, async (memory) => {
      assert.equal(await memory.get('state'), undefined);
      await memory.set('state', Buffer.from('second'));
    });
  });

  it('is kept apart by target and scanner, and not at all in memory', async () => {
    const store = await openStore({ mode: 'write', file: join(tempDir(), 'audit.duckdb') });
    const passing = await openStore({ mode: 'write' });
    try {
      await store.beginRun(RUN);
      await store.memory('a', 'repository')?.set('state', Buffer.from('a'));

      assert.equal(await store.memory('b', 'repository')?.get('state'), undefined);
      assert.equal(await store.memory('a', 'image')?.get('state'), undefined);
      assert.equal(passing.memory('a', 'repository'), undefined);
    } finally {
      await store.rollback();
      store.close();
      passing.close();
    }
  });
});
