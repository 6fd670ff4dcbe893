import assert from 'node:assert/strict';
import type { IdentityId, Observation } from '../../../src/contracts/index.ts';
import { withRun } from '../correlate/run-store.ts';

const at = 'postgres:db.harbour.internal/orders';
const idOf = (role: string): IdentityId => `${at}:role/${role}` as IdentityId;

function role(name: string, superuser: boolean): Observation {
  return {
    kind: 'identity',
    id: idOf(name),
    provider: 'postgres',
    type: name === 'PUBLIC' ? 'everybody' : 'database-role',
    name,
    ...(name === 'PUBLIC' ? { managed: true } : {}),
    detail: { catalog: 'dump', superuser },
  };
}

async function reachOf(ownerIsSuperuser: boolean): Promise<readonly unknown[]> {
  const rows: readonly Observation[] = [
    role('root', ownerIsSuperuser),
    role('lowly', false),
    role('PUBLIC', false),
    {
      kind: 'grant',
      identity: idOf('PUBLIC'),
      effect: 'allow',
      permission: 'EXECUTE',
      resource: 'function shop.runas',
      viaKind: 'definer',
      detail: { owner: 'root', isPublic: true, hasSearchPath: false },
    },
  ];
  return await withRun(
    rows,
    async (store) =>
      await store.rows(
        `SELECT capability, confidence, hops, (detail->>'$.path') AS path FROM identity_reach WHERE identity_id = '${idOf('lowly')}'`,
      ),
  );
}

describe('a function of PostgreSQL that every role may call', () => {
  it('is a door to its owner where that is a superuser, for all roles', async () => {
    assert.deepEqual(await reachOf(true), [
      {
        capability: 'impersonates',
        confidence: 'medium',
        hops: 1,
        path: 'every role may call shop.runas, which runs as root, a superuser',
      },
    ]);
  });

  it('leads nowhere of note where its owner is none', async () => {
    assert.deepEqual(await reachOf(false), []);
  });
});
