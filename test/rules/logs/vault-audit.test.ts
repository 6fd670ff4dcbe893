import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type LogRow, readLog, recognised } from './read-log.ts';

const TOKEN = `hmac-sha256:${'ab'.repeat(32)}`;

function entry(more: { readonly request?: object; readonly auth?: object; readonly [name: string]: unknown } = {}) {
  const { request = {}, auth = {}, ...rest } = more;
  return {
    time: '2026-03-12T02:00:04.118234567Z',
    type: 'response',
    auth: {
      client_token: TOKEN,
      accessor: TOKEN,
      display_name: 'kubernetes-shop-checkout',
      policies: ['shop-read', 'default'],
      token_policies: ['default', 'shop-read'],
      metadata: { role: 'shop', service_account_name: 'checkout', service_account_namespace: 'shop', service_account_uid: 'u' },
      entity_id: '3c1d0c52-0000-4c7e-9a55-0b7f2f7c1a10',
      token_type: 'service',
      ...auth,
    },
    request: {
      id: '9f1d0c52-8d0e-4c7e-9a55-0b7f2f7c1a10',
      client_id: 'x',
      operation: 'read',
      mount_point: 'secret/',
      mount_type: 'kv',
      client_token: TOKEN,
      client_token_accessor: TOKEN,
      namespace: { id: 'root' },
      path: 'secret/data/shop/db',
      data: { note: 'hunter2' },
      remote_address: '10.1.2.3',
      remote_port: 4711,
      ...request,
    },
    response: { mount_type: 'kv', data: { data: { password: TOKEN } } },
    ...rest,
  };
}

async function read(...entries: readonly object[]): Promise<readonly LogRow[]> {
  return await readLog('vault-audit', entries.map((one) => JSON.stringify(one)).join('\n'));
}

describe('log format vault-audit', () => {
  it('reads who read which secret, by the entry of the response alone', async () => {
    assert.deepEqual(await read(entry({ type: 'request' }), entry()), [
      {
        record_id: '9f1d0c52-8d0e-4c7e-9a55-0b7f2f7c1a10',
        used_at: '2026-03-12T02:00:04.118Z',
        identity_id: 'k8s:-:shop/checkout',
        target: 'secret',
        action: 'read',
        objects: ['secret/data/shop/db'],
        actor: 'kubernetes-shop-checkout',
        actor_type: 'service-account',
        actor_confidence: 'high',
        source_ip: '10.1.2.3',
        operation: 'read',
        outcome: 'ok',
        detail: {
          mountType: 'kv',
          namespace: null,
          entity: '3c1d0c52-0000-4c7e-9a55-0b7f2f7c1a10',
          policies: ['default', 'shop-read'],
        },
      },
    ]);
  });

  it('knows by which method somebody signed in', async () => {
    const ways: readonly object[] = [
      { display_name: 'root', policies: ['root'], entity_id: '', metadata: null },
      { display_name: 'userpass-mara', metadata: { username: 'mara' } },
      { display_name: 'approle', metadata: { role_name: 'nightly' } },
      { display_name: 'jwt-ci', metadata: { repository: 'harbour/shop' } },
      {
        display_name: 'aws-etl',
        metadata: { account_id: '123456789012', canonical_arn: 'arn:aws:iam::123456789012:role/jobs/Etl' },
      },
      { display_name: 'gcp-etl', metadata: { service_account_email: 'etl@harbour-prod.iam.gserviceaccount.com' } },
      { display_name: 'token', metadata: {} },
      { display_name: 'approle', metadata: { role_name: 'controller' } },
      { display_name: 'robots', metadata: { role_name: 'loader' } },
    ];

    const rows = await read(...ways.map((auth, index) => entry({ auth, request: { id: String(index) } })));

    assert.deepEqual(
      rows.map((row) => [row.actor, row.actor_type, row.actor_confidence, row.identity_id, row.job]),
      [
        ['root', 'static-admin-key', 'high', undefined, undefined],
        ['userpass-mara', 'human', 'medium', undefined, undefined],
        ['approle-nightly', 'service-account', 'medium', undefined, undefined],
        ['jwt-ci', 'service-account', 'medium', undefined, 'harbour/shop'],
        ['aws-etl', 'service-account', 'medium', 'aws:123456789012:role/Etl', undefined],
        [
          'gcp-etl',
          'service-account',
          'medium',
          'gcp:harbour-prod:serviceAccount/etl@harbour-prod.iam.gserviceaccount.com',
          undefined,
        ],
        ['token', 'unknown', 'low', undefined, undefined],
        ['approle-controller', 'service-account', 'medium', undefined, undefined],
        ['robots-loader', 'service-account', 'medium', undefined, undefined],
      ],
    );
  });

  it('tells logins, rights, writing and refusals apart', async () => {
    const requests: readonly [object, string?][] = [
      [{ path: 'auth/kubernetes/login', operation: 'update', mount_point: 'auth/kubernetes/' }],
      [{ path: 'sys/policies/acl/shop', operation: 'update', mount_point: 'sys/' }],
      [{ path: 'sys/policies/acl/shop', operation: 'read', mount_point: 'sys/' }],
      [{ path: 'auth/token/create', operation: 'update' }],
      [{ operation: 'update' }],
      [{ path: 'transit/sign/k', mount_type: 'transit', operation: 'update' }],
      [{}, '1 error occurred:\n\t* permission denied\n\n'],
      [{}, 'unsupported path'],
    ];

    const rows = await read(
      ...requests.map(([request, error], index) =>
        entry({ request: { id: String(index), ...request }, ...(error === undefined ? {} : { error }) }),
      ),
    );

    assert.deepEqual(
      rows.map(({ action, outcome }) => `${action} ${outcome}`),
      ['connect ok', 'privilege ok', 'read ok', 'privilege ok', 'write ok', 'unknown ok', 'read denied', 'read failed'],
    );
  });

  it('keeps no token, accessor, value, lease or address of a person', async () => {
    const rows = await read(
      entry(),
      entry({ request: { id: 'b', path: 'sys/leases/revoke/database/creds/shop/h6xKq4711' } }),
      entry({ request: { id: 'c', path: 'secret/data/customers/ann@people.example/card' } }),
    );

    assert.deepEqual(rows[1]?.objects, ['sys/leases/revoke']);
    assert.deepEqual(rows[2]?.objects, ['secret/data/customers/*/card']);
    assert.doesNotMatch(JSON.stringify(rows), /hmac-sha256|hunter2|4711|people\.example/);
  });

  it('reads what it can of odd entries, broken lines and packed files', async () => {
    const odd = { type: 'response', time: '2026-03-12T02:00:05+02:00', auth: 'x', request: { id: 'odd', path: 7 } };
    const lines = [entry(), odd, { type: 'response', time: 'x' }].map((one) => JSON.stringify(one));

    const rows = await readLog('vault-audit', [lines[0], '{"time":"2026', ...lines.slice(1)].join('\n'), 'broken');

    assert.deepEqual(
      rows.map(({ record_id, used_at }) => [record_id, used_at]),
      [
        ['odd', '2026-03-12T00:00:05.000Z'],
        ['9f1d0c52-8d0e-4c7e-9a55-0b7f2f7c1a10', '2026-03-12T02:00:04.118Z'],
        [undefined, undefined],
      ],
    );
    assert.equal((await readLog('vault-audit', gzipSync(`${lines[0]}\n`))).length, 1);
  });

  it('leaves other logs alone', () => {
    assert.equal(recognised('audit.log', JSON.stringify(entry({ type: 'request' }))), 'vault-audit');
    assert.equal(
      recognised('audit.log', JSON.stringify({ type: 'request', request: { operation: 'read' }, user: 'x' })),
      undefined,
    );
    assert.equal(recognised('app.json', JSON.stringify({ type: 'response', mount_type: 'kv' })), undefined);
  });
});
