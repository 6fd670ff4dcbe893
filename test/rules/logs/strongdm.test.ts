import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type LogRow, readLog, recognised } from './read-log.ts';

function start(more: object = {}) {
  return {
    type: 'start',
    timestamp: '2026-03-12T02:00:04.820199164Z',
    uuid: '01a2B3cd4Efghi567jKlMnop8qRs',
    datasourceId: 'rs-123a45678910b123',
    datasourceName: 'orders-prod',
    userId: 'a-0a12b34c567d89d1',
    userName: 'nightly loader',
    query: "/* job 7 */ SELECT card FROM orders WHERE card = '4711'",
    hash: 'c9'.repeat(20),
    ...more,
  };
}

function activity(more: object = {}) {
  return {
    logType: 'activities',
    formatVersion: 'v1.0.0',
    id: '0CEGCEGCEGCEGCEGCEGCE1234ceg',
    timestamp: '2026-03-12T03:00:00Z',
    activity: 'admin token created',
    actorAccountID: 'a-1',
    actorEmail: 'mara@harbour.example',
    actorName: 'Mara Lindqvist',
    description: 'Mara Lindqvist created admin token nightly',
    entities: ['a-2'],
    ipAddress: '192.0.2.7',
    userAgent: 'strongdm-sdk-python/8.3.0 (linux)',
    ...more,
  };
}

async function read(...events: readonly object[]): Promise<readonly LogRow[]> {
  return await readLog('strongdm', events.map((one) => JSON.stringify(one)).join('\n'));
}

describe('log format strongdm', () => {
  it('reads a query: who asked, of which resource, by which alias', async () => {
    const [row, ...others] = await read(start({ remoteIdentityUsername: 'loader', sourceIp: '10.0.0.5' }));

    assert.deepEqual(others, []);
    assert.deepEqual(row, {
      record_id: '01a2B3cd4Efghi567jKlMnop8qRs',
      used_at: '2026-03-12T02:00:04.820Z',
      target: 'orders-prod',
      action: 'read',
      actor: 'nightly loader',
      actor_type: 'unknown',
      actor_confidence: 'low',
      source_ip: '10.0.0.5',
      operation: 'SELECT',
      outcome: 'ok',
      detail: { account: 'a-0a12b34c567d89d1', alias: 'loader', adminAudit: null },
    });
  });

  it('tells what administrators did apart', async () => {
    const rows = await read(
      activity(),
      activity({ id: 'b', timestamp: '2026-03-12T03:00:01Z', activity: 'failed login attempt from the local client' }),
      activity({ id: 'c', timestamp: '2026-03-12T03:00:02Z', activity: 'MFA denied access for the Admin UI' }),
    );

    assert.deepEqual(
      rows.map(({ target, action, actor, actor_type, operation, outcome }) => [
        target,
        action,
        actor,
        actor_type,
        operation,
        outcome,
      ]),
      [
        ['admin:strongdm', 'admin', 'mara@harbour.example', 'human', 'admin token created', 'ok'],
        ['admin:strongdm', 'connect', 'mara@harbour.example', 'human', 'failed login attempt from the local client', 'failed'],
        ['admin:strongdm', 'admin', 'mara@harbour.example', 'human', 'mfa denied access for the admin ui', 'denied'],
      ],
    );
    assert.deepEqual(
      [rows[0]?.user_agent, rows[0]?.source_ip, rows[0]?.detail],
      ['strongdm-sdk-python/8.3.0', '192.0.2.7', { account: 'a-1', alias: null, adminAudit: true }],
    );
  });

  it('tells writing, structure, rights, shells and what a policy refused apart', async () => {
    const queries = ['delete from orders', 'DROP TABLE orders', 'GRANT ALL ON orders TO etl', '{"version":1,"type":"shell"}', ''];

    const rows = await read(
      ...queries.map((query, index) => start({ uuid: `q${index}`, query })),
      start({ uuid: 'q9', authz: { requirements: { decision: 'deny' } } }),
    );

    assert.deepEqual(
      rows.map(({ action, outcome, operation }) => [action, outcome, operation]),
      [
        ['write', 'ok', 'DELETE'],
        ['ddl', 'ok', 'DROP'],
        ['privilege', 'ok', 'GRANT'],
        ['unknown', 'ok', undefined],
        ['unknown', 'ok', undefined],
        ['read', 'denied', 'SELECT'],
      ],
    );
  });

  it('leaves out what is recorded, and what comes after a start', async () => {
    const rows = await read(
      start(),
      { type: 'chunk', timestamp: '2026-03-12T02:00:05Z', uuid: 'r', chunkId: 1, data: 'eA==' },
      { type: 'complete', timestamp: '2026-03-12T02:00:06Z', uuid: '01a2B3cd4Efghi567jKlMnop8qRs', duration: 5 },
      { logType: 'replays', timestamp: '2026-03-12T02:00:06Z', queryUUID: 'r', events: [] },
    );

    assert.equal(rows.length, 1);
  });

  it('reads the times of old nodes, odd events, broken lines and packed files', async () => {
    const lines = [
      start({ uuid: 'old', timestamp: '2026-03-12 04:00:04.265186636 +0200 +0200' }),
      start({ uuid: 'odd', timestamp: 'x', query: 7 }),
    ].map((one) => JSON.stringify(one));

    const rows = await readLog('strongdm', [lines[0], '{"type":"sta', lines[1]].join('\n'), 'broken');

    assert.deepEqual(
      rows.map(({ record_id, used_at }) => [record_id, used_at]),
      [
        ['old', '2026-03-12T02:00:04.265Z'],
        ['odd', undefined],
      ],
    );
    assert.equal((await readLog('strongdm', gzipSync(`${lines[0]}\n`))).length, 1);
  });

  it('leaves other logs alone', () => {
    assert.equal(recognised('node.log', JSON.stringify(start())), 'strongdm');
    assert.equal(recognised('activities.json.log', JSON.stringify(activity())), 'strongdm');
    assert.equal(recognised('app.log', JSON.stringify({ timestamp: 'x', userName: 'a', uuid: 'b', query: 'c' })), undefined);
  });
});
