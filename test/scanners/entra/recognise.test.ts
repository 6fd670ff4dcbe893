import assert from 'node:assert/strict';
import { entraFiles } from '../../../scanners/entra/index.ts';
import { app, appId, appRole, azureRole, guid, headOf, page, principal, SUBSCRIPTION, secret, TENANT, user } from './exports.ts';

const recognises = (value: unknown, path?: string) =>
  entraFiles.recognises(headOf(typeof value === 'string' ? value : JSON.stringify(value, undefined, 2), path));

const role = {
  assignableScopes: ['/'],
  id: '/providers/Microsoft.Authorization/roleDefinitions/x',
  permissions: [{ actions: ['*/read'] }],
  roleName: 'Keeper',
  roleType: 'CustomRole',
  type: 'Microsoft.Authorization/roleDefinitions',
};
const identity = {
  clientId: appId('etl'),
  id: `${SUBSCRIPTION}/x`,
  principalId: guid('p'),
  type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
};
const credential = {
  audiences: ['api://AzureADTokenExchange'],
  id: 'f',
  issuer: 'https://gitlab.com',
  name: 'main',
  subject: 'project_path:a/b',
};

const EXPORTS: [string, unknown][] = [
  ['az ad app list', [app('deploy')]],
  ['az ad app show', app('deploy')],
  ['az ad sp list', [principal('deploy')]],
  ['a page of applications with a few fields', page('applications(id,appId)', [{ id: guid('x'), appId: appId('x') }])],
  ['an empty list of owners', page('directoryObjects', [])],
  ['owners', page('directoryObjects', [user('mara')])],
  ['app role assignments', [appRole('deploy', guid('r'))]],
  ['delegated permissions', page('oauth2PermissionGrants', [{ clientId: guid('c'), consentType: 'AllPrincipals', scope: 'x' }])],
  ['directory roles', [{ id: 'x', principalId: guid('p'), roleDefinitionId: guid('r'), directoryScopeId: '/' }]],
  ['az role assignment list', [azureRole('deploy', 'Owner', SUBSCRIPTION)]],
  ['az role definition list', [role]],
  ['az identity list', [identity]],
  ['az ad app federated-credential list', [credential]],
  ['sign-ins of credentials', page('reports/appCredentialSignInActivities', [])],
  ['the policy of the tenant', { '@odata.context': 'x', id: 'y', applicationRestrictions: { passwordCredentials: [] } }],
  ['az account show', { environmentName: 'AzureCloud', homeTenantId: TENANT, tenantId: TENANT }],
  ['AzureHound', { data: [{ kind: 'AZApp', data: app('deploy') }], meta: { type: 'azure', count: 1 } }],
  ['AzureHound, a line', JSON.stringify({ kind: 'AZTenant', data: { tenantId: TENANT } })],
];

const OTHERS: [string, unknown, string?][] = [
  ['a new secret', { appId: appId('x'), password: 'p', tenant: TENANT }],
  ['the answer that made a secret', { ...app('deploy', { passwordCredentials: [{ ...secret('x'), secretText: 'text' }] }) }],
  [
    'a settings file of an application',
    { AzureAd: { Instance: 'https://login.microsoftonline.com/', ClientId: appId('x'), TenantId: TENANT } },
  ],
  [
    'a manifest of Teams',
    {
      manifestVersion: '1.16',
      id: guid('x'),
      bots: [{ botId: guid('b') }],
      webApplicationInfo: { id: appId('x'), resource: 'api://x' },
    },
  ],
  [
    'a template',
    {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      resources: [
        {
          type: 'Microsoft.Authorization/roleAssignments',
          apiVersion: '2022-04-01',
          properties: { principalId: guid('p'), roleDefinitionId: 'x' },
        },
      ],
    },
  ],
  [
    'a discovery document',
    { issuer: 'https://idp.example', jwks_uri: 'https://idp.example/keys', subject_types_supported: ['public'] },
  ],
  ['a Kubernetes object', { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'x' } }],
  ['users of Graph', page('users', [user('mara')])],
  ['a trust policy of AWS', { Statement: [{ Principal: { Federated: 'x' }, Action: 'sts:AssumeRoleWithWebIdentity' }] }],
  ['an export under the name of code', [app('deploy')], 'list.ts'],
  ['YAML', 'appId: x\nsignInAudience: y'],
];

describe('entra scanner: recognises', () => {
  for (const [what, value] of EXPORTS) {
    it(what, () => {
      assert.ok(recognises(value));
    });
  }

  for (const [what, value, path] of OTHERS) {
    it(`leaves alone ${what}`, () => {
      assert.ok(!recognises(value, path));
    });
  }
});
