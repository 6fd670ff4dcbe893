import assert from 'node:assert/strict';
import { awsIamFiles } from '../../../scanners/aws-iam/index.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { details, headOf, keyOf, managedPolicy, policyOf, report, reportLine, userDetail } from './exports.ts';

const KEY = { UserName: 'ci', AccessKeyId: keyOf('AAAAAA'), Status: 'Active', CreateDate: '2024-01-01T00:00:00Z' };
const json = (value: unknown) => JSON.stringify(value, null, 4);

const HITS: [string, string, string?][] = [
  ['authorization details', json(details({ users: [userDetail('ci')] }))],
  ['authorization details on one line', JSON.stringify(details({ users: [userDetail('ci')] }))],
  ['several pages in a list', json([details({ users: [userDetail('ci')] }), details({})])],
  ['a page of policies only', json({ Policies: [managedPolicy('a', policyOf())] })],
  ['an empty page', json(details({}))],
  ['an access-key list', json({ AccessKeyMetadata: [KEY] })],
  ['an empty access-key list', json({ AccessKeyMetadata: [] })],
  ['a list of access-key answers', json([{ AccessKeyMetadata: [KEY] }, { AccessKeyMetadata: [] }])],
  ['bare key metadata', json([KEY])],
  ['key metadata by line', `${JSON.stringify(KEY)}\n${JSON.stringify(KEY)}\n`, 'keys.ndjson'],
  [
    'a last-used answer',
    json({ UserName: 'ci', AccessKeyLastUsed: { LastUsedDate: '2026-01-01T00:00:00Z', ServiceName: 's3', Region: 'eu-west-1' } }),
  ],
  [
    'a map of last-used answers',
    json({ [KEY.AccessKeyId]: { UserName: 'ci', AccessKeyLastUsed: { ServiceName: 'N/A', Region: 'N/A' } } }),
  ],
  ['a list of OIDC providers', json({ OpenIDConnectProviderList: [{ Arn: 'arn:aws:iam::111122223333:oidc-provider/x' }] })],
  [
    'an OIDC provider',
    json({ Url: 'token.actions.githubusercontent.com', ClientIDList: ['sts.amazonaws.com'], ThumbprintList: [] }),
  ],
  ['a stored credential-report answer', json({ Content: Buffer.from(report()).toString('base64'), ReportFormat: 'text/csv' })],
  [
    'service-specific credentials',
    json({ ServiceSpecificCredentials: [{ UserName: 'ci', ServiceSpecificCredentialId: 'ACCAEXAMPLE', Status: 'Active' }] }),
  ],
  ['an empty list of them', json({ ServiceSpecificCredentials: [] })],
  ['SSH keys', json({ SSHPublicKeys: [{ UserName: 'ci', SSHPublicKeyId: 'APKAEXAMPLE', Status: 'Active' }] })],
  ['one SSH key', json({ SSHPublicKey: { UserName: 'ci', SSHPublicKeyId: 'APKAEXAMPLE', Fingerprint: 'aa:bb' } })],
  ['signing certificates', json({ Certificates: [{ UserName: 'ci', CertificateId: 'CERT', CertificateBody: 'x' }] })],
  ['SAML providers', json({ SAMLProviderList: [{ Arn: 'arn:aws:iam::111122223333:saml-provider/x' }] })],
  ['service last accessed', json({ JobStatus: 'COMPLETED', JobCreationDate: '2026-01-01T00:00:00Z', ServicesLastAccessed: [] })],
  ['the same by principal', json({ 'arn:aws:iam::111122223333:role/x': { JobStatus: 'COMPLETED', ServicesLastAccessed: [] } })],
  [
    'findings of Access Analyzer',
    json({ findings: [{ analyzedAt: '2026-01-01T00:00:00Z', id: 'x', resource: 'arn', findingType: 'UnusedIAMRole' }] }),
  ],
  [
    'one finding',
    json({
      analyzedAt: '2026-01-01T00:00:00Z',
      id: 'x',
      findingDetails: [{ unusedIamRoleDetails: {} }],
      findingType: 'UnusedIAMRole',
    }),
  ],
  [
    'an organisation',
    json({ Organization: { Id: 'o-abcdefghij', Arn: 'arn:aws:organizations::1:organization/o', FeatureSet: 'ALL' } }),
  ],
  ['roots', json({ Roots: [{ Id: 'r-ab12', Arn: 'arn:aws:organizations::1:root/o-1/r-ab12', PolicyTypes: [] }] })],
  ['accounts', json({ Accounts: [{ Id: '111122223333', Arn: 'arn:aws:organizations::1:account/o-1/1', Name: 'x' }] })],
  ['parents', json({ '111122223333': { Parents: [{ Id: 'r-ab12', Type: 'ROOT' }] } })],
  ['service control policies', json({ Policies: [{ Id: 'p-guard001', Arn: 'arn:aws:organizations::1:policy/o/x/p' }] })],
  ['a service control policy', json({ Policy: { PolicySummary: { Id: 'p-guard001', Type: 'SERVICE_CONTROL_POLICY' } } })],
  ['targets', json({ Targets: [{ TargetId: 'r-ab12', Type: 'ROOT' }] })],
  [
    'events of CloudTrail',
    json({ Records: [{ eventVersion: '1.08', userIdentity: { type: 'Root' }, eventSource: 'iam.amazonaws.com' }] }),
  ],
  ['events that were looked up', json({ Events: [{ EventId: 'x', EventName: 'y', CloudTrailEvent: '{}' }] })],
  ['trust anchors', json({ trustAnchors: [{ name: 'x', source: { sourceData: { x509CertificateData: 'x'.repeat(6000) } } }] })],
  ['profiles', json({ profiles: [{ enabled: true, profileArn: 'arn:aws:rolesanywhere:eu-west-1:111122223333:profile/x' }] })],
  ['certificate subjects', json({ subjects: [{ subjectArn: 'arn:aws:rolesanywhere:eu-west-1:111122223333:subject/x' }] })],
  ['permission sets', json({ PermissionSets: ['arn:aws:sso:::permissionSet/ssoins-1/ps-1'] })],
  ['a permission set', json({ PermissionSet: { Name: 'x', PermissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1/ps-1' } })],
  ['assignments', json({ AccountAssignments: [] })],
  ['users of an identity store', json({ Users: [{ UserName: 'x', UserId: 'u', IdentityStoreId: 'd-1' }] })],
  ['memberships', json({ GroupMemberships: [{ IdentityStoreId: 'd-1', GroupId: 'g', MemberId: { UserId: 'u' } }] })],
  ['a policy of a bucket', json({ Policy: JSON.stringify(policyOf({ Effect: 'Allow', Principal: '*', Action: 's3:*' })) })],
  [
    'a policy of a secret',
    json({
      ARN: 'arn:aws:secretsmanager:x',
      Name: 'x',
      ResourcePolicy: JSON.stringify(policyOf({ Effect: 'Deny', Principal: '*' }), null, 1),
    }),
  ],
  ['a credential report', report(reportLine('ci')), 'report.csv'],
  ['a credential report with another ending', report(reportLine('ci')), 'report.txt'],
  ['a credential report without ending', report(), 'report'],
];

const MISSES: [string, string, string?][] = [
  ['package.json', json({ name: 'x', version: '1.0.0', UserDetailList: [] }), 'package.json'],
  ['a service model of the SDK', json({ version: '2.0', shapes: { AccessKeyMetadata: { shape: 'AccessKeyMetadata' } } })],
  ['a schema that names the list', json({ UserDetailList: { type: 'list', member: { shape: 'UserDetail' } } })],
  ['a log line that quotes an answer', json({ message: '{"UserDetailList": []}' })],
  ['a key that was just made, secret and all', json({ AccessKey: { ...KEY, SecretAccessKey: 'x' } })],
  ['metadata with the secret beside it', json([{ ...KEY, SecretAccessKey: 'x' }])],
  ['a CSV of other users', 'user,email,team\nci,a@b.example,x\n', 'users.csv'],
  ['a CSV that mentions the columns later', 'id,name\n1,"user,arn,user_creation_time"\n', 'x.csv'],
  ['a new-user credentials CSV', 'User name,Password,Access key ID,Secret access key\nci,,x,y\n', 'credentials.csv'],
  ['TypeScript that builds one', json({ AccessKeyMetadata: [KEY] }), 'fixture.ts'],
  ['some policies of another product', json({ Policies: [{ name: 'allow-all' }] })],
  ['an OAuth client', json({ Url: 'https://x', clients: ['a'] })],
  ['a notification of S3', json({ Records: [{ eventVersion: '2.1', eventSource: 'aws:s3', s3: { bucket: { name: 'x' } } }] })],
  ['a message of a queue', json({ Records: [{ messageId: 'x', body: '{}', eventSource: 'aws:sqs' }] })],
  ['findings of another scanner', json({ findings: [{ id: 'x', severity: 'high', file: 'a.ts' }] })],
  [
    'a service password that was just made',
    json({ ServiceSpecificCredential: { ServiceSpecificCredentialId: 'A', ServicePassword: 'x' } }),
  ],
  ['accounts of a shop', json({ Accounts: [{ Id: 1, Name: 'x' }] })],
  ['a policy of another product', json({ Policy: '{"rules": []}' })],
  ['certificates of another product', json({ Certificates: [{ CertificateArn: 'arn:aws:acm:eu-west-1:1:certificate/x' }] })],
  ['users of IAM', json({ Users: [{ UserName: 'ci', UserId: 'AIDAEXAMPLE', Arn: 'arn:aws:iam::111122223333:user/ci' }] })],
  ['profiles of another product', json({ profiles: [{ name: 'x', roleArn: 'arn:aws:iam::111122223333:role/x' }] })],
  ['subjects of a binding', json({ subjects: [{ kind: 'ServiceAccount', name: 'x' }] })],
  ['an SPDX document', json({ id: 'x', Targets: [] })],
  ['an empty file', ''],
  ['a list of numbers', '[1,2,3]'],
  ['GCP service accounts', json([{ email: 'a@b.iam.gserviceaccount.com', uniqueId: '1', name: 'projects/b/serviceAccounts/a' }])],
];

describe('aws-iam scanner recognises', () => {
  for (const [what, text, path] of HITS) {
    it(what, () => {
      assert.equal(awsIamFiles.recognises(headOf(text, path)), true);
    });
  }
});

describe('aws-iam scanner leaves alone', () => {
  for (const [what, text, path] of MISSES) {
    it(what, () => {
      assert.equal(awsIamFiles.recognises(headOf(text, path)), false);
    });
  }

  for (const [what, head] of [
    ['lists', `{"Policies": [{${'"Arn": "x", '.repeat(350)}`],
    ['events', `{"Records": [{${'"Records": [{'.repeat(300)}`],
    ['texts', `{"Policy": "${' '.repeat(4000)}`],
    ['policies', `{"Policy": "{${'\\"Statement\\"'.repeat(250)}`],
    ['profiles', `{"profiles": [{${'"profiles": [{'.repeat(300)}`],
    ['users', `{"Users": [{${'"Users": [{"x": 1, '.repeat(200)}`],
    ['accounts', `{"Accounts": [{${'"Accounts": [{"x": 1, '.repeat(180)}`],
  ] as const) {
    it(`does so quickly on ${what} made to be slow`, () => {
      const start = cpuTime();

      for (let i = 0; i < 50; i++) assert.equal(awsIamFiles.recognises(headOf(head)), false);

      assert.ok(cpuTime() - start < 1000, `${cpuTime() - start}`);
    });
  }
});
