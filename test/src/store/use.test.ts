import assert from 'node:assert/strict';
import type { IdentityId, Observation } from '../../../src/contracts/index.ts';
import { withRun } from '../correlate/run-store.ts';

const ROLE: IdentityId = 'entra:t:app/ruler';
const POD: IdentityId = 'k8s:c:shop/api';

async function usersOf(basis: string | undefined): Promise<readonly string[]> {
  const rows: readonly Observation[] = [
    { kind: 'consumer', consumer: 'shop/api', type: 'pod', how: 'token', identity: POD },
    {
      kind: 'trust',
      identity: ROLE,
      principal: POD,
      principalType: 'identity',
      effect: 'allow',
      ...(basis === undefined ? {} : { detail: { basis } }),
    },
  ];
  return await withRun(rows, async (store) => {
    const found = await store.rows(`SELECT consumer_id FROM identity_consumers WHERE identity_id = '${ROLE}'`);
    return found.map((row) => String(row.consumer_id));
  });
}

describe('what uses an identity', () => {
  for (const basis of [undefined, 'eks.amazonaws.com/role-arn', 'selected by SPIRE']) {
    it(`is also what becomes it by a trust made for that (${basis ?? 'of a role'})`, async () => {
      assert.deepEqual(await usersOf(basis), ['shop/api']);
    });
  }

  for (const basis of [
    'owner',
    'adds a secret to it',
    'acts as the identity of a resource',
    'may grant itself the role',
    'roles/iam.serviceAccountUser on projects/hc-prod',
  ]) {
    it(`is not what could take it over (${basis})`, async () => {
      assert.deepEqual(await usersOf(basis), []);
    });
  }
});
