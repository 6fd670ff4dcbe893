import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubernetesLive } from '../../../scanners/kubernetes/index.ts';
import { scanCluster } from '../../../scanners/kubernetes/live.ts';
import type { CoverageObservation, Observation } from '../../../src/contracts/index.ts';
import { collect, kinds, type TestContextOverrides, tempDir, testContext } from '../../helpers/scan-context.ts';
import { type FakeCluster, startCluster, statusReply } from './api-server.ts';
import { testCertificate } from './certificate.ts';

const ALL = [
  '/api/v1/serviceaccounts',
  '/api/v1/pods',
  '/api/v1/secrets',
  '/api/v1/configmaps',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/rbac.authorization.k8s.io/v1/roles',
  '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  '/apis/apps/v1/deployments',
  '/apis/apps/v1/statefulsets',
  '/apis/apps/v1/daemonsets',
  '/apis/batch/v1/cronjobs',
  '/apis/batch/v1/jobs',
];

describe('kubernetes live scanner', () => {
  let cluster: FakeCluster;

  beforeEach(async () => {
    cluster = await startCluster({ page: 2 });
    for (const path of ALL) cluster.items.set(path, []);
  });
  afterEach(async () => {
    await cluster.close();
  });

  it('asks what a dry run says, and nothing else', async () => {
    const planned = kubernetesLive.calls?.({ kind: 'service', name: 'k8s:prod', scheme: 'k8s', address: 'prod' }, {}) ?? [];

    await scan(cluster);

    const asked = new Set(cluster.asked.map(({ path }) => `GET ${path}`));
    assert.deepEqual([...asked].sort(), planned.map(({ operation }) => operation).sort());
    assert.ok(planned.every(({ host }) => host === 'the context prod of the kubeconfig'));
  });

  it('lists accounts, what they may do and what uses them, and says which host it asked', async () => {
    cluster.items.set('/api/v1/serviceaccounts', [
      { metadata: { name: 'checkout', namespace: 'shop', creationTimestamp: '2025-01-02T03:04:05Z' } },
    ]);
    cluster.items.set('/apis/rbac.authorization.k8s.io/v1/clusterroles', [
      { metadata: { name: 'reader' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }] },
    ]);
    cluster.items.set('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', [
      {
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'checkout', namespace: 'shop' }],
      },
    ]);
    cluster.items.set('/api/v1/pods', [
      {
        metadata: {
          name: 'checkout-7d9f-x',
          namespace: 'shop',
          labels: { 'pod-template-hash': '7d9f' },
          ownerReferences: [{ kind: 'ReplicaSet', name: 'checkout-7d9f' }],
        },
        spec: { serviceAccountName: 'checkout', containers: [{ name: 'app', image: 'harbour/checkout:1' }] },
      },
    ]);

    const { observations, context } = await scan(cluster);

    const [account] = kinds(observations, 'identity');
    assert.equal(account?.id, 'k8s:prod-eu:shop/checkout');
    assert.equal(account?.createdAt, '2025-01-02T03:04:05.000Z');
    assert.deepEqual(account?.at, { pointer: 'k8s:prod ServiceAccount/shop/checkout' });
    assert.deepEqual(
      kinds(observations, 'trust').map(({ principal, identity }) => [principal, identity]),
      [['k8s:prod-eu:shop/checkout', 'k8s:prod-eu:rbac-cluster-role/reader']],
    );
    assert.deepEqual(
      kinds(observations, 'consumer').map(({ consumer, identity }) => [consumer, identity]),
      [['k8s:prod-eu:workload/Deployment/shop/checkout', 'k8s:prod-eu:shop/checkout']],
    );
    assert.deepEqual(context.hosts, [new URL(cluster.url).host]);
    assert.deepEqual(outcomes(observations), [['k8s:prod', 'complete']]);
  });

  it('asks for nothing but lists, with a limit, and reads all pages', async () => {
    cluster.items.set(
      '/api/v1/serviceaccounts',
      ['a', 'b', 'c', 'd', 'e'].map((name) => ({ metadata: { name, namespace: 'shop' } })),
    );

    const { observations } = await scan(cluster);

    assert.equal(kinds(observations, 'identity').length, 5);
    const asked = cluster.asked.filter(({ path }) => path === '/api/v1/serviceaccounts');
    assert.deepEqual(
      asked.map(({ query }) => [query.get('limit'), query.get('continue')]),
      [
        ['500', null],
        ['500', '2'],
        ['500', '4'],
      ],
    );
    assert.equal(asked[0]?.authorization, 'Bearer test-token');
    assert.ok(cluster.asked.every(({ path }) => !/namespaces|watch/.test(path)));
  });

  it('goes on with the page that a grown-old list offers, and says that it did', async () => {
    cluster.items.set(
      '/api/v1/serviceaccounts',
      ['a', 'b', 'c'].map((name) => ({ metadata: { name, namespace: 'shop' } })),
    );
    cluster.replies.set('/api/v1/serviceaccounts', (query, asked) =>
      query.get('continue') === '2' && asked === 2
        ? statusReply(410, 'Expired', 'The provided continue parameter is too old', { continue: '02' })
        : undefined,
    );

    const { observations } = await scan(cluster);

    assert.deepEqual(
      kinds(observations, 'identity').map(({ name }) => name),
      ['a', 'b', 'c'],
    );
    const row = coverageOf(observations, 'serviceaccounts');
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /grew too old/);
  });

  it('keeps what it read when a list breaks off', async () => {
    cluster.items.set(
      '/api/v1/serviceaccounts',
      ['a', 'b', 'c'].map((name) => ({ metadata: { name, namespace: 'shop' } })),
    );
    cluster.replies.set('/api/v1/serviceaccounts', (query) =>
      query.get('continue') === '2' ? statusReply(410, 'Expired', 'too old') : undefined,
    );

    const { observations } = await scan(cluster);

    assert.deepEqual(
      kinds(observations, 'identity').map(({ name }) => name),
      ['a', 'b'],
    );
    assert.equal(coverageOf(observations, 'serviceaccounts')?.outcome, 'partial');
    assert.equal(coverageOf(observations, 'pods')?.outcome, 'complete');
  });

  it('tells each refused list by the words of the cluster, and reads the others', async () => {
    const message = 'secrets is forbidden: User "jo" cannot list resource "secrets" in API group "" at the cluster scope';
    cluster.replies.set('/api/v1/secrets', () => statusReply(403, 'Forbidden', message));
    cluster.items.set('/api/v1/serviceaccounts', [{ metadata: { name: 'a', namespace: 'shop' } }]);

    const { observations } = await scan(cluster);

    const row = coverageOf(observations, 'secrets');
    assert.equal(row?.outcome, 'denied');
    assert.match(row?.why ?? '', /cannot list resource "secrets"/);
    assert.equal(kinds(observations, 'identity').length, 1);
    assert.deepEqual(outcomes(observations), [['k8s:prod', 'partial']]);
  });

  it('reads the namespace of the context where the whole cluster is refused', async () => {
    cluster.replies.set('/api/v1/serviceaccounts', () => statusReply(403, 'Forbidden', 'no'));
    cluster.items.set('/api/v1/namespaces/shop/serviceaccounts', [{ metadata: { name: 'a', namespace: 'shop' } }]);

    const { observations } = await scan(cluster, { namespace: 'shop' });

    assert.equal(kinds(observations, 'identity').length, 1);
    const row = coverageOf(observations, 'serviceaccounts');
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /only the namespace shop/);
  });

  it('asks once when the login is not accepted', async () => {
    for (const path of ALL) cluster.replies.set(path, () => statusReply(401, 'Unauthorized', 'Unauthorized'));

    const { observations } = await scan(cluster);

    assert.equal(cluster.asked.length, 1);
    assert.ok(kinds(observations, 'coverage').every(({ outcome }) => outcome === 'denied'));
  });

  it('waits where the cluster asks it to', async () => {
    cluster.items.set('/api/v1/serviceaccounts', [{ metadata: { name: 'a', namespace: 'shop' } }]);
    cluster.replies.set('/api/v1/serviceaccounts', [
      { ...statusReply(429, 'TooManyRequests', 'slow down'), headers: { 'retry-after': '0' } },
    ]);

    const { observations } = await scan(cluster);

    assert.equal(kinds(observations, 'identity').length, 1);
    assert.equal(coverageOf(observations, 'serviceaccounts')?.outcome, 'complete');
  });

  it('gives up on a server that never answers, and goes on to the next list', async () => {
    cluster.replies.set('/api/v1/pods', () => 'silence');

    const { observations } = await scan(cluster, {}, {}, 40);

    const row = coverageOf(observations, 'pods');
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /no answer in time/);
    assert.equal(coverageOf(observations, 'secrets')?.outcome, 'complete');
  }).timeout(15_000);

  it('does not talk to a server whose certificate it does not know', async () => {
    const { observations } = await scan(cluster, { authority: testCertificate({ commonName: 'another' }).certificate });

    assert.equal(cluster.asked.length, 0);
    assert.match(coverageOf(observations, 'serviceaccounts')?.why ?? '', /not trusted/);
  });

  it('logs in by a client certificate', async () => {
    const own = testCertificate({ commonName: 'auditor', organisations: ['readers'] });

    await scan(cluster, { user: { 'client-certificate-data': base64(own.certificate), 'client-key-data': base64(own.key) } });

    assert.equal(cluster.asked[0]?.user, 'auditor');
    assert.equal(cluster.asked[0]?.authorization, undefined);
  });

  it('runs no program of the kubeconfig unless the user allows it', async () => {
    const { user, ran } = plugin();

    await assert.rejects(scan(cluster, { user }), /logs in by running the program ".*token\.sh"/);

    assert.equal(cluster.asked.length, 0);
    assert.equal(ran(), false);
  });

  it('runs the program for a token when the user allows it, and says so', async () => {
    const { user } = plugin();

    const { context } = await scan(cluster, { user }, { NHI_AUDIT_KUBE_EXEC: '1' });

    assert.equal(cluster.asked[0]?.authorization, 'Bearer from-the-plugin');
    assert.ok(context.logged.some(({ message }) => /^Running .*token\.sh/.test(message)));
  });

  it('keeps of a Secret its keys and fingerprints', async () => {
    const value = `hidden${'-harbour'.repeat(3)}9`;
    cluster.items.set('/api/v1/secrets', [
      { metadata: { name: 'db', namespace: 'shop' }, type: 'Opaque', data: { password: base64(value), host: base64('db.shop') } },
    ]);

    const { observations } = await scan(cluster);

    const [credential] = kinds(observations, 'credential');
    assert.equal(credential?.detail?.key, 'password');
    assert.match(credential?.fingerprint ?? '', /^[0-9a-f]{64}$/);
    const [object] = kinds(observations, 'consumer');
    assert.deepEqual(object?.detail?.keys, ['password', 'host']);
    const told = JSON.stringify(observations);
    assert.ok(!told.includes(value) && !told.includes(base64(value)) && !told.includes('db.shop'));
    assert.equal(
      cluster.asked.find(({ path }) => path === '/api/v1/secrets')?.query.get('fieldSelector'),
      'type!=helm.sh/release.v1',
    );
  });

  it('finds tokens in what a cluster keeps, where no file is searched', async () => {
    cluster.items.set('/api/v1/configmaps', [
      { metadata: { name: 'web', namespace: 'shop' }, data: { 'app.conf': 'key = FAKE_TOKEN_harbour1\n' } },
    ]);

    const { observations } = await scan(cluster);

    const [sighting] = kinds(observations, 'sighting');
    assert.equal(sighting?.detector, 'fake-token');
    assert.match(sighting?.at?.pointer ?? '', /^k8s:prod ConfigMap\/shop\/web\.data/);
  });

  it('names what is wrong with a kubeconfig without its content', async () => {
    const directory = await tempDir();
    const path = join(directory, 'config');
    writeFileSync(path, 'users:\n  - name: [hidden-value]\n');
    const context = testContext({ env: { KUBECONFIG: path } });

    await assert.rejects(
      collect(scanCluster({ kind: 'service', name: 'k8s:', scheme: 'k8s', address: '' }, context)),
      (error: Error) => {
        assert.match(error.message, /is not one \(at users/);
        assert.ok(!error.message.includes('hidden-value'));
        return true;
      },
    );
  });

  it('says which contexts there are to name', async () => {
    await assert.rejects(scan(cluster, { wanted: 'other' }), /has no context "other"/);
  });

  function plugin(): { readonly user: object; ran(): boolean } {
    const directory = workDirectory;
    const script = join(directory, 'token.sh');
    const mark = join(directory, 'ran');
    writeFileSync(script, `#!/bin/sh\ntouch '${mark}'\necho '{"kind":"ExecCredential","status":{"token":"from-the-plugin"}}'\n`);
    chmodSync(script, 0o755);
    const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: script, args: [] } };
    return { user, ran: () => existsNow(mark) };
  }
});

let workDirectory = '';
before(async () => {
  workDirectory = await tempDir();
});

function existsNow(path: string): boolean {
  try {
    chmodSync(path, 0o644);
    return true;
  } catch {
    return false;
  }
}

interface Config {
  readonly user?: object;
  readonly namespace?: string;
  readonly authority?: string;
  readonly wanted?: string;
}

async function scan(
  cluster: FakeCluster,
  { user = { token: 'test-token' }, namespace, authority = cluster.authority, wanted = 'prod' }: Config = {},
  env: TestContextOverrides['env'] = {},
  timeout?: number,
): Promise<{ readonly observations: Observation[]; readonly context: ReturnType<typeof testContext> }> {
  const path = join(await tempDir(), 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'prod-eu', cluster: { server: cluster.url, 'certificate-authority-data': base64(authority) } }],
    contexts: [
      { name: 'prod', context: { cluster: 'prod-eu', user: 'auditor', ...(namespace === undefined ? {} : { namespace }) } },
    ],
    users: [{ name: 'auditor', user }],
  };
  writeFileSync(path, JSON.stringify(config));
  const context = testContext({ env: { PATH: process.env.PATH, KUBECONFIG: path, ...env } });
  const target = { kind: 'service', name: `k8s:${wanted}`, scheme: 'k8s', address: wanted } as const;
  const observations = await collect(scanCluster(target, context, timeout));
  return { observations, context };
}

function outcomes(observations: readonly Observation[]): [string, string][] {
  return kinds(observations, 'coverage').flatMap(({ subject, outcome }) =>
    subject === 'k8s:prod' ? [[subject, outcome] as [string, string]] : [],
  );
}

function coverageOf(observations: readonly Observation[], name: string): CoverageObservation | undefined {
  return kinds(observations, 'coverage').find(({ subject }) => subject === `k8s:prod ${name}`);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
