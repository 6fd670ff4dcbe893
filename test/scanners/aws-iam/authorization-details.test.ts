import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { kinds } from '../../helpers/scan-context.ts';
import {
  ACCOUNT,
  allow,
  details,
  groupDetail,
  managedPolicy,
  policyOf,
  roleDetail,
  scanJson,
  scanText,
  userDetail,
} from './exports.ts';

const identityOf = (observations: Observation[], id: string) => kinds(observations, 'identity').find((one) => one.id === id);
const coverageOf = (observations: Observation[]) => kinds(observations, 'coverage').at(-1);
const capabilities = (observations: Observation[], id: string) =>
  kinds(observations, 'grant')
    .filter((one) => one.identity === id && one.capability !== undefined)
    .map((one) => `${one.capability}/${one.confidence}`);
const MARA = `aws:${ACCOUNT}:user/mara`;
const tag = (Key: string, Value: string) => ({ Key, Value });

describe('aws-iam scanner: authorization details', () => {
  it('tells a user with owner, environment and age', async () => {
    const observations = await scanJson(
      details({
        users: [
          userDetail('mara', {
            Path: '/bots/',
            Arn: `arn:aws:iam::${ACCOUNT}:user/bots/mara`,
            Tags: [tag('Owner', 'ida@harbour.example'), tag('ENV', 'Production')],
          }),
        ],
      }),
    );

    const found = identityOf(observations, MARA);

    assert.equal(found?.type, 'user');
    assert.equal(found?.scope, ACCOUNT);
    assert.equal(found?.owner, 'ida@harbour.example');
    assert.equal(found?.ownerBasis, 'tag:Owner');
    assert.equal(found?.environment, 'prod');
    assert.equal(found?.createdAt, '2024-02-03T04:05:06.000Z');
    assert.equal(found?.human, undefined);
  });

  const owners: [string, object[], string | undefined, string | undefined][] = [
    ['owner before team', [tag('team', 'data'), tag('owner', 'ida')], 'ida', 'tag:owner'],
    ['contact', [tag('Contact', 'x@y.example')], 'x@y.example', 'tag:Contact'],
    ['created_by', [tag('created_by', 'ben')], 'ben', 'tag:created_by'],
    ['an empty owner', [tag('owner', ' '), tag('team', 'data')], 'data', 'tag:team'],
    ['nobody', [tag('cost-center', '7')], undefined, undefined],
  ];
  for (const [what, Tags, owner, basis] of owners) {
    it(`reads the owner from tags: ${what}`, async () => {
      const [found] = kinds(await scanJson(details({ users: [userDetail('mara', { Tags })] })), 'identity');

      assert.equal(found?.owner, owner);
      assert.equal(found?.ownerBasis, basis);
    });
  }

  it('tells a role with its last use, and who may become it', async () => {
    const observations = await scanJson(
      details({ roles: [roleDetail('job', { RoleLastUsed: { LastUsedDate: '2026-05-01T01:02:03Z', Region: 'eu-west-1' } })] }),
    );

    const found = identityOf(observations, `aws:${ACCOUNT}:role/job`);
    const [trust] = kinds(observations, 'trust');

    assert.equal(found?.lastUsedAt, '2026-05-01T01:02:03.000Z');
    assert.equal(found?.managed, undefined);
    assert.equal(trust?.identity, `aws:${ACCOUNT}:role/job`);
    assert.equal(trust?.principalType, 'service');
  });

  it('knows the roles that AWS manages', async () => {
    const observations = await scanJson(
      details({
        roles: [
          roleDetail('AWSServiceRoleForSupport', { Path: '/aws-service-role/support.amazonaws.com/' }),
          roleDetail('AWSReservedSSO_Admin_0123', { Path: '/aws-reserved/sso.amazonaws.com/' }),
          roleDetail('AWSServiceRoleLookalike'),
        ],
      }),
    );

    assert.deepEqual(
      kinds(observations, 'identity').map((one) => one.managed),
      [true, true, undefined],
    );
  });

  it('lists a right once a statement and action, with the policy and group it comes through', async () => {
    const observations = await scanJson(
      details({
        users: [
          userDetail('mara', {
            GroupList: ['data-science'],
            UserPolicyList: [
              {
                PolicyName: 'own',
                PolicyDocument: policyOf(allow(['s3:Get*', 's3:Put*'], ['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*'])),
              },
            ],
          }),
        ],
        groups: [groupDetail('data-science', { AttachedManagedPolicies: [{ PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/ds` }] })],
        policies: [
          managedPolicy(
            'ds',
            policyOf({
              Effect: 'Deny',
              NotAction: 'iam:*',
              NotResource: 'arn:aws:s3:::x',
              Condition: { Bool: { 'aws:ViaAWSService': 'false' } },
            }),
          ),
        ],
      }),
    );

    const plain = kinds(observations, 'grant').filter((one) => one.capability === undefined);

    assert.deepEqual(
      plain.map(({ effect, permission, resource, via, viaKind }) => [effect, permission, resource, via, viaKind]),
      [
        ['allow', 's3:Get*', 'arn:aws:s3:::a/*, arn:aws:s3:::b/*', 'own', 'inline'],
        ['allow', 's3:Put*', 'arn:aws:s3:::a/*, arn:aws:s3:::b/*', 'own', 'inline'],
        ['deny', '*', '*', `arn:aws:iam::${ACCOUNT}:policy/ds`, 'group:data-science'],
      ],
    );
    assert.deepEqual(plain[2]?.condition, { Bool: { 'aws:ViaAWSService': ['false'] } });
    assert.deepEqual(plain[2]?.detail, { exceptActions: ['iam:*'], exceptResources: ['arn:aws:s3:::x'] });
  });

  it('joins group, policy and right into one path', async () => {
    const observations = await scanJson(
      details({
        users: [userDetail('mara', { GroupList: ['data-science'] })],
        groups: [
          groupDetail('data-science', { AttachedManagedPolicies: [{ PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/ds-tools` }] }),
        ],
        policies: [managedPolicy('ds-tools', encodeURIComponent(JSON.stringify(policyOf(allow('iam:AttachUserPolicy')))))],
      }),
    );

    const admin = kinds(observations, 'grant').find((one) => one.capability === 'admin');

    assert.equal(admin?.confidence, 'medium');
    assert.equal(admin?.viaKind, 'group:data-science');
    assert.equal(
      admin?.detail?.path,
      'group data-science → policy ds-tools → iam:AttachUserPolicy on * → gives itself any right',
    );
    assert.equal(admin?.detail?.method, 'iam-008');
    assert.equal(coverageOf(observations)?.outcome, 'complete');
  });

  it('knows an administrator through the managed policy though its document is not exported', async () => {
    const AttachedManagedPolicies = [
      { PolicyName: 'AdministratorAccess', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
    ];

    const observations = await scanJson(details({ users: [userDetail('mara', { AttachedManagedPolicies })] }));

    assert.ok(capabilities(observations, MARA).includes('admin/high'));
    assert.equal(coverageOf(observations)?.outcome, 'complete');
  });

  it('honours the boundary, and marks the user it binds', async () => {
    const AttachedManagedPolicies = [{ PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }];
    const PermissionsBoundary = {
      PermissionsBoundaryType: 'Policy',
      PermissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/edge`,
    };

    const observations = await scanJson(
      details({
        users: [userDetail('mara', { AttachedManagedPolicies, PermissionsBoundary })],
        policies: [managedPolicy('edge', policyOf(allow('s3:Get*')))],
      }),
    );

    assert.deepEqual(capabilities(observations, MARA), ['reads-data/high']);
    assert.equal(identityOf(observations, MARA)?.detail?.permissionsBoundary, PermissionsBoundary.PermissionsBoundaryArn);
  });

  it('sees that AWS has put a user in quarantine', async () => {
    const AttachedManagedPolicies = [{ PolicyArn: 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3' }];

    const observations = await scanJson(details({ users: [userDetail('mara', { AttachedManagedPolicies })] }));

    assert.equal(identityOf(observations, MARA)?.detail?.quarantined, true);
  });

  it('reads pages one after another, in a list, and twice over, as one account', async () => {
    const first = details(
      { users: [userDetail('mara', { AttachedManagedPolicies: [{ PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/p` }] })] },
      { IsTruncated: true, Marker: 'a' },
    );
    const second = details({ policies: [managedPolicy('p', policyOf(allow('*')))] }, { IsTruncated: false });

    const concatenated = await scanText(`${JSON.stringify(first)}\n${JSON.stringify(second)}`);
    const listed = await scanJson([first, second]);
    const twice = await scanJson([first, second, first, second]);

    for (const observations of [concatenated, listed, twice]) {
      assert.equal(kinds(observations, 'identity').length, 1);
      assert.ok(capabilities(observations, MARA).includes('admin/high'));
      assert.equal(coverageOf(observations)?.outcome, 'complete');
    }
  });

  it('says that pages are missing, and which documents', async () => {
    const page = details(
      {
        users: [
          userDetail('mara', {
            AttachedManagedPolicies: [{ PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/far` }],
            GroupList: ['gone'],
          }),
        ],
      },
      { IsTruncated: true, Marker: 'a' },
    );

    const observations = await scanJson(page);

    const coverage = coverageOf(observations);
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /more follow/);
    assert.match(coverage?.why ?? '', /policy\/far/);
    assert.match(coverage?.why ?? '', /group gone/);
    assert.deepEqual(identityOf(observations, MARA)?.detail?.policiesWithoutDocument, [
      'group gone',
      `arn:aws:iam::${ACCOUNT}:policy/far`,
    ]);
  });

  it('keeps accounts apart: a group of the same name in another account gives nothing', async () => {
    const far = (object: object) => JSON.parse(JSON.stringify(object).replaceAll(ACCOUNT, '999900001111')) as object;
    const group = groupDetail('ops', { GroupPolicyList: [{ PolicyName: 'all', PolicyDocument: policyOf(allow('*')) }] });
    const plain = groupDetail('ops');

    const observations = await scanJson([
      details({ users: [userDetail('mara', { GroupList: ['ops'] })], groups: [plain] }),
      far(details({ users: [userDetail('mara', { GroupList: ['ops'] })], groups: [group] })),
    ]);

    assert.deepEqual(capabilities(observations, MARA), []);
    assert.ok(capabilities(observations, 'aws:999900001111:user/mara').includes('admin/high'));
  });

  it('names the field that is wrong, and reads the rest', async () => {
    const observations = await scanJson(
      details({
        users: [userDetail('mara'), { ...userDetail('ben'), Arn: 7 }],
        roles: [roleDetail('job', { RolePolicyList: 'none' })],
      }),
    );

    const coverage = coverageOf(observations);
    assert.deepEqual(
      kinds(observations, 'identity').map((one) => one.name),
      ['mara'],
    );
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /UserDetailList\[1\]\.Arn/);
    assert.match(coverage?.why ?? '', /RoleDetailList\[0\]\.RolePolicyList/);
    assert.equal(coverage?.failed, 2);
    assert.equal(coverage?.read, 1);
  });

  it('names a list that is none', async () => {
    const observations = await scanJson({ UserDetailList: [], RoleDetailList: 'many' });

    assert.match(coverageOf(observations)?.why ?? '', /RoleDetailList is not a list/);
  });

  it('reads the rest where one policy document is malformed, and is less sure of its holder', async () => {
    const observations = await scanJson(
      details({
        users: [
          userDetail('mara', {
            UserPolicyList: [
              { PolicyName: 'odd', PolicyDocument: { Statement: [{ Effect: 'Perhaps' }] } },
              { PolicyName: 'all', PolicyDocument: policyOf(allow('*')) },
            ],
          }),
        ],
        roles: [roleDetail('job', { AssumeRolePolicyDocument: '%7B' })],
      }),
    );

    assert.ok(capabilities(observations, MARA).includes('admin/medium'));
    assert.match(coverageOf(observations)?.why ?? '', /inline policy odd: the policy document is malformed/);
    assert.match(coverageOf(observations)?.why ?? '', /role\/job AssumeRolePolicyDocument/);
  });

  it('keeps the whole users of a file that is cut off, and says where', async () => {
    const text = JSON.stringify(details({ users: [userDetail('mara'), userDetail('ben'), userDetail('ida')] }));
    const cut = text.slice(0, text.indexOf('user/ida') + 4);

    const observations = await scanText(cut);

    assert.deepEqual(
      kinds(observations, 'identity').map((one) => one.name),
      ['mara', 'ben'],
    );
    assert.equal(coverageOf(observations)?.outcome, 'partial');
    assert.match(coverageOf(observations)?.why ?? '', new RegExp(`at byte ${Buffer.byteLength(cut)} `));
  });

  it('yields nothing but coverage of an empty account', async () => {
    const observations = await scanJson(details({}));

    assert.equal(observations.length, 1);
    assert.equal(coverageOf(observations)?.outcome, 'complete');
    assert.deepEqual(coverageOf(observations)?.covers, ['identity', 'grant', 'trust']);
  });

  it('judges very long policies in full but lists only their head', async () => {
    const actions = Array.from({ length: 400 }, (_, index) => `x${index}:Do`);
    const UserPolicyList = [{ PolicyName: 'long', PolicyDocument: policyOf(allow([...actions, 's3:GetObject'])) }];

    const observations = await scanJson(details({ users: [userDetail('mara', { UserPolicyList })] }));

    const plain = kinds(observations, 'grant').filter((one) => one.capability === undefined);
    assert.equal(plain.length, 150);
    assert.equal(coverageOf(observations)?.detail?.grantRowsNotListed, 251);
    assert.deepEqual(capabilities(observations, MARA), ['reads-data/high']);
  });

  it('reads an account of a thousand users in a group of administrators in good time', async () => {
    const users = Array.from({ length: 1000 }, (_, index) => userDetail(`u${index}`, { GroupList: ['ops'] }));
    const groups = [
      groupDetail('ops', {
        GroupPolicyList: [{ PolicyName: 'p', PolicyDocument: policyOf(allow(['s3:*', 'ec2:*', 'iam:Put*', 'iam:PassRole'])) }],
      }),
    ];
    const roles = Array.from({ length: 300 }, (_, index) =>
      roleDetail(`r${index}`, { RolePolicyList: [{ PolicyName: 'p', PolicyDocument: policyOf(allow('*')) }] }),
    );
    const start = cpuTime();

    const observations = await scanJson(details({ users, groups, roles }));

    assert.equal(kinds(observations, 'identity').length, 1300);
    assert.ok(cpuTime() - start < 8000);
  });
});
