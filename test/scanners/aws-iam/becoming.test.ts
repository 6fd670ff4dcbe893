import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { withRun } from '../../src/correlate/run-store.ts';
import { ACCOUNT, allow, details, managedPolicy, policyOf, roleDetail, scanJson, trustOf, userDetail } from './exports.ts';

const OTHER = '444455556666';
const ADMIN = {
  AttachedManagedPolicies: [{ PolicyName: 'AdministratorAccess', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }],
};
const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:${name}`;
const user = (...statements: object[]) =>
  userDetail('u', { UserPolicyList: [{ PolicyName: 'p', PolicyDocument: policyOf(...statements) }] });
const admin = (trust: object, more: object = {}) => roleDetail('admin', { ...ADMIN, AssumeRolePolicyDocument: trust, ...more });
const away = { Arn: `arn:aws:iam::${OTHER}:role/admin` };
const bounded = { PermissionsBoundary: { PermissionsBoundaryArn: arn('policy/b') } };
const boundary = managedPolicy('b', policyOf(allow('s3:*')));

async function edgesOf(parts: Parameters<typeof details>[0]): Promise<unknown[]> {
  const observations: Observation[] = await scanJson(details(parts));
  return await withRun(observations, async (store) => {
    const edges = await store.rows('SELECT identity_id, confidence FROM may_become ORDER BY ALL');
    const reached = await store.rows(
      "SELECT identity_id, confidence FROM identity_reach WHERE hops > 0 AND capability = 'admin'",
    );
    assert.deepEqual(reached, edges);
    return edges;
  });
}

/** How sure it is that the caller can make itself an administrator. */
async function adminsOf(caller: object, more: object): Promise<unknown[]> {
  const observations = await scanJson(details({ users: [caller], roles: [admin(trustOf({ AWS: ACCOUNT }), more)] }));
  return observations.flatMap((one) => (one.kind === 'grant' && one.capability === 'escalates' ? [one.confidence] : []));
}

describe('aws-iam scanner: whom a trust that names its callers lets in', () => {
  it('counts a caller whom both sides let in', async () => {
    assert.deepEqual(await edgesOf({ users: [user()], roles: [admin(trustOf({ AWS: arn('user/u') }))] }), [
      { identity_id: `aws:${ACCOUNT}:user/u`, confidence: 'high' },
    ]);
  });

  it('counts one whose own account was not exported, but is not sure of it', async () => {
    const reached = await scanJson(details({ roles: [admin(trustOf({ AWS: `arn:aws:iam::${OTHER}:user/u` }))] }));
    const edges = await withRun(reached, (store) => store.rows('SELECT identity_id, confidence FROM may_become'));

    assert.deepEqual(edges, [{ identity_id: `aws:${OTHER}:user/u`, confidence: 'medium' }]);
  });

  it('is not sure across accounts where policies of the caller are missing', async () => {
    const caller = userDetail('u', { AttachedManagedPolicies: [{ PolicyName: 'x', PolicyArn: arn('policy/x') }] });

    assert.deepEqual(await edgesOf({ users: [caller], roles: [admin(trustOf({ AWS: arn('user/u') }), away)] }), [
      { identity_id: `aws:${ACCOUNT}:user/u`, confidence: 'medium' },
    ]);
  });

  it('is not sure of a user who may have given a second factor', async () => {
    const trust = trustOf({ AWS: arn('user/u') }, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } });

    assert.deepEqual(await edgesOf({ users: [user()], roles: [admin(trust)] }), [
      { identity_id: `aws:${ACCOUNT}:user/u`, confidence: 'medium' },
    ]);
  });

  it('knows which tags a role lacks, where the list of them is there', async () => {
    const caller = user({ ...allow('sts:AssumeRole'), Condition: { StringEquals: { 'aws:ResourceTag/team': 'data' } } });

    assert.deepEqual(await adminsOf(caller, { Tags: [{ Key: 'other', Value: 'x' }] }), []);
    assert.deepEqual(await adminsOf(caller, { Tags: [] }), []);
    assert.deepEqual(await adminsOf(caller, { Tags: null }), ['medium']);
  });

  it('knows sessions of a role by its number', async () => {
    const number = { StringLike: { 'aws:userId': 'AROAEXAMPLEEXAMPLE123:*' } };
    const policy = { PolicyName: 'p', PolicyDocument: policyOf({ ...allow('*'), Condition: number }) };
    const told = await scanJson(
      details({ roles: [roleDetail('r', { RoleId: 'AROAEXAMPLEEXAMPLE123', RolePolicyList: [policy] })] }),
    );

    const admins = told.filter((one) => one.kind === 'grant' && one.capability === 'admin');

    assert.deepEqual(
      admins.map((one) => one.kind === 'grant' && one.confidence),
      ['high'],
    );
  });

  it('knows the organisation of the caller from the export of the organisation', async () => {
    const trust = (id: string) => trustOf({ AWS: '*' }, { StringEquals: { 'aws:PrincipalOrgID': id } });
    const roles = [
      admin(trust('o-abcdefghij'), away),
      roleDetail('else', { ...ADMIN, Arn: `arn:aws:iam::${OTHER}:role/else`, AssumeRolePolicyDocument: trust('o-zzzzzzzzzz') }),
    ];
    const organisation = [
      { Organization: { Id: 'o-abcdefghij', MasterAccountId: OTHER, FeatureSet: 'ALL' } },
      {
        Accounts: [
          { Id: ACCOUNT, Name: 'one' },
          { Id: OTHER, Name: 'two' },
        ],
      },
    ];

    const rows = await scanJson([details({ users: [user(allow('sts:AssumeRole'))], roles }), ...organisation]);

    const ways = rows.flatMap((row) => (row.kind === 'grant' && row.capability === 'escalates' ? [row] : []));
    assert.deepEqual(
      ways.map((one) => [one.confidence, one.detail?.target]),
      [['high', `role/admin of ${OTHER}`]],
    );
  });

  const refused: { [why: string]: Parameters<typeof details>[0] } = {
    'a boundary of the role that calls': {
      roles: [roleDetail('m', bounded), admin(trustOf({ AWS: arn('role/m') }))],
      policies: [boundary],
    },
    'no right of its own across accounts': { users: [user()], roles: [admin(trustOf({ AWS: arn('user/u') }), away)] },
    'a boundary across accounts': {
      users: [{ ...user(allow('sts:*')), ...bounded }],
      roles: [admin(trustOf({ AWS: arn('user/u') }), away)],
      policies: [boundary],
    },
    'a Deny of the trust': {
      users: [user()],
      roles: [
        admin(
          policyOf(
            { Effect: 'Allow', Principal: { AWS: arn('user/u') }, Action: 'sts:AssumeRole' },
            { Effect: 'Deny', Principal: { AWS: arn('user/u') }, Action: 'sts:AssumeRole' },
          ),
        ),
      ],
    },
    'a Deny of its own': {
      users: [user({ Effect: 'Deny', Action: 'sts:*', Resource: '*' })],
      roles: [admin(trustOf({ AWS: arn('user/u') }))],
    },
    'a condition on a tag it lacks': {
      users: [user()],
      roles: [admin(trustOf({ AWS: arn('user/u') }, { StringEquals: { 'aws:PrincipalTag/x': 'y' } }))],
    },
  };
  refused['a second factor that a session of a role cannot have'] = {
    roles: [roleDetail('m'), admin(trustOf({ AWS: arn('role/m') }, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }))],
  };
  refused['the id of another user'] = {
    users: [user(allow('sts:AssumeRole'))],
    roles: [admin(trustOf({ AWS: arn('user/u') }, { StringEquals: { 'aws:userid': 'AIDAOTHEROTHEROTHER12' } }))],
  };
  for (const [why, parts] of Object.entries(refused)) {
    it(`does not count a caller that is kept out by ${why}`, async () => {
      assert.deepEqual(await edgesOf(parts), []);
    });
  }
});
