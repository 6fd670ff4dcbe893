import assert from 'node:assert/strict';
import { gcpIam } from '../../../scanners/gcp-iam/index.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';
import { withRun } from '../../src/correlate/run-store.ts';
import { ACCOUNT, CONSOLE_LIST, fileOf, scanText } from './exports.ts';

const EMAIL = 'sync@hc-prod.iam.gserviceaccount.com';

describe('google-workspace scanner, with gcp-iam', () => {
  it('leads from a service account to what it may do as any user', async () => {
    const list = [
      { email: EMAIL, name: `projects/hc-prod/serviceAccounts/${EMAIL}`, projectId: 'hc-prod', uniqueId: ACCOUNT },
      {
        email: `x${EMAIL}`,
        name: `projects/hc-prod/serviceAccounts/x${EMAIL}`,
        projectId: 'hc-prod',
        uniqueId: '104832190000000000009',
      },
    ];
    const accounts = await collect(gcpIam.scan(fileOf(JSON.stringify(list), 'service-accounts.json'), testContext()));
    const delegation = await scanText(CONSOLE_LIST, 'domain-wide-delegation.csv');

    const rows = await withRun([...accounts, ...delegation], (store) =>
      store.rows("SELECT identity_id, becomes, basis FROM may_become WHERE becomes LIKE 'google-workspace:%'"),
    );
    const becomes = `google-workspace:-:oauth-client/${ACCOUNT}`;
    assert.deepEqual(rows, [{ identity_id: `gcp:hc-prod:serviceAccount/${EMAIL}`, becomes, basis: 'domain-wide delegation' }]);
  });
});
