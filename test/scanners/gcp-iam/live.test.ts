import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gcpIamLive } from '../../../scanners/gcp-iam/index.ts';
import type { Observation, ServiceTarget } from '../../../src/contracts/index.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';
import { account, bind, ETL, ETL_ID, found, KEY_ID, key, NUMBER, PROJECT, PROJECT_RESOURCE } from './exports.ts';
import { forbidden, type GoogleServer, googleServer, notEnabled, type Served } from './google-server.ts';

const CI = `ci@${PROJECT}.iam.gserviceaccount.com`;
const GLOBAL = `projects/${PROJECT}/locations/global`;
const target = (address: string): ServiceTarget => ({ kind: 'service', name: `gcp:${address}`, scheme: 'gcp', address });
const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';
const hmac = ['GOOG1E', 'AAAAAAAAAAAAAAAAAAAAAAAA'].join('');

/** A project with one of everything, in a folder of an organisation. */
function project(): { [path: string]: Served } {
  return {
    [`v3/projects/${PROJECT}`]: {
      value: {
        name: `projects/${NUMBER}`,
        projectId: PROJECT,
        parent: 'folders/1',
        state: 'ACTIVE',
        labels: { env: 'production' },
      },
    },
    [`v1/projects/${PROJECT}:getAncestry`]: {
      value: {
        ancestor: [
          { resourceId: { type: 'project', id: PROJECT } },
          { resourceId: { type: 'folder', id: '1' } },
          { resourceId: { type: 'organization', id: '2' } },
        ],
      },
    },
    [`v1/projects/${PROJECT}/serviceAccounts`]: {
      list: 'accounts',
      items: [account(), account(CI, { uniqueId: '7' }), account(`idle@${PROJECT}.iam.gserviceaccount.com`, { uniqueId: '8' })],
    },
    [`v1/projects/${PROJECT}/serviceAccounts/${ETL}/keys`]: { value: { keys: [key()] } },
    [`v1/projects/${PROJECT}/serviceAccounts/${CI}/keys`]: { value: {} },
    [`v1/projects/${PROJECT}/serviceAccounts/idle@${PROJECT}.iam.gserviceaccount.com/keys`]: { value: {} },
    [`v1/projects/${PROJECT}:searchAllIamPolicies`]: {
      list: 'results',
      items: [
        found(
          PROJECT_RESOURCE,
          bind('roles/editor', `serviceAccount:${ETL}`),
          bind(`projects/${PROJECT}/roles/loader`, `serviceAccount:${CI}`),
        ),
      ],
    },
    'v3/folders/1:getIamPolicy': {
      value: { etag: 'a', bindings: [bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:${CI}`)] },
    },
    'v3/organizations/2:getIamPolicy': { value: { etag: 'a' } },
    [`v1/projects/${PROJECT}/roles`]: {
      list: 'roles',
      items: [
        { name: `projects/${PROJECT}/roles/loader`, title: 'Loader', includedPermissions: ['secretmanager.versions.access'] },
      ],
    },
    'v1/organizations/2/roles': { list: 'roles', items: [] },
    [`v1beta/${GLOBAL}/workloadIdentityPools`]: {
      list: 'workloadIdentityPools',
      items: [{ name: `projects/${NUMBER}/locations/global/workloadIdentityPools/github`, state: 'ACTIVE' }],
    },
    [`v1beta/projects/${NUMBER}/locations/global/workloadIdentityPools/github/providers`]: {
      list: 'workloadIdentityPoolProviders',
      items: [
        {
          name: `projects/${NUMBER}/locations/global/workloadIdentityPools/github/providers/actions`,
          state: 'ACTIVE',
          oidc: { issuerUri: 'https://token.actions.githubusercontent.com' },
          attributeMapping: { 'attribute.repository': 'assertion.repository' },
        },
      ],
    },
    [`v2/policies/cloudresourcemanager.googleapis.com/projects/${PROJECT}/denypolicies`]: {
      list: 'policies',
      items: [{ name: `policies/cloudresourcemanager.googleapis.com%2Fprojects%2F${PROJECT}/denypolicies/no-keys` }],
    },
    [`v2/policies/cloudresourcemanager.googleapis.com/projects/${PROJECT}/denypolicies/no-keys`]: {
      value: {
        name: `policies/cloudresourcemanager.googleapis.com%2Fprojects%2F${PROJECT}/denypolicies/no-keys`,
        kind: 'DenyPolicy',
        rules: [
          {
            denyRule: {
              deniedPrincipals: ['principalSet://goog/public:all'],
              deniedPermissions: ['secretmanager.googleapis.com/versions.access'],
            },
          },
        ],
      },
    },
    'v2/policies/cloudresourcemanager.googleapis.com/folders/1/denypolicies': { list: 'policies', items: [] },
    'v2/policies/cloudresourcemanager.googleapis.com/organizations/2/denypolicies': { list: 'policies', items: [] },
    'v3/organizations/2/locations/global/principalAccessBoundaryPolicies': { list: 'principalAccessBoundaryPolicies', items: [] },
    [`v3/projects/${PROJECT}/locations/global/policyBindings`]: { list: 'policyBindings', items: [] },
    'v3/folders/1/locations/global/policyBindings': { list: 'policyBindings', items: [] },
    'v3/organizations/2/locations/global/policyBindings': { list: 'policyBindings', items: [] },
    [`v1/${GLOBAL}/activityTypes/serviceAccountLastAuthentication/activities:query`]: {
      list: 'activities',
      items: [activity(`serviceAccounts/${ETL}`, 'serviceAccountLastAuthentication', '2026-05-20T07:00:00Z')],
    },
    [`v1/${GLOBAL}/activityTypes/serviceAccountKeyLastAuthentication/activities:query`]: {
      list: 'activities',
      items: [activity(`serviceAccounts/${ETL}/keys/${KEY_ID}`, 'serviceAccountKeyLastAuthentication', '2026-05-19T07:00:00Z')],
    },
    [`v1/${GLOBAL}/insightTypes/google.iam.serviceAccount.Insight/insights`]: { list: 'insights', items: [] },
    [`v1/${GLOBAL}/insightTypes/google.iam.policy.Insight/insights`]: { list: 'insights', items: [] },
    [`v1/${GLOBAL}/recommenders/google.iam.policy.Recommender/recommendations`]: { list: 'recommendations', items: [] },
    [`v2/${GLOBAL}/keys`]: {
      list: 'keys',
      items: [
        {
          name: `projects/${NUMBER}/locations/global/keys/${uuid}`,
          uid: uuid,
          displayName: 'maps',
          createTime: '2024-01-01T00:00:00Z',
        },
      ],
    },
    [`storage/v1/projects/${PROJECT}/hmacKeys`]: {
      value: {
        kind: 'storage#hmacKeysMetadata',
        items: [
          {
            kind: 'storage#hmacKeyMetadata',
            accessId: hmac,
            serviceAccountEmail: ETL,
            state: 'ACTIVE',
            timeCreated: '2025-01-01T00:00:00Z',
          },
        ],
      },
    },
  };
}

function activity(rest: string, activityType: string, lastAuthenticatedTime: string): object {
  return {
    fullResourceName: `//iam.googleapis.com/projects/${PROJECT}/${rest}`,
    activityType,
    observationPeriod: { startTime: '2026-02-20T07:00:00Z', endTime: '2026-05-29T07:00:00Z' },
    activity: { lastAuthenticatedTime },
  };
}

async function scan(served: { [path: string]: Served }, prepare?: (server: GoogleServer) => void, address = PROJECT) {
  const server = await googleServer(served);
  prepare?.(server);
  const context = testContext({ env: server.env });
  try {
    return { observations: await collect(gcpIamLive.scan(target(address), context)), server, context };
  } finally {
    await server.close();
  }
}

const coverage = (observations: readonly Observation[]) => kinds(observations, 'coverage');
const about = (observations: readonly Observation[], what: string) =>
  coverage(observations).find(({ subject }) => subject.endsWith(` ${what}`));

describe('gcp-iam live scanner', () => {
  it('reads a project with the real clients, page after page', async () => {
    const { observations, server, context } = await scan(project());

    const identities = kinds(observations, 'identity');
    assert.deepEqual(
      identities
        .filter(({ type }) => type === 'service-account')
        .map(({ id, environment, lastUsedAt }) => [id, environment, lastUsedAt]),
      [
        [ETL_ID, 'prod', '2026-05-20T07:00:00.000Z'],
        [`gcp:${PROJECT}:serviceAccount/${CI}`, 'prod', undefined],
        [`gcp:${PROJECT}:serviceAccount/idle@${PROJECT}.iam.gserviceaccount.com`, 'prod', undefined],
      ],
    );
    const credentials = kinds(observations, 'credential');
    assert.deepEqual(
      credentials.map(({ type, lastUsedAt }) => [type, lastUsedAt]),
      [
        ['service-account-key', '2026-05-19T07:00:00.000Z'],
        ['api-key', undefined],
        ['hmac-key', undefined],
      ],
    );
    assert.ok(kinds(observations, 'grant').some((one) => one.identity === ETL_ID && one.capability === 'admin'));
    assert.deepEqual(
      coverage(observations)
        .filter(({ outcome }) => outcome !== 'complete')
        .map(({ subject, why }) => [subject, why]),
      [],
    );
    assert.deepEqual(server.tokens, ['loopback-1']);
    assert.ok(context.hosts.every((host) => host.startsWith('127.0.0.1')));
  });

  it('honours what is granted above the project and what a deny policy takes away', async () => {
    const { observations } = await scan(project());

    const ci = `gcp:${PROJECT}:serviceAccount/${CI}`;
    const way = kinds(observations, 'grant').find((one) => one.identity === ci && one.detail?.method === 'get-access-token');
    assert.equal(way?.capability, 'escalates');
    assert.match(String(way?.detail?.path), /roles\/iam\.serviceAccountTokenCreator on folders\/1: mints access tokens of etl@/);
    assert.ok(
      kinds(observations, 'trust').some(
        (one) => one.identity === ETL_ID && one.principal === ci && one.detail?.inheritedFrom === 'folders/1',
      ),
    );
    assert.ok(!kinds(observations, 'grant').some((one) => one.identity === ci && one.capability === 'reads-secrets'));
    assert.ok(
      kinds(observations, 'grant').some(
        (one) => one.effect === 'deny' && one.permission === 'secretmanager.googleapis.com/versions.access',
      ),
    );
  });

  it('tells whose tokens a pool takes', async () => {
    const { observations } = await scan(project());

    const [provider] = kinds(observations, 'consumer');
    assert.equal(provider?.detail?.fact, 'identity-pool-provider');
    assert.equal(provider?.detail?.issuer, 'token.actions.githubusercontent.com');
    assert.equal(provider?.detail?.condition, undefined);
  });

  it('names the right that is missing, and goes on', async () => {
    const served = project();
    served[`v1/projects/${PROJECT}/serviceAccounts/${ETL}/keys`] = forbidden('iam.serviceAccountKeys.list');
    served[`v2/policies/cloudresourcemanager.googleapis.com/projects/${PROJECT}/denypolicies`] =
      forbidden('iam.denypolicies.list');

    const { observations } = await scan(served);

    const keys = about(observations, 'keys of service accounts');
    assert.equal(keys?.outcome, 'partial');
    assert.match(keys?.why ?? '', /1 of 3: iam\.serviceAccountKeys\.list is not allowed/);
    assert.match(about(observations, 'deny policies')?.why ?? '', /iam\.denypolicies\.list is not allowed/);
    assert.equal(kinds(observations, 'identity').filter(({ type }) => type === 'service-account').length, 3);
    assert.equal(about(observations, 'API keys')?.outcome, 'complete');
  });

  it('does not say that all keys were read where accounts may not be listed', async () => {
    const served = project();
    served[`v1/projects/${PROJECT}/serviceAccounts`] = forbidden('iam.serviceAccounts.list');

    const { observations } = await scan(served);

    const keys = about(observations, 'keys of service accounts');
    assert.equal(keys?.outcome, 'denied');
    assert.match(keys?.why ?? '', /not all that is to be asked for is known: iam\.serviceAccounts\.list/);
    assert.deepEqual(keys?.covers, ['credential']);
  });

  it('lets deny policies alone make nothing assessed', async () => {
    const served = project();
    served[`v1/projects/${PROJECT}:searchAllIamPolicies`] = forbidden('cloudasset.assets.searchAllIamPolicies');

    const { observations } = await scan(served);

    const complete = coverage(observations).filter(({ outcome, covers }) => outcome === 'complete' && covers.includes('grant'));
    assert.deepEqual(complete, []);
    assert.equal(about(observations, 'policy of the project')?.outcome, 'partial');
  });

  it('tells an API that is switched off from a right that is missing', async () => {
    const served = project();
    served[`v2/${GLOBAL}/keys`] = notEnabled('apikeys.googleapis.com');
    served[`v1beta/${GLOBAL}/workloadIdentityPools`] = notEnabled('iam.googleapis.com');

    const { observations } = await scan(served);

    for (const [what, api] of [
      ['API keys', 'apikeys'],
      ['workload identity pools', 'iam'],
    ] as const) {
      const row = about(observations, what);
      assert.equal(row?.outcome, 'denied');
      assert.match(row?.why ?? '', new RegExp(`${api}\\.googleapis\\.com is not enabled.*gcloud services enable`));
    }
  });

  it('asks project and accounts where the asset inventory may not be asked', async () => {
    const served = project();
    served[`v1/projects/${PROJECT}:searchAllIamPolicies`] = notEnabled('cloudasset.googleapis.com');
    served[`v3/projects/${PROJECT}:getIamPolicy`] = {
      value: { etag: 'a', bindings: [bind('roles/editor', `serviceAccount:${ETL}`)] },
    };
    served[`v1/projects/${PROJECT}/serviceAccounts/${ETL}:getIamPolicy`] = {
      value: { etag: 'a', bindings: [bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:${CI}`)] },
    };
    for (const one of [CI, `idle@${PROJECT}.iam.gserviceaccount.com`]) {
      served[`v1/projects/${PROJECT}/serviceAccounts/${one}:getIamPolicy`] = { value: { etag: 'a' } };
    }

    const { observations } = await scan(served);

    assert.equal(about(observations, 'policies of all resources')?.outcome, 'denied');
    assert.equal(about(observations, 'policy of the project')?.outcome, 'complete');
    assert.ok(kinds(observations, 'grant').some((one) => one.identity === ETL_ID && one.permission === 'roles/editor'));
    assert.ok(kinds(observations, 'trust').some((one) => one.identity === ETL_ID && one.detail?.inheritedFrom === undefined));
  });

  it('waits where it is asked to, and takes a new token when one ran out', async () => {
    const throttled: Served = {
      status: 429,
      headers: { 'retry-after': '0' },
      body: { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' } },
    };

    const { observations, server } = await scan(project(), ({ faults, expired }) => {
      faults.set(`v1/projects/${PROJECT}/serviceAccounts`, [throttled]);
      faults.set(`v1beta/${GLOBAL}/workloadIdentityPools`, [
        throttled,
        { status: 401, body: { error: { code: 401, status: 'UNAUTHENTICATED', message: 'expired' } } },
      ]);
      expired.add('loopback-1');
    });

    assert.deepEqual(
      coverage(observations).filter(({ outcome }) => outcome !== 'complete'),
      [],
    );
    assert.equal(server.asked.filter((one) => one === `GET v1/projects/${PROJECT}/serviceAccounts`).length, 3);
    assert.ok(server.tokens.length >= 2);
  });

  it('keeps the pages before one that is refused', async () => {
    const path = `v1/projects/${PROJECT}/serviceAccounts`;

    const { observations } = await scan(project(), ({ faults }) => {
      faults.set(path, [{ value: { accounts: [account()], nextPageToken: '1' } }, forbidden('iam.serviceAccounts.list')]);
    });

    const row = about(observations, 'service accounts');
    assert.equal(row?.outcome, 'partial');
    assert.equal(row?.read, 1);
    assert.match(row?.why ?? '', /iam\.serviceAccounts\.list/);
  });

  it('asks again where an answer was cut off', async () => {
    const path = `v1/projects/${PROJECT}/roles`;

    const { observations, server } = await scan(project(), ({ faults }) => {
      faults.set(path, [{ raw: '{"roles": [{"name": "projects/p/ro' }]);
    });

    assert.equal(about(observations, 'roles of the project')?.outcome, 'complete');
    assert.equal(server.asked.filter((one) => one === `GET ${path}`).length, 2);
  });

  const poolsPath = `v1beta/${GLOBAL}/workloadIdentityPools`;
  const pool = (name: string) => ({
    name: `projects/${NUMBER}/locations/global/workloadIdentityPools/${name}`,
    state: 'ACTIVE',
  });

  it('reads what the generated clients list page by page', async () => {
    const served = project();
    served[poolsPath] = { list: 'workloadIdentityPools', items: ['a', 'b', 'c', 'd', 'e'].map(pool) };

    const { server } = await scan(served);

    assert.equal(server.asked.filter((one) => one === `GET ${poolsPath}`).length, 3);
    assert.equal(server.asked.filter((one) => one.endsWith('/workloadIdentityPools/e/providers')).length, 1);
  });

  it('ends where a page of the generated clients points to itself', async () => {
    const served = project();
    served[poolsPath] = { value: { workloadIdentityPools: [pool('a')], nextPageToken: 'same' } };

    const { observations, server } = await scan(served);

    const row = about(observations, 'workload identity pools');
    assert.equal(server.asked.filter((one) => one === `GET ${poolsPath}`).length, 2);
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /go round in circles/);
  });

  it('does not take an answer of any length from the generated clients', async () => {
    const served = project();
    served[poolsPath] = { raw: `${' '.repeat(65 * 1024 * 1024)}{}` };

    const { observations } = await scan(served);

    const row = about(observations, 'workload identity pools');
    assert.notEqual(row?.outcome, 'complete');
    assert.match(row?.why ?? '', /larger than 64 MiB/);
  });

  it('says without a warning of the library that there is no login', async () => {
    const { HOME, GCE_METADATA_HOST, GOOGLE_APPLICATION_CREDENTIALS } = process.env;
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.name);
    process.on('warning', note);
    const metadata = createServer((_, response) => response.writeHead(403).end());
    await new Promise<void>((ready) => metadata.listen(0, '127.0.0.1', ready));
    process.env.HOME = '/nowhere';
    process.env.GCE_METADATA_HOST = `127.0.0.1:${(metadata.address() as AddressInfo).port}`;
    delete process.env.GOOGLE_APPLICATION_CREDENTIALS;

    const observations = await collect(gcpIamLive.scan(target(PROJECT), testContext({ env: {} })));
    await new Promise((done) => setTimeout(done, 10));
    process.off('warning', note);
    metadata.close();
    for (const [name, value] of Object.entries({ HOME, GCE_METADATA_HOST, GOOGLE_APPLICATION_CREDENTIALS })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }

    assert.match(coverage(observations)[0]?.why ?? '', /there are no default credentials/);
    assert.deepEqual(warnings, []);
  });

  it('says once that there is no login, and asks nothing more', async () => {
    const server = await googleServer(project());
    const context = testContext({ env: { ...server.env, GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/login.json' } });

    const observations = await collect(gcpIamLive.scan(target(PROJECT), context));
    await server.close();

    assert.deepEqual(server.asked, []);
    const [row, ...more] = coverage(observations);
    assert.equal(more.length, 0);
    assert.equal(row?.outcome, 'denied');
    assert.match(row?.why ?? '', /cannot be read: run gcloud auth application-default login/);
    assert.deepEqual([...(row?.covers ?? [])].sort(), ['consumer', 'credential', 'grant', 'identity', 'trust', 'usage']);
    assert.equal(kinds(observations, 'identity').length, 0);
  });

  it('does not turn to another project when a folder is refused', async () => {
    const { observations, server } = await scan(project(), undefined, 'folders/9');

    assert.ok(server.asked.every((path) => !path.includes(PROJECT)));
    assert.ok(
      coverage(observations)
        .filter(({ subject }) => !subject.endsWith(' as a whole'))
        .some(({ outcome }) => outcome !== 'complete'),
    );
    assert.equal(kinds(observations, 'identity').length, 0);
  });

  it('reads an organisation through the asset inventory', async () => {
    const asset = (type: string, name: string, data: object) => ({
      name,
      assetType: type,
      resource: { data },
      ancestors: [`projects/${NUMBER}`, 'folders/1', 'organizations/2'],
    });
    const served: { [path: string]: Served } = {
      ...project(),
      'v1/organizations/2/assets': {
        list: 'assets',
        items: [
          asset('cloudresourcemanager.googleapis.com/Project', PROJECT_RESOURCE, { projectId: PROJECT, projectNumber: NUMBER }),
          asset('iam.googleapis.com/ServiceAccount', `//iam.googleapis.com/projects/${PROJECT}/serviceAccounts/1`, account()),
          asset(
            'iam.googleapis.com/ServiceAccountKey',
            `//iam.googleapis.com/projects/${PROJECT}/serviceAccounts/1/keys/${KEY_ID}`,
            key(),
          ),
        ],
      },
      'v1/organizations/2:searchAllIamPolicies': {
        list: 'results',
        items: [
          {
            resource: '//cloudresourcemanager.googleapis.com/organizations/2',
            assetType: 'cloudresourcemanager.googleapis.com/Organization',
            organization: 'organizations/2',
            policy: { bindings: [bind('roles/iam.securityAdmin', `serviceAccount:${ETL}`)] },
          },
        ],
      },
      'v1/organizations/2/locations/global/activityTypes/serviceAccountLastAuthentication/activities:query': {
        list: 'activities',
        items: [],
      },
      'v1/organizations/2/locations/global/activityTypes/serviceAccountKeyLastAuthentication/activities:query': {
        list: 'activities',
        items: [],
      },
    };

    const { observations } = await scan(served, undefined, 'organizations/2');

    assert.deepEqual(
      coverage(observations)
        .filter(({ outcome }) => outcome !== 'complete')
        .map(({ subject, why }) => [subject, why]),
      [],
    );
    assert.equal(kinds(observations, 'credential').filter(({ type }) => type === 'service-account-key').length, 1);
    assert.ok(
      kinds(observations, 'grant').some(
        (one) => one.identity === ETL_ID && one.resource === 'organizations/2' && one.capability === 'escalates',
      ),
    );
  });

  it('asks each project for last use where the organisation gives no answer', async () => {
    const served: { [path: string]: Served } = {
      ...project(),
      'v1/organizations/2/assets': {
        list: 'assets',
        items: [
          {
            name: PROJECT_RESOURCE,
            assetType: 'cloudresourcemanager.googleapis.com/Project',
            resource: { data: { projectId: PROJECT, projectNumber: NUMBER } },
            ancestors: [`projects/${NUMBER}`, 'organizations/2'],
          },
        ],
      },
      'v1/organizations/2:searchAllIamPolicies': { list: 'results', items: [] },
    };

    const { observations } = await scan(served, undefined, 'organizations/2');

    assert.equal(about(observations, 'last use of service accounts')?.outcome, 'complete');
    assert.equal(kinds(observations, 'identity')[0]?.lastUsedAt, '2026-05-20T07:00:00.000Z');
  });

  it('goes on where many projects in a row have an API switched off and others have it', async () => {
    const ids = Array.from({ length: 11 }, (_, index) => `harbour-${String(index).padStart(2, '0')}`);
    const served: { [path: string]: Served } = {
      ...project(),
      'v1/organizations/2/assets': {
        list: 'assets',
        items: ids.map((projectId, index) => ({
          name: `//cloudresourcemanager.googleapis.com/projects/${100 + index}`,
          assetType: 'cloudresourcemanager.googleapis.com/Project',
          resource: { data: { projectId, projectNumber: String(100 + index) } },
          ancestors: [`projects/${100 + index}`, 'organizations/2'],
        })),
      },
      'v1/organizations/2:searchAllIamPolicies': { list: 'results', items: [] },
    };
    for (const [index, id] of ids.entries()) {
      served[`storage/v1/projects/${id}/hmacKeys`] =
        index === 0 || index > 6 ? { list: 'items', items: [] } : notEnabled('storage.googleapis.com');
    }

    const { observations } = await scan(served, undefined, 'organizations/2');

    const row = about(observations, 'HMAC keys');
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /^6 of 11: /);
    assert.equal(row?.read, 5);
  });

  it('does not ask again what an earlier run kept', async () => {
    const kept = new Map<string, unknown>();
    const once = async <T>(step: string, make: () => Promise<T>): Promise<T> => {
      if (!kept.has(step)) kept.set(step, await make());
      return kept.get(step) as T;
    };
    const server = await googleServer(project());
    const context = { ...testContext({ env: server.env }), once };
    const first = await collect(gcpIamLive.scan(target(PROJECT), context));
    const asked = server.asked.length;

    const second = await collect(gcpIamLive.scan(target(PROJECT), context));
    await server.close();

    assert.equal(server.asked.length, asked);
    assert.deepEqual(second, first);
    assert.ok(!JSON.stringify([...kept]).includes('keyString'));
  });

  it('lists every call with its right, and tries each', async () => {
    const server = await googleServer(project());
    server.faults.set(`v2/${GLOBAL}/keys`, [forbidden('apikeys.keys.list')]);
    const context = testContext({ env: server.env });

    const calls = gcpIamLive.calls?.(target(PROJECT), server.env) ?? [];
    const probed = await collect(gcpIamLive.probe?.(target(PROJECT), context) ?? []);
    await server.close();

    assert.equal(probed.length, calls.length);
    assert.ok(calls.every(({ right, tells, host }) => right !== '' && tells !== '' && host.startsWith('127.0.0.1')));
    assert.deepEqual(
      probed
        .filter(({ outcome }) => outcome !== 'ok')
        .map(({ call, outcome, why }) => [call.right, outcome, /apikeys\.keys\.list/.test(why ?? '')]),
      [
        ['resourcemanager.projects.getIamPolicy', 'failed', false],
        ['iam.serviceAccounts.getIamPolicy', 'failed', false],
        ['iam.roles.get', 'failed', false],
        ['apikeys.keys.list', 'denied', true],
      ],
    );
  });

  it('refuses an address that is none', () => {
    assert.throws(() => gcpIamLive.calls?.(target('folders/x'), {}), /names no project/);
    assert.throws(() => gcpIamLive.calls?.(target(''), {}), /names no project/);
  });
});
