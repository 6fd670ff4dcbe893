import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type LogRow, readLog, recognised } from './read-log.ts';

function query(more: object = {}) {
  return {
    'addr.remote': '10.0.0.5:50544',
    cluster_name: 'harbour',
    code: 'TDB02I',
    db_labels: { env: 'Prod' },
    db_name: 'orders',
    db_protocol: 'postgres',
    db_query: "SELECT card FROM orders WHERE card = '4711'",
    db_query_parameters: ['4711'],
    db_service: 'pg-orders',
    db_type: 'self-hosted',
    db_uri: 'DB.harbour.internal:5432',
    db_user: 'etl',
    ei: 2,
    event: 'db.session.query',
    sid: '307b49d6-56c7-4d20-8cf0-5bc5348a7101',
    success: true,
    time: '2026-03-12T02:00:04.88Z',
    uid: 'a649d925-9dac-44cc-bd04-4387c295580f',
    user: 'bot-nightly',
    user_kind: 2,
    bot_name: 'nightly',
    ...more,
  };
}

async function read(...events: readonly object[]): Promise<readonly LogRow[]> {
  return await readLog('teleport', events.map((one) => JSON.stringify(one)).join('\n'));
}

function numbered(events: readonly object[]): readonly object[] {
  return events.map((one, index) => ({
    uid: String(index),
    time: `2026-03-12T02:00:${10 + index}Z`,
    ei: 0,
    cluster_name: 'harbour',
    ...one,
  }));
}

describe('log format teleport', () => {
  it('reads a statement: who asked, as which account of which server', async () => {
    assert.deepEqual(await read(query()), [
      {
        record_id: 'a649d925-9dac-44cc-bd04-4387c295580f',
        used_at: '2026-03-12T02:00:04.880Z',
        identity_id: 'postgres:db.harbour.internal/orders:role/etl',
        session_id: '307b49d6-56c7-4d20-8cf0-5bc5348a7101',
        target: 'pg-orders',
        action: 'read',
        actor: 'nightly',
        actor_type: 'machine-identity',
        actor_confidence: 'high',
        environment: 'prod',
        source_ip: '10.0.0.5',
        operation: 'SELECT',
        outcome: 'ok',
        detail: { event: 'db.session.query', cluster: 'harbour', login: null, impersonator: null },
      },
    ]);
  });

  it('knows people, bots and those of whom it is not told', async () => {
    const rows = await read(
      ...numbered([
        query({ uid: '1', user: 'mara@harbour.example', user_kind: 1, bot_name: undefined }),
        query({ uid: '2', user: 'bot-old', user_kind: undefined, bot_name: undefined }),
        query({ uid: '3', user: 'someone', user_kind: undefined, bot_name: undefined }),
      ]),
    );

    assert.deepEqual(
      rows.map(({ actor, actor_type, actor_confidence }) => [actor, actor_type, actor_confidence]),
      [
        ['mara@harbour.example', 'human', 'high'],
        ['bot-old', 'machine-identity', 'medium'],
        ['someone', 'unknown', 'low'],
      ],
    );
  });

  it('tells statements apart, whatever stands before their first word', async () => {
    const statements = {
      '/* job 7 */ select 1': 'read',
      '-- note\n  INSERT INTO x VALUES (1)': 'write',
      '(SELECT 1)': 'read',
      'ALTER ROLE etl SUPERUSER': 'privilege',
      'GRANT ALL ON x TO y': 'privilege',
      'drop table x': 'ddl',
      'WITH x AS (DELETE FROM y RETURNING *) SELECT * FROM x': 'unknown',
      BEGIN: 'unknown',
    };

    const rows = await read(...Object.keys(statements).map((db_query, index) => query({ db_query, uid: String(index) })));

    assert.deepEqual(
      rows.map(({ action }) => action),
      Object.values(statements),
    );
  });

  it('reads sessions, logins, requests to a cluster, and administration', async () => {
    const rows = await read(
      ...numbered([
        { event: 'user.login', code: 'T1000W', user: 'mara', success: false, error: 'invalid credentials' },
        {
          event: 'session.start',
          code: 'T2000I',
          user: 'mara',
          login: 'root',
          server_hostname: 'node-1',
          session_recording: 'node-sync',
          sid: 's',
          access_requests: ['r1'],
        },
        {
          event: 'db.session.start',
          code: 'TDB00W',
          user: 'mara',
          db_service: 'pg-orders',
          success: false,
          error: 'access to db denied',
          sid: 't',
        },
        {
          event: 'kube.request',
          code: 'T3009I',
          user: 'mara',
          kubernetes_cluster: 'prod',
          verb: 'GET',
          resource_kind: 'pods',
          resource_namespace: 'shop',
        },
        {
          event: 'app.session.start',
          code: 'T2007I',
          user: 'ci',
          app_name: 'console',
          aws_role_arn: 'arn:aws:iam::123456789012:role/ops/Deploy',
          sid: 'u',
        },
        { event: 'role.created', code: 'T9000I', user: 'mara', name: 'superuser' },
        { event: 'bot.join', code: 'TJ001I', bot_name: 'nightly', success: true },
      ]),
    );

    assert.deepEqual(
      rows.map((row) => [row.operation, row.action, row.target, row.outcome]),
      [
        ['user.login', 'connect', 'harbour', 'denied'],
        ['session.start', 'connect', 'node-1', 'ok'],
        ['db.session.start', 'connect', 'pg-orders', 'denied'],
        ['kube.request', 'read', 'prod', 'ok'],
        ['app.session.start', 'connect', 'console', 'ok'],
        ['role.created', 'admin', 'harbour', 'ok'],
        ['bot.join', 'connect', 'harbour', 'ok'],
      ],
    );
    assert.equal(rows[1]?.recorded, 'full');
    assert.equal(rows[1]?.approval, 'approved');
    assert.deepEqual(rows[3]?.objects, ['shop/pods']);
    assert.equal(rows[4]?.identity_id, 'aws:123456789012:role/Deploy');
  });

  it('reads statements that are prepared, ports that are forwarded, and what was refused', async () => {
    const kube = { event: 'kube.request', code: 'T3009I', user: 'mara', kubernetes_cluster: 'prod', resource_kind: 'secrets' };
    const sql = { user: 'mara', db_service: 'pg-orders', db_protocol: 'postgres' };
    const mysql = { ...sql, db_protocol: 'mysql' };

    const rows = await read(
      ...numbered([
        { event: 'db.session.postgres.statements.parse', code: 'TPG00I', query: 'DELETE FROM x', ...sql },
        { event: 'db.session.postgres.statements.bind', code: 'TPG01I', ...sql },
        { event: 'db.session.postgres.statements.execute', code: 'TPG02I', ...sql },
        { event: 'db.session.postgres.statements.close', code: 'TPG03I', ...sql },
        { event: 'db.session.mysql.drop_db', code: 'TMY09I', ...mysql },
        { event: 'port', code: 'T3003I', user: 'mara', server_hostname: 'node-1' },
        { event: 'port', code: 'T3003S', user: 'mara', server_hostname: 'node-1' },
        { event: 'session.rejected', code: 'T1006W', user: 'mara', server_hostname: 'node-1' },
        { ...kube, verb: 'GET', response_code: 403 },
        { ...kube, verb: 'DELETE', response_code: 404 },
        { ...kube, verb: 'HEAD', response_code: 200 },
        { event: 'mcp.session.start', code: 'TMCP001I', user: 'mara', app_name: 'tools' },
      ]),
    );

    assert.deepEqual(
      rows.map((row) => [row.operation, row.action, row.outcome]),
      [
        ['DELETE', 'write', 'ok'],
        ['db.session.postgres.statements.execute', 'unknown', 'ok'],
        ['db.session.mysql.drop_db', 'ddl', 'ok'],
        ['port', 'connect', 'ok'],
        ['session.rejected', 'connect', 'denied'],
        ['kube.request', 'read', 'denied'],
        ['kube.request', 'write', 'failed'],
        ['kube.request', 'read', 'ok'],
        ['mcp.session.start', 'connect', 'ok'],
      ],
    );
  });

  it('counts a session and a statement once', async () => {
    const names = [
      'session.end',
      'db.session.end',
      'session.data',
      'session.upload',
      'db.session.query.result',
      'client.disconnect',
      'cert.create',
    ];

    assert.deepEqual(await read(...numbered(names.map((event) => ({ event, code: 'T2004I', sid: 's', user: 'mara' })))), []);
  });

  it('keeps nothing of a statement, its parameters, an error or a header', async () => {
    const rows = await read(
      query(),
      query({ uid: 'b', success: false, error: "duplicate key 'ann@people.example'" }),
      query({
        uid: 'c',
        event: 'app.session.request',
        code: 'T2009I',
        path: '/users/ann@people.example',
        raw_query: 'token=4711',
      }),
    );

    assert.equal(rows.length, 3);
    assert.doesNotMatch(JSON.stringify(rows), /4711|card|people\.example/);
  });

  it('names servers as scanners of databases do', async () => {
    const [port] = await read(query({ db_uri: 'db.harbour.internal:6432', db_name: '' }));
    const [none] = await read(query({ db_uri: undefined }));
    const [mysql] = await read(query({ db_protocol: 'mysql' }));

    assert.equal(port?.identity_id, 'postgres:db.harbour.internal%3A6432:role/etl');
    assert.equal(none?.identity_id, 'postgres:-:role/etl');
    assert.equal(mysql?.identity_id, undefined);
  });

  it('reads what it can of odd events, broken lines and packed files', async () => {
    const odd = query({ uid: 'odd', db_labels: 'x', access_requests: {}, user: [], time: 7 });
    const bare = { uid: 'bare', event: 'user.login', time: '2026-03-12T02:00:04Z' };
    const lines = [query(), odd, bare, { time: '2026-03-12T02:00:09Z' }].map((one) => JSON.stringify(one));

    const rows = await readLog('teleport', [lines[0], '{"uid": "cut', ...lines.slice(1)].join('\n'), 'broken');

    assert.deepEqual(
      rows.map(({ record_id, used_at }) => [record_id, used_at !== undefined]),
      [
        ['bare', true],
        ['a649d925-9dac-44cc-bd04-4387c295580f', true],
        [undefined, true],
        ['odd', false],
      ],
    );
    assert.equal((await readLog('teleport', gzipSync(`${lines[0]}\n`))).length, 1);
  });

  it('leaves other logs alone', () => {
    assert.equal(recognised('events.log', JSON.stringify(query())), 'teleport');
    assert.equal(
      recognised('events.log', JSON.stringify({ event: 'login', uid: '1', code: 'E1', ei: 0, cluster_name: 'x' })),
      undefined,
    );
    assert.equal(recognised('events.log', JSON.stringify({ event: 'login', uid: '1', code: 'T1', time: 'x' })), undefined);
  });
});
