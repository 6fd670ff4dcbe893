import { ACCOUNT, allow, keyOf, policyOf, report, reportLine } from './exports.ts';
import { type Answer, inlineXml, keyXml, members, usedXml, userXml } from './iam-server.ts';

export const KEY = keyOf('AAAAAA');
export const CI = `aws:${ACCOUNT}:user/ci`;
export const ANALYZER = `arn:aws:access-analyzer:us-east-1:${ACCOUNT}:analyzer/unused`;

const ADMIN = inlineXml('all', policyOf(allow('*')));
const CREATED = '2024-01-02T03:04:05+00:00';

/** A small, healthy account: two pages, one key, one provider. */
export const HEALTHY: { readonly [action: string]: Answer } = {
  GetAccountAuthorizationDetails: (form) =>
    form.get('Marker') === null
      ? {
          result: `<IsTruncated>true</IsTruncated><Marker>page-2</Marker><UserDetailList>${members(userXml('ci', ADMIN))}</UserDetailList>`,
        }
      : {
          result: `<IsTruncated>false</IsTruncated><UserDetailList>${members(userXml('ci', ADMIN), userXml('mara'))}</UserDetailList>`,
        },
  GenerateCredentialReport: (_, nth) => ({ result: `<State>${nth < 2 ? 'STARTED' : 'COMPLETE'}</State>` }),
  GetCredentialReport: () => ({
    result: `<Content>${Buffer.from(
      report(
        reportLine('<root_account>'),
        reportLine('ci', {
          access_key_1_active: 'true',
          access_key_1_last_rotated: CREATED,
          access_key_1_last_used_date: '2026-05-01T00:00:00+00:00',
        }),
        reportLine('mara', { password_enabled: 'true', mfa_active: 'true' }),
      ),
    ).toString('base64')}</Content><ReportFormat>text/csv</ReportFormat>`,
  }),
  ListAccessKeys: (form) => {
    const user = form.get('UserName') ?? '';
    return {
      result: `<IsTruncated>false</IsTruncated><AccessKeyMetadata>${user === 'ci' ? members(keyXml(user, KEY)) : ''}</AccessKeyMetadata>`,
    };
  },
  GetAccessKeyLastUsed: () => ({ result: usedXml('ci') }),
  ListOpenIDConnectProviders: () => ({
    result: `<OpenIDConnectProviderList>${members(`<Arn>arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com</Arn>`)}</OpenIDConnectProviderList>`,
  }),
  GetOpenIDConnectProvider: () => ({
    result: `<Url>token.actions.githubusercontent.com</Url><ClientIDList>${members('sts.amazonaws.com')}</ClientIDList><CreateDate>2024-01-01T00:00:00Z</CreateDate>`,
  }),
  GetCallerIdentity: () => ({
    result: `<Arn>arn:aws:iam::${ACCOUNT}:user/auditor</Arn><UserId>AIDAEXAMPLE</UserId><Account>${ACCOUNT}</Account>`,
  }),
  ListServiceSpecificCredentials: () => ({
    result: `<IsTruncated>false</IsTruncated><ServiceSpecificCredentials>${members(
      '<UserName>ci</UserName><Status>Active</Status><ServiceCredentialAlias>BedrockAPIKey-x</ServiceCredentialAlias><CreateDate>2026-01-01T00:00:00Z</CreateDate><ServiceSpecificCredentialId>ACCAEXAMPLE123</ServiceSpecificCredentialId><ServiceName>bedrock.amazonaws.com</ServiceName>',
    )}</ServiceSpecificCredentials>`,
  }),
  ListSSHPublicKeys: (form) => ({
    result: `<IsTruncated>false</IsTruncated><SSHPublicKeys>${
      form.get('UserName') === 'ci'
        ? members(
            '<UserName>ci</UserName><SSHPublicKeyId>APKAEXAMPLE123</SSHPublicKeyId><Status>Active</Status><UploadDate>2025-01-01T00:00:00Z</UploadDate>',
          )
        : ''
    }</SSHPublicKeys>`,
  }),
  ListSigningCertificates: () => ({ result: '<IsTruncated>false</IsTruncated><Certificates></Certificates>' }),
  ListSAMLProviders: () => ({
    result: `<SAMLProviderList>${members(`<Arn>arn:aws:iam::${ACCOUNT}:saml-provider/okta</Arn><ValidUntil>2030-01-01T00:00:00Z</ValidUntil>`)}</SAMLProviderList>`,
  }),
  GenerateServiceLastAccessedDetails: (form) => ({ result: `<JobId>job-of-${form.get('Arn')}-0123456789012345678901</JobId>` }),
  GetServiceLastAccessedDetails: (_, nth) => ({
    result:
      nth === 1
        ? '<JobStatus>IN_PROGRESS</JobStatus><JobCreationDate>2026-05-31T00:00:00Z</JobCreationDate><ServicesLastAccessed></ServicesLastAccessed>'
        : `<JobStatus>COMPLETED</JobStatus><JobCreationDate>2026-05-31T00:00:00Z</JobCreationDate><JobCompletionDate>2026-05-31T00:00:01Z</JobCompletionDate><IsTruncated>false</IsTruncated><ServicesLastAccessed>${members(
            '<ServiceName>Amazon S3</ServiceName><ServiceNamespace>s3</ServiceNamespace><LastAuthenticated>2026-05-01T00:00:00Z</LastAuthenticated><TotalAuthenticatedEntities>1</TotalAuthenticatedEntities>',
            '<ServiceName>Amazon SQS</ServiceName><ServiceNamespace>sqs</ServiceNamespace><TotalAuthenticatedEntities>0</TotalAuthenticatedEntities>',
          )}</ServicesLastAccessed>`,
  }),
  DescribeOrganization: () => ({
    json: { Organization: { Id: 'o-abcdefghij', MasterAccountId: '444455556666', FeatureSet: 'ALL' } },
  }),
  ListRoots: () => ({
    json: { Roots: [{ Id: 'r-ab12', PolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }] }] },
  }),
  // An empty page that names the next is one of the quirks of this service.
  ListOrganizationalUnitsForParent: (form) =>
    form.get('ParentId') !== 'r-ab12'
      ? { json: { OrganizationalUnits: [] } }
      : form.get('NextToken') === null
        ? { json: { OrganizationalUnits: [], NextToken: 'more' } }
        : { json: { OrganizationalUnits: [{ Id: 'ou-ab12-cd34ef56', Name: 'Workloads' }] } },
  ListAccountsForParent: (form) => ({
    json: { Accounts: form.get('ParentId') === 'r-ab12' ? [] : [{ Id: ACCOUNT, Name: 'harbour-production', Status: 'ACTIVE' }] },
  }),
  ListPolicies: (form) => ({
    json: {
      Policies:
        form.get('Filter') === 'SERVICE_CONTROL_POLICY' ? [{ Id: 'p-FullAWSAccess', Type: 'SERVICE_CONTROL_POLICY' }] : [],
    },
  }),
  DescribePolicy: () => ({
    json: {
      Policy: {
        PolicySummary: { Id: 'p-FullAWSAccess', Type: 'SERVICE_CONTROL_POLICY' },
        Content: JSON.stringify(policyOf(allow('*'))),
      },
    },
  }),
  ListTargetsForPolicy: () => ({ json: { Targets: ['r-ab12', 'ou-ab12-cd34ef56', ACCOUNT].map((TargetId) => ({ TargetId })) } }),
  ListTagsForResource: () => ({ json: { Tags: [{ Key: 'env', Value: 'staging' }] } }),
  ListAnalyzers: () => ({
    json: {
      analyzers: [
        { arn: ANALYZER, name: 'unused', type: 'ACCOUNT_UNUSED_ACCESS', status: 'ACTIVE', createdAt: '2025-01-01T00:00:00Z' },
      ],
    },
  }),
  ListFindingsV2: (form) =>
    form.get('nextToken') === null ? { json: { findings: [finding()], nextToken: 'more' } } : { json: { findings: [] } },
  GetFindingV2: () => ({
    json: {
      ...finding(),
      findingDetails: [{ unusedPermissionDetails: { serviceNamespace: 'sqs', actions: [] } }],
    },
  }),
};

function finding(): object {
  return {
    id: 'f-1',
    analyzedAt: '2026-05-01T00:00:00Z',
    createdAt: '2026-05-01T00:00:00Z',
    updatedAt: '2026-05-01T00:00:00Z',
    resource: `arn:aws:iam::${ACCOUNT}:user/ci`,
    resourceType: 'AWS::IAM::User',
    resourceOwnerAccount: ACCOUNT,
    status: 'ACTIVE',
    findingType: 'UnusedPermission',
  };
}
