import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { kinds } from '../../helpers/scan-context.ts';
import { ACCOUNT, allow, details, keyOf, policyOf, roleDetail, scanAmong, scanJson, userDetail } from './exports.ts';

const ARN = `arn:aws:iam::${ACCOUNT}:role/etl`;
const ETL = `aws:${ACCOUNT}:role/etl`;
const KEY = keyOf('AAAAAA');
const ROLE = roleDetail('etl', {
  CreateDate: '2025-01-01T00:00:00Z',
  RolePolicyList: [{ PolicyName: 'work', PolicyDocument: policyOf(allow(['s3:*', 'sqs:*', 'iam:GetUser', 'iam:CreateUser'])) }],
});
const USED = {
  JobStatus: 'COMPLETED',
  JobCreationDate: '2026-05-01T00:00:00Z',
  JobCompletionDate: '2026-05-01T00:00:05Z',
  ServicesLastAccessed: [
    {
      ServiceName: 'Amazon S3',
      ServiceNamespace: 's3',
      LastAuthenticated: '2026-04-20T10:00:00Z',
      LastAuthenticatedEntity: ARN,
      TotalAuthenticatedEntities: 1,
    },
    { ServiceName: 'Amazon SQS', ServiceNamespace: 'sqs', TotalAuthenticatedEntities: 0 },
    {
      ServiceName: 'AWS IAM',
      ServiceNamespace: 'iam',
      LastAuthenticated: '2026-04-20T10:00:00Z',
      LastAuthenticatedEntity: ARN,
      TotalAuthenticatedEntities: 1,
      TrackedActionsLastAccessed: [
        { ActionName: 'GetUser', LastAccessedTime: '2026-04-20T10:00:00Z' },
        { ActionName: 'CreateUser' },
      ],
    },
    { ServiceName: 'Amazon EC2', ServiceNamespace: 'ec2', TotalAuthenticatedEntities: 0 },
  ],
};

function unused(observations: Parameters<typeof kinds>[0]) {
  return kinds(observations, 'grant').find((one) => one.viaKind === 'unused');
}

describe('aws-iam scanner, service last accessed', () => {
  it('tells granted services and actions that were not used, with a policy to review', async () => {
    const observations = await scanJson([details({ roles: [ROLE] }), { [ARN]: USED }]);

    const row = unused(observations);
    assert.equal(row?.identity, ETL);
    assert.deepEqual(row?.detail?.unusedServices, ['sqs']);
    assert.deepEqual(row?.detail?.usedServices, ['s3', 'iam']);
    assert.deepEqual(row?.detail?.unusedActions, ['iam:CreateUser']);
    assert.equal(row?.detail?.windowDays, 400);
    const policy = JSON.parse(String(row?.detail?.trimmedPolicy));
    const actions = policy.Statement.flatMap((one: { Action: string[] }) => one.Action);
    assert.deepEqual(actions, ['iam:GetUser', 's3:*']);
    assert.match(String(row?.detail?.inconclusive), /of s3 it is only known that the service was used/);
  });

  it('takes the later of it and of what a role says of its last use', async () => {
    const usedAt = async (role: object): Promise<string | undefined> => {
      const rows = await scanJson([details({ roles: [role] }), { [ARN]: USED }]);
      return kinds(rows, 'identity').find(({ id }) => id === ETL)?.lastUsedAt;
    };
    const last = USED.ServicesLastAccessed.flatMap(({ LastAuthenticated: at }) => at ?? [])
      .map((at) => new Date(at).toISOString())
      .sort()
      .at(-1);

    assert.equal(await usedAt({ ...ROLE, RoleLastUsed: {} }), last);
    assert.equal(await usedAt({ ...ROLE, RoleLastUsed: { LastUsedDate: '2026-04-29T00:00:00Z' } }), '2026-04-29T00:00:00.000Z');
    assert.equal(await usedAt({ ...ROLE, RoleLastUsed: { LastUsedDate: '2020-01-01T00:00:00Z' } }), last);
  });

  it('counts a young principal from the day it was made', async () => {
    const young = { ...ROLE, CreateDate: '2026-04-01T00:00:00Z' };

    const observations = await scanJson([details({ roles: [young] }), { [ARN]: USED }]);

    assert.equal(unused(observations)?.detail?.windowDays, 30);
  });

  for (const [how, files] of [
    ['a map by ARN', { 'aws/last.json': { [ARN]: USED } }],
    [
      'the name of its file',
      { 'aws/last-accessed-role-etl.json': { ...USED, ServicesLastAccessed: [USED.ServicesLastAccessed[1]] } },
    ],
    ['its directory and file', { 'aws/last/role/etl.json': { ...USED, ServicesLastAccessed: [USED.ServicesLastAccessed[1]] } }],
    ['who used it', { 'aws/last.json': USED }],
  ] as const) {
    it(`knows whose it is by ${how}`, async () => {
      const observations = await scanAmong({ 'aws/details.json': details({ roles: [ROLE] }), ...files }, 'aws/details.json');

      assert.deepEqual(unused(observations)?.detail?.unusedServices, ['sqs']);
    });
  }

  it('does not guess which of two accounts a name is of', async () => {
    const other = { ...ROLE, Arn: 'arn:aws:iam::999988887777:role/etl' };
    const observations = await scanAmong(
      {
        'aws/details.json': details({ roles: [ROLE, other] }),
        'aws/role-etl.json': { ...USED, ServicesLastAccessed: [USED.ServicesLastAccessed[1]] },
      },
      'aws/details.json',
    );

    assert.equal(unused(observations), undefined);
  });

  it('says when an answer does not tell whose it is', async () => {
    const observations = await scanJson({ ...USED, ServicesLastAccessed: [USED.ServicesLastAccessed[1]] }, 'last.json');

    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /does not say which principal/);
  });

  it('says nothing of a job that has not ended', async () => {
    const observations = await scanJson([
      details({ roles: [ROLE] }),
      { [ARN]: { JobStatus: 'IN_PROGRESS', JobCreationDate: '2026-05-01T00:00:00Z', ServicesLastAccessed: [] } },
    ]);

    assert.equal(unused(observations), undefined);
    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /JobStatus: IN_PROGRESS; ask again/);
  });

  it('names the field of an answer that it cannot read', async () => {
    const observations = await scanJson({ [ARN]: { ...USED, ServicesLastAccessed: [{ ServiceName: 'Amazon S3' }] } });

    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /ServicesLastAccessed\[0\]\.ServiceNamespace/);
  });
});

describe('aws-iam scanner, Access Analyzer', () => {
  const finding = {
    id: 'f-1',
    resource: `arn:aws:iam::${ACCOUNT}:user/ci`,
    resourceType: 'AWS::IAM::User',
    resourceOwnerAccount: ACCOUNT,
    status: 'ACTIVE',
    analyzedAt: '2026-05-01T00:00:00Z',
  };

  it('joins the id of an unused key to its user', async () => {
    const observations = await scanJson({
      ...finding,
      findingType: 'UnusedIAMUserAccessKey',
      findingDetails: [{ unusedIamUserAccessKeyDetails: { accessKeyId: KEY, lastAccessed: '2025-01-01T00:00:00Z' } }],
    });

    const [key] = kinds(observations, 'credential');
    assert.deepEqual(
      [key?.id, key?.identity, key?.lastUsedAt],
      [`aws:access-key/${KEY}`, `aws:${ACCOUNT}:user/ci`, '2025-01-01T00:00:00.000Z'],
    );
  });

  it('prefers the finding asked for by itself to its line in the list', async () => {
    const details = {
      ...finding,
      findingType: 'UnusedPermission',
      findingDetails: [{ unusedPermissionDetails: { serviceNamespace: 'sqs' } }],
    };
    const observations = await scanJson([
      { findings: [{ ...finding, findingType: 'UnusedPermission' }] },
      details,
      { findings: [{ ...finding, findingType: 'UnusedPermission' }] },
    ]);

    const rows = kinds(observations, 'grant');
    assert.deepEqual(
      rows.map((one) => [one.identity, one.permission, one.viaKind]),
      [[`aws:${ACCOUNT}:user/ci`, 'sqs', 'unused']],
    );
  });

  it('tells of a role that anybody may take whether a condition is left', async () => {
    const role = { ...finding, resource: ARN, resourceType: 'AWS::IAM::Role', isPublic: true, action: ['sts:AssumeRole'] };
    const observations = await scanJson({
      findings: [
        { ...role, id: 'open', principal: { AWS: '*' }, condition: {} },
        { ...role, id: 'bound', principal: { AWS: '*' }, condition: { 'aws:SourceVpc': 'vpc-1' } },
        { ...role, id: 'asked', isPublic: false, principal: { AWS: '999988887777' }, condition: { 'sts:ExternalId': 'x' } },
      ],
    });

    const told = kinds(observations, 'trust').map(({ detail }) => [
      detail?.stranger,
      detail?.strangerIf,
      detail?.withoutExternalId,
    ]);
    assert.deepEqual(told, [
      ['yes', undefined, undefined],
      ['maybe', ['aws:SourceVpc'], undefined],
      [undefined, undefined, 'no'],
    ]);
  });

  it('tells that somebody outside may take a role, in both versions of the API', async () => {
    const outside = { principal: { AWS: '999988887777' }, isPublic: false, action: ['sts:AssumeRole'], condition: {} };
    const role = { ...finding, resource: ARN, resourceType: 'AWS::IAM::Role' };
    const observations = await scanJson({
      findings: [
        { ...role, id: 'new', findingType: 'ExternalAccess', findingDetails: [{ externalAccessDetails: outside }] },
        { ...role, id: 'old', ...outside },
        { ...role, id: 'settled', status: 'ARCHIVED', ...outside },
      ],
    });

    assert.deepEqual(
      kinds(observations, 'trust').map((one) => [one.identity, one.principal, one.principalType, one.at?.pointer]),
      [
        [ETL, '999988887777', 'account', 'new'],
        [ETL, '999988887777', 'account', 'old'],
      ],
    );
  });
});

describe('aws-iam scanner, other credentials of users', () => {
  it('reads service-specific credentials, SSH keys and certificates', async () => {
    const blob = Buffer.from('a public key').toString('base64');
    const FINGERPRINT = `SHA256:${createHash('sha256').update('a public key').digest('base64').replace(/=+$/, '')}`;
    const observations = await scanJson([
      details({ users: [userDetail('ci')] }),
      {
        ServiceSpecificCredentials: [
          {
            UserName: 'ci',
            Status: 'Active',
            ServiceUserName: 'ci-at-111122223333',
            CreateDate: '2024-01-01T00:00:00Z',
            ServiceSpecificCredentialId: 'ACCAEXAMPLE123',
            ServiceName: 'codecommit.amazonaws.com',
          },
          {
            UserName: 'ci',
            Status: 'Active',
            ServiceCredentialAlias: 'BedrockAPIKey-x',
            CreateDate: '2026-05-01T00:00:00Z',
            ExpirationDate: '2026-06-30T00:00:00Z',
            ServiceSpecificCredentialId: 'ACCAEXAMPLE456',
            ServiceName: 'bedrock.amazonaws.com',
          },
        ],
      },
      {
        SSHPublicKeys: [
          { UserName: 'ci', SSHPublicKeyId: 'APKAEXAMPLE123', Status: 'Inactive', UploadDate: '2024-01-01T00:00:00Z' },
        ],
      },
      {
        SSHPublicKey: {
          UserName: 'ci',
          SSHPublicKeyId: 'APKAEXAMPLE456',
          SSHPublicKeyBody: `ssh-ed25519 ${blob} ci`,
          Status: 'Active',
          UploadDate: '2024-01-01T00:00:00Z',
        },
      },
      {
        Certificates: [
          {
            UserName: 'ci',
            CertificateId: 'CERTEXAMPLE',
            Status: 'Active',
            UploadDate: '2024-01-01T00:00:00Z',
            CertificateBody: 'x',
          },
        ],
      },
    ]);

    const rows = kinds(observations, 'credential').map(({ id, identity, neverExpires, expiresAt, status }) => [
      id,
      identity,
      neverExpires ?? expiresAt,
      status,
    ]);
    const CI = `aws:${ACCOUNT}:user/ci`;
    assert.deepEqual(rows, [
      ['aws:service-specific-credential/ACCAEXAMPLE123', CI, true, 'active'],
      ['aws:service-specific-credential/ACCAEXAMPLE456', CI, '2026-06-30T00:00:00.000Z', 'active'],
      ['aws:ssh-key/APKAEXAMPLE123', CI, true, 'inactive'],
      [`ssh:key/${FINGERPRINT}`, CI, true, 'active'],
      ['aws:certificate/CERTEXAMPLE', CI, undefined, 'active'],
    ]);
    assert.equal(kinds(observations, 'credential')[3]?.detail?.keyId, 'APKAEXAMPLE456');
  });

  it('tells SAML providers with the end of their metadata', async () => {
    const arn = `arn:aws:iam::${ACCOUNT}:saml-provider/okta`;
    const observations = await scanJson({
      SAMLProviderList: [{ Arn: arn, ValidUntil: '2027-01-01T00:00:00Z', CreateDate: '2024-01-01T00:00:00Z' }, { Name: 'x' }],
    });

    const [provider, file] = kinds(observations, 'coverage');
    assert.equal(provider?.detail?.validUntil, '2027-01-01T00:00:00.000Z');
    assert.match(file?.why ?? '', /SAMLProviderList\[1\]\.Arn/);
  });
});

describe('aws-iam scanner, policies of resources', () => {
  const SECRET = `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:db-x`;
  const letIn = (principal: object, action: string, resource: string) =>
    JSON.stringify(policyOf({ Effect: 'Allow', Principal: principal, Action: action, Resource: resource }));

  it('tells whom the policy of a secret and of a bucket lets in by name', async () => {
    const observations = await scanJson([
      { ARN: SECRET, Name: 'db', ResourcePolicy: letIn({ AWS: ARN }, 'secretsmanager:GetSecretValue', '*') },
      { Policy: letIn({ AWS: ['arn:aws:iam::999988887777:role/partner', ARN] }, 's3:*', 'arn:aws:s3:::bucket/*') },
    ]);

    const told = kinds(observations, 'grant').filter((one) => one.capability !== undefined);
    assert.deepEqual(
      told.map((one) => [one.identity, one.capability, one.resource, one.confidence]),
      [
        [ETL, 'reads-secrets', SECRET, 'medium'],
        ['aws:999988887777:role/partner', 'reads-data', 'arn:aws:s3:::bucket/*', 'medium'],
        ['aws:999988887777:role/partner', 'writes-data', 'arn:aws:s3:::bucket/*', 'medium'],
        [ETL, 'reads-data', 'arn:aws:s3:::bucket/*', 'medium'],
        [ETL, 'writes-data', 'arn:aws:s3:::bucket/*', 'medium'],
      ],
    );
    assert.ok(kinds(observations, 'grant').every((one) => one.viaKind === 'resource-policy'));
  });

  it('makes no identity of accounts, services, everybody and a Deny', async () => {
    const observations = await scanJson([
      { Policy: letIn({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, 'kms:*', '*') },
      { Policy: letIn({ Service: 'logs.amazonaws.com' }, 's3:*', '*') },
      { Policy: letIn({ AWS: '*' }, 's3:*', '*') },
      { Policy: JSON.stringify(policyOf({ Effect: 'Deny', Principal: { AWS: ARN }, Action: 's3:*', Resource: '*' })) },
    ]);

    assert.deepEqual(kinds(observations, 'grant'), []);
    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
  });

  it('says which policy it cannot read', async () => {
    const observations = await scanJson([{ Policy: '{"Statement": [{"Effect": "Maybe"}]}' }]);

    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /Policy: the policy document is malformed at/);
  });
});

describe('aws-iam scanner, CloudTrail', () => {
  const event = (name: string, more: object = {}) => ({
    eventVersion: '1.08',
    userIdentity: {
      type: 'IAMUser',
      arn: `arn:aws:iam::${ACCOUNT}:user/ci`,
      accountId: ACCOUNT,
      accessKeyId: KEY,
      userName: 'ci',
    },
    eventTime: '2026-05-01T10:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: name,
    awsRegion: 'eu-west-1',
    sourceIPAddress: '192.0.2.7',
    eventID: `id-${name}`,
    readOnly: true,
    recipientAccountId: ACCOUNT,
    ...more,
  });
  const byRole = (session: string, role = 'etl') => ({
    type: 'AssumedRole',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
    accountId: ACCOUNT,
    accessKeyId: ['AS', 'IAEXAMPLEEXAMPLE12'].join(''),
    sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/service/${role}`, userName: role } },
  });
  const iam = (name: string, requestParameters: object, more: object = {}) =>
    event(name, { eventSource: 'iam.amazonaws.com', readOnly: false, requestParameters, ...more });

  it('tells use by identity, key, service and kind of action', async () => {
    const observations = await scanJson({
      Records: [
        event('GetObject'),
        event('ListBuckets', { eventTime: '2026-05-02T10:00:00Z' }),
        event('PutObject', { readOnly: false }),
        event('RunJob', { userIdentity: byRole('worker-1') }),
      ],
    });

    assert.deepEqual(
      kinds(observations, 'usage').map((one) => [one.identity, one.credential, one.usedAt, one.action, one.detail?.events]),
      [
        [`aws:${ACCOUNT}:user/ci`, `aws:access-key/${KEY}`, '2026-05-02T10:00:00.000Z', 'read', 2],
        [`aws:${ACCOUNT}:user/ci`, `aws:access-key/${KEY}`, '2026-05-01T10:00:00.000Z', 'write', 1],
        [ETL, undefined, '2026-05-01T10:00:00.000Z', 'read', 1],
      ],
    );
    const [key] = kinds(observations, 'credential');
    assert.deepEqual(
      [key?.id, key?.identity, key?.lastUsedAt, key?.lastUsedFor],
      [`aws:access-key/${KEY}`, `aws:${ACCOUNT}:user/ci`, '2026-05-02T10:00:00.000Z', 's3'],
    );
  });

  it('reads what lookup-events gives, newest first, and counts an event once', async () => {
    const looked = (one: ReturnType<typeof event>) => ({
      EventId: one.eventID,
      EventName: one.eventName,
      EventTime: one.eventTime,
      EventSource: one.eventSource,
      CloudTrailEvent: JSON.stringify(one),
    });
    const newest = event('ListBuckets', { eventTime: '2026-05-02T10:00:00Z' });

    const observations = await scanJson([{ Events: [looked(newest), looked(event('GetObject'))] }, { Events: [looked(newest)] }]);

    assert.deepEqual(
      kinds(observations, 'usage').map((one) => [one.usedAt, one.detail?.events, one.detail?.firstAt]),
      [['2026-05-02T10:00:00.000Z', 2, '2026-05-01T10:00:00.000Z']],
    );
    assert.equal(kinds(observations, 'coverage')[0]?.surface, 'audit-log');
  });

  it('names who made a user, a role and a key, where that is a person', async () => {
    const made = { accessKey: { accessKeyId: keyOf('BBBBBB'), userName: 'loader', status: 'Active' } };
    const observations = await scanJson({
      Records: [
        iam('CreateUser', { userName: 'loader' }, { userIdentity: byRole('Mara@harbour.example', 'AWSReservedSSO_Admin_0123') }),
        iam('CreateRole', { roleName: 'batch' }, { userIdentity: byRole('terraform-1') }),
        iam('CreateAccessKey', { userName: 'loader' }, { responseElements: made }),
      ],
    });

    assert.deepEqual(
      kinds(observations, 'identity').map((one) => [one.id, one.owner, one.ownerBasis, one.createdAt]),
      [
        [`aws:${ACCOUNT}:user/loader`, 'mara@harbour.example', 'creator', '2026-05-01T10:00:00.000Z'],
        [`aws:${ACCOUNT}:role/batch`, undefined, undefined, '2026-05-01T10:00:00.000Z'],
      ],
    );
    assert.ok(
      kinds(observations, 'credential').some(
        (one) => one.publicId === keyOf('BBBBBB') && one.identity === `aws:${ACCOUNT}:user/loader`,
      ),
    );
  });

  it('does not tell of what was deleted since, in whatever order', async () => {
    const observations = await scanJson({
      Records: [
        iam('DeleteUser', { userName: 'loader' }, { eventTime: '2026-05-03T10:00:00Z' }),
        iam('CreateUser', { userName: 'loader' }),
        iam('CreateRole', { roleName: 'x' }, { errorCode: 'AccessDenied' }),
      ],
    });

    assert.deepEqual(kinds(observations, 'identity'), []);
  });

  it('leaves out events of AWS itself, and says how many', async () => {
    const observations = await scanJson({
      Records: [
        event('GetObject'),
        event('AssumeRole', { userIdentity: { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' } }),
      ],
    });

    assert.equal(kinds(observations, 'usage').length, 1);
    const [coverage] = kinds(observations, 'coverage');
    assert.deepEqual([coverage?.outcome, coverage?.detail?.events, coverage?.detail?.eventsOfNoIdentity], ['complete', 2, 1]);
  });

  it('names the field of an event that it cannot read', async () => {
    const observations = await scanJson({
      Records: [event('GetObject'), { eventVersion: '3.0', userIdentity: { type: 'IAMUser' }, action: 'x' }],
    });

    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /Records\[1\]\.eventSource/);
  });
});
