import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IdentityObservation, postgresRoleId } from '../../../src/contracts/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { UNMASKED } from '../../helpers/logs.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { shipped } from './read-log.ts';

const NOW = '2026-04-01T00:00:00.000Z';

function role(place: string): IdentityObservation {
  return {
    kind: 'identity',
    id: postgresRoleId(place, 'etl'),
    provider: 'postgres',
    type: 'database-role',
    name: 'etl',
    scope: place,
    at: { repository: 'estate', path: `${place.split('/')[0]}.sql` },
    detail: { catalog: 'dump' },
  };
}

/** Whose use a log of an unknown server is taken for, where inventories have the role at these servers. */
async function accountOf(...places: readonly string[]): Promise<unknown> {
  const file = join(tempDir(), 'postgresql.log');
  writeFileSync(
    file,
    '2026-03-12 02:00:04 UTC [1] etl@orders LOG:  AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.orders,"x",<none>\n',
  );
  const store = await openStore({ mode: 'write' });
  try {
    await store.beginRun({
      startedAt: NOW,
      toolVersion: 'test',
      targets: ['.'],
      parameters: {},
      rulesDigest: 'test',
      fingerprintKeyId: 'test',
    });
    const { part } = store.addPart(
      { scanner: 'postgres', version: 1, target: '.', unit: 'roles', content: places.join(' ') },
      NOW,
    );
    for (const place of places) await store.append(part, role(place));
    await store.importLogs(
      [{ format: shipped('pgaudit-stderr'), file, path: 'postgresql.log', target: '.', size: 100, at: { repository: 'estate' } }],
      {
        now: NOW,
        signal: new AbortController().signal,
        clockTolerance: 120,
        forgetAfterDays: undefined,
        masks: UNMASKED,
        onFile: () => undefined,
        warn: () => undefined,
      },
    );
    await store.endLoading([]);
    // As usage_rows does, without planning the rest of it.
    const [row] = await store.rows(
      `SELECT coalesce(a.identity_id, u.identity_id) AS identity_id FROM obs.usages AS u
       LEFT JOIN identity_aliases AS a ON a.alias = u.identity_id AND a.repository = alias_place(u.identity_id, u.location)`,
    );
    return row?.identity_id;
  } finally {
    store.close();
  }
}

describe('a log that does not name its server', () => {
  it('is of the only server that has the role, and of none where two have it', async () => {
    assert.equal(await accountOf('db.harbour.internal/orders'), 'postgres:db.harbour.internal/orders:role/etl');
    assert.equal(await accountOf('db.harbour.internal/orders', 'other.harbour.internal/orders'), 'postgres:-:role/etl');
  });
});
