import assert from 'node:assert/strict';
import type { GrantObservation, Observation } from '../../../src/contracts/index.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { ACCOUNT, allow, details, policyOf, roleDetail, scanAmong, scanJson, scannerOf, trustOf, userDetail } from './exports.ts';

const OTHER = '999988887777';
const MANAGEMENT = '444455556666';
const ROOT = 'r-ab12';
const UNIT = 'ou-ab12-cd34ef56';
const CI = `aws:${ACCOUNT}:user/ci`;

const ADMIN = { UserPolicyList: [{ PolicyName: 'all', PolicyDocument: policyOf(allow('*')) }] };
const ACCOUNT_DETAILS = details({ users: [userDetail('ci', ADMIN)] });

const FULL = { Id: 'p-FullAWSAccess', Name: 'FullAWSAccess', Type: 'SERVICE_CONTROL_POLICY', AwsManaged: true };
const GUARD = { Id: 'p-guard001', Name: 'no-iam', Type: 'SERVICE_CONTROL_POLICY', AwsManaged: false };
const NO_IAM = policyOf({ Effect: 'Deny', Action: ['iam:*', 's3:*'], Resource: '*' });

const STRUCTURE = [
  { Organization: { Id: 'o-abcdefghij', MasterAccountId: MANAGEMENT, FeatureSet: 'ALL' } },
  {
    Roots: [
      {
        Id: ROOT,
        Arn: 'arn:aws:organizations::1:root/o/r',
        PolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }],
      },
    ],
  },
  { [ROOT]: { OrganizationalUnits: [{ Id: UNIT, Name: 'Workloads' }] } },
  { [UNIT]: { Accounts: [{ Id: ACCOUNT, Name: 'harbour-production', Status: 'ACTIVE' }] } },
  { [ROOT]: { Accounts: [{ Id: MANAGEMENT, Name: 'harbour-root', Status: 'ACTIVE' }] } },
];
const POLICIES = [{ Policies: [FULL, GUARD] }, { Policy: { PolicySummary: GUARD, Content: JSON.stringify(NO_IAM) } }];
const TARGETS = [
  {
    'p-FullAWSAccess': {
      Targets: [
        { TargetId: ROOT, Type: 'ROOT' },
        { TargetId: UNIT, Type: 'ORGANIZATIONAL_UNIT' },
        { TargetId: ACCOUNT, Type: 'ACCOUNT' },
      ],
    },
  },
  { 'p-guard001': { Targets: [{ TargetId: UNIT, Type: 'ORGANIZATIONAL_UNIT' }] } },
];
const lines = (...values: object[]) => values.map((value) => JSON.stringify(value)).join('\n');

function capabilities(observations: readonly Observation[], identity = CI): GrantObservation[] {
  return kinds(observations, 'grant').filter((one) => one.identity === identity && one.capability !== undefined);
}

function isAdmin(observations: readonly Observation[]): boolean {
  return capabilities(observations).some((one) => one.capability === 'admin' && one.confidence === 'high');
}

function detailsRow(observations: readonly Observation[]) {
  const row = kinds(observations, 'coverage').find((one) => JSON.stringify(one.detail).includes('authorization details'));
  assert.ok(row !== undefined);
  return row;
}

describe('aws-iam scanner, with an organisation', () => {
  it('keeps an account within the service control policies of its unit', async () => {
    const observations = await scanAmong(
      { 'aws/details.json': ACCOUNT_DETAILS, 'aws/org.json': lines(...STRUCTURE, ...POLICIES, ...TARGETS) },
      'aws/details.json',
    );

    assert.deepEqual(
      capabilities(observations).filter((one) => /admin|manages-identities/.test(one.capability ?? '')),
      [],
    );
    assert.equal(detailsRow(observations).outcome, 'complete');
    assert.equal(detailsRow(observations).detail?.judgedWithout, undefined);
  });

  it('says that it judged without service control policies where none were given', async () => {
    const observations = await scanAmong({ 'aws/details.json': ACCOUNT_DETAILS }, 'aws/details.json');

    assert.ok(isAdmin(observations));
    assert.deepEqual(detailsRow(observations).detail?.judgedWithout, ['service control policies']);
    assert.deepEqual(capabilities(observations)[0]?.detail?.limits, ['without service control policies']);
  });

  it('reads it from the same file', async () => {
    const observations = await scanJson([ACCOUNT_DETAILS, ...STRUCTURE, ...POLICIES, ...TARGETS]);

    assert.ok(!isAdmin(observations));
  });

  it('reads it from the directory above, the one beside, and anywhere in the target', async () => {
    for (const path of ['exports/org.json', 'exports/org/all.json', 'exports/aws/org/all.json', 'organisation/all.json']) {
      const observations = await scanAmong(
        { 'exports/aws/details.json': ACCOUNT_DETAILS, [path]: lines(...STRUCTURE, ...POLICIES, ...TARGETS) },
        'exports/aws/details.json',
      );

      assert.ok(!isAdmin(observations), path);
    }
  });

  it('does not read it from what tests elsewhere in the tree are given', async () => {
    const observations = await scanAmong(
      { 'a/b/aws/details.json': ACCOUNT_DETAILS, 'test/fixtures/org.json': lines(...STRUCTURE, ...POLICIES, ...TARGETS) },
      'a/b/aws/details.json',
    );

    assert.ok(isAdmin(observations));
  });

  it('binds the management account by nothing', async () => {
    const own = [
      { Organization: { Id: 'o-abcdefghij', MasterAccountId: ACCOUNT, FeatureSet: 'ALL' } },
      ...STRUCTURE.slice(1),
      ...POLICIES,
      ...TARGETS,
    ];

    const observations = await scanJson([ACCOUNT_DETAILS, ...own]);

    assert.ok(isAdmin(observations));
    assert.equal(detailsRow(observations).detail?.judgedWithout, undefined);
    assert.equal(capabilities(observations)[0]?.detail?.limits, undefined);
  });

  it('is sure of no denial where nothing tells which account manages the organisation', async () => {
    const observations = await scanJson([ACCOUNT_DETAILS, ...STRUCTURE.slice(1), ...POLICIES, ...TARGETS]);

    const told = capabilities(observations).filter((one) => one.capability === 'admin');
    assert.deepEqual(
      told.map((one) => [one.confidence, one.detail?.unknown]),
      [['medium', [`service control policies of ${UNIT}`]]],
    );
    assert.match(JSON.stringify(detailsRow(observations).detail?.judgedWithout), /describe-organization/);
  });

  it('takes targets from files that are named by the policy', async () => {
    const [full, guard] = TARGETS;
    const observations = await scanAmong(
      {
        'aws/details.json': ACCOUNT_DETAILS,
        'aws/org.json': lines(...STRUCTURE, ...POLICIES, full as object),
        'aws/targets-p-guard001.json': (guard as { 'p-guard001': object })['p-guard001'],
      },
      'aws/details.json',
    );

    assert.ok(!isAdmin(observations));
    assert.equal(detailsRow(observations).detail?.judgedWithout, undefined);
  });

  it('is unsure where it is not known what is attached', async () => {
    const observations = await scanJson([ACCOUNT_DETAILS, ...STRUCTURE, ...POLICIES]);

    const admin = capabilities(observations).find((one) => one.capability === 'admin');
    assert.equal(admin?.confidence, 'medium');
    assert.deepEqual(detailsRow(observations).detail?.judgedWithout, ['some service control policies']);
  });

  it('holds to a known Deny where another policy of the unit has no text', async () => {
    const unread = { Id: 'p-unread01', Name: 'other', Type: 'SERVICE_CONTROL_POLICY' };
    const observations = await scanJson([
      ACCOUNT_DETAILS,
      ...STRUCTURE,
      ...POLICIES,
      { Policies: [unread] },
      ...TARGETS,
      { 'p-unread01': { Targets: [{ TargetId: UNIT, Type: 'ORGANIZATIONAL_UNIT' }] } },
    ]);

    assert.deepEqual(
      capabilities(observations).filter((one) => one.capability === 'manages-identities'),
      [],
    );
  });

  it('knows no such policies where the organisation only pays together', async () => {
    const paying = [
      { Organization: { Id: 'o-abcdefghij', MasterAccountId: MANAGEMENT, FeatureSet: 'CONSOLIDATED_BILLING' } },
      ...STRUCTURE.slice(1),
    ];

    const observations = await scanJson([ACCOUNT_DETAILS, ...paying]);

    assert.ok(isAdmin(observations));
    assert.equal(detailsRow(observations).detail?.judgedWithout, undefined);
  });

  it('says which answer does not say what it is about', async () => {
    const observations = await scanJson([
      ...STRUCTURE,
      { Targets: [{ TargetId: UNIT, Type: 'ORGANIZATIONAL_UNIT' }] },
      { Parents: [{ Id: 'x', Type: 'ROOT' }] },
    ]);

    const row = kinds(observations, 'coverage').find((one) => one.outcome === 'partial');
    assert.match(row?.why ?? '', /\.Targets: the answer does not say what it is about/);
    assert.match(row?.why ?? '', /\.Parents\[0\]\.Id: the id of a root or unit/);
  });

  it('tells the accounts of the organisation', async () => {
    const observations = await scanJson(STRUCTURE);

    const row = kinds(observations, 'coverage').find((one) => one.subject.startsWith('organisation'));
    assert.deepEqual(row?.detail?.accounts, [ACCOUNT, MANAGEMENT]);
    assert.equal(row?.detail?.organisation, 'o-abcdefghij');
  });

  it('takes the environment from the name of the account, unless the identity has a tag', async () => {
    const tagged = userDetail('dev', { Tags: [{ Key: 'env', Value: 'dev' }] });
    const observations = await scanJson([details({ users: [userDetail('ci'), tagged] }), ...STRUCTURE]);

    const environments = kinds(observations, 'identity').map((one) => [one.name, one.environment]);
    assert.deepEqual(environments, [
      ['ci', 'prod'],
      ['dev', 'dev'],
    ]);
  });

  it('takes an account of tests for one by its name', async () => {
    for (const [name, environment] of [
      ['harbour-test', 'test'],
      ['Testing 2', 'test'],
      ['contest', undefined],
      ['harbour-test-prod', 'prod'],
    ] as const) {
      const observations = await scanJson([details({ users: [userDetail('ci')] }), { Accounts: [{ Id: ACCOUNT, Name: name }] }]);

      assert.equal(kinds(observations, 'identity')[0]?.environment, environment, name);
    }
  });

  it('takes the environment from a tag of the account before its name', async () => {
    const observations = await scanJson([
      details({ users: [userDetail('ci')] }),
      ...STRUCTURE,
      { [ACCOUNT]: { Tags: [{ Key: 'Environment', Value: 'staging' }] } },
    ]);

    assert.equal(kinds(observations, 'identity')[0]?.environment, 'staging');
  });

  it('tells whether a foreign account in a trust policy is of the organisation, and whose it is', async () => {
    const role = (name: string, account: string) =>
      roleDetail(name, { AssumeRolePolicyDocument: trustOf({ AWS: `arn:aws:iam::${account}:root` }) });
    const observations = await scanJson([
      details({ roles: [role('a', MANAGEMENT), role('b', OTHER), role('c', '464622532012'), role('d', ACCOUNT)] }),
      ...STRUCTURE,
    ]);

    const trusts = kinds(observations, 'trust').map((one) => [one.principal, one.detail?.inOrganisation, one.detail?.vendor]);
    assert.deepEqual(trusts, [
      [MANAGEMENT, true, undefined],
      [OTHER, false, undefined],
      ['464622532012', false, 'Datadog'],
      [ACCOUNT, undefined, undefined],
    ]);
  });
});

describe('aws-iam scanner, with resource control policies', () => {
  const RCP = { Id: 'p-rcp00001', Name: 'own-callers', Type: 'RESOURCE_CONTROL_POLICY' };
  const caller = userDetail('ci', { UserPolicyList: [{ PolicyName: 'p', PolicyDocument: policyOf(allow('sts:AssumeRole')) }] });
  const admin = {
    ...roleDetail('admin', { AssumeRolePolicyDocument: trustOf({ AWS: `arn:aws:iam::${ACCOUNT}:user/ci` }) }),
    Arn: `arn:aws:iam::${OTHER}:role/admin`,
    RolePolicyList: [{ PolicyName: 'all', PolicyDocument: policyOf(allow('*')) }],
  };
  const both = [
    ...STRUCTURE.map((one) =>
      'Roots' in one ? { Roots: [{ Id: ROOT, PolicyTypes: [{ Type: RCP.Type, Status: 'ENABLED' }] }] } : one,
    ),
    { [ROOT]: { Accounts: [{ Id: OTHER, Name: 'other' }] } },
  ];
  const rules = (document: object) => [
    { Policy: { PolicySummary: RCP, Content: JSON.stringify(document) } },
    { Policies: [{ Id: 'p-RCPFullAWSAccess', Type: RCP.Type }] },
    { 'p-rcp00001': { Targets: [{ TargetId: OTHER, Type: 'ACCOUNT' }] } },
    {
      'p-RCPFullAWSAccess': {
        Targets: [
          { TargetId: ROOT, Type: 'ROOT' },
          { TargetId: OTHER, Type: 'ACCOUNT' },
          { TargetId: ACCOUNT, Type: 'ACCOUNT' },
        ],
      },
    },
  ];

  it('finds the way into another account that nothing forbids', async () => {
    const observations = await scanJson([details({ users: [caller], roles: [admin] }), ...both]);

    assert.ok(capabilities(observations).some((one) => one.capability === 'escalates'));
  });

  it('hears them where a trust policy lets in everybody', async () => {
    const perimeter = policyOf({
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRole',
      Resource: '*',
      Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-exampleorg' } },
    });
    const open = { ...admin, AssumeRolePolicyDocument: trustOf({ AWS: '*' }) };
    const strangers = async (...more: object[]) => {
      const observations = await scanJson([details({ roles: [open] }), ...both, ...more]);
      return kinds(observations, 'trust').map((one) => one.detail?.stranger);
    };

    assert.deepEqual(await strangers(), ['yes']);
    assert.deepEqual(await strangers(...rules(perimeter)), ['no']);
  });

  it('finds none where the other account lets nobody in', async () => {
    const closed = policyOf({ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' });

    const observations = await scanJson([details({ users: [caller], roles: [admin] }), ...both, ...rules(closed)]);

    assert.ok(!capabilities(observations).some((one) => one.capability === 'escalates'));
  });
});

describe('aws-iam scanner, with several files of details', () => {
  const POLICY = `arn:aws:iam::${ACCOUNT}:policy/all`;
  const user = userDetail('ci', { AttachedManagedPolicies: [{ PolicyName: 'all', PolicyArn: POLICY }] });
  const policies = {
    Policies: [
      {
        PolicyName: 'all',
        Arn: POLICY,
        DefaultVersionId: 'v1',
        PolicyVersionList: [{ IsDefaultVersion: true, Document: policyOf(allow('*')) }],
      },
    ],
  };

  it('takes policies from a page that lies beside', async () => {
    const observations = await scanAmong(
      { 'aws/page-1.json': details({ users: [user] }), 'aws/page-2.json': policies },
      'aws/page-1.json',
    );

    assert.ok(isAdmin(observations));
    assert.equal(detailsRow(observations).outcome, 'complete');
  });

  it('yields each principal once, with its own file', async () => {
    const scan = await scannerOf({
      'aws/one.json': details({ users: [user] }),
      'aws/two.json': details({ users: [userDetail('second')] }),
    });

    const names = [await scan('aws/one.json'), await scan('aws/two.json')].map((rows) =>
      kinds(rows, 'identity').map((one) => one.name),
    );

    assert.deepEqual(names, [['ci'], ['second']]);
  });

  it('does not mix two exports of one account', async () => {
    const before = details({ users: [userDetail('ci', ADMIN), userDetail('gone', ADMIN)] });
    const scan = await scannerOf({ 'aws/2025.json': before, 'aws/2026.json': details({ users: [userDetail('ci')] }) });

    assert.ok(isAdmin(await scan('aws/2025.json')));
    assert.deepEqual(capabilities(await scan('aws/2026.json')), []);
  });

  it('reads accounts whose files are broken as far as they go', async () => {
    const observations = await scanAmong(
      { 'aws/one.json': details({ users: [user] }), 'aws/two.json': '{"UserDetailList": [{"Arn": ', 'aws/three.json': policies },
      'aws/one.json',
    );

    assert.ok(isAdmin(observations));
  });
});
