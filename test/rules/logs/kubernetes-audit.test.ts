import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { formatOf } from '../../../src/logs/recognise.ts';
import { type LogRow, readLog, recognised, shipped } from './read-log.ts';

function event(more: object = {}) {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: '7f1d0c52-8d0e-4c7e-9a55-0b7f2f7c1a10',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/shop/secrets/db',
    verb: 'get',
    user: {
      username: 'system:serviceaccount:shop:checkout',
      groups: ['system:serviceaccounts'],
      extra: { 'authentication.kubernetes.io/pod-name': ['checkout-6d4cf56db6-x2x9k'] },
    },
    sourceIPs: ['10.1.2.3'],
    userAgent: 'checkout/v1.2 (linux/amd64)',
    objectRef: { resource: 'secrets', namespace: 'shop', name: 'db', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestObject: { data: { password: 'aHVudGVyMg==' } },
    requestReceivedTimestamp: '2026-03-12T02:00:04.118000Z',
    stageTimestamp: '2026-03-12T02:00:04.120000Z',
    ...more,
  };
}

async function read(...events: readonly object[]): Promise<readonly LogRow[]> {
  return await readLog('kubernetes-audit', events.map((one) => JSON.stringify(one)).join('\n'));
}

describe('log format kubernetes-audit', () => {
  it('reads what an account did, with the right that it took', async () => {
    assert.deepEqual(await read(event()), [
      {
        record_id: '7f1d0c52-8d0e-4c7e-9a55-0b7f2f7c1a10',
        used_at: '2026-03-12T02:00:04.118Z',
        identity_id: 'k8s:-:shop/checkout',
        action: 'read',
        objects: ['shop/secrets'],
        actor_type: 'service-account',
        actor_confidence: 'high',
        job: 'shop/checkout',
        source_ip: '10.1.2.3',
        user_agent: 'checkout/v1.2',
        operation: 'get secrets',
        outcome: 'ok',
        detail: { verb: 'get', group: '', resource: 'secrets', namespace: 'shop' },
      },
    ]);
  });

  it('tells what was done by the verb and what it was done to', async () => {
    const uses: readonly [string, object][] = [
      ['create', { resource: 'pods', subresource: 'exec', namespace: 'shop' }],
      ['get', { resource: 'pods', subresource: 'exec', namespace: 'shop' }],
      ['patch', { resource: 'deployments', apiGroup: 'apps', namespace: 'shop' }],
      ['create', { resource: 'clusterrolebindings', apiGroup: 'rbac.authorization.k8s.io' }],
      ['create', { resource: 'serviceaccounts', subresource: 'token', namespace: 'shop' }],
      ['watch', { resource: 'pods' }],
    ];

    const rows = await read(...uses.map(([verb, objectRef], index) => event({ verb, objectRef, auditID: String(index) })));

    assert.deepEqual(
      rows.map(({ operation, action }) => `${operation}: ${action}`),
      [
        'create pods/exec: connect',
        'get pods/exec: connect',
        'patch deployments: write',
        'create clusterrolebindings: privilege',
        'create serviceaccounts/token: privilege',
        'watch pods: read',
      ],
    );
    assert.deepEqual(rows[2]?.detail, { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop' });
  });

  it('tells users, impersonation, and pods that are no deployment', async () => {
    const rows = await read(
      event({ auditID: '1', user: { username: 'mara@harbour.example' } }),
      event({
        auditID: '2',
        user: { username: 'mara@harbour.example' },
        impersonatedUser: { username: 'system:serviceaccount:ops:deploy' },
      }),
      event({ auditID: '3', user: { username: 'ci-client' } }),
      event({
        auditID: '4',
        user: { username: 'system:serviceaccount:shop:db', extra: { 'authentication.kubernetes.io/pod-name': ['db-0'] } },
      }),
    );

    assert.deepEqual(
      rows.map((row) => [row.identity_id, row.actor, row.actor_type, row.actor_identity_id, row.job]),
      [
        ['k8s:-:rbac-user/mara@harbour.example', 'mara@harbour.example', 'human', undefined, undefined],
        ['k8s:-:ops/deploy', 'mara@harbour.example', 'human', 'k8s:-:rbac-user/mara@harbour.example', undefined],
        ['k8s:-:rbac-user/ci-client', 'ci-client', 'unknown', undefined, undefined],
        ['k8s:-:shop/db', undefined, 'service-account', undefined, 'shop/db-0'],
      ],
    );
  });

  it('takes what was refused for no use of a right', async () => {
    const rows = await read(
      event({ auditID: '1', responseStatus: { code: 403 } }),
      event({ auditID: '2', responseStatus: { code: 404 } }),
    );

    assert.deepEqual(
      rows.map(({ outcome, detail }) => [outcome, detail]),
      [
        ['denied', undefined],
        ['failed', undefined],
      ],
    );
  });

  it('leaves out other stages, paths that are no resource, and the cluster itself', async () => {
    const rows = await read(
      event({ stage: 'RequestReceived' }),
      event({ stage: 'ResponseStarted' }),
      event({ objectRef: undefined, requestURI: '/healthz' }),
      event({ user: { username: 'system:node:node-1' } }),
      event({ user: { username: 'system:kube-scheduler' } }),
    );

    assert.deepEqual(rows, []);
  });

  it('keeps no name of an object, and no body of a request', async () => {
    const text = JSON.stringify(
      await read(event({ objectRef: { resource: 'secrets', namespace: 'shop', name: 'of-ann@people.example' } })),
    );

    assert.doesNotMatch(text, /aHVudGVyMg|people\.example/);
  });

  it('reads what it can of odd events, broken lines and packed files', async () => {
    const odd = event({ user: 'x', sourceIPs: 7, objectRef: [], responseStatus: 'y', auditID: 'odd' });
    const bare = {
      auditID: 'bare',
      verb: 'list',
      user: { username: 'ci' },
      objectRef: { resource: 'pods' },
      requestReceivedTimestamp: 'never',
    };
    const lines = [event(), odd, bare].map((one) => JSON.stringify(one));

    const rows = await readLog('kubernetes-audit', [lines[0], '{"kind":"Event","api', ...lines.slice(1)].join('\n'), 'broken');

    assert.deepEqual(
      rows.map(({ record_id, used_at }) => [record_id, used_at !== undefined]),
      [
        ['7f1d0c52-8d0e-4c7e-9a55-0b7f2f7c1a10', true],
        [undefined, true],
        ['bare', false],
      ],
    );
    assert.equal((await readLog('kubernetes-audit', gzipSync(`${lines[0]}\n`))).length, 1);
  });

  it('takes files that are too large for the scanner, and no others', () => {
    const head = JSON.stringify(event());
    const list = JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [] });
    const of = (text: string, size: number) =>
      formatOf({ path: 'audit.log', head: () => text, bytes: () => Buffer.from(text), size }, () => [shipped('kubernetes-audit')])
        ?.meta.id;

    assert.equal(recognised('audit.log', head), undefined);
    assert.equal(of(head, 1 << 27), 'kubernetes-audit');
    assert.equal(of(list, 1 << 27), undefined);
    assert.equal(of('{"kind":"Event","apiVersion":"events.k8s.io/v1"}', 1 << 27), undefined);
  });
});
