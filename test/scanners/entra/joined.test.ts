import assert from 'node:assert/strict';
import { terraform } from '../../../scanners/terraform/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { loadPack } from '../../../src/detect/load.ts';
import type { Row } from '../../../src/store/index.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';
import { withRun } from '../../src/correlate/run-store.ts';
import {
  app,
  appId,
  appRole,
  azureRole,
  certificate,
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
  TENANT,
  user,
} from './exports.ts';

async function rowsOf(observations: readonly Observation[], sql: string): Promise<Row[]> {
  return await withRun(observations, async (store) => await store.rows(sql));
}

const VM = `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web`;
const APPLICATION_ADMINISTRATOR = '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3';
const RULER = '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8';

describe('entra scanner: what several exports tell together', () => {
  it('leads roles, owners and federated credentials to the application, by whichever id they name it', async () => {
    const rows = [
      ...(await scanJson([app('deploy')])),
      ...(await scanJson([principal('deploy')])),
      ...(await scanJson([
        { id: 'r', principalId: principalId('deploy'), roleDefinitionId: APPLICATION_ADMINISTRATOR, directoryScopeId: '/' },
      ])),
      ...(await scanText(JSON.stringify(page('directoryObjects', [user('mara')])), `owners-${objectId('deploy')}.json`)),
      ...(await scanText(
        JSON.stringify([{ issuer: 'https://gitlab.com', subject: 'x', audiences: [], name: 'f' }]),
        `federated-${appId('deploy')}.json`,
      )),
    ];

    const found = await rowsOf(
      rows,
      `SELECT 'grant' AS kind, identity_id FROM grants WHERE capability IS NULL
       UNION ALL SELECT principal_type, identity_id FROM trusts
       UNION ALL SELECT name, identity_id FROM identities
       UNION ALL SELECT owners[1], identity_id FROM identities ORDER BY kind`,
    );

    assert.deepEqual([...new Set(found.map((row) => row.identity_id))], [idOf('deploy')]);
    assert.deepEqual(
      found.map((row) => row.kind),
      ['deploy', 'grant', 'mara@harbour.example', 'oidc', 'person'],
    );
  });

  it('takes the tenant of one export for the others that do not say theirs', async () => {
    const rows = [
      ...(await scanJson([app('deploy')])),
      ...(await scanText(JSON.stringify([principal('deploy')]), 'a/sps.json', {
        'a/account.json': JSON.stringify({ homeTenantId: TENANT, tenantId: TENANT }),
      })),
      ...(await scanJson([
        { id: 'r', principalId: principalId('deploy'), roleDefinitionId: APPLICATION_ADMINISTRATOR, directoryScopeId: '/' },
      ])),
    ];

    const found = await rowsOf(rows, 'SELECT identity_id FROM identities UNION SELECT identity_id FROM grants');

    assert.deepEqual(found, [{ identity_id: idOf('deploy', TENANT) }]);
  });

  it('leaves alone one client id that two tenants have, and an object that nobody lists', async () => {
    const rows = [
      ...(await scanJson({ kind: 'AZServicePrincipal', data: { ...principal('shared'), tenantId: guid('a') } })),
      ...(await scanJson({
        kind: 'AZServicePrincipal',
        data: { ...principal('shared', { id: guid('other object') }), tenantId: guid('b') },
      })),
      ...(await scanJson([
        { id: 'r', principalId: guid('gone'), roleDefinitionId: APPLICATION_ADMINISTRATOR, directoryScopeId: '/' },
      ])),
      ...(await scanText(
        JSON.stringify([{ issuer: 'https://gitlab.com', subject: 'x', audiences: [], name: 'f' }]),
        `federated-${appId('shared')}.json`,
      )),
    ];

    const found = await rowsOf(rows, 'SELECT identity_id FROM trusts UNION SELECT identity_id FROM grants ORDER BY 1');

    assert.deepEqual(
      found.map((row) => row.identity_id),
      [`entra:-:object/${appId('shared')}`, `entra:-:object/${guid('gone')}`].toSorted(),
    );
  });

  it('knows a certificate of the sign-in report, which names it by its key id', async () => {
    const used = {
      appId: appId('deploy'),
      keyId: guid('certificate sign'),
      keyType: 'certificate',
      signInActivity: { lastSignInDateTime: '2026-05-20T00:00:00Z' },
    };
    const rows = [
      ...(await scanJson([app('deploy', { keyCredentials: [certificate('verify'), certificate('sign', { usage: 'Sign' })] })])),
      ...(await scanJson(page('reports/appCredentialSignInActivities', [used]))),
    ];

    const found = await rowsOf(
      rows,
      "SELECT credential_id, identity_id, strftime(last_used_at, '%Y-%m-%d') AS used FROM credentials",
    );

    assert.deepEqual(found, [
      {
        credential_id: 'entra:certificate/0123456789abcdef0123456789abcdef01234567',
        identity_id: idOf('deploy'),
        used: '2026-05-20',
      },
    ]);
  });

  it('lets who may add a secret become the applications that have more, and no other', async () => {
    const rows = await scanJson(
      [
        principal('keeper'),
        principal('ruler'),
        principal('reader'),
        principal('worker', { servicePrincipalType: 'ManagedIdentity' }),
      ],
      [{ id: 'r', principalId: principalId('keeper'), roleDefinitionId: APPLICATION_ADMINISTRATOR, directoryScopeId: '/' }],
      [appRole('ruler', RULER), appRole('worker', RULER), appRole('reader', 'df021288-bdef-4463-88db-98f22de89214')],
    );

    const found = await rowsOf(rows, 'SELECT identity_id, becomes, basis FROM may_become');

    assert.deepEqual(found, [{ identity_id: idOf('keeper'), becomes: idOf('ruler'), basis: 'adds a secret to it' }]);
  });

  it('lets who runs code on a machine become its identity, within the scope of the role', async () => {
    const rows = await scanJson(
      [
        principal('operator'),
        principal('neighbour'),
        principal('web', { servicePrincipalType: 'ManagedIdentity', alternativeNames: ['isExplicit=False', VM] }),
      ],
      [
        azureRole('operator', 'Virtual Machine Contributor', `${SUBSCRIPTION}/resourcegroups/RG`),
        azureRole('neighbour', 'Virtual Machine Contributor', `${SUBSCRIPTION}/resourceGroups/r`),
        azureRole('neighbour', 'Website Contributor', SUBSCRIPTION),
      ],
    );

    const found = await rowsOf(rows, 'SELECT identity_id, becomes FROM may_become');

    assert.deepEqual(found, [{ identity_id: idOf('operator'), becomes: idOf('web') }]);
  });

  it('joins a leaked secret to its application and to the very credential', async () => {
    const text = ['q7R', '8', 'Q~', 'Zk3vT9wLpXc2BnYd6HsJ4mGf8RtUa1eVo5'].join('');
    const context = testContext({ pack: await loadPack() });
    const leak = (lines: string) =>
      context.detect(lines).map((match) => context.sighting(match, { repository: 'shop', path: '.env', line: 1 }, 'work-tree'));
    const inventory = await scanJson([app('deploy', { passwordCredentials: [secret('ci'), secret('old', { hint: 'x2_' })] })]);
    const sql = 'SELECT identity_id, inventory_id FROM leaked_credentials';
    const expected = [{ identity_id: idOf('deploy'), inventory_id: `entra:client-secret/${guid('secret ci')}` }];

    const named = await rowsOf(
      [...inventory, ...leak(`AZURE_CLIENT_ID=${appId('deploy').toUpperCase()}\nAZURE_CLIENT_SECRET=${text}\n`)],
      sql,
    );
    const other = await rowsOf([...inventory, ...leak(`AZURE_CLIENT_ID=${appId('other')}\nAZURE_CLIENT_SECRET=${text}\n`)], sql);

    assert.deepEqual(named, expected);
    assert.deepEqual(other, [{ identity_id: idOf('other'), inventory_id: null }]);
  }).timeout(30_000);

  it('meets the ids of a Terraform state', async () => {
    const state = {
      version: 4,
      terraform_version: '1.9.0',
      serial: 1,
      lineage: guid('lineage'),
      resources: [
        {
          mode: 'managed',
          type: 'azurerm_user_assigned_identity',
          name: 'etl',
          provider: 'p',
          instances: [{ attributes: { name: 'etl', client_id: appId('etl'), principal_id: principalId('etl') } }],
        },
        {
          mode: 'managed',
          type: 'azurerm_role_assignment',
          name: 'etl',
          provider: 'p',
          instances: [
            { attributes: { scope: SUBSCRIPTION, role_definition_name: 'Contributor', principal_id: principalId('etl') } },
          ],
        },
      ],
    };
    const file = fileOf(JSON.stringify(state), 'terraform.tfstate');
    const declared = await collect(terraform.scan(file, testContext()));
    const listed = await scanJson([principal('etl', { servicePrincipalType: 'ManagedIdentity' })]);

    const found = await rowsOf(
      [...declared, ...listed],
      "SELECT identity_id FROM identities WHERE provider = 'entra' UNION SELECT identity_id FROM grants",
    );

    assert.deepEqual(found, [{ identity_id: idOf('etl') }]);
  });
});
