import type { LiveCall, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { hostOf, type Service } from './client-config.ts';

/** Operation, and what stays unknown without it. The right has the name of the call but where AWS names it otherwise. */
const CALLS: readonly {
  readonly service: Service;
  readonly operation: string;
  readonly right?: string;
  readonly tells: string;
}[] = [
  { service: 'sts', operation: 'sts:GetCallerIdentity', tells: 'which account it is, and its clock' },
  ...of('iam', [
    ['iam:GetAccountAuthorizationDetails', 'users, roles, policies, trust'],
    ['iam:GenerateCredentialReport', 'age and use of passwords and keys, the root user'],
    ['iam:GetCredentialReport', 'age and use of passwords and keys, the root user'],
    ['iam:ListUsers', 'whose keys to ask for, where the details are denied'],
    ['iam:ListAccessKeys', 'ids of access keys'],
    ['iam:GetAccessKeyLastUsed', 'last use of access keys'],
    ['iam:ListServiceSpecificCredentials', 'keys for Bedrock, CodeCommit and others'],
    ['iam:ListSSHPublicKeys', 'SSH keys of users'],
    ['iam:ListSigningCertificates', 'certificates of users'],
    ['iam:ListOpenIDConnectProviders', 'whose tokens the account believes'],
    ['iam:GetOpenIDConnectProvider', 'for which audiences'],
    ['iam:ListSAMLProviders', 'whose assertions it believes'],
    ['iam:GenerateServiceLastAccessedDetails', 'rights that are not used'],
    ['iam:GetServiceLastAccessedDetails', 'rights that are not used'],
  ]),
  ...of('organizations', [
    ['organizations:DescribeOrganization', 'the organisation of the account'],
    ['organizations:ListRoots', 'what limits the account from above'],
    ['organizations:ListOrganizationalUnitsForParent', 'units of the organisation'],
    ['organizations:ListAccountsForParent', 'which accounts are your own'],
    ['organizations:ListPolicies', 'service control policies'],
    ['organizations:DescribePolicy', 'what they forbid'],
    ['organizations:ListTargetsForPolicy', 'where they are attached'],
    ['organizations:ListTagsForResource', 'environment of the account'],
  ]),
  { service: 'access-analyzer', operation: 'access-analyzer:ListAnalyzers', tells: 'analyzers of the region' },
  {
    service: 'access-analyzer',
    operation: 'access-analyzer:ListFindingsV2',
    right: 'access-analyzer:ListFindings',
    tells: 'what is unused or open to others',
  },
  {
    service: 'access-analyzer',
    operation: 'access-analyzer:GetFindingV2',
    right: 'access-analyzer:GetFinding',
    tells: 'which key, which permission, who',
  },
];

function of(service: Service, calls: readonly (readonly [string, string])[]) {
  return calls.map(([operation, tells]) => ({ service, operation, tells }));
}

/** All that a scan may ask, read-only. */
export function listCalls(_target: ServiceTarget, env: ScanContext['env']): readonly LiveCall[] {
  return CALLS.map(({ service, operation, right = operation, tells }) => ({
    host: hostOf(service, env),
    operation,
    right,
    tells,
  }));
}
