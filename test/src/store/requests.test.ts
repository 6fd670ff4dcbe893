import assert from 'node:assert/strict';
import type { Observation, UsageObservation } from '../../../src/contracts/index.ts';
import { countRequests } from '../../../src/store/requests.ts';
import { findUses } from '../../../src/trace/who-uses.ts';
import { withRun } from '../correlate/run-store.ts';

const ROLE = 'postgres:db/shop:role/orders_app';
const KEY = 'hoop:o1:api-key/etl';

function row(id: string, day: number, said: Partial<UsageObservation> = {}, detail: object = {}): Observation {
  return {
    kind: 'usage',
    via: 'gateway',
    sessionId: id,
    usedAt: `2026-05-${String(day).padStart(2, '0')}T02:00:00Z`,
    target: 'pg',
    actor: 'etl',
    actorType: 'api-key',
    approval: 'unknown',
    ...said,
    detail: { userId: 'k1', org: 'o1', ...detail },
  };
}

const ESTATE: readonly Observation[] = [
  { kind: 'identity', id: ROLE, provider: 'postgres', type: 'database-role', name: 'orders_app' },
  { kind: 'identity', id: KEY, provider: 'hoop', type: 'api-key', name: 'etl', detail: { userId: 'k1' } },
  { kind: 'consumer', consumer: 'hoop:o1:connection/pg', type: 'gateway-connection', identity: ROLE, how: 'static-key' },
  row('done', 1, {}, { status: 'done' }),
  row('ended', 2, { endedAt: '2026-05-02T03:00:00Z' }),
  row('recorded', 3, { approval: 'pending' }, { status: 'open', eventSize: 12 }),
  row('against', 4, { approval: 'rejected' }, { status: 'done' }),
  row('going-on', 5, {}, { status: 'open' }),
  row('let-in', 6, { approval: 'approved' }, { status: 'open' }),
  row('refused', 7, { approval: 'rejected' }, { status: 'open', eventSize: 0 }),
  row('waiting', 8, { approval: 'pending' }, { status: 'open' }),
  row('ready', 9, { approval: 'approved' }, { status: 'ready' }),
  row('issued', 10, { bookkeeping: true, approval: 'pending' }, { status: 'open' }),
  row('changed', 11, { target: 'admin:guardrails' }, { adminAudit: 'true' }),
  row('counted', 12, {}, { depth: 'metrics' }),
];
const SESSIONS = ['against', 'counted', 'done', 'ended', 'going-on', 'let-in', 'recorded'];

describe('sessions, and requests that never ran', () => {
  it('are told apart by what they left, and by the decision where they left nothing', async () => {
    const states = await withRun(ESTATE, (store) =>
      store.rows('SELECT session_id, state, ran FROM gateway_sessions ORDER BY used_at'),
    );

    assert.deepEqual(
      states.map(({ session_id, state, ran }) => [session_id, state, ran]),
      [
        ['done', 'ran', true],
        ['ended', 'ran', true],
        ['recorded', 'ran', true],
        ['against', 'ran', true],
        ['going-on', 'open', true],
        ['let-in', 'open', true],
        ['refused', 'refused', false],
        ['waiting', 'waiting', false],
        ['ready', 'ready', false],
        ['counted', 'ran', true],
      ],
    );
  });

  it('are one number for all who count: the list of sessions, the rows of use, first and last use, the overview', async () => {
    await withRun(ESTATE, async (store) => {
      const listed = await findUses(store, { from: '0001-01-01', until: '9999-12-31' }, undefined);
      const rows = await store.rows('SELECT session_id FROM usages WHERE is_use ORDER BY 1');
      const [use] = await store.rows("SELECT uses, last_used FROM identity_use WHERE identity_id = $id AND side = 'account'", {
        id: ROLE,
      });
      const [seen] = await store.rows('SELECT sessions, last_used_at FROM identity_overview WHERE identity_id = $id', {
        id: ROLE,
      });

      assert.deepEqual(listed.map(({ evidence }) => evidence).sort(), SESSIONS);
      assert.deepEqual(
        rows.map(({ session_id }) => session_id),
        SESSIONS,
      );
      assert.equal(Number(use?.uses), SESSIONS.length);
      assert.equal(Number(seen?.sessions), SESSIONS.length);
      assert.equal(seen?.last_used_at, '2026-05-12T02:00:00.000Z');
      assert.equal(use?.last_used, seen?.last_used_at);
    });
  });

  it('keep no account in use that was asked for alone, though whoever asked was there', async () => {
    const asked = ESTATE.filter((one) => one.kind !== 'usage' || one.sessionId === 'waiting' || one.sessionId === 'refused');

    await withRun(asked, async (store) => {
      const lives = await store.rows('SELECT identity_id, last_used_at FROM identity_lifecycle ORDER BY 1');
      const overview = await store.rows('SELECT sessions, last_used_at FROM identity_overview ORDER BY identity_id');

      assert.deepEqual(
        lives.map(({ identity_id, last_used_at }) => [identity_id, last_used_at]),
        [
          [KEY, '2026-05-08T02:00:00.000Z'],
          [ROLE, null],
        ],
      );
      assert.deepEqual(
        overview.map(({ sessions, last_used_at }) => [Number(sessions), last_used_at]),
        [
          [0, null],
          [0, null],
        ],
      );
    });
  });

  it('are counted by themselves: refused, and waiting for an approval or the start', async () => {
    assert.deepEqual(await withRun(ESTATE, countRequests), { refused: 1, waiting: 2 });
    assert.equal(await withRun(ESTATE.slice(0, 5), countRequests), undefined);
  });
});
