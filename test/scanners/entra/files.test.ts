import assert from 'node:assert/strict';
import { entraFiles } from '../../../scanners/entra/index.ts';
import { judgeDirectoryRole } from '../../../src/iam/azure/directory-roles.ts';
import { judgeRole } from '../../../src/iam/azure/roles.ts';
import { kinds } from '../../helpers/scan-context.ts';
import {
  app,
  appId,
  appRole,
  azureRole,
  certificate,
  guid,
  headOf,
  idOf,
  MICROSOFT_TENANT,
  objectId,
  page,
  principal,
  principalId,
  SUBSCRIPTION,
  scanJson,
  scanText,
  secret,
  TENANT,
  user,
} from './exports.ts';

const coverageOf = async (scan: ReturnType<typeof scanJson>) => kinds(await scan, 'coverage').at(-1);

describe('entra scanner: applications', () => {
  it('tells an application by its client id, in lower case', async () => {
    const [row] = kinds(await scanJson([app('deploy', { appId: appId('deploy').toUpperCase() })]), 'identity');

    assert.equal(row?.id, idOf('deploy'));
    assert.equal(row?.type, 'app');
    assert.equal(row?.name, 'deploy');
    assert.equal(row?.createdAt, '2025-02-03T10:00:00.000Z');
    assert.equal(row?.detail?.objectId, objectId('deploy'));
  });

  it('reads exports of before 2022, which have other names for ids and dates', async () => {
    const old = {
      objectId: objectId('old'),
      objectType: 'Application',
      appId: appId('old'),
      displayName: 'old',
      identifierUris: [],
      passwordCredentials: [
        {
          keyId: guid('k'),
          startDate: '2020-01-01T00:00:00+00:00',
          endDate: '2299-12-31T00:00:00+00:00',
          customKeyIdentifier: null,
        },
      ],
    };

    const rows = await scanJson([old]);

    assert.equal(kinds(rows, 'identity')[0]?.detail?.objectId, objectId('old'));
    const [credential] = kinds(rows, 'credential');
    assert.equal(credential?.createdAt, '2020-01-01T00:00:00.000Z');
    assert.equal(credential?.expiresAt, '2299-12-31T00:00:00.000Z');
    assert.equal(kinds(rows, 'coverage')[0]?.outcome, 'complete');
  });

  it('reads what PowerShell makes of the answers', async () => {
    const application = {
      AppId: appId('deploy'),
      DisplayName: 'deploy',
      Id: objectId('deploy'),
      SignInAudience: 'AzureADMyOrg',
      Owners: [
        {
          Id: objectId('user mara'),
          AdditionalProperties: { '@odata.type': '#microsoft.graph.user', userPrincipalName: 'mara@harbour.example' },
        },
      ],
      PasswordCredentials: [
        {
          KeyId: guid('k'),
          Hint: 'q7R',
          StartDateTime: '/Date(1767225600000)/',
          EndDateTime: '2026-09-01T00:00:00Z',
          AdditionalProperties: {},
        },
      ],
    };
    const assignment = {
      RoleAssignmentId: `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/x`,
      Scope: SUBSCRIPTION,
      DisplayName: 'deploy',
      RoleDefinitionName: 'Owner',
      RoleDefinitionId: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
      ObjectId: principalId('deploy'),
      ObjectType: 'ServicePrincipal',
    };

    const rows = await scanJson([application], [assignment]);

    assert.equal(kinds(rows, 'identity')[0]?.owner, 'mara@harbour.example');
    assert.equal(kinds(rows, 'credential')[0]?.createdAt, '2026-01-01T00:00:00.000Z');
    assert.equal(kinds(rows, 'credential')[0]?.detail?.hint, 'q7R');
    assert.equal(kinds(rows, 'grant')[0]?.identity, `entra:-:object/${principalId('deploy')}`);
    assert.equal(kinds(rows, 'grant')[0]?.permission, 'Owner');
    assert.equal(kinds(rows, 'coverage')[0]?.outcome, 'complete', kinds(rows, 'coverage')[0]?.why);
    for (const value of [application, assignment]) assert.ok(entraFiles.recognises(headOf(JSON.stringify([value]))));
  });

  const owners: [string, object, string | undefined, string | undefined][] = [
    [
      'a tag',
      { tags: ['owner:payments@harbour.example', 'HideApp'], owners: [user('mara')] },
      'payments@harbour.example',
      'tag:owner',
    ],
    ['a person among the owners', { owners: [principal('ci'), user('mara')] }, 'mara@harbour.example', 'app owner'],
    ['the notes', { notes: 'Nightly sync. Owner: data@harbour.example, ask first' }, 'data@harbour.example', 'notes'],
    ['the service reference', { serviceManagementReference: 'CMDB-4711' }, 'CMDB-4711', 'serviceManagementReference'],
    ['nothing', { notes: 'ask noreply@harbour.example or somebody else' }, undefined, undefined],
  ];
  for (const [what, more, owner, basis] of owners) {
    it(`takes the owner from ${what}`, async () => {
      const [row] = kinds(await scanJson([app('deploy', more)]), 'identity');

      assert.equal(row?.owner, owner);
      assert.equal(row?.ownerBasis, basis);
    });
  }

  it('takes the environment from a tag, else from the name', async () => {
    const rows = kinds(await scanJson([app('shop-prod'), app('shop', { tags: ['env=Staging'] }), app('plain')]), 'identity');

    assert.deepEqual(
      rows.map((row) => row.environment),
      ['prod', 'staging', undefined],
    );
  });

  it('knows Microsoft’s own, managed identities and what they are of', async () => {
    const vm = `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web`;
    const rows = kinds(
      await scanJson([
        principal('Graph', { appOwnerOrganizationId: MICROSOFT_TENANT }),
        principal('web', {
          servicePrincipalType: 'ManagedIdentity',
          appOwnerOrganizationId: null,
          alternativeNames: ['isExplicit=False', vm],
        }),
        principal('own', { accountEnabled: false }),
      ]),
      'identity',
    );

    assert.deepEqual(
      rows.map((row) => [row.type, row.managed, row.enabled]),
      [
        ['service-principal', true, true],
        ['managed-identity', undefined, true],
        ['service-principal', undefined, false],
      ],
    );
    assert.equal(rows[1]?.detail?.resource, vm);
    assert.equal(rows[1]?.detail?.systemAssigned, true);
  });

  it('reads user-assigned identities with their tags and tenant', async () => {
    const identity = {
      clientId: appId('etl'),
      id: `${SUBSCRIPTION}/resourcegroups/rg-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/etl`,
      location: 'westeurope',
      name: 'etl',
      principalId: principalId('etl'),
      resourceGroup: 'rg-prod',
      tags: { owner: 'data@harbour.example' },
      tenantId: TENANT,
      type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
    };

    const [row] = kinds(await scanJson([identity]), 'identity');

    assert.equal(row?.id, idOf('etl', TENANT));
    assert.equal(row?.type, 'managed-identity');
    assert.equal(row?.owner, 'data@harbour.example');
    assert.equal(row?.environment, 'prod');
  });

  it('takes the tenant from the account file beside it, unless two disagree', async () => {
    const list = JSON.stringify([app('deploy')]);
    const account = (id: string) => JSON.stringify({ environmentName: 'AzureCloud', homeTenantId: id, tenantId: id });

    const one = await scanText(list, 'az/apps.json', { 'az/account.json': account(TENANT) });
    const two = await scanText(list, 'az/apps.json', {
      'az/account.json': account(TENANT),
      'az/account-b.json': account(guid('b')),
    });
    const elsewhere = await scanText(list, 'az/apps.json', { 'account.json': account(TENANT) });

    assert.equal(kinds(one, 'identity')[0]?.id, idOf('deploy', TENANT));
    assert.equal(kinds(two, 'identity')[0]?.id, idOf('deploy'));
    assert.equal(kinds(elsewhere, 'identity')[0]?.id, idOf('deploy'));
  });
});

describe('entra scanner: credentials', () => {
  it('tells a secret by its key id, with its hint and dates, and never its text', async () => {
    const rows = kinds(await scanJson([app('deploy', { passwordCredentials: [secret('ci')] })]), 'credential');

    assert.equal(rows[0]?.id, `entra:client-secret/${guid('secret ci')}`);
    assert.equal(rows[0]?.identity, idOf('deploy'));
    assert.equal(rows[0]?.status, 'active');
    assert.equal(rows[0]?.expiresAt, '2026-09-01T00:00:00.000Z');
    assert.deepEqual(rows[0]?.detail, { on: 'application', hint: 'q7R', displayName: 'ci' });
  });

  it('calls a secret expired by the clock of the run', async () => {
    const [row] = kinds(
      await scanJson([app('deploy', { passwordCredentials: [secret('ci', { endDateTime: '2026-05-31T23:59:59Z' })] })]),
      'credential',
    );

    assert.equal(row?.status, 'expired');
  });

  it('knows the year 9999 as never', async () => {
    const [row] = kinds(
      await scanJson([app('deploy', { passwordCredentials: [secret('ci', { endDateTime: '9999-12-31T23:59:59Z' })] })]),
      'credential',
    );

    assert.equal(row?.neverExpires, true);
    assert.equal(row?.expiresAt, undefined);
  });

  const HEX = '0123456789abcdef0123456789abcdef01234567';
  for (const [form, identifier] of [
    ['bytes in base64', Buffer.from(HEX, 'hex').toString('base64')],
    ['hexadecimal', HEX.toUpperCase()],
    ['hexadecimal in base64', Buffer.from(HEX.toUpperCase()).toString('base64')],
  ]) {
    it(`reads a thumbprint written as ${form}`, async () => {
      const [row] = kinds(
        await scanJson([app('deploy', { keyCredentials: [certificate('c', { customKeyIdentifier: identifier })] })]),
        'credential',
      );

      assert.equal(row?.id, `entra:certificate/${HEX}`);
      assert.equal(row?.publicId, HEX);
    });
  }

  it('tells a certificate that signs and verifies once, and marks those of SAML', async () => {
    const keys = [certificate('sign', { usage: 'Sign' }), certificate('verify')];
    const password = secret('saml', { keyId: guid('certificate sign') });

    const rows = kinds(
      await scanJson([
        principal('sso', {
          preferredSingleSignOnMode: 'saml',
          keyCredentials: keys,
          passwordCredentials: [password, secret('own')],
        }),
      ]),
      'credential',
    );

    assert.deepEqual(
      rows.map((row) => [row.type, row.detail?.on, row.detail?.saml]),
      [
        ['client-secret', 'service-principal', true],
        ['client-secret', 'service-principal', undefined],
        ['certificate', 'service-principal', true],
      ],
    );
  });

  it('tells a certificate without thumbprint by its key id', async () => {
    const [row] = kinds(
      await scanJson([app('deploy', { keyCredentials: [certificate('c', { customKeyIdentifier: null })] })]),
      'credential',
    );

    assert.equal(row?.id, `entra:certificate/key-${guid('certificate c')}`);
    assert.equal(row?.publicId, undefined);
  });

  it('reads the last use of a secret, the newest of all resources', async () => {
    const used = (resource: string, at: string) => ({
      id: `${resource}`,
      appId: appId('deploy'),
      keyId: guid('secret ci').toUpperCase(),
      keyType: 'clientSecret',
      credentialOrigin: 'application',
      resourceId: guid(resource),
      signInActivity: { lastSignInDateTime: at },
    });

    const rows = kinds(
      await scanJson(
        page('reports/appCredentialSignInActivities', [
          used('a', '2026-05-01T00:00:00Z'),
          used('b', '2026-05-20T00:00:00Z'),
          used('c', '2026-03-01T00:00:00Z'),
        ]),
      ),
      'credential',
    );

    assert.deepEqual(
      rows.map((row) => [row.id, row.lastUsedAt]),
      [[`entra:client-secret/${guid('secret ci')}`, '2026-05-20T00:00:00.000Z']],
    );
  });

  it('reads the last sign-in of an application', async () => {
    const activity = {
      appId: appId('deploy'),
      delegatedClientSignInActivity: { lastSignInDateTime: '2026-01-01T00:00:00Z' },
      applicationAuthenticationClientSignInActivity: { lastSignInDateTime: '2026-04-01T00:00:00Z' },
      lastSignInActivity: { lastSignInDateTime: null },
    };

    const rows = await scanJson(page('reports/servicePrincipalSignInActivities', [activity]));

    assert.equal(kinds(rows, 'identity')[0]?.lastUsedAt, '2026-04-01T00:00:00.000Z');
    assert.deepEqual(kinds(rows, 'coverage')[0]?.covers, ['usage']);
    assert.deepEqual(kinds(rows, 'coverage')[0]?.detail?.types, ['service-principal']);
  });
});

describe('entra scanner: trust', () => {
  const credential = (more: object = {}) => ({
    audiences: ['api://AzureADTokenExchange'],
    description: null,
    id: guid('fic'),
    issuer: 'https://token.actions.githubusercontent.com/',
    name: 'main',
    subject: 'repo:harbour/shop:ref:refs/heads/main',
    ...more,
  });

  it('tells a federated credential as the infrastructure code does', async () => {
    const [row] = kinds(await scanJson([app('deploy', { federatedIdentityCredentials: [credential()] })]), 'trust');

    assert.equal(row?.identity, idOf('deploy'));
    assert.equal(row?.principalType, 'oidc');
    assert.equal(row?.issuer, 'token.actions.githubusercontent.com');
    assert.equal(row?.subject, 'repo:harbour/shop:ref:refs/heads/main');
    assert.equal(row?.audience, 'api://AzureADTokenExchange');
    assert.equal(row?.detail?.flexible, false);
  });

  it('reads the subject in the expression of a flexible one', async () => {
    const flexible = credential({
      subject: null,
      claimsMatchingExpression: { value: "claims['sub'] matches 'repo:harbour/shop:ref:refs/heads/*'", languageVersion: 1 },
    });

    const [row] = kinds(await scanJson([app('deploy', { federatedIdentityCredentials: [flexible] })]), 'trust');

    assert.equal(row?.subject, 'repo:harbour/shop:ref:refs/heads/*');
    assert.equal(row?.detail?.flexible, true);
  });

  it('knows whose a list is by the name of the file, by the answer, or by the address of a managed identity', async () => {
    const list = JSON.stringify([credential()]);
    const identity = `${SUBSCRIPTION}/resourcegroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/etl`;
    const ofIdentity = { ...credential(), id: `${identity}/federatedIdentityCredentials/main` };

    const byName = await scanText(list, `federated/${appId('deploy')}.json`);
    const byAnswer = await scanJson(page(`applications('${objectId('deploy')}')/federatedIdentityCredentials`, [credential()]));
    const byAddress = await scanJson([ofIdentity]);

    assert.equal(kinds(byName, 'trust')[0]?.identity, `entra:-:object/${appId('deploy')}`);
    assert.equal(kinds(byAnswer, 'trust')[0]?.identity, `entra:-:object/${objectId('deploy')}`);
    assert.equal(kinds(byAddress, 'trust')[0]?.identity, `entra:-:object/${identity.toLowerCase()}`);
  });

  it('says when a list does not say whose it is', async () => {
    const coverage = await coverageOf(scanJson([credential()]));

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /answer\[0\]: the answer does not say of which application it is; name the file/);
  });

  it('tells owners as who may become the application', async () => {
    const rows = await scanJson([
      app('deploy', {
        owners: [user('mara'), { '@odata.type': '#microsoft.graph.servicePrincipal', id: principalId('ci'), appId: appId('ci') }],
      }),
    ]);

    assert.deepEqual(
      kinds(rows, 'trust').map((row) => [row.identity, row.principal, row.principalType, row.detail?.basis]),
      [
        [idOf('deploy'), 'mara@harbour.example', 'person', 'owner'],
        [idOf('deploy'), idOf('ci'), 'identity', 'owner'],
      ],
    );
  });

  it('reads owners of a file of their own: who owns it, too', async () => {
    const rows = await scanText(JSON.stringify(page('directoryObjects', [user('mara')])), `owners-${objectId('deploy')}.json`);

    assert.equal(kinds(rows, 'identity')[0]?.id, `entra:-:object/${objectId('deploy')}`);
    assert.equal(kinds(rows, 'identity')[0]?.owner, 'mara@harbour.example');
    assert.equal(kinds(rows, 'trust')[0]?.principal, 'mara@harbour.example');
  });

  it('takes applications for what they are, in a file of owners too', async () => {
    const rows = await scanText(JSON.stringify([app('deploy', { owners: [user('mara')] })]), 'app-owners.json');

    assert.equal(kinds(rows, 'identity')[0]?.id, idOf('deploy'));
    assert.equal(kinds(rows, 'identity')[0]?.owner, 'mara@harbour.example');
    assert.equal(kinds(rows, 'coverage')[0]?.outcome, 'complete');
  });

  it('leads members of a group to what the group may do', async () => {
    const rows = await scanJson({
      id: guid('admins'),
      displayName: 'admins',
      members: [
        { '@odata.type': '#microsoft.graph.servicePrincipal', id: principalId('ci'), appId: appId('ci') },
        { '@odata.type': '#microsoft.graph.group', id: guid('operators'), displayName: 'operators' },
        user('mara'),
      ],
    });

    const group = `entra:-:object/${guid('admins')}`;
    assert.deepEqual(
      kinds(rows, 'trust').map((row) => [row.identity, row.principal, row.detail?.isGroup]),
      [
        [group, idOf('ci'), undefined],
        [group, `entra:-:object/${guid('operators')}`, true],
      ],
    );
  });
});

describe('entra scanner: grants', () => {
  const derived = (rows: Awaited<ReturnType<typeof scanJson>>) =>
    kinds(rows, 'grant')
      .filter((row) => row.capability !== undefined)
      .map((row) => row.capability)
      .sort();

  it('names application permissions by their id and says what they amount to', async () => {
    const rows = await scanJson(
      [principal('deploy')],
      page(`servicePrincipals('${principalId('deploy')}')/appRoleAssignments`, [
        appRole('deploy', '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8'),
      ]),
    );

    const [plain, ...more] = kinds(rows, 'grant');
    assert.equal(plain?.identity, idOf('deploy'));
    assert.equal(plain?.permission, 'RoleManagement.ReadWrite.Directory');
    assert.equal(plain?.resource, 'Microsoft Graph');
    assert.equal(plain?.viaKind, 'app-role');
    assert.equal(plain?.detail?.tier, 0);
    assert.deepEqual(derived(rows), ['escalates', 'manages-identities']);
    assert.match(String(more[0]?.detail?.path), /it gives itself the role Global Administrator/);
  });

  it('names a permission of another application by what that application tells', async () => {
    const role = guid('orders role');
    const rows = await scanJson(
      [principal('orders', { appRoles: [{ id: role, value: 'Orders.Read', isEnabled: true }] })],
      [appRole('deploy', role, { resourceDisplayName: 'orders', resourceId: principalId('orders') })],
    );

    const [row] = kinds(rows, 'grant');
    assert.equal(row?.permission, 'Orders.Read');
    assert.equal(row?.identity, `entra:-:object/${principalId('deploy')}`);
    assert.deepEqual(derived(rows), []);
  });

  // Whoever makes an application chooses the ids of its roles, and its name.
  for (const [title, resource] of [
    ["of an API of one's own", { resourceDisplayName: 'orders', resourceId: principalId('orders') }],
    [
      'of an API that calls itself Microsoft Graph',
      { resourceDisplayName: 'Microsoft Graph', resourceId: principalId('orders') },
    ],
  ] as const) {
    it(`takes no role ${title} for one of Graph that has its id`, async () => {
      const ruler = '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8';

      const rows = await scanJson(
        [
          principal('orders', { appRoles: [{ id: ruler, value: 'Orders.Read', isEnabled: true }] }),
          principal('billing', { appRoles: [{ id: ruler, value: 'Bills.Write', isEnabled: true }] }),
        ],
        [appRole('deploy', ruler, resource)],
      );

      const [row] = kinds(rows, 'grant');
      assert.equal(row?.permission, 'Orders.Read');
      assert.equal(row?.detail?.tier, undefined);
      assert.deepEqual(derived(rows), []);
    });
  }

  it('goes by the name of an API whose principal was not exported', async () => {
    const mailboxes = 'dc890d15-9560-4a4c-9b7f-a736ec74ec40';

    const of = async (resourceDisplayName: string) =>
      derived(await scanJson([appRole('deploy', mailboxes, { resourceDisplayName, resourceId: guid('an api') })]));

    assert.deepEqual(await of('Office 365 Exchange Online'), ['reads-data', 'writes-data']);
    assert.deepEqual(await of('orders'), []);
    assert.deepEqual(await of('Microsoft Graph'), []);
  });

  for (const [title, instance, list] of [
    [
      'of the directory',
      {
        roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10',
        directoryScopeId: '/',
        memberType: 'Direct',
        roleEligibilityScheduleId: 'e1',
      },
      undefined,
    ],
    [
      'of the directory, by its list',
      { roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10', directoryScopeId: '/' },
      'roleManagement/directory/roleEligibilitySchedules',
    ],
    [
      'of Azure',
      {
        type: 'Microsoft.Authorization/roleEligibilityScheduleInstances',
        properties: {
          scope: SUBSCRIPTION,
          principalId: principalId('deploy'),
          principalType: 'ServicePrincipal',
          roleDefinitionId: `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635`,
        },
      },
      undefined,
    ],
  ] as const) {
    it(`takes no eligible role ${title} for one that is held`, async () => {
      const raw = { id: 'e1', principalId: principalId('deploy'), endDateTime: '2026-09-01T00:00:00Z', ...instance };

      const rows = await scanJson([principal('deploy')], list === undefined ? [raw] : page(list, [raw]));

      const grants = kinds(rows, 'grant');
      assert.equal(grants.length, 1);
      for (const row of grants) {
        assert.equal(row.detail?.eligible, true);
        assert.equal(row.detail?.until, '2026-09-01T00:00:00.000Z');
        assert.equal(row.detail?.tier, undefined);
        assert.equal(row.detail?.on, undefined);
        assert.equal(row.capability, undefined);
      }
      const types = kinds(rows, 'coverage')[0]?.detail?.types as readonly string[];
      assert.ok(types.includes('eligible-role'));
      assert.ok(!types.includes('directory-role') && !types.includes('azure-role'));
    });
  }

  it('keeps a role that is held beside the same one that is eligible', async () => {
    const held = {
      id: 'a',
      principalId: principalId('deploy'),
      roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10',
      directoryScopeId: '/',
    };

    const rows = await scanJson(
      [principal('deploy')],
      [held, { ...held, id: 'e', memberType: 'Direct' }, { ...held, assignmentType: 'Assigned', memberType: 'Direct' }],
    );

    const grants = kinds(rows, 'grant').filter((row) => row.capability === undefined);
    assert.deepEqual(grants.map((row) => row.detail?.eligible).toSorted(), [true, undefined]);
  });

  it('leaves out people and default access', async () => {
    const rows = await scanJson([
      appRole('deploy', '00000000-0000-0000-0000-000000000000'),
      appRole('mara', '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8', { principalType: 'User' }),
    ]);

    assert.deepEqual(kinds(rows, 'grant'), []);
    assert.equal(kinds(rows, 'coverage')[0]?.detail?.grantsToPeople, 1);
  });

  it('lists delegated permissions without deriving any', async () => {
    const rows = await scanJson(
      page('oauth2PermissionGrants', [
        {
          id: 'g',
          clientId: principalId('deploy'),
          consentType: 'AllPrincipals',
          principalId: null,
          resourceId: guid('graph'),
          scope: ' User.Read  Mail.Read ',
        },
      ]),
    );

    assert.deepEqual(
      kinds(rows, 'grant').map((row) => [row.permission, row.via, row.capability]),
      [
        ['User.Read', 'consent for all users', undefined],
        ['Mail.Read', 'consent for all users', undefined],
      ],
    );
  });

  it('reads roles of the directory, and counts them only where they hold for all of it', async () => {
    const assignment = (scope: string, role: string) => ({
      id: `r-${scope}`,
      principalId: principalId('deploy'),
      roleDefinitionId: role,
      directoryScopeId: scope,
      principal: { '@odata.type': '#microsoft.graph.servicePrincipal', id: principalId('deploy'), appId: appId('deploy') },
    });

    const wide = await scanJson(
      page('roleManagement/directory/roleAssignments(principal())', [assignment('/', '62e90394-69f5-4237-9190-012177145e10')]),
    );
    const narrow = await scanJson([assignment(`/administrativeUnits/${guid('unit')}`, 'fe930be7-5e62-47db-91af-98c3a49a38b1')]);

    assert.equal(kinds(wide, 'grant')[0]?.permission, 'Global Administrator');
    assert.equal(kinds(wide, 'grant')[0]?.identity, idOf('deploy'));
    assert.ok(derived(wide).includes('admin'));
    assert.deepEqual(derived(narrow), []);
    assert.equal(kinds(narrow, 'grant')[0]?.detail?.tier, undefined);
  });

  it('judges a directory role that the organisation made by its operations', async () => {
    const role = {
      id: guid('custom'),
      displayName: 'App Keeper',
      isBuiltIn: false,
      templateId: guid('custom'),
      rolePermissions: [{ allowedResourceActions: ['microsoft.directory/applications/credentials/update'] }],
    };
    const rows = await scanJson(
      [role],
      [{ id: 'a', principalId: principalId('deploy'), roleDefinitionId: guid('custom'), directoryScopeId: '/' }],
    );

    const [row] = kinds(rows, 'grant');
    assert.equal(row?.permission, 'App Keeper');
    assert.equal(row?.detail?.reach, 'applications');
  });

  const directory: [string, string[], number | undefined][] = [
    ['applications/allProperties/update', ['manages-identities'], 0],
    ['applications.myOrganization/credentials/update', ['manages-identities'], 0],
    ['applications.myOrganization/owners/update', ['manages-identities'], 0],
    ['applications.myOrganization/allProperties/update', ['manages-identities'], 0],
    ['servicePrincipals/allProperties/update', ['manages-identities'], 0],
    ['servicePrincipals/managePermissionGrantsForAll.microsoft-company-admin', ['escalates', 'manages-identities'], 0],
    ['servicePrincipals/managePermissionGrantsForAll.our-own-policy', ['manages-identities'], undefined],
    ['servicePrincipals/managePermissionGrantsForSelf.our-own-policy', [], undefined],
    ['applications/standard/read', [], undefined],
    ['applications/basic/update', [], undefined],
  ];
  for (const [operation, gives, tier] of directory) {
    it(`${operation} in a role of the directory amounts to ${gives.join(', ') || 'nothing special'}`, () => {
      const judged = judgeDirectoryRole('id', 'Own', [`microsoft.directory/${operation}`]);

      assert.deepEqual([judged.gives, judged.tier], [gives, tier]);
    });
  }

  const azure: [string, string, string[]][] = [
    ['Owner', SUBSCRIPTION, ['admin', 'manages-identities', 'reads-data', 'writes-data']],
    ['Owner', '/', ['admin', 'manages-identities', 'reads-data', 'writes-data']],
    [
      'Owner',
      '/providers/Microsoft.Management/managementGroups/root',
      ['admin', 'manages-identities', 'reads-data', 'writes-data'],
    ],
    ['Owner', `${SUBSCRIPTION}/resourceGroups/rg`, ['manages-identities', 'reads-data', 'writes-data']],
    ['User Access Administrator', SUBSCRIPTION, ['escalates', 'manages-identities']],
    ['Key Vault Secrets User', `${SUBSCRIPTION}/resourceGroups/rg`, ['reads-secrets']],
    ['Managed Identity Operator', `${SUBSCRIPTION}/resourceGroups/rg`, ['impersonates']],
    ['Reader', SUBSCRIPTION, []],
    ['Monitoring Reader', SUBSCRIPTION, []],
    ['Reader and Data Access', SUBSCRIPTION, ['reads-data', 'writes-data']],
  ];
  for (const [role, scope, expected] of azure) {
    it(`${role} at ${scope.replace(SUBSCRIPTION, 'a subscription')} amounts to ${expected.join(', ') || 'nothing special'}`, async () => {
      const rows = await scanJson([azureRole('deploy', role, scope)]);

      assert.deepEqual(derived(rows), expected);
      assert.equal(kinds(rows, 'grant')[0]?.identity, idOf('deploy'));
      assert.equal(kinds(rows, 'coverage')[0]?.outcome, 'complete');
    });
  }

  it('judges an Azure role that the organisation made by its operations', async () => {
    const role = (actions: string[], notActions: string[], dataActions: string[]) => ({
      assignableScopes: [SUBSCRIPTION],
      id: `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${guid('Deployer')}`,
      name: guid('Deployer'),
      permissions: [{ actions, notActions, dataActions, notDataActions: [] }],
      roleName: 'Deployer',
      roleType: 'CustomRole',
      type: 'Microsoft.Authorization/roleDefinitions',
    });
    const scan = (...lists: [string[], string[], string[]]) =>
      scanJson([role(...lists)], [azureRole('deploy', 'Deployer', SUBSCRIPTION)]);

    assert.deepEqual(derived(await scan(['*'], [], [])).slice(0, 2), ['admin', 'escalates']);
    assert.ok(
      !derived(
        await scan(['*'], ['Microsoft.Authorization/*/Write', 'Microsoft.Authorization/elevateAccess/action'], []),
      ).includes('escalates'),
    );
    assert.deepEqual(derived(await scan(['Microsoft.Authorization/*'], [], [])), ['escalates']);
    assert.deepEqual(derived(await scan(['*/read'], [], ['Microsoft.KeyVault/vaults/secrets/*'])), ['reads-secrets']);
    assert.deepEqual(derived(await scan(['Microsoft.Compute/*/read'], [], [])), []);
    assert.deepEqual(derived(await scan(['*'], ['*/write', '*/delete', '*/action'], [])), []);
    assert.ok(derived(await scan(['*'], ['Microsoft.Network/*/write'], [])).includes('admin'));
  });

  const operations: [string, string, string | undefined][] = [
    ['Microsoft.Authorization/roleAssignmentScheduleRequests/write', 'escalates', undefined],
    ['Microsoft.Compute/virtualMachines/runCommands/write', 'impersonates', 'microsoft.compute/virtualmachines'],
    [
      'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action',
      'impersonates',
      'microsoft.compute/virtualmachinescalesets',
    ],
    [
      'Microsoft.ContainerService/managedClusters/runCommand/action',
      'impersonates',
      'microsoft.containerservice/managedclusters',
    ],
    ['Microsoft.Logic/workflows/write', 'impersonates', 'microsoft.logic/workflows'],
    ['Microsoft.App/containerApps/exec/action', 'impersonates', 'microsoft.app/containerapps'],
  ];
  for (const [operation, capability, on] of operations) {
    it(`${operation} ${capability}`, () => {
      const role = { actions: [operation], notActions: [], dataActions: [], notDataActions: [] };

      assert.deepEqual(
        judgeRole([role]).map((one) => [one.capability, one.on]),
        [[capability, on === undefined ? undefined : [on]]],
      );
      assert.deepEqual(judgeRole([{ ...role, actions: [operation.replace(/\w+$/, 'read')] }]), []);
    });
  }

  it('says on which kinds of resources a role lets its holder act as their identities', async () => {
    const role = {
      id: `/providers/Microsoft.Authorization/roleDefinitions/${guid('Runner')}`,
      roleName: 'Runner',
      roleType: 'CustomRole',
      permissions: [{ actions: ['Microsoft.Compute/*', 'Microsoft.Automation/automationAccounts/*'], notActions: [] }],
    };
    const rows = await scanJson(
      [role],
      [azureRole('deploy', 'Runner', SUBSCRIPTION), azureRole('deploy', 'Reader', SUBSCRIPTION)],
    );

    const on = [
      'microsoft.compute/virtualmachines',
      'microsoft.compute/virtualmachinescalesets',
      'microsoft.automation/automationaccounts',
    ];
    assert.deepEqual(
      kinds(rows, 'grant').map((row) => [row.permission, row.detail?.on]),
      [
        ['Runner', on],
        ['Runner', on],
        ['Reader', undefined],
      ],
    );
  });

  it('reads who may read the secrets of a vault, where it does not go by roles', async () => {
    const policy = (name: string, secrets: string[], more: object = {}) => ({
      objectId: principalId(name),
      tenantId: TENANT,
      permissions: { keys: ['get'], secrets, certificates: [], storage: null },
      ...more,
    });
    const vault = (enableRbacAuthorization: boolean | null) => ({
      id: `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/shop`,
      name: 'shop',
      type: 'Microsoft.KeyVault/vaults',
      properties: {
        enableRbacAuthorization,
        tenantId: TENANT,
        accessPolicies: [
          policy('deploy', ['Get', 'List']),
          policy('lister', ['list']),
          policy('keys', []),
          policy('onbehalf', ['all'], { applicationId: appId('portal') }),
        ],
      },
    });

    const rows = await scanJson(vault(null), [principal('deploy'), principal('lister')]);
    const byRoles = await scanJson(vault(true));

    assert.deepEqual(
      kinds(rows, 'grant').map((row) => [row.identity, row.permission, row.capability]),
      [
        [idOf('deploy', TENANT), 'secrets: get, list', undefined],
        [idOf('deploy', TENANT), 'secrets: get, list', 'reads-secrets'],
        [idOf('lister', TENANT), 'secrets: list', undefined],
      ],
    );
    assert.deepEqual(kinds(byRoles, 'grant'), []);
    assert.deepEqual(kinds(byRoles, 'coverage')[0]?.detail?.types, ['access-policy']);
    assert.ok(entraFiles.recognises(headOf(JSON.stringify(vault(true), undefined, 2))));
  });

  it('is less sure of an assignment with a condition', async () => {
    const rows = await scanJson([azureRole('deploy', 'Owner', SUBSCRIPTION, { condition: "@Resource[x] StringEquals 'y'" })]);

    assert.deepEqual([...new Set(kinds(rows, 'grant').map((row) => row.confidence))], [undefined, 'medium']);
  });

  it('reads Resource Graph and ARM, which nest what the CLI prints flat', async () => {
    const nested = (more: object = {}) => ({
      id: '/providers/Microsoft.Authorization/roleAssignments/x',
      name: guid('x'),
      type: 'microsoft.authorization/roleassignments',
      properties: {
        principalId: principalId('deploy'),
        principalType: 'ServicePrincipal',
        roleDefinitionId: '/providers/Microsoft.Authorization/RoleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
        scope: SUBSCRIPTION,
      },
      ...more,
    });

    const graph = await scanJson({ count: 1, data: [nested()], skip_token: null, total_records: 1 });
    const arm = await scanJson({ value: [nested()], nextLink: 'https://management.azure.com/next' });

    assert.equal(kinds(graph, 'grant')[0]?.permission, 'Owner');
    assert.equal(kinds(graph, 'coverage')[0]?.outcome, 'complete');
    assert.equal(kinds(arm, 'grant')[0]?.permission, 'Owner');
    assert.equal(kinds(arm, 'coverage')[0]?.outcome, 'partial');
  });
});

describe('entra scanner: AzureHound', () => {
  const items = [
    { kind: 'AZTenant', data: { tenantId: TENANT, displayName: 'Harbour' } },
    { kind: 'AZApp', data: { ...app('deploy', { passwordCredentials: [secret('ci')] }), tenantId: TENANT } },
    { kind: 'AZServicePrincipal', data: { ...principal('deploy'), tenantId: TENANT } },
    { kind: 'AZAppOwner', data: { appId: objectId('deploy'), owners: [{ owner: user('mara'), appId: objectId('deploy') }] } },
    {
      kind: 'AZServicePrincipalOwner',
      data: {
        servicePrincipalId: principalId('deploy'),
        owners: [{ owner: user('olu'), servicePrincipalId: principalId('deploy') }],
      },
    },
    {
      kind: 'AZFederatedIdentityCredential',
      data: {
        appId: appId('deploy').toUpperCase(),
        fics: [
          {
            appId: appId('deploy'),
            fic: {
              id: 'f',
              name: 'gh',
              issuer: 'https://token.actions.githubusercontent.com',
              subject: 'repo:harbour/shop:environment:production',
              audiences: ['api://AzureADTokenExchange'],
            },
          },
        ],
      },
    },
    { kind: 'AZAppRoleAssignment', data: { ...appRole('deploy', '06b708a9-e830-4db3-a914-8e69da51d44f'), tenantId: TENANT } },
    {
      kind: 'AZRoleAssignment',
      data: {
        roleDefinitionId: '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
        tenantId: TENANT,
        roleAssignments: [
          {
            id: 'x',
            principalId: principalId('deploy'),
            roleDefinitionId: '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
            directoryScopeId: '/',
          },
        ],
      },
    },
    {
      kind: 'AZSubscriptionRoleAssignment',
      data: {
        subscriptionId: SUBSCRIPTION,
        roleAssignments: [
          {
            subscriptionId: SUBSCRIPTION,
            roleAssignment: {
              id: 'y',
              name: 'y',
              type: 'Microsoft.Authorization/roleAssignments',
              properties: {
                principalId: principalId('deploy'),
                roleDefinitionId: '/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
                scope: SUBSCRIPTION,
              },
            },
          },
        ],
      },
    },
    { kind: 'AZDevice', data: { id: guid('laptop'), displayName: 'laptop' } },
  ];

  for (const [form, values] of [
    ['one file with a count', [{ data: items, meta: { type: 'azure', version: 5, count: items.length } }]],
    ['one item a line', items],
  ] as const) {
    it(`reads ${form}`, async () => {
      const rows = await scanJson(...values);

      const id = idOf('deploy', TENANT);
      assert.deepEqual(
        [
          ...new Set([
            ...kinds(rows, 'identity').map((row) => row.id),
            ...kinds(rows, 'trust').map((row) => row.identity),
            ...kinds(rows, 'grant').map((row) => row.identity),
          ]),
        ],
        [id],
      );
      assert.deepEqual(
        kinds(rows, 'trust')
          .map((row) => row.principal)
          .sort(),
        ['mara@harbour.example', 'olu@harbour.example', 'token.actions.githubusercontent.com'],
      );
      assert.deepEqual(
        [...new Set(kinds(rows, 'grant').map((row) => row.permission))],
        ['AppRoleAssignment.ReadWrite.All', 'Application Administrator', 'Owner'],
      );
      const coverage = kinds(rows, 'coverage')[0];
      assert.equal(coverage?.outcome, 'complete', coverage?.why);
      assert.equal(coverage?.skipped, 1);
    });
  }

  it('says when a file holds less than it declares', async () => {
    const coverage = await coverageOf(scanJson({ data: items, meta: { type: 'azure', version: 5, count: 99 } }));

    assert.equal(coverage?.outcome, 'partial');
  });
});
