import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/util/package-root.ts';
import { withRun } from '../src/correlate/run-store.ts';

describe('docs/queries.md', () => {
  const text = readFileSync(join(packageRoot(), 'docs', 'queries.md'), 'utf8');
  const queries = [...text.matchAll(/^### (\d+)\. ([^\n]+)\n+```sql\n(.*?)```/gms)];

  it('has the fifteen that its title promises, in order', () => {
    assert.deepEqual(
      queries.map(([, number]) => Number(number)),
      Array.from({ length: 15 }, (_, index) => index + 1),
    );
  });

  it('gives rows that can be read, each of them, on a store', async () => {
    await withRun(
      [
        { kind: 'identity', id: 'aws:111122223333:user/etl', provider: 'aws', type: 'user', name: 'etl' },
        {
          kind: 'credential',
          id: 'aws:access-key/AKIAEXAMPLE',
          identity: 'aws:111122223333:user/etl',
          provider: 'aws',
          type: 'access-key',
          createdAt: '2024-01-01T00:00:00.000Z',
          neverExpires: true,
        },
      ],
      async (store) => {
        const rows = new Map<number, number>();
        for (const [, number, , sql = ''] of queries) rows.set(Number(number), (await store.rows(sql)).length);

        // What is certain of a store with one user and one key; of the others, that they run.
        assert.equal(rows.size, 15);
        for (const number of [1, 3, 4]) assert.equal(rows.get(number), 1, `query ${number}`);
      },
    );
  });
});
