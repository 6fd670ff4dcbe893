import assert from 'node:assert/strict';
import { gcpIam } from '../../../scanners/gcp-iam/index.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { ACCOUNT_RESOURCE, account, bind, found, headOf, key, PROJECT_RESOURCE, policy } from './exports.ts';

const json = (value: unknown) => JSON.stringify(value, null, 2);
const asset = {
  name: ACCOUNT_RESOURCE,
  assetType: 'iam.googleapis.com/ServiceAccount',
  resource: { data: account() },
  ancestors: ['projects/1'],
};

const HITS: [string, string, string?][] = [
  ['service accounts', json([account()])],
  ['service accounts of the API', json({ accounts: [account()] })],
  ['keys', json([key()])],
  ['keys of the API', json({ keys: [key()] })],
  ['a project policy', json(policy(bind('roles/editor', 'user:a@b.example')))],
  [
    'a policy with an audit configuration first',
    json({ auditConfigs: [], ...policy(bind('projects/p/roles/x', ['user:a@b.example'])) }),
  ],
  ['a policy without bindings', json({ etag: 'ACAB', version: 1 }).replace('ACAB', 'BwYAAAAAAAA=')],
  ['found policies', json([found(PROJECT_RESOURCE, bind('roles/owner', 'user:a@b.example'))])],
  ['an asset export by line', `${JSON.stringify(asset)}\n${JSON.stringify(asset)}`, 'assets.ndjson'],
  [
    'an asset export with underscores',
    JSON.stringify({ name: '//x', asset_type: 'iam.googleapis.com/Role', resource: { data: {} } }),
  ],
  [
    'a role',
    json({ description: 'x', etag: 'AA==', includedPermissions: ['a.b.c'], name: 'projects/p/roles/x', stage: 'GA', title: 'X' }),
  ],
  ['roles', json([{ name: 'roles/editor', title: 'Editor' }])],
  ['keys of accounts of which the first has none', `[]\n${json([key()])}`],
  ['keys of accounts that have none', '[]\n[]\n', 'exports/gcp/keys-harbour-prod.json'],
  ['accounts whose address is none', json([{ name: 'projects/p/serviceAccounts/x', email: 5, projectId: null, uniqueId: {} }])],
  ['a policy by its name', '{"bindings":null,"etag":"x"}', 'gcp/harbour-prod-iam-policy.json'],
  ['keys that became an error', 'ERROR: (gcloud) PERMISSION_DENIED', 'gcp/keys-harbour-prod.json'],
  ['a policy of which nothing came', '', 'gcp/harbour-prod-iam-policy.json'],
  ['HMAC keys where there are none', '[]', 'gcp/hmac-harbour-prod.json'],
];

const MISSES: [string, string, string?][] = [
  ['an empty list somewhere', '[]', 'src/keys-test.json'],
  ['a policy of something else', '{"bindings":null,"etag":"x"}', 'src/harbour-prod-iam-policy.json'],
  ['a key file by the name of a list', json({ type: 'service_account', private_key: 'z' }), 'gcp/keys-harbour-prod.json'],
  ['an empty list of another name', '[]', 'gcp/list.json'],
  [
    'a service-account key file',
    json({
      type: 'service_account',
      project_id: 'x',
      private_key_id: 'y',
      private_key: 'z',
      client_email: 'a@x.iam.gserviceaccount.com',
    }),
  ],
  [
    'a key that was just created',
    json({ name: 'projects/x/serviceAccounts/y/keys/z', privateKeyData: 'abc', keyType: 'USER_MANAGED' }),
  ],
  ['package.json', json({ name: 'x', version: '1.0.0', description: 'roles/editor' }), 'package.json'],
  [
    'a Kubernetes role binding',
    json({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', roleRef: { name: 'x' }, subjects: [] }),
  ],
  [
    'Terraform state',
    json({
      version: 4,
      terraform_version: '1.9.0',
      resources: [{ type: 'google_project_iam_binding', instances: [{ attributes: { role: 'roles/editor', members: [] } }] }],
    }),
  ],
  ['a user list with addresses', json([{ email: 'a@b.example', name: 'A', uniqueId: '7' }])],
  ['the TypeScript that builds one', json([account()]), 'fixture.ts'],
  ['AWS policies', json({ Version: '2012-10-17', Statement: [] })],
  ['a manifest that starts with a version', json({ version: '1.0', bindings: [] })],
  ['an empty list', '[]'],
];

describe('gcp-iam scanner recognises', () => {
  for (const [what, text, path] of HITS) {
    it(what, () => {
      assert.equal(gcpIam.recognises(headOf(text, path)), true);
    });
  }
});

describe('gcp-iam scanner leaves alone', () => {
  for (const [what, text, path] of MISSES) {
    it(what, () => {
      assert.equal(gcpIam.recognises(headOf(text, path)), false);
    });
  }

  it('does so quickly on a head made to be slow', () => {
    const head = `{"bindings": [${'"members": ["x"], '.repeat(220)}`;
    const start = cpuTime();

    for (let i = 0; i < 50; i++) gcpIam.recognises(headOf(head));

    assert.ok(cpuTime() - start < 500);
  });
});
