import assert from 'node:assert/strict';
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { chmodSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { delimiter, join } from 'node:path';
import { entraLive } from '../../../scanners/entra/index.ts';
import type { Json, Observation, ScanContext, ServiceTarget } from '../../../src/contracts/index.ts';
import { type Asked, type Loopback, loopback, reply } from '../../helpers/loopback.ts';
import { collect, kinds, tempDir, testContext, writeFile } from '../../helpers/scan-context.ts';
import { selfSigned } from './certificate.ts';
import {
  app,
  appId,
  appRole,
  guid,
  idOf,
  objectId,
  page,
  principal,
  principalId,
  SUBSCRIPTION,
  secret,
  TENANT,
  user,
} from './exports.ts';

const TARGET: ServiceTarget = { kind: 'service', name: `entra:${TENANT}`, scheme: 'entra', address: TENANT };
const SECRET = ['abc', '8', 'Q~', 'loopbackSecretOfTheseTestsxxxxxxx'].join('');
const GROUP = guid('administrators');
const MANAGED = `${SUBSCRIPTION}/resourcegroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/etl`;
const RESOURCE_GRAPH = '/providers/Microsoft.ResourceGraph/resources';

const token = (audience: string) => `token-for-${new URL(audience).host}`;
const fic = (name: string) => ({
  id: guid(name),
  name,
  issuer: 'https://token.actions.githubusercontent.com',
  subject: `repo:harbour/shop:environment:${name}`,
  audiences: ['api://AzureADTokenExchange'],
});

const GRAPH: { readonly [key: string]: unknown } = {
  '/v1.0/applications owners': page('applications(id,owners())', [
    app('deploy', { passwordCredentials: [secret('ci')], owners: [user('mara')] }),
  ]),
  '/v1.0/applications federatedIdentityCredentials': page('applications(id,appId)', [
    { id: objectId('deploy'), appId: appId('deploy'), federatedIdentityCredentials: [fic('production')] },
  ]),
  '/v1.0/servicePrincipals appRoleAssignments': page('servicePrincipals', [
    principal('deploy', { appRoleAssignments: [appRole('deploy', '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8')] }),
    principal('worker'),
  ]),
  '/v1.0/servicePrincipals owners': page('servicePrincipals', [
    { id: principalId('deploy'), appId: appId('deploy'), servicePrincipalType: 'Application', owners: [] },
  ]),
  '/v1.0/oauth2PermissionGrants ': page('oauth2PermissionGrants', []),
  '/v1.0/roleManagement/directory/roleDefinitions ': page('roleManagement/directory/roleDefinitions', []),
  '/v1.0/roleManagement/directory/roleAssignments principal': page('roleManagement/directory/roleAssignments', [
    {
      id: 'r1',
      principalId: GROUP,
      roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10',
      directoryScopeId: '/',
      principal: { '@odata.type': '#microsoft.graph.group', id: GROUP, displayName: 'administrators' },
    },
  ]),
  '/v1.0/groups ': page('groups', [{ id: GROUP }]),
  // Only beta lists service principals. https://learn.microsoft.com/en-us/graph/api/group-list-members
  [`/v1.0/groups/${GROUP}/members `]: page('directoryObjects', [user('mara')]),
  [`/v1.0/groups/${GROUP}/transitiveMembers `]: page('directoryObjects', [user('mara')]),
  [`/beta/groups/${GROUP}/members `]: page('directoryObjects', [
    { '@odata.type': '#microsoft.graph.group', id: guid('operators'), displayName: 'operators' },
    user('mara'),
  ]),
  [`/beta/groups/${GROUP}/transitiveMembers `]: page('directoryObjects', [
    { '@odata.type': '#microsoft.graph.group', id: guid('operators'), displayName: 'operators' },
    {
      '@odata.type': '#microsoft.graph.servicePrincipal',
      id: principalId('worker'),
      appId: appId('worker'),
      displayName: 'worker',
    },
    user('mara'),
  ]),
  '/v1.0/policies/defaultAppManagementPolicy ': {
    '@odata.context': 'x$metadata#policies/defaultAppManagementPolicy/$entity',
    isEnabled: true,
    applicationRestrictions: {
      passwordCredentials: [{ restrictionType: 'passwordLifetime', maxLifetime: 'P90D', state: 'enabled' }],
    },
  },
  '/beta/reports/servicePrincipalSignInActivities ': page('reports/servicePrincipalSignInActivities', [
    { appId: appId('deploy'), lastSignInActivity: { lastSignInDateTime: '2026-05-30T00:00:00Z' } },
  ]),
  '/beta/reports/appCredentialSignInActivities ': page('reports/appCredentialSignInActivities', [
    {
      appId: appId('deploy'),
      keyId: guid('secret ci'),
      keyType: 'clientSecret',
      signInActivity: { lastSignInDateTime: '2026-05-29T00:00:00Z' },
    },
  ]),
};

const TABLES: { readonly [word: string]: readonly unknown[] } = {
  "'microsoft.resources/subscriptions'": [{ id: SUBSCRIPTION, name: 'production' }],
  roledefinitions: [],
  roleassignments: [
    {
      id: `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/a`,
      type: 'microsoft.authorization/roleassignments',
      properties: {
        principalId: principalId('worker'),
        principalType: 'ServicePrincipal',
        roleDefinitionId: '/providers/Microsoft.Authorization/RoleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
        scope: SUBSCRIPTION,
      },
    },
  ],
  keyvault: [],
  userassignedidentities: [
    {
      id: MANAGED,
      name: 'etl',
      type: 'microsoft.managedidentity/userassignedidentities',
      resourceGroup: 'rg',
      tags: null,
      tenantId: TENANT,
      properties: { clientId: appId('etl'), principalId: principalId('etl'), tenantId: TENANT },
    },
  ],
};

type Override = (asked: Asked, response: ServerResponse, before: readonly Asked[]) => boolean | Promise<boolean>;

/** The far end: sign-in, Graph and Resource Manager at one address, with one quirk at a time. */
async function tenant(override: Override = () => false): Promise<Loopback> {
  return await loopback(async (asked, response, before) => {
    if (await override(asked, response, before)) return;
    const { pathname, searchParams } = new URL(asked.url, 'http://x');
    if (pathname === `/${TENANT}/oauth2/v2.0/token`) {
      const audience = new URLSearchParams(asked.body).get('scope')?.replace('/.default', '') ?? '';
      reply(response, 200, { token_type: 'Bearer', expires_in: 3599, access_token: token(audience) });
      return;
    }
    const isArm = pathname.startsWith('/providers/') || pathname.startsWith('/subscriptions/');
    const expected = `Bearer ${token(isArm ? 'https://management.azure.com' : 'https://graph.microsoft.com')}`;
    if (asked.headers.authorization !== expected) {
      reply(response, 401, { error: { code: 'InvalidAuthenticationToken', message: 'not for me' } });
      return;
    }
    const table = Object.entries(TABLES).find(([word]) => asked.body.includes(word))?.[1];
    if (pathname === RESOURCE_GRAPH && table !== undefined)
      reply(response, 200, { count: table.length, data: table, totalRecords: table.length });
    else if (pathname === `${MANAGED}/federatedIdentityCredentials`)
      reply(response, 200, {
        value: [{ id: `${MANAGED}/federatedIdentityCredentials/k`, name: 'k', properties: fic('staging') }],
      });
    else {
      const answer = GRAPH[`${pathname} ${searchParams.get('$expand') ?? ''}`];
      if (answer === undefined) reply(response, 404, { error: { code: 'Request_ResourceNotFound', message: 'no such thing' } });
      else reply(response, 200, answer);
    }
  });
}

function envOf(server: Loopback): Record<string, string> {
  return {
    AZURE_AUTHORITY_HOST: server.url,
    AZURE_GRAPH_ENDPOINT: server.url,
    AZURE_RESOURCE_MANAGER_ENDPOINT: server.url,
    AZURE_CLIENT_ID: appId('auditor'),
    AZURE_CLIENT_SECRET: SECRET,
  };
}

async function scan(server: Loopback, more: Partial<ScanContext> = {}, target = TARGET): Promise<Observation[]> {
  return await collect(entraLive.scan(target, { ...testContext({ env: envOf(server) }), ...more }));
}

const coverage = (observations: Observation[], what: string) =>
  kinds(observations, 'coverage').find((one) => one.subject === `entra:${TENANT} ${what}`);
const unfinished = (observations: Observation[]) =>
  kinds(observations, 'coverage')
    .filter((one) => one.outcome !== 'complete')
    .map((one) => `${one.subject.split(' ').slice(1).join(' ')}: ${one.outcome}: ${one.why}`);
const denied = (response: ServerResponse, code = 'Authorization_RequestDenied') =>
  reply(response, 403, { error: { code, message: 'Insufficient privileges to complete the operation.' } });

describe('entra scanner, live', () => {
  it('reads a tenant through the parsers of the exports', async () => {
    await using server = await tenant();

    const rows = await scan(server);

    assert.deepEqual(unfinished(rows), []);
    const deploy = kinds(rows, 'identity').find((one) => one.id === idOf('deploy', TENANT));
    assert.equal(deploy?.owner, 'mara@harbour.example');
    assert.ok(
      kinds(rows, 'identity').some((one) => one.id === idOf('deploy', TENANT) && one.lastUsedAt === '2026-05-30T00:00:00.000Z'),
    );
    assert.ok(
      kinds(rows, 'credential').some(
        (one) => one.publicId === guid('secret ci') && one.lastUsedAt === '2026-05-29T00:00:00.000Z',
      ),
    );
    const trusts = kinds(rows, 'trust').map((one) => [one.identity, one.detail?.basis ?? one.subject]);
    assert.deepEqual(
      trusts.toSorted(),
      [
        [idOf('deploy', TENANT), 'owner'],
        [idOf('deploy', TENANT), 'repo:harbour/shop:environment:production'],
        [idOf('etl', TENANT), 'repo:harbour/shop:environment:staging'],
        [`entra:${TENANT}:object/${GROUP}`, 'member of the group'],
        [`entra:${TENANT}:object/${GROUP}`, 'member of the group'],
      ].toSorted(),
    );
    assert.deepEqual(
      kinds(rows, 'trust').flatMap((one) => (one.detail?.basis === 'member of the group' ? one.principal : [])),
      [`entra:${TENANT}:object/${guid('operators')}`, idOf('worker', TENANT)],
    );
    const powers = new Set(
      kinds(rows, 'grant').flatMap((one) =>
        one.capability === 'admin' || one.capability === 'escalates' ? [`${one.identity} ${one.permission}`] : [],
      ),
    );
    assert.deepEqual(
      [...powers].toSorted(),
      [
        `${idOf('deploy', TENANT)} RoleManagement.ReadWrite.Directory`,
        `${idOf('worker', TENANT)} Owner`,
        `entra:${TENANT}:object/${GROUP} Global Administrator`,
      ].toSorted(),
    );
    assert.deepEqual(coverage(rows, 'app management policy')?.detail?.appManagementPolicies, [
      { enabled: true, rules: ['password passwordLifetime P90D'] },
    ]);
    assert.ok(!JSON.stringify(rows).includes(SECRET));
  });

  it('asks only what it announced, and reads only', async () => {
    await using server = await tenant();

    await scan(server);

    const announced = (entraLive.calls?.(TARGET, {}) ?? []).map(({ operation }) => {
      const [method = '', path = ''] = operation.split(' ');
      return new RegExp(
        `^${method} ${path
          .replace(/[.$]/g, '\\$&')
          .replace(/^\{id\}/, '/.+')
          .replace(/\{\w+\}/g, '[^/]+')}$`,
      );
    });
    const strange = server.asked.filter(
      ({ method, url }) => !announced.some((one) => one.test(`${method} ${url.split('?')[0]}`)),
    );
    assert.deepEqual(
      strange.map((one) => `${one.method} ${one.url}`),
      [],
    );
    const posts = server.asked.filter((one) => one.method !== 'GET' && !one.url.includes('/oauth2/'));
    assert.ok(posts.every((one) => one.url.startsWith(RESOURCE_GRAPH)));
  });

  it('asks for one token for each service', async () => {
    await using server = await tenant();

    await scan(server);

    const tokens = server.asked.filter((one) => one.url.includes('/oauth2/')).map((one) => new URLSearchParams(one.body));
    assert.deepEqual(tokens.map((one) => one.get('scope')).toSorted(), [
      'https://graph.microsoft.com/.default',
      'https://management.azure.com/.default',
    ]);
    assert.ok(tokens.every((one) => one.get('client_secret') === SECRET));
  });

  it('follows next pages on the same host, and no link elsewhere', async () => {
    await using server = await tenant((asked, response) => {
      const url = new URL(asked.url, server.url);
      if (url.pathname !== '/v1.0/oauth2PermissionGrants') return false;
      const grant = {
        id: url.search,
        clientId: principalId('deploy'),
        consentType: 'AllPrincipals',
        resourceId: guid('graph'),
        scope: 'User.Read',
      };
      const next =
        url.searchParams.get('$skiptoken') === null
          ? `${server.url}/v1.0/oauth2PermissionGrants?$skiptoken=2`
          : 'https://elsewhere.example/v1.0/x';
      reply(response, 200, page('oauth2PermissionGrants', [grant], next));
      return true;
    });

    const rows = await scan(server);

    const told = coverage(rows, 'delegated permissions');
    assert.equal(told?.outcome, 'partial');
    assert.match(told?.why ?? '', /elsewhere\.example, which the credentials are not for/);
    assert.equal(told?.read, 2);
  });

  it('waits as long as Graph asks for, and goes on', async () => {
    await using server = await tenant((asked, response, before) => {
      if (!asked.url.startsWith('/v1.0/oauth2PermissionGrants') || before.some((one) => one.url === asked.url)) return false;
      reply(response, 429, { error: { code: 'TooManyRequests', message: 'later' } }, { 'retry-after': '1' });
      return true;
    });

    const rows = await scan(server);

    assert.deepEqual(unfinished(rows), []);
    const times = server.asked.filter((one) => one.url.startsWith('/v1.0/oauth2PermissionGrants')).map((one) => one.at);
    assert.equal(times.length, 2);
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 950);
  });

  it('names the permission that is missing, and reads the rest', async () => {
    await using server = await tenant((asked, response) => {
      if (!asked.url.startsWith('/v1.0/roleManagement/')) return false;
      denied(response);
      return true;
    });

    const rows = await scan(server);

    const roles = coverage(rows, 'directory roles');
    assert.equal(roles?.outcome, 'denied');
    assert.match(roles?.why ?? '', /RoleManagement\.Read\.Directory/);
    assert.deepEqual(roles?.detail?.types, ['directory-role']);
    assert.equal(coverage(rows, 'service principals')?.outcome, 'complete');
  });

  it('says that the reports need a licence, and that some clouds have none', async () => {
    await using server = await tenant((asked, response) => {
      if (!asked.url.startsWith('/beta/reports/')) return false;
      denied(response, 'Authentication_RequestFromNonPremiumTenantOrB2CTenant');
      return true;
    });

    const rows = await scan(server);

    assert.equal(coverage(rows, 'sign-ins of credentials')?.outcome, 'denied');
    assert.match(coverage(rows, 'sign-ins of credentials')?.why ?? '', /need a licence \(Entra ID P1/);
    const calls = entraLive.calls?.(TARGET, { AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/' }) ?? [];
    assert.deepEqual(
      [...new Set(calls.map((one) => one.host))],
      ['login.microsoftonline.us', 'graph.microsoft.us', 'management.usgovcloudapi.net'],
    );
    assert.ok(!calls.some((one) => one.operation.includes('/reports/')));
  });

  it('keeps what it read before a refusal in mid-list', async () => {
    await using server = await tenant((asked, response) => {
      const url = new URL(asked.url, server.url);
      if (url.pathname !== '/v1.0/applications' || url.searchParams.get('$expand') === 'federatedIdentityCredentials')
        return false;
      if (url.searchParams.has('$skiptoken')) denied(response);
      else reply(response, 200, page('applications', [app('deploy')], `${server.url}/v1.0/applications?$skiptoken=2`));
      return true;
    });

    const rows = await scan(server);

    assert.equal(coverage(rows, 'app registrations')?.outcome, 'partial');
    assert.ok(kinds(rows, 'identity').some((one) => one.id === idOf('deploy', TENANT) && one.type === 'app'));
  });

  it('says that no subscription can be seen, and never that there are no roles', async () => {
    await using server = await tenant((asked, response) => {
      if (!asked.url.startsWith(RESOURCE_GRAPH)) return false;
      reply(response, 200, { count: 0, data: [], totalRecords: 0 });
      return true;
    });

    const rows = await scan(server);

    assert.equal(coverage(rows, 'Azure roles')?.outcome, 'denied');
    assert.match(coverage(rows, 'Azure roles')?.why ?? '', /no subscription can be seen: give Reader/);
    assert.deepEqual(coverage(rows, 'Azure roles')?.detail?.types, ['azure-role']);
    assert.equal(coverage(rows, 'app registrations')?.outcome, 'complete');
  });

  it('goes on by the token of Resource Graph', async () => {
    await using server = await tenant((asked, response) => {
      if (!asked.body.includes('roleassignments')) return false;
      const row = (name: string) => ({
        id: name,
        type: 'microsoft.authorization/roleassignments',
        properties: {
          principalId: principalId(name),
          principalType: 'ServicePrincipal',
          roleDefinitionId: '/x/acdd72a7-3385-48ef-bd42-f606fba81ae7',
          scope: SUBSCRIPTION,
        },
      });
      if (asked.body.includes('"$skipToken":"more"')) reply(response, 200, { count: 1, data: [row('worker')] });
      else reply(response, 200, { count: 1, data: [row('deploy')], $skipToken: 'more' });
      return true;
    });

    const rows = await scan(server);

    assert.deepEqual(
      kinds(rows, 'grant')
        .filter((one) => one.permission === 'Reader')
        .map((one) => one.identity),
      [idOf('deploy', TENANT), idOf('worker', TENANT)],
    );
    assert.deepEqual(unfinished(rows), []);
  });

  it('asks for the whole of what Graph cuts at twenty', async () => {
    const roles = Array.from({ length: 20 }, (_, at) => appRole('worker', guid(`role ${at}`)));
    await using server = await tenant((asked, response) => {
      const url = new URL(asked.url, server.url);
      if (url.pathname === `/v1.0/servicePrincipals/${principalId('worker')}/appRoleAssignments`) {
        reply(response, 200, page('appRoleAssignments', [...roles, appRole('worker', '06b708a9-e830-4db3-a914-8e69da51d44f')]));
        return true;
      }
      if (url.searchParams.get('$expand') !== 'appRoleAssignments') return false;
      reply(response, 200, page('servicePrincipals', [principal('worker', { appRoleAssignments: roles })]));
      return true;
    });

    const rows = await scan(server);

    assert.ok(kinds(rows, 'grant').some((one) => one.permission === 'AppRoleAssignment.ReadWrite.All'));
    assert.equal(coverage(rows, 'long lists of permissions')?.outcome, 'complete');
  });

  it('asks for all owners of a service principal, too', async () => {
    const owners = Array.from({ length: 20 }, (_, at) => user(`owner ${at}`));
    await using server = await tenant((asked, response) => {
      const url = new URL(asked.url, server.url);
      if (url.pathname === `/v1.0/servicePrincipals/${principalId('worker')}/owners`) {
        reply(response, 200, page('directoryObjects', [...owners, user('the last')]));
        return true;
      }
      if (url.pathname !== '/v1.0/servicePrincipals' || url.searchParams.get('$expand') !== 'owners') return false;
      const worker = { id: principalId('worker'), appId: appId('worker'), servicePrincipalType: 'Application', owners };
      reply(response, 200, page('servicePrincipals', [worker]));
      return true;
    });

    const rows = await scan(server);

    assert.ok(
      kinds(rows, 'trust').some((one) => one.identity === idOf('worker', TENANT) && one.principal.startsWith('the last@')),
    );
    assert.equal(coverage(rows, 'long lists of owners of service principals')?.outcome, 'complete');
  });

  it('knows what a role of Microsoft amounts to that the list of rights does not name', async () => {
    const role = {
      id: guid('message reader'),
      displayName: 'Message Center Reader',
      isBuiltIn: true,
      templateId: guid('message reader'),
      rolePermissions: [{ allowedResourceActions: ['microsoft.office365.messageCenter/messages/read'] }],
    };
    const held = { id: 'm', principalId: principalId('worker'), roleDefinitionId: guid('message reader'), directoryScopeId: '/' };
    await using server = await tenant((asked, response) => {
      const url = new URL(asked.url, server.url);
      if (url.pathname === '/v1.0/roleManagement/directory/roleDefinitions') {
        const all = url.searchParams.get('$filter') === null ? [role] : [];
        reply(response, 200, page('roleManagement/directory/roleDefinitions', all));
      } else if (url.pathname === '/v1.0/roleManagement/directory/roleAssignments')
        reply(response, 200, page('roleManagement/directory/roleAssignments', [held]));
      else return false;
      return true;
    });

    const rows = await scan(server);

    assert.deepEqual(unfinished(rows), []);
    assert.ok(kinds(rows, 'grant').some((one) => one.permission === 'Message Center Reader' && one.capability === undefined));
  });

  it('asks each application where Graph does not list federated credentials with it', async () => {
    await using server = await tenant((asked, response) => {
      const url = new URL(asked.url, server.url);
      if (url.pathname === `/v1.0/applications/${objectId('deploy')}/federatedIdentityCredentials`) {
        reply(response, 200, page(`applications('${objectId('deploy')}')/federatedIdentityCredentials`, [fic('production')]));
        return true;
      }
      if (url.searchParams.get('$expand') !== 'federatedIdentityCredentials') return false;
      reply(response, 400, { error: { code: 'Request_UnsupportedQuery', message: 'expand is not supported' } });
      return true;
    });

    const rows = await scan(server);

    assert.ok(kinds(rows, 'trust').some((one) => one.identity === idOf('deploy', TENANT) && one.principalType === 'oidc'));
    assert.equal(coverage(rows, 'federated credentials')?.outcome, 'complete');
  });

  it('takes a new token when the old one ends in mid-run', async () => {
    let given = 0;
    await using server = await tenant((asked, response) => {
      if (asked.url.includes('/oauth2/') && asked.body.includes('graph')) given++;
      if (!asked.url.startsWith('/v1.0/oauth2PermissionGrants') || given > 1) return false;
      reply(response, 401, {
        error: { code: 'InvalidAuthenticationToken', message: 'Lifetime validation failed, the token is expired.' },
      });
      return true;
    });

    const rows = await scan(server);

    assert.equal(given, 2);
    assert.deepEqual(unfinished(rows), []);
  });

  it('says once and plainly that the secret of the application has ended', async () => {
    const said = "AADSTS7000222: The provided client secret keys for app 'x' are expired.";
    await using server = await tenant((asked, response) => {
      if (!asked.url.includes('/oauth2/')) return false;
      reply(response, 401, { error: 'invalid_client', error_description: `${said} Trace ID: 1 Correlation ID: 2` });
      return true;
    });

    const rows = await scan(server);

    assert.match(
      coverage(rows, 'app registrations')?.why ?? '',
      /does not let the application sign in: AADSTS7000222: The provided client secret keys for app 'x' are expired\.$/,
    );
    assert.equal(coverage(rows, 'app registrations')?.outcome, 'denied');
    assert.equal(coverage(rows, 'Azure roles')?.outcome, 'denied');
    assert.ok(server.asked.length <= 4, `${server.asked.length} requests`);
    assert.ok(!JSON.stringify(rows).includes(SECRET));
  });

  it('asks again for an answer that is cut off', async () => {
    await using server = await tenant((asked, response, before) => {
      if (!asked.url.startsWith('/v1.0/oauth2PermissionGrants') || before.some((one) => one.url === asked.url)) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"value": [{"id": ');
      return true;
    });

    const rows = await scan(server);

    assert.deepEqual(unfinished(rows), []);
  });

  it('signs in with a certificate, whose key signs what Entra asks for', async () => {
    const directory = tempDir();
    const path = join(directory, 'login.pem');
    const certificate = selfSigned();
    writeFile(directory, 'login.pem', `${certificate.key}${certificate.pem}`);
    await using server = await tenant();
    const env = { ...envOf(server), AZURE_CLIENT_SECRET: '', AZURE_CLIENT_CERTIFICATE_PATH: path };

    const rows = await scan(server, { env, now: () => new Date() });

    assert.deepEqual(unfinished(rows), []);
    const form = new URLSearchParams(server.asked.find((one) => one.url.includes('/oauth2/'))?.body);
    const [head = '', claims = '', signature = ''] = (form.get('client_assertion') ?? '').split('.');
    assert.ok(
      verify('sha256', Buffer.from(`${head}.${claims}`), createPublicKey(certificate.pem), Buffer.from(signature, 'base64url')),
    );
    const thumbprint = Buffer.from(JSON.parse(Buffer.from(head, 'base64url').toString()).x5t, 'base64url').toString('hex');
    assert.equal(thumbprint, new X509Certificate(certificate.pem).fingerprint.replaceAll(':', '').toLowerCase());
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.equal(said.aud, `${server.url}/${TENANT}/oauth2/v2.0/token`);
    assert.equal(said.iss, appId('auditor'));
  });

  it('signs in with the token that a platform keeps in a file', async () => {
    const directory = tempDir();
    writeFile(directory, 'token', 'a.federated.token\n');
    await using server = await tenant();
    const env = { ...envOf(server), AZURE_CLIENT_SECRET: '', AZURE_FEDERATED_TOKEN_FILE: join(directory, 'token') };

    const rows = await scan(server, { env });

    assert.deepEqual(unfinished(rows), []);
    const form = new URLSearchParams(server.asked.find((one) => one.url.includes('/oauth2/'))?.body);
    assert.equal(form.get('client_assertion'), 'a.federated.token');
    assert.equal(form.get('client_secret'), null);
  });

  it('takes the login of the Azure CLI where no application is named', async () => {
    const directory = tempDir();
    const script =
      '#!/bin/sh\ncase "$*" in *graph*) host=graph.microsoft.com ;; *) host=management.azure.com ;; esac\nprintf \'{"accessToken": "token-for-%s", "expires_on": 4102444800}\' "$host"\n';
    writeFile(directory, 'az', script);
    chmodSync(join(directory, 'az'), 0o755);
    await using server = await tenant();
    const { AZURE_CLIENT_ID: _id, AZURE_CLIENT_SECRET: _secret, ...rest } = envOf(server);
    const env = { ...rest, PATH: `${directory}${delimiter}${process.env.PATH ?? ''}` };

    const rows = await scan(server, { env });

    assert.deepEqual(unfinished(rows), []);
    assert.ok(!server.asked.some((one) => one.url.includes('/oauth2/')));
  });

  it('says what to do where there is no login at all', async () => {
    await using server = await tenant();
    const { AZURE_CLIENT_ID: _id, AZURE_CLIENT_SECRET: _secret, ...rest } = envOf(server);

    const rows = await scan(server, { env: { ...rest, PATH: tempDir() } });

    assert.equal(coverage(rows, 'app registrations')?.outcome, 'denied');
    assert.match(
      coverage(rows, 'app registrations')?.why ?? '',
      /there is no login: set AZURE_CLIENT_ID .* or install the Azure CLI and run az login/,
    );
    assert.deepEqual(server.asked, []);
  });

  it('finds the id of a tenant that is named by a domain', async () => {
    await using server = await tenant((asked, response) => {
      if (asked.url.startsWith('/harbour.example/oauth2/')) {
        const audience = new URLSearchParams(asked.body).get('scope')?.replace('/.default', '') ?? '';
        reply(response, 200, { expires_in: 3599, access_token: token(audience) });
        return true;
      }
      if (asked.url !== '/harbour.example/v2.0/.well-known/openid-configuration') return false;
      reply(response, 200, { issuer: `https://login.microsoftonline.com/${TENANT}/v2.0` });
      return true;
    });

    const rows = await scan(server, {}, { ...TARGET, name: 'entra:harbour.example', address: 'harbour.example' });

    assert.ok(kinds(rows, 'identity').every((one) => one.id.startsWith(`entra:${TENANT}:`)));
  });

  it('refuses what is no tenant, and a client id with nothing to sign in with', async () => {
    await assert.rejects(collect(entraLive.scan({ ...TARGET, address: 'a b' }, testContext())), /is no tenant/);
    await assert.rejects(collect(entraLive.scan({ ...TARGET, address: '' }, testContext())), /No tenant is named/);
    await assert.rejects(
      collect(entraLive.scan(TARGET, testContext({ env: { AZURE_CLIENT_ID: appId('auditor') } }))),
      /AZURE_CLIENT_ID is set, and nothing to sign in with/,
    );
  });

  it('does not ask again for lists that an interrupted run has read', async () => {
    await using server = await tenant();
    const kept = new Map<string, Json>();
    const once: ScanContext['once'] = async (step, make) => {
      if (!kept.has(step)) kept.set(step, await make());
      return kept.get(step) as Awaited<ReturnType<typeof make>>;
    };

    const first = await scan(server, { once });
    const asked = server.asked.length;
    const second = await scan(server, { once });

    assert.deepEqual(second, first);
    // The subscriptions are asked for anew: whether they can be seen is a right, not a fact.
    assert.deepEqual(
      server.asked
        .slice(asked)
        .filter((one) => !one.url.includes('/oauth2/'))
        .map((one) => one.url.split('?')[0]),
      [RESOURCE_GRAPH],
    );
    assert.ok(!JSON.stringify([...kept]).includes(SECRET));
  });

  it('tries each right with the smallest call', async () => {
    await using server = await tenant((asked, response) => {
      if (!asked.url.startsWith('/v1.0/policies/')) return false;
      denied(response);
      return true;
    });

    const probed = await collect(entraLive.probe?.(TARGET, testContext({ env: envOf(server) })) ?? []);

    assert.ok(probed.every((one) => one.outcome !== 'failed'));
    const refused = probed.filter((one) => one.outcome === 'denied');
    assert.deepEqual(
      refused.map((one) => one.call.right),
      ['Policy.Read.All'],
    );
    const rights = new Set(probed.map((one) => one.call.right));
    assert.ok(
      [
        'Application.Read.All',
        'RoleManagement.Read.Directory',
        'AuditLog.Read.All',
        'GroupMember.Read.All',
        'Reader at the root management group',
      ].every((right) => rights.has(right)),
    );
  });
});
