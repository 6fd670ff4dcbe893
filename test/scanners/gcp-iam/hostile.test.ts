import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kinds } from '../../helpers/scan-context.ts';
import { ACCOUNT_RESOURCE, account, bind, ETL, found, key, policy, scanText } from './exports.ts';

const WORDS = [
  'email',
  'name',
  'uniqueId',
  'projectId',
  'keyType',
  'validBeforeTime',
  'bindings',
  'role',
  'members',
  'condition',
  'expression',
  'etag',
  'assetType',
  'asset_type',
  'resource',
  'data',
  'policy',
  'iamPolicy',
  'project',
  'accounts',
  'keys',
  'results',
  'assets',
  'roles',
  'includedPermissions',
  'nextPageToken',
  'rules',
  'denyRule',
  'deniedPrincipals',
  'deniedPermissions',
  'oidc',
  'issuerUri',
  'attributeMapping',
  'activity',
  'fullResourceName',
  'observationPeriod',
  'content',
  'exercisedPermissions',
  'target',
  'principalSet',
  'details',
  'restrictions',
  'apiTargets',
  'accessId',
  'ancestors',
  'parent',
  'labels',
];
const leaf = fc.oneof(
  fc.constantFrom(
    ETL,
    `serviceAccount:${ETL}`,
    'roles/owner',
    'projects/p/roles/x',
    ACCOUNT_RESOURCE,
    'iam.googleapis.com/ServiceAccount',
    'allUsers',
    'deleted:',
    'serviceAccount:',
    'principalSet://',
    `projects/p/serviceAccounts/%zz/keys/k`,
    'policies/x%2Fprojects%2Fp/denypolicies/d',
    'projects/1/locations/global/workloadIdentityPools/p/providers/x',
    'organizations/1/locations/global/principalAccessBoundaryPolicies/b',
    'organizations/1/locations/global/policyBindings/b',
    'projects/1/locations/global/keys/k',
    'projects/1/locations/global/insightTypes/google.iam.policy.Insight/insights/1',
    'principalSet://goog/public:all',
    '7776000s',
  ),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.string(),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...WORDS), tie('tree'), { maxKeys: 6 }),
  ),
}));

describe('gcp-iam scanner on what strangers send', () => {
  it('never throws, and always says what it looked at', async () => {
    await fc.assert(
      fc.asyncProperty(tree as fc.Arbitrary<unknown>, async (value) => {
        const observations = await scanText(JSON.stringify(value));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 1000 },
    );
  });

  for (const [what, path, text, why, covers] of [
    [
      'bindings that are none',
      'hc-prod-iam-policy',
      '{"bindings":null,"etag":"x"}',
      /answer\.bindings: not a list/,
      ['grant', 'trust'],
    ],
    [
      'an address that is none',
      'accounts-p',
      '[{"name":"projects/p/serviceAccounts/x","email":5}]',
      /\[0\]\.email: /,
      ['identity'],
    ],
    ['an error of gcloud', 'keys-p', 'ERROR: (gcloud) PERMISSION_DENIED', /is not JSON at byte 0/, ['credential']],
    ['nothing', 'keys-p', '', /the file is empty/, ['credential']],
  ] as const) {
    it(`says of ${what} that what its name promises is missing`, async () => {
      const [coverage] = kinds(await scanText(text, `gcp/${path}.json`), 'coverage');

      assert.equal(coverage?.outcome, 'partial');
      assert.match(coverage?.why ?? '', why);
      assert.deepEqual(coverage?.covers, covers);
    });
  }

  it('takes an empty file for none of what a loop describes one by one', async () => {
    const [coverage] = kinds(await scanText('', 'gcp/roles-p.json'), 'coverage');

    assert.equal(coverage?.outcome, 'complete');
  });

  it('never throws on odd members and names', async () => {
    const odd = fc.oneof(leaf.map(String), fc.string());
    await fc.assert(
      fc.asyncProperty(odd, odd, odd, async (member, resource, name) => {
        const values = [
          found(resource || 'x', bind('roles/iam.workloadIdentityUser', member)),
          { ...key(), name },
          { ...account(), email: name },
        ];
        const observations = await scanText(JSON.stringify(values));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on a good export with a hole in it', async () => {
    const good = [
      account(),
      key(),
      policy(bind('roles/owner', `serviceAccount:${ETL}`)),
      found(ACCOUNT_RESOURCE, bind('roles/owner', 'allUsers')),
    ]
      .map((one) => JSON.stringify(one))
      .join('\n');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(40), fc.string({ maxLength: 5 }), async (start, length, patch) => {
        const observations = await scanText(good.slice(0, start) + patch + good.slice(start + length));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 500 },
    );
  });
});
