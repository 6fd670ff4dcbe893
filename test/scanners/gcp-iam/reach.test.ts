import assert from 'node:assert/strict';
import { withRun } from '../../src/correlate/run-store.ts';
import { account, bind, ETL, ETL_ID, found, NUMBER, PROJECT, PROJECT_RESOURCE, policy, scanText } from './exports.ts';

const POOL = `principalSet://iam.googleapis.com/projects/${NUMBER}/locations/global/workloadIdentityPools/gh/attribute.repository_owner/harbour`;
const POOL_ID = `gcp:${NUMBER}:workloadIdentityPool/gh/attribute.repository_owner/harbour`;

describe('gcp-iam scanner: reach', () => {
  it('leads from a principal of a workload pool to what the account has that it becomes', async () => {
    const policies = [
      found(PROJECT_RESOURCE, bind('roles/owner', `serviceAccount:${ETL}`)),
      {
        ...policy(bind('roles/iam.workloadIdentityUser', POOL)),
        resource: `//iam.googleapis.com/projects/${PROJECT}/serviceAccounts/${ETL}`,
      },
    ];
    const rows = await scanText(JSON.stringify([account(), ...policies]), 'gcp/all.json');

    const reach = await withRun(rows, (store) =>
      store.rows(`SELECT path FROM identity_reach WHERE identity_id = '${POOL_ID}' AND capability = 'admin'`),
    );

    assert.deepEqual(reach, [{ path: [POOL_ID, ETL_ID] }]);
  });

  it('leads on over any number of steps', async () => {
    const address = (index: number) => `s${index}@${PROJECT}.iam.gserviceaccount.com`;
    const on = (email: string) => `//iam.googleapis.com/projects/${PROJECT}/serviceAccounts/${email}`;
    const steps = Array.from({ length: 12 }, (_, index) => ({
      ...policy(bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:${address(index + 1)}`)),
      resource: on(index === 0 ? ETL : address(index)),
    }));
    const rows = await scanText(
      JSON.stringify([
        account(),
        ...steps.map((_, index) => account(address(index + 1))),
        found(PROJECT_RESOURCE, bind('roles/owner', `serviceAccount:${ETL}`)),
        ...steps,
      ]),
      'gcp/all.json',
    );

    const [last] = await withRun(rows, (store) =>
      store.rows(
        `SELECT hops FROM identity_reach WHERE identity_id = 'gcp:${PROJECT}:serviceAccount/${address(12)}' AND capability = 'admin'`,
      ),
    );

    assert.equal(Number(last?.hops), 12);
  });
});
