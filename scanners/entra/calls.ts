import type { LiveCall } from '../../src/contracts/index.ts';
import type { AnswerKind } from './answers.ts';
import type { Cloud } from './clouds.ts';

interface Call {
  readonly at: 'graph' | 'arm';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: { readonly [name: string]: string };
  /** Of Resource Graph. */
  readonly ask?: string;
  readonly right: string;
  readonly tells: string;
  /** What coverage says was looked at. */
  readonly what: string;
  readonly kinds: readonly AnswerKind[];
}

const APP_FIELDS =
  'id,appId,displayName,createdDateTime,passwordCredentials,keyCredentials,notes,tags,serviceManagementReference,signInAudience,servicePrincipalLockConfiguration';
const PRINCIPAL_FIELDS =
  'id,appId,displayName,appDisplayName,createdDateTime,accountEnabled,servicePrincipalType,appOwnerOrganizationId,alternativeNames,passwordCredentials,keyCredentials,notes,tags,preferredSingleSignOnMode,verifiedPublisher,appRoles';
const RESOURCE_GRAPH = '/providers/Microsoft.ResourceGraph/resources';
const RESOURCE_GRAPH_VERSION = { 'api-version': '2022-10-01' };

/** Every call of a live run. Reading all of them; the POST is how Resource Graph is asked. */
export const CALLS = {
  apps: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/applications',
    query: { $select: APP_FIELDS, $expand: 'owners', $top: '100' },
    right: 'Application.Read.All',
    tells: 'which applications there are, their secrets, certificates and owners',
    what: 'app registrations',
    kinds: ['app registrations', 'owners'],
  },
  federated: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/applications',
    query: { $select: 'id,appId', $expand: 'federatedIdentityCredentials', $top: '100' },
    right: 'Application.Read.All',
    tells: 'which other issuers sign in as applications',
    what: 'federated credentials',
    kinds: ['federated credentials'],
  },
  principals: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/servicePrincipals',
    query: { $select: PRINCIPAL_FIELDS, $expand: 'appRoleAssignments', $top: '100' },
    right: 'Application.Read.All',
    tells: 'which applications and managed identities act in the tenant, and their application permissions',
    what: 'service principals',
    kinds: ['service principals', 'application permissions'],
  },
  principalOwners: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/servicePrincipals',
    query: { $select: 'id,appId,servicePrincipalType', $expand: 'owners', $top: '100' },
    right: 'Application.Read.All',
    tells: 'who owns service principals',
    what: 'owners of service principals',
    kinds: ['owners'],
  },
  appOwners: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/applications/{id}/owners',
    right: 'Application.Read.All',
    tells: 'all owners of applications that have many',
    what: 'long lists of owners',
    kinds: ['owners'],
  },
  principalAllOwners: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/servicePrincipals/{id}/owners',
    right: 'Application.Read.All',
    tells: 'all owners of service principals that have many',
    what: 'long lists of owners of service principals',
    kinds: ['owners'],
  },
  appRoles: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/servicePrincipals/{id}/appRoleAssignments',
    right: 'Application.Read.All',
    tells: 'all application permissions of those that have many',
    what: 'long lists of permissions',
    kinds: ['application permissions'],
  },
  delegated: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/oauth2PermissionGrants',
    right: 'Directory.Read.All',
    tells: 'what applications may do for signed-in users',
    what: 'delegated permissions',
    kinds: ['delegated permissions'],
  },
  directoryRoles: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/roleManagement/directory/roleAssignments',
    query: { $expand: 'principal' },
    right: 'RoleManagement.Read.Directory',
    tells: 'who has roles of the directory',
    what: 'directory roles',
    kinds: ['directory roles'],
  },
  directoryDefinitions: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/roleManagement/directory/roleDefinitions',
    right: 'RoleManagement.Read.Directory',
    tells: 'what roles of the directory amount to',
    what: 'definitions of roles of the directory',
    kinds: ['role definitions'],
  },
  // Beta, since v1.0 leaves service principals out; transitive, since roles of Azure go down to groups in groups.
  // https://learn.microsoft.com/en-us/graph/api/group-list-transitivemembers
  groupMembers: {
    at: 'graph',
    method: 'GET',
    path: '/beta/groups/{id}/transitiveMembers',
    right: 'GroupMember.Read.All',
    tells: 'which applications are in groups that have a role',
    what: 'members of groups with roles',
    kinds: ['group members'],
  },
  policy: {
    at: 'graph',
    method: 'GET',
    path: '/v1.0/policies/defaultAppManagementPolicy',
    right: 'Policy.Read.All',
    tells: 'what the tenant asks of new secrets',
    what: 'app management policy',
    kinds: ['app management policies'],
  },
  activity: {
    at: 'graph',
    method: 'GET',
    path: '/beta/reports/servicePrincipalSignInActivities',
    right: 'AuditLog.Read.All',
    tells: 'when applications last signed in',
    what: 'sign-ins of service principals',
    kinds: ['service-principal sign-ins'],
  },
  keyActivity: {
    at: 'graph',
    method: 'GET',
    path: '/beta/reports/appCredentialSignInActivities',
    right: 'AuditLog.Read.All',
    tells: 'when secrets and certificates were last used',
    what: 'sign-ins of credentials',
    kinds: ['credential sign-ins'],
  },
  subscriptions: {
    at: 'arm',
    method: 'POST',
    path: RESOURCE_GRAPH,
    query: RESOURCE_GRAPH_VERSION,
    ask: "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project id, subscriptionId, name",
    right: 'Reader at the root management group',
    tells: 'which subscriptions can be seen',
    what: 'subscriptions',
    kinds: [],
  },
  azureDefinitions: {
    at: 'arm',
    method: 'POST',
    path: RESOURCE_GRAPH,
    query: RESOURCE_GRAPH_VERSION,
    ask: "authorizationresources | where type =~ 'microsoft.authorization/roledefinitions' | project id, name, type, properties = bag_pack('roleName', properties.roleName, 'permissions', properties.permissions)",
    right: 'Reader at the root management group',
    tells: 'what roles of Azure amount to',
    what: 'definitions of roles of Azure',
    kinds: ['role definitions'],
  },
  azureRoles: {
    at: 'arm',
    method: 'POST',
    path: RESOURCE_GRAPH,
    query: RESOURCE_GRAPH_VERSION,
    ask: "authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | project id, name, type, properties",
    right: 'Reader at the root management group',
    tells: 'who has roles over resources of Azure',
    what: 'Azure roles',
    kinds: ['Azure roles'],
  },
  managed: {
    at: 'arm',
    method: 'POST',
    path: RESOURCE_GRAPH,
    query: RESOURCE_GRAPH_VERSION,
    ask: "resources | where type =~ 'microsoft.managedidentity/userassignedidentities' | project id, name, type, resourceGroup, tags, tenantId, properties",
    right: 'Reader at the root management group',
    tells: 'owners, tags and places of managed identities',
    what: 'managed identities',
    kinds: ['managed identities'],
  },
  vaults: {
    at: 'arm',
    method: 'POST',
    path: RESOURCE_GRAPH,
    query: RESOURCE_GRAPH_VERSION,
    ask: "resources | where type =~ 'microsoft.keyvault/vaults' | project id, name, type, properties = bag_pack('enableRbacAuthorization', properties.enableRbacAuthorization, 'accessPolicies', properties.accessPolicies)",
    right: 'Reader at the root management group',
    tells: 'who reads the secrets of vaults that do not go by roles',
    what: 'access policies of vaults',
    kinds: ['vault access policies'],
  },
  managedFederated: {
    at: 'arm',
    method: 'GET',
    path: '{id}/federatedIdentityCredentials',
    query: { 'api-version': '2023-01-31' },
    right: 'Reader at the root management group',
    tells: 'which other issuers sign in as managed identities',
    what: 'federated credentials of managed identities',
    kinds: ['federated credentials'],
  },
} as const satisfies { readonly [name: string]: Call };

export type CallName = keyof typeof CALLS;

/** As the contract has them: for `--dry-run` and for `doctor`. */
export function callsOf(cloud: Cloud): LiveCall[] {
  return (Object.keys(CALLS) as CallName[])
    .filter((name) => cloud.hasReports || !isReport(name))
    .map((name) => liveCall(name, cloud));
}

/** What goes before: the token of an application, and the id of a tenant that is named by a domain. */
export function signInCalls(cloud: Cloud): LiveCall[] {
  const { host } = new URL(cloud.authority);
  return [
    {
      host,
      operation: 'POST /{tenant}/oauth2/v2.0/token',
      right: 'sign-in of the application',
      tells: 'whether the login is accepted',
    },
    {
      host,
      operation: 'GET /{tenant}/v2.0/.well-known/openid-configuration',
      right: 'none: it is public',
      tells: 'the id of a tenant that is named by its domain',
    },
  ];
}

function isReport(name: CallName): boolean {
  return CALLS[name].path.startsWith('/beta/reports/');
}

export function liveCall(name: CallName, cloud: Cloud): LiveCall {
  const call: Call = CALLS[name];
  const table = call.ask === undefined ? '' : ` (${call.what})`;
  return {
    host: new URL(call.at === 'graph' ? cloud.graph : cloud.arm).host,
    operation: `${call.method} ${call.path}${table}`,
    right: call.right,
    tells: call.tells,
  };
}

export function callNamed(name: CallName): Call {
  return CALLS[name];
}
