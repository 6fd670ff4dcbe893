import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type LogRow, readLog, recognised } from './read-log.ts';

interface Changes {
  readonly id?: string;
  readonly method?: string;
  readonly path?: string;
  readonly auth?: object;
  readonly response?: object | null;
  readonly more?: object;
}

function event({ id = 'e_1', method = 'POST', path = '/v1/targets/ttcp_1:authorize-session', auth, response, more }: Changes) {
  const answered = {
    status_code: 200,
    details: {
      item: { session_id: 's_8', target_id: 'ttcp_1', authorization_token: '[REDACTED]', endpoint: 'tcp://10.0.0.9:5432' },
    },
  };
  return {
    id: `cloud-${id}`,
    source: 'https://boundary.harbour.example/controller',
    specversion: '1.0',
    type: 'audit',
    data: {
      id,
      version: 'v0.1',
      type: 'APIRequest',
      timestamp: '2026-03-12T02:00:04.118234567Z',
      request_info: { id: 'gtraceid_1', method, path, public_id: 'at_1', client_ip: '192.0.2.7' },
      auth: {
        auth_token_id: 'at_1',
        user_info: { id: 'u_5', auth_account_id: 'acctpw_5' },
        grants_info: { grants: [{ grant: 'ids=*;type=*;actions=*', scope_id: 'global' }] },
        email: '[REDACTED]',
        name: 'encrypted:4711',
        ...auth,
      },
      request: { details: { id: 'ttcp_1' } },
      ...(response === null ? {} : { response: response ?? answered }),
      correlation_id: 'c-1',
    },
    datacontentype: 'application/cloudevents',
    time: '2026-03-12T02:00:04.2Z',
    ...more,
  };
}

async function read(...events: readonly object[]): Promise<readonly LogRow[]> {
  return await readLog('boundary', events.map((one) => JSON.stringify(one)).join('\n'));
}

describe('log format boundary', () => {
  it('reads who was given a session to which target', async () => {
    assert.deepEqual(await read(event({})), [
      {
        record_id: 'e_1',
        used_at: '2026-03-12T02:00:04.118Z',
        session_id: 's_8',
        target: 'ttcp_1',
        action: 'connect',
        objects: ['targets/ttcp_1'],
        actor: 'u_5',
        actor_type: 'unknown',
        actor_confidence: 'low',
        source_ip: '192.0.2.7',
        operation: 'POST targets:authorize-session',
        outcome: 'ok',
        detail: { user: 'u_5', account: 'acctpw_5', adminAudit: null },
      },
    ]);
  });

  it('tells signing in, reading, rights, other changes and refusals apart', async () => {
    const none = { status_code: 200 };
    const asked: readonly Changes[] = [
      { path: '/v1/auth-methods/ampw_1:authenticate', response: none },
      { method: 'GET', path: '/v1/roles/r_1?recursive=true', response: none },
      { method: 'PATCH', path: '/v1/roles/r_1', response: none },
      { path: '/v1/roles/r_1:add-grants', response: none },
      { path: '/v1/hosts', response: none },
      { method: 'DELETE', path: '/v1/users/u_9', response: { status_code: 403 } },
      { response: { status_code: 500 } },
      { response: null },
    ];

    const rows = await read(...asked.map((one, index) => event({ id: `e_${index}`, ...one })));

    assert.deepEqual(
      rows.map(({ action, target, outcome, operation }) => [action, target, outcome, operation]),
      [
        ['connect', 'admin:auth-methods', 'ok', 'POST auth-methods:authenticate'],
        ['read', 'admin:roles', 'ok', 'GET roles'],
        ['privilege', 'admin:roles', 'ok', 'PATCH roles'],
        ['privilege', 'admin:roles', 'ok', 'POST roles:add-grants'],
        ['admin', 'admin:hosts', 'ok', 'POST hosts'],
        ['privilege', 'admin:users', 'denied', 'DELETE users'],
        ['connect', 'ttcp_1', 'failed', 'POST targets:authorize-session'],
        ['connect', 'ttcp_1', undefined, 'POST targets:authorize-session'],
      ],
    );
  });

  it('names people where the sink leaves their names, and who recovers the system', async () => {
    const callers = [
      { email: 'Mara@harbour.example', name: 'Mara Lindqvist' },
      { email: 'hmac-sha256:ab', name: 'Nightly loader' },
      { user_info: { id: 'u_recovery' } },
    ];

    const rows = await read(...callers.map((auth, index) => event({ id: `e_${index}`, auth })));

    assert.deepEqual(
      rows.map(({ actor, actor_type, actor_confidence }) => [actor, actor_type, actor_confidence]),
      [
        ['mara@harbour.example', 'human', 'low'],
        ['Nightly loader', 'unknown', 'low'],
        ['u_recovery', 'static-admin-key', 'high'],
      ],
    );
  });

  it('leaves out what a sink writes beside audit events, and keeps no token, grant or endpoint', async () => {
    const rows = await read(
      event({}),
      event({ id: 'o', more: { type: 'observation' } }),
      event({ id: 's', more: { type: 'system' } }),
    );

    assert.equal(rows.length, 1);
    assert.doesNotMatch(JSON.stringify(rows), /at_1|4711|REDACTED|10\.0\.0\.9|actions=/);
  });

  it('reads what it can of odd events, broken lines and packed files', async () => {
    const odd = { specversion: '1.0', type: 'audit', data: { id: 7, type: 'APIRequest', timestamp: 'x', auth: 'y' } };
    const lines = [event({}), odd, { type: 'audit', data: 'z' }].map((one) => JSON.stringify(one));

    const rows = await readLog('boundary', [lines[0], '{"type":"aud', ...lines.slice(1)].join('\n'), 'broken');

    assert.deepEqual(
      rows.map(({ record_id, used_at }) => [record_id, used_at]),
      [
        ['e_1', '2026-03-12T02:00:04.118Z'],
        ['7', undefined],
        [undefined, undefined],
      ],
    );
    assert.equal((await readLog('boundary', gzipSync(`${lines[0]}\n`))).length, 1);
  });

  it('leaves other logs alone', () => {
    assert.equal(recognised('audit.ndjson', JSON.stringify(event({}))), 'boundary');
    assert.equal(recognised('events.ndjson', JSON.stringify({ specversion: '1.0', type: 'audit', data: {} })), undefined);
  });
});
