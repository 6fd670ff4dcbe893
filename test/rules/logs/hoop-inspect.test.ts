import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type LogRow, readLog, recognised } from './read-log.ts';

function event(more: object = {}) {
  return {
    kind: 'statement',
    timestamp: '2026-03-12T02:00:04.118234567Z',
    session_id: '01HXYZ',
    principal: 'etl',
    protocol: 'postgres',
    connection: 'pg-orders',
    operation: 'select',
    statement: "SELECT card FROM orders WHERE card = '4711'",
    tables: ['orders', 'customers'],
    allowed: true,
    direction: 'request',
    duration_ns: 1200,
    metadata: { correlation_id: 'gha-9931', environment: 'Prod' },
    ...more,
  };
}

async function read(...events: readonly object[]): Promise<readonly LogRow[]> {
  return await readLog('hoop-inspect', events.map((one) => JSON.stringify(one)).join('\n'));
}

describe('log format hoop-inspect', () => {
  it('reads a statement of somebody who says who he is', async () => {
    assert.deepEqual(await read(event()), [
      {
        record_id: '01HXYZ:statement:2026-03-12T02:00:04.118234567Z',
        used_at: '2026-03-12T02:00:04.118Z',
        identity_id: 'postgres:-:role/etl',
        session_id: '01HXYZ',
        target: 'pg-orders',
        action: 'read',
        objects: ['customers', 'orders'],
        actor: 'etl',
        actor_type: 'unknown',
        actor_confidence: 'low',
        job: 'gha-9931',
        recorded: 'input-only',
        environment: 'prod',
        operation: 'select',
        outcome: 'ok',
        detail: { protocol: 'postgres', rule: null },
      },
    ]);
  });

  it('tells what a statement does', async () => {
    const words = ['insert', 'alter', 'grant', 'call', 'begin', 'get', 'post', 'unknown'];

    const rows = await read(...words.map((operation, index) => event({ operation, timestamp: `2026-03-12T02:00:0${index}Z` })));

    assert.deepEqual(
      rows.map(({ action }) => action),
      ['write', 'ddl', 'privilege', 'unknown', 'unknown', 'read', 'write', 'unknown'],
    );
  });

  it('tells what was denied and what was masked, each once', async () => {
    const rows = await read(
      event({ kind: 'session_start', timestamp: '2026-03-12T02:00:00Z' }),
      event({ allowed: false, rule: 'no-drop', operation: 'drop', timestamp: '2026-03-12T02:00:01Z' }),
      event({ kind: 'violation', allowed: false, rule: 'no-drop', operation: 'drop', timestamp: '2026-03-12T02:00:01Z' }),
      event({ kind: 'masked', masked_entities: ['US_SSN', 'EMAIL_ADDRESS'], masked_count: 3, timestamp: '2026-03-12T02:00:02Z' }),
      event({ kind: 'error', error: 'reset by peer', timestamp: '2026-03-12T02:00:03Z' }),
      event({ kind: 'session_end', statement_count: 2, timestamp: '2026-03-12T02:00:04Z' }),
    );

    assert.deepEqual(
      rows.map(({ operation, action, outcome, masked, info_types }) => [operation, action, outcome, masked, info_types]),
      [
        ['session_start', 'connect', 'ok', undefined, undefined],
        ['drop', 'ddl', 'denied', undefined, undefined],
        ['masked', 'read', 'ok', true, ['EMAIL_ADDRESS', 'US_SSN']],
      ],
    );
  });

  it('names nobody where nobody said who he is, and no account where there is none', async () => {
    const [anonymous] = await read(event({ principal: 'anonymous' }));
    const [http] = await read(
      event({ protocol: 'http', http: { resource: 'orders', path: '/orders/ann@people.example' }, tables: null }),
    );

    assert.equal(anonymous?.actor, undefined);
    assert.equal(anonymous?.identity_id, undefined);
    assert.equal(http?.identity_id, undefined);
    assert.deepEqual(http?.objects, ['orders']);
  });

  it('keeps nothing of a statement, a path or a body', async () => {
    const http = {
      method: 'POST',
      path: '/users/ann@people.example',
      query: 't=4711',
      headers: { authorization: 'x4711' },
      body: '4711',
    };

    assert.doesNotMatch(
      JSON.stringify(await read(event({ http, message: 'card 4711', error: 'card 4711' }))),
      /4711|card|people/,
    );
  });

  it('reads pages of its API, broken lines and packed files', async () => {
    const page = JSON.stringify({
      events: [
        { ...event(), seq: 1 },
        { ...event({ kind: 'session_start' }), seq: 2 },
      ],
      next_cursor: 'x',
      total: 2,
    });
    const lines = [event(), event({ tables: 'x', masked_entities: {}, http: 7, metadata: [] }), { principal: 'x' }].map((one) =>
      JSON.stringify(one),
    );

    assert.deepEqual((await readLog('hoop-inspect', page))[1], (await read(event()))[0]);
    assert.equal((await readLog('hoop-inspect', page)).length, 2);
    assert.equal(recognised('events.json', page), 'hoop-inspect');
    assert.deepEqual(
      (await readLog('hoop-inspect', [lines[0], '{"kind": "sta', ...lines.slice(1)].join('\n'), 'broken')).map(
        ({ record_id }) => record_id !== undefined,
      ),
      [true, true, false],
    );
    assert.equal((await readLog('hoop-inspect', gzipSync(`${lines[0]}\n`))).length, 1);
  });

  it('leaves other logs alone', () => {
    assert.equal(recognised('events.jsonl', JSON.stringify(event())), 'hoop-inspect');
    assert.equal(recognised('events.jsonl', JSON.stringify({ kind: 'Pod', principal: 'x', allowed: true })), undefined);
    assert.equal(recognised('events.jsonl', JSON.stringify({ kind: 'statement', session_id: 'x', principal: 'y' })), undefined);
  });
});

describe('log format hoop-inspect-sessions', () => {
  const session = {
    id: '01HXYZ',
    principal: 'etl',
    protocol: 'postgres',
    connection: 'pg-orders',
    upstream: 'DB.harbour.internal:5432',
    started_at: '2026-03-12T02:00:00Z',
    ended_at: '2026-03-12T02:10:00Z',
    duration_ms: 600_000,
    statement_count: 7,
    denied_count: 0,
    masked_count: 2,
    error_count: 0,
    verdict: 'clean',
    metadata: { job: 'nightly' },
  };

  it('reads a session as the event of its start does, with the server', async () => {
    const text = JSON.stringify({
      sessions: [session, { ...session, id: 'open', ended_at: undefined, masked_count: 0 }],
      total: 2,
    });

    const rows = await readLog('hoop-inspect-sessions', text);
    const [start] = await read(event({ kind: 'session_start' }));

    assert.equal(recognised('sessions.json', text), 'hoop-inspect-sessions');
    assert.equal(rows[0]?.record_id, start?.record_id);
    assert.deepEqual(
      rows.map(({ record_id, identity_id, job, masked, ended_at }) => ({ record_id, identity_id, job, masked, ended_at })),
      [
        {
          record_id: '01HXYZ:start',
          identity_id: 'postgres:db.harbour.internal:role/etl',
          job: 'nightly',
          masked: true,
          ended_at: '2026-03-12T02:10:00.000Z',
        },
        {
          record_id: 'open:start',
          identity_id: 'postgres:db.harbour.internal:role/etl',
          job: 'nightly',
          masked: undefined,
          ended_at: undefined,
        },
      ],
    );
  });

  it('reads what stands whole of a list that is cut, and leaves other lists alone', async () => {
    const text = JSON.stringify({ sessions: [session, session] });

    assert.equal((await readLog('hoop-inspect-sessions', text.slice(0, -30), 'broken')).length, 1);
    assert.equal(recognised('sessions.json', JSON.stringify({ sessions: [{ id: 1, principal: 'x', verdict: 'y' }] })), undefined);
  });
});
