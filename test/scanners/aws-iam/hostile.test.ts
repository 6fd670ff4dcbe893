import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kinds } from '../../helpers/scan-context.ts';
import {
  allow,
  details,
  groupDetail,
  keyOf,
  managedPolicy,
  policyOf,
  report,
  reportLine,
  roleDetail,
  scanText,
  userDetail,
} from './exports.ts';

const WORDS = [
  'UserDetailList',
  'RoleDetailList',
  'GroupDetailList',
  'Policies',
  'PolicyVersionList',
  'Document',
  'Arn',
  'UserName',
  'RoleName',
  'GroupList',
  'Tags',
  'Key',
  'Value',
  'UserPolicyList',
  'PolicyName',
  'PolicyDocument',
  'AssumeRolePolicyDocument',
  'Statement',
  'Effect',
  'Action',
  'Resource',
  'Principal',
  'Condition',
  'PermissionsBoundary',
  'AccessKeyMetadata',
  'AccessKeyId',
  'AccessKeyLastUsed',
  'OpenIDConnectProviderList',
  'Url',
  'Content',
  'IsTruncated',
  'ServiceSpecificCredentials',
  'ServiceSpecificCredentialId',
  'SSHPublicKeys',
  'Certificates',
  'SAMLProviderList',
  'JobStatus',
  'ServicesLastAccessed',
  'ServiceNamespace',
  'TrackedActionsLastAccessed',
  'findings',
  'findingDetails',
  'externalAccessDetails',
  'principal',
  'id',
  'Organization',
  'Roots',
  'Accounts',
  'Parents',
  'Targets',
  'TargetId',
  'Policy',
  'PolicySummary',
  'Id',
  'Type',
  'Records',
  'Events',
  'CloudTrailEvent',
  'eventSource',
  'eventName',
  'eventTime',
  'userIdentity',
  'sessionContext',
  'requestParameters',
  '111122223333',
  'ou-ab12-cd34ef56',
];
const leaf = fc.oneof(
  fc.constantFrom(
    'Allow',
    'Deny',
    '*',
    's3:*',
    `arn:aws:iam::111122223333:user/x`,
    'arn:aws:iam::aws:policy/AdministratorAccess',
    keyOf('AAAAAA'),
    '2024-01-01T00:00:00Z',
    '%7B',
    '__proto__',
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

describe('aws-iam scanner on what strangers send', () => {
  it('never throws, and always says what it looked at', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...WORDS), tree as fc.Arbitrary<unknown>), async (value) => {
        const observations = await scanText(JSON.stringify(value));

        assert.ok(kinds(observations, 'coverage').length > 0);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on a good export with a hole in it', async () => {
    const good = JSON.stringify(
      details({
        users: [
          userDetail('mara', { GroupList: ['ops'], UserPolicyList: [{ PolicyName: 'p', PolicyDocument: policyOf(allow('*')) }] }),
        ],
        groups: [groupDetail('ops', { AttachedManagedPolicies: [{ PolicyArn: 'arn:aws:iam::111122223333:policy/m' }] })],
        roles: [roleDetail('job')],
        policies: [managedPolicy('m', encodeURIComponent(JSON.stringify(policyOf(allow('s3:*')))))],
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(40), fc.string({ maxLength: 5 }), async (start, length, patch) => {
        const text = good.slice(0, start) + patch + good.slice(start + length);
        const observations = await scanText(text);

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on a credential report with a hole in it', async () => {
    const good = report(
      reportLine('ci', { access_key_1_active: 'true' }),
      reportLine('mara', { password_enabled: 'true' }),
      reportLine('ida'),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(60), fc.string({ maxLength: 5 }), async (start, length, patch) => {
        const observations = await scanText(good.slice(0, start) + patch + good.slice(start + length), 'report.csv');

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 300 },
    );
  });
});
