import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { ACCOUNT, details, roleDetail, scanJson, scannerOf } from './exports.ts';

const OTHER = '444455556666';
const SET = 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef';
const STORE = 'd-0123456789';
const ROLE = `aws:${ACCOUNT}:role/AWSReservedSSO_Admin_0123456789abcdef`;

const reserved = (name: string, account = ACCOUNT) =>
  roleDetail(name, {
    Path: '/aws-reserved/sso.amazonaws.com/',
    Arn: `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/${name}`,
  });
const DETAILS = details({
  roles: [reserved('AWSReservedSSO_Admin_0123456789abcdef'), reserved('AWSReservedSSO_Admin_Ops_0123456789abcdef')],
});
const NAMED = { PermissionSet: { Name: 'Admin', PermissionSetArn: SET, CreatedDate: '2025-01-01T00:00:00+00:00' } };
const assigned = (PrincipalType: string, PrincipalId: string, AccountId = ACCOUNT) => ({
  AccountAssignments: [{ AccountId, PermissionSetArn: SET, PrincipalType, PrincipalId }],
});
const user = (UserId: string, UserName: string, more: object = {}) => ({ UserName, UserId, IdentityStoreId: STORE, ...more });
const USERS = {
  Users: [
    user('u-1', 'mara', { Emails: [{ Value: 'Mara@harbour.example', Primary: true }] }),
    user('u-2', 'build-bot'),
    user('u-3', 'left', { UserStatus: 'DISABLED' }),
  ],
};
const GROUPS = { Groups: [{ GroupId: 'g-1', DisplayName: 'platform', IdentityStoreId: STORE }] };
const members = (...ids: string[]) => ({
  GroupMemberships: ids.map((UserId) => ({
    IdentityStoreId: STORE,
    MembershipId: `m-${UserId}`,
    GroupId: 'g-1',
    MemberId: { UserId },
  })),
});

function ways(rows: readonly Observation[]): unknown[] {
  return rows.flatMap((row) =>
    row.kind === 'trust' && row.detail?.source === 'Identity Center' ? [[row.identity, row.principalType, row.principal]] : [],
  );
}

function why(rows: readonly Observation[]): string {
  return rows.flatMap((row) => (row.kind === 'coverage' ? [row.why ?? ''] : [])).join('');
}

describe('aws-iam scanner: Identity Center', () => {
  it('tells who is assigned to a reserved role, by themselves or by a group', async () => {
    const rows = await scanJson([
      DETAILS,
      { PermissionSets: [SET] },
      NAMED,
      { InlinePolicy: '' },
      assigned('USER', 'u-2'),
      assigned('GROUP', 'g-1'),
      USERS,
      GROUPS,
      members('u-1', 'u-3'),
    ]);

    assert.deepEqual(ways(rows), [
      [ROLE, 'person', 'build-bot'],
      [ROLE, 'group', 'platform'],
      [ROLE, 'person', 'mara@harbour.example'],
    ]);
    assert.equal(why(rows), '');
  });

  it('joins lists that lie in files of their own', async () => {
    const scan = await scannerOf({
      'x/details.json': DETAILS,
      'x/set.json': NAMED,
      'x/assignments.json': assigned('GROUP', 'g-1'),
      'x/users.json': USERS,
      'x/groups.json': GROUPS,
      'x/members.json': members('u-1'),
    });

    assert.deepEqual(ways(await scan('x/assignments.json')), [
      [ROLE, 'group', 'platform'],
      [ROLE, 'person', 'mara@harbour.example'],
    ]);
    assert.deepEqual(ways(await scan('x/details.json')), []);
  });

  it('lets nobody in who is disabled', async () => {
    assert.deepEqual(ways(await scanJson([DETAILS, NAMED, assigned('USER', 'u-3'), USERS])), []);
  });

  it('lets nobody into the role of another account or of a set whose name only begins alike', async () => {
    const rows = await scanJson([
      details({
        roles: [reserved('AWSReservedSSO_Admin_Ops_0123456789abcdef'), reserved('AWSReservedSSO_Admin_0123456789abcdef', OTHER)],
      }),
      NAMED,
      assigned('USER', 'u-1'),
      USERS,
    ]);

    assert.deepEqual(ways(rows), []);
    assert.match(why(rows), /the roles of permission sets in 111122223333 are not here/);
  });

  const missing: { readonly [what: string]: readonly [readonly object[], RegExp] } = {
    'names of permission sets': [[DETAILS, assigned('USER', 'u-1'), USERS], /describe-permission-set/],
    'names of users': [[DETAILS, NAMED, assigned('USER', 'u-1')], /known by their ids alone are u-1: .*list-users/],
    'members of groups': [
      [DETAILS, NAMED, assigned('GROUP', 'g-1'), GROUPS],
      /no members are here of platform: .*list-group-memberships/,
    ],
  };
  for (const [what, [exports, expected]] of Object.entries(missing)) {
    it(`says that ${what} are missing`, async () => {
      assert.match(why(await scanJson(exports)), expected);
    });
  }

  it('names the field of an assignment that cannot be read, and goes on', async () => {
    const broken = {
      AccountAssignments: [{ AccountId: '12', PermissionSetArn: SET }, ...assigned('USER', 'u-1').AccountAssignments],
    };

    const rows = await scanJson([DETAILS, NAMED, broken, USERS]);

    assert.equal(ways(rows).length, 1);
    assert.match(why(rows), /AccountAssignments\[0\]\.AccountId/);
  });

  it('takes users of IAM for no users of Identity Center', async () => {
    const rows = await scanJson([{ Users: [{ UserName: 'ci', UserId: 'AIDAEXAMPLE', Path: '/' }] }]);

    assert.match(why(rows), /not an answer of AWS that is read here \(it has Users\)/);
  });
});
