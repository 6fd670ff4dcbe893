import assert from 'node:assert/strict';
import fc from 'fast-check';
import { entraFiles } from '../../../scanners/entra/index.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { knownRight } from '../../../src/iam/azure/catalogue.ts';
import { isWideScope, judgeRole } from '../../../src/iam/azure/roles.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';
import {
  app,
  appId,
  appRole,
  azureRole,
  fileOf,
  guid,
  idOf,
  objectId,
  page,
  principal,
  principalId,
  SUBSCRIPTION,
  scanJson,
  scanText,
  secret,
  user,
} from './exports.ts';

const WORDS = [
  'appId',
  'id',
  'objectId',
  'value',
  'data',
  'kind',
  'meta',
  'owners',
  'members',
  'federatedIdentityCredentials',
  'passwordCredentials',
  'keyCredentials',
  'keyId',
  'customKeyIdentifier',
  'principalId',
  'roleDefinitionId',
  'directoryScopeId',
  'scope',
  'properties',
  'permissions',
  'actions',
  'appRoleAssignments',
  'appRoleId',
  'clientId',
  'consentType',
  'issuer',
  'subject',
  'audiences',
  'roleName',
  'rolePermissions',
  'lastSignInActivity',
  'signInActivity',
  'servicePrincipalType',
  'tenantId',
  'alternativeNames',
  'verifiedPublisher',
  'tags',
  'roleAssignments',
  'fics',
  'restrictions',
  '@odata.type',
  '@odata.context',
  '@odata.nextLink',
  '__proto__',
  'constructor',
];
const leaf = fc.oneof(
  fc.constantFrom(
    appId('a'),
    objectId('a'),
    'AZApp',
    'AZAppOwner',
    '#microsoft.graph.user',
    'ServicePrincipal',
    '',
    '/',
    SUBSCRIPTION,
    '2026-01-01T00:00:00Z',
    '9999-12-31',
  ),
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...WORDS), tie('value'), { maxKeys: 8 }),
  ),
})).value;

const coverageOf = async (scan: Promise<Awaited<ReturnType<typeof scanJson>>>) => kinds(await scan, 'coverage').at(-1);

describe('entra scanner: bad input', () => {
  it('reads or refuses whatever it is given, and counts it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 3 }), async (values) => {
        const rows = await scanJson(...values);

        const coverage = kinds(rows, 'coverage').at(-1);
        assert.ok(coverage !== undefined);
        assert.ok((coverage.read ?? 0) >= 0 && (coverage.failed ?? 0) >= 0);
        assert.equal(coverage.seen, (coverage.read ?? 0) + (coverage.failed ?? 0) + (coverage.skipped ?? 0));
        assert.ok(coverage.outcome === 'complete' || (coverage.why ?? '') !== '');
        for (const row of kinds(rows, 'identity')) assert.match(row.id, /^entra:[^:]+:(?:app|object)\/./);
      }),
      { numRuns: 400 },
    );
  });

  it('reads no more or other of a file that is cut anywhere', async () => {
    const text = JSON.stringify([app('deploy', { passwordCredentials: [secret('ci')] }), app('other')], undefined, 1);
    const whole = new Set(kinds(await scanText(text), 'identity').map((one) => one.id));

    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: text.length - 2 }), async (at) => {
        const rows = await scanText(text.slice(0, at));

        assert.ok(kinds(rows, 'identity').every((one) => whole.has(one.id)));
        assert.equal(kinds(rows, 'coverage').at(-1)?.outcome, 'partial');
      }),
      { numRuns: 60 },
    );
  });

  it('names the field of what it refuses, and reads the rest', async () => {
    const rows = await scanJson([
      app('deploy', { passwordCredentials: [secret('ci', { keyId: 7 })] }),
      { ...app('bad'), appId: 'no id' },
    ]);

    const coverage = kinds(rows, 'coverage')[0];
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /answer\[1\]\.appId: not an id/);
    assert.match(coverage?.why ?? '', /applications\/[0-9a-f-]+\.passwordCredentials\[0\]\.keyId: /);
    assert.deepEqual(
      kinds(rows, 'identity').map((one) => one.id),
      [idOf('deploy')],
    );
  });

  it('says that pages are missing, and not where all of them follow one another', async () => {
    const first = page('applications', [app('deploy')], 'https://graph.microsoft.com/v1.0/applications?$skiptoken=x');

    const half = await coverageOf(scanJson(first));
    const whole = await coverageOf(scanJson(first, page('applications', [app('other')])));
    const mixed = await coverageOf(scanJson(first, page('servicePrincipals', [principal('deploy')])));

    assert.match(half?.why ?? '', /the last page names a next page: export all pages into one file/);
    assert.equal(whole?.outcome, 'complete');
    assert.equal(mixed?.outcome, 'partial');
  });

  it('tells a page that was saved twice once', async () => {
    const one = page('applications', [app('deploy', { passwordCredentials: [secret('ci')] })]);

    const rows = await scanJson(
      one,
      one,
      [azureRole('deploy', 'Reader', SUBSCRIPTION)],
      [azureRole('deploy', 'Reader', SUBSCRIPTION)],
    );

    assert.equal(kinds(rows, 'identity').length, 1);
    assert.equal(kinds(rows, 'credential').length, 1);
    assert.equal(kinds(rows, 'grant').length, 1);
  });

  it('says that a command may have printed the first hundred alone', async () => {
    const apps = (count: number) => Array.from({ length: count }, (_, at) => app(`app ${at}`));

    const hundred = await coverageOf(scanJson(apps(100)));
    const others = await Promise.all([99, 101, 200].map((count) => coverageOf(scanJson(apps(count)))));
    const paged = await coverageOf(scanJson(page('applications', apps(100))));

    assert.equal(hundred?.outcome, 'partial');
    assert.match(hundred?.why ?? '', /exactly 100 entries, .*: export again with --all/);
    assert.deepEqual(
      [...others, paged].map((one) => one?.outcome),
      ['complete', 'complete', 'complete', 'complete'],
    );
  });

  it('says that a list nests deeper than any export', async () => {
    const deep = (count: number) => `${'['.repeat(count)}${']'.repeat(count)}`;
    const listWith = (count: number) => `{"value": [${JSON.stringify(app('deploy'))}, ${deep(count)}]}`;

    const nested = await scanText(listWith(100));
    const endless = await scanText(listWith(200_000));

    assert.match(kinds(nested, 'coverage')[0]?.why ?? '', /nested deeper than any answer/);
    assert.match(kinds(endless, 'coverage')[0]?.why ?? '', /nests too deep/);
    for (const rows of [nested, endless]) assert.ok(kinds(rows, 'identity').some((one) => one.id === idOf('deploy')));
  });

  it('says that Graph may have cut the members of a group', async () => {
    const members = Array.from({ length: 20 }, (_, at) => user(`member ${at}`));

    const coverage = await coverageOf(scanJson(page('groups(id,members())', [{ id: guid('admins'), members }])));

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', new RegExp(`there may be more members of group ${guid('admins')}`));
  });

  it('says that Graph may have cut a list inside an application', async () => {
    const twenty = Array.from({ length: 20 }, (_, at) => appRole('deploy', guid(`role ${at}`)));

    const coverage = await coverageOf(scanJson([principal('deploy', { appRoleAssignments: twenty })]));

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /no more than 20 inside one item: there may be more appRoleAssignments of /);
  });

  it('says which roles it knows nothing of but their id', async () => {
    const unknown = { id: 'x', principalId: principalId('deploy'), roleDefinitionId: guid('own role'), directoryScopeId: '/' };

    const coverage = await coverageOf(scanJson([unknown]));

    assert.match(coverage?.why ?? '', new RegExp(`not known of directory role ${guid('own role')}: append the role definitions`));
  });

  it('says which roles it knows nothing of but their name', async () => {
    const own = (more: object) => ({ id: guid('own'), displayName: 'Own', rolePermissions: [], ...more });
    const held = { id: 'x', principalId: principalId('deploy'), roleDefinitionId: guid('own'), directoryScopeId: '/' };

    const azure = await coverageOf(scanJson([azureRole('deploy', 'Platform Deployer', SUBSCRIPTION)]));
    const ofPerson = await coverageOf(
      scanJson([azureRole('mara', 'Platform Deployer', SUBSCRIPTION, { principalType: 'User' })]),
    );
    const bare = await coverageOf(scanJson([own({})], [held]));
    const ofMicrosoft = await coverageOf(scanJson([own({ isBuiltIn: true })], [held]));
    const whole = await coverageOf(scanJson([own({ rolePermissions: [{ allowedResourceActions: ['a/b/read'] }] })], [held]));

    assert.equal(azure?.outcome, 'partial');
    assert.match(azure?.why ?? '', /not known of Azure role Platform Deployer: append the role definitions/);
    assert.equal(ofPerson?.outcome, 'complete');
    assert.match(bare?.why ?? '', /not known of directory role Own: append/);
    assert.deepEqual([ofMicrosoft?.outcome, whole?.outcome], ['complete', 'complete']);
  });

  it('keeps ids of two tenants in one file apart, and takes neither for the rest', async () => {
    const [a, b] = [guid('tenant a'), guid('tenant b')];
    const rows = await scanJson(
      { kind: 'AZApp', data: { ...app('deploy'), tenantId: a } },
      { kind: 'AZApp', data: { ...app('other'), tenantId: b } },
      [app('third')],
    );

    assert.deepEqual(
      kinds(rows, 'identity').map((one) => one.id),
      [idOf('deploy', a), idOf('other', b), idOf('third')],
    );
  });

  it('finds a secret that somebody saved beside the list, and keeps only its fingerprint', async () => {
    const text = ['q7R', '8', 'Q~', 'Zk3vT9wLpXc2BnYd6HsJ4mGf8RtUa1eVo5'].join('');
    const file = fileOf(`${JSON.stringify([app('deploy')])}\n${JSON.stringify({ appId: appId('deploy'), password: text })}`);

    const rows = await collect(entraFiles.scan(file, testContext({ pack: await loadPack() })));

    assert.deepEqual(
      kinds(rows, 'sighting').map((one) => one.detector),
      ['azure-client-secret'],
    );
    assert.ok(!JSON.stringify(rows).includes(text));
    assert.equal(kinds(rows, 'coverage').at(-1)?.outcome, 'partial');
  }).timeout(20_000);
});

describe('entra scanner: the list of rights', () => {
  it('knows a right by its id and by its name in any case', () => {
    assert.equal(knownRight('azureRoles', '8E3AF657-A8FF-443C-A75C-2FE8C4BCB635')?.name, 'Owner');
    assert.equal(knownRight('azureRoles', 'owner')?.id, '8e3af657-a8ff-443c-a75c-2fe8c4bcb635');
    assert.equal(knownRight('directoryRoles', 'Owner'), undefined);
    assert.equal(knownRight('applicationPermissions', undefined), undefined);
  });

  // https://learn.microsoft.com/en-us/graph/permissions-reference
  const ruling: [string, string][] = [
    ['UserAuthMethod-TAP.ReadWrite.All', '627169a8-8c15-451c-861a-5b80e383de5c'],
    ['UserAuthMethod-Phone.ReadWrite.All', '6e85d483-7092-4375-babe-0a94a8213a58'],
    ['UserAuthMethod-QR.ReadWrite.All', '4869299f-18c3-40c8-98f2-222657e67db1'],
    ['UserAuthMethod-HardwareOATH.ReadWrite.All', '7e9ebcc1-90aa-4471-8051-e68d6b4e9c89'],
    ['Synchronization.ReadWrite.All', '9b50c33d-700f-43b1-b2eb-87e89b703581'],
    ['Domain-InternalFederation.ReadWrite.All', '64d40371-8d58-4270-bc8a-b4a66de36b9a'],
    ['PrivilegedAccess.ReadWrite.AzureAD', '854d9ab1-6657-4ec8-be45-823027bcd009'],
    ['PrivilegedAccess.ReadWrite.AzureResources', '6f9d5abc-2db6-400b-a267-7de22a40fb87'],
    ['RoleManagementPolicy.ReadWrite.AzureADGroup', 'b38dcc4d-a239-4ed6-aa84-6c65b284f97c'],
    ['DeviceManagementScripts.ReadWrite.All', '9255e99d-faf5-445e-bbf7-cb71482737c4'],
    ['DeviceManagementConfiguration.ReadWrite.All', '9241abd9-d0e6-425a-bd4f-47ba86e767a4'],
    ['DelegatedAdminRelationship.ReadWrite.All', 'cc13eba4-8cd8-44c6-b4d4-f93237adce58'],
    ['Application.ReadUpdate.All', 'fc023787-fd04-4e44-9bc7-d454f00c0f0a'],
  ];
  for (const [name, id] of ruling) {
    it(`${name} rules the tenant`, async () => {
      const rows = await scanJson([principal('deploy')], [appRole('deploy', id)]);

      assert.deepEqual(
        [...new Set(kinds(rows, 'grant').map((one) => [one.permission, one.detail?.tier].join(' ')))],
        [`${name} 0`],
      );
    });
  }

  it('knows the privileged roles of the directory', () => {
    const tier = (id: string) => knownRight('directoryRoles', id)?.tier;

    assert.equal(tier('4ba39ca4-527c-499a-b93d-d9b492c50246'), 0);
    assert.deepEqual(knownRight('directoryRoles', '966707d0-3269-4727-9be2-8c3a10f19b9d')?.gives, ['impersonates']);
    assert.deepEqual(knownRight('directoryRoles', '59d46f88-662b-457b-bceb-5c3809e5908f')?.gives, ['manages-identities']);
    // Who rules the machines of administrators, by a role or by a permission, is of one rank.
    assert.deepEqual(
      [tier('Intune Administrator'), knownRight('applicationPermissions', 'DeviceManagementRBAC.ReadWrite.All')?.tier],
      [0, 0],
    );
  });

  it('counts wide scopes whatever their case', () => {
    const wide = [
      '/',
      '',
      SUBSCRIPTION,
      `${SUBSCRIPTION}/`,
      SUBSCRIPTION.toUpperCase(),
      '/providers/microsoft.management/managementgroups/x',
    ];
    const narrow = [`${SUBSCRIPTION}/resourceGroups/rg`, '/providers/Microsoft.Subscription/x', 'subscriptions'];

    assert.deepEqual(
      wide.filter((one) => !isWideScope(one)),
      [],
    );
    assert.deepEqual(narrow.filter(isWideScope), []);
  });

  it('matches operations as a regular expression would, and never slowly', () => {
    const pattern = fc.array(fc.constantFrom('*', 'a', 'b', '/'), { maxLength: 6 }).map((parts) => parts.join(''));
    const prefix = 'Microsoft.KeyVault/vaults/secrets/getSecret/action';
    const none = { actions: [], notActions: [], notDataActions: [] };

    fc.assert(
      fc.property(
        pattern,
        fc.integer({ min: 0, max: prefix.length }),
        fc.integer({ min: 0, max: prefix.length }),
        (own, from, to) => {
          const written = `${prefix.slice(0, from)}${own}${prefix.slice(to)}`;
          const expected = new RegExp(`^${written.replace(/[.]/g, '\\.').replaceAll('*', '.*')}$`, 'i').test(prefix);

          assert.equal(judgeRole([{ ...none, dataActions: [written] }]).length > 0, expected, written);
        },
      ),
    );

    const start = cpuTime();
    judgeRole([{ ...none, dataActions: ['*a'.repeat(2000)] }]);
    assert.ok(cpuTime() - start < 500);
  });
});
