import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { reply } from '../../helpers/loopback.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { type Gateway, newGateway, type Row, review, session, startGateway, USER } from './gateway.ts';
import { base64 } from './helpers.ts';
import { askedPaths, gaps, keptSteps, part, scanLive, sessionsAsked, settledParts } from './live-helpers.ts';

const ids = (observations: readonly Observation[]) => kinds(observations, 'usage').map(({ sessionId }) => String(sessionId));
const whole = (server: Parameters<typeof askedPaths>[0]) => askedPaths(server).filter((path) => path.startsWith('sessions/'));

/** So many sessions of one day, a fraction of a second after the other. */
function crowd(count: number, gap = 130, day = '2026-05-20T08:00:00.000Z'): Row[] {
  return Array.from({ length: count }, (_, index) => session(index, new Date(Date.parse(day) + index * gap).toISOString()));
}

describe('hoop live: sessions', () => {
  it('are read by days of UTC, the last thirty by default, each once', async () => {
    const sessions = [
      session(1, '2026-05-01T23:59:59.900Z'),
      session(2, '2026-05-02T00:00:00.000Z'),
      session(3, '2026-05-10T00:00:00.000Z'),
      session(4, '2026-05-10T23:59:59.999Z'),
      session(5, '2026-05-31T23:59:59.999Z'),
    ];
    await using server = await startGateway(newGateway({ sessions }));

    const observations = await scanLive(server);

    assert.deepEqual(
      ids(observations).sort(),
      sessions.slice(1).map(({ id }) => id),
    );
    assert.deepEqual(part(observations, 'sessions')?.read, 4);
    const windows = sessionsAsked(server);
    assert.ok(windows.every((query) => query.get('limit') === '100' && query.get('count') === 'none'));
    assert.deepEqual(
      windows.map((query) => query.get('start_date')?.slice(0, 10)).sort(),
      Array.from({ length: 30 }, (_, index) => `2026-05-${String(index + 2).padStart(2, '0')}`),
    );
  });

  it('are read of another window where the target names one', async () => {
    const sessions = [
      session(1, '2026-01-04T10:00:00Z'),
      session(2, '2026-01-05T10:00:00Z'),
      session(3, '2026-01-07T23:00:00Z'),
      session(4, '2026-01-08T01:00:00Z'),
    ];
    await using server = await startGateway(newGateway({ sessions }));

    const between = await scanLive(server, { query: '?since=2026-01-05&until=2026-01-07' });
    const days = sessionsAsked(server).length;
    const back = await scanLive(server, { query: '/?since=150d' });

    assert.deepEqual([ids(between), days, ids(back).length], [[sessions[2]?.id, sessions[1]?.id], 3, 4]);
  });

  it('of the day that has begun are read up to now', async () => {
    const now = new Date('2026-06-01T10:30:00.500Z');
    const sessions = [
      session(1, '2026-06-01T10:30:00.400Z', { status: 'open', end_date: null }),
      session(2, '2026-06-01T00:00:00.000Z'),
    ];
    await using server = await startGateway(newGateway({ sessions }));

    const observations = await scanLive(server, { context: { now: () => now } });

    assert.deepEqual(ids(observations).length, 2);
    assert.equal(part(observations, 'sessions')?.detail?.days, 31);
  });

  it('of a crowded day are read in windows that never get deeper than the gateway lets them', async () => {
    const sessions = crowd(10_350);
    await using server = await startGateway(newGateway({ sessions }));

    const observations = await scanLive(server, { query: '?since=2026-05-20&until=2026-05-20' });

    const offsets = sessionsAsked(server).map((query) => Number(query.get('offset')));
    assert.equal(new Set(ids(observations)).size, 10_350);
    assert.deepEqual([ids(observations).length, Math.max(...offsets)], [10_350, 10_000]);
    assert.equal(part(observations, 'sessions')?.outcome, 'complete');
  });

  it('are read in smaller windows where the gateway refuses to go as deep', async () => {
    const sessions = crowd(930);
    await using server = await startGateway(newGateway({ sessions, maxOffset: 200 }));

    const observations = await scanLive(server, { query: '?since=2026-05-20&until=2026-05-20' });

    assert.deepEqual([new Set(ids(observations)).size, ids(observations).length], [930, 930]);
    assert.equal(part(observations, 'sessions')?.outcome, 'complete');
    const ends = [...new Set(sessionsAsked(server).map((query) => query.get('end_date')))];
    assert.ok(ends.length > 3 && ends.every((end) => /:\d\dZ$/.test(end ?? '')), ends.join(' '));
  });

  it('are not all read where too many began within one second, and that is said', async () => {
    const sessions = crowd(400, 1);
    await using server = await startGateway(newGateway({ sessions, maxOffset: 200 }));

    const row = part(await scanLive(server, { query: '?since=2026-05-20&until=2026-05-20' }), 'sessions');

    assert.deepEqual([row?.outcome, row?.read], ['partial', 300]);
    assert.match(row?.why ?? '', /more than 300 sessions began within one second/);
  });

  it('of a gateway before 1.144.0 are read alike, whatever it makes of the total', async () => {
    const sessions = crowd(310);
    for (const strip of [[], ['has_next_page'], ['has_next_page', 'total']]) {
      await using server = await startGateway(newGateway({ version: '1.60.0', sessions }), (asked, response) => {
        if (asked.path !== 'sessions' || strip.length === 0) return false;
        const offset = Number(asked.query.get('offset'));
        const isDay = asked.query.get('start_date')?.startsWith('2026-05-20') === true;
        const data = isDay ? [...sessions].reverse().slice(offset, offset + 100) : [];
        const body: Row = { data, total: isDay ? 310 : 0, has_next_page: true };
        reply(response, 200, Object.fromEntries(Object.entries(body).filter(([key]) => !strip.includes(key))));
        return true;
      });

      assert.equal(ids(await scanLive(server)).length, 310, strip.join());
    }
  });

  it('that end before the gateway says so are not all', async () => {
    await using server = await startGateway(newGateway(), (asked, response) => {
      if (asked.path !== 'sessions') return false;
      reply(response, 200, { data: null, total: null, has_next_page: true });
      return true;
    });

    const row = part(await scanLive(server), 'sessions');

    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /an empty page says that more follow/);
  });

  it('without end are read for a while', async () => {
    let number = 0;
    await using server = await startGateway(newGateway(), (asked, response) => {
      if (asked.path !== 'sessions') return false;
      const start = new Date(Date.parse('2026-05-31T23:00:00Z') - 2000 * number++).toISOString();
      reply(response, 200, { data: [session(number, start)], total: null, has_next_page: true });
      return true;
    });

    const row = part(await scanLive(server, { query: '?since=1d', options: { maxPages: 20 } }), 'sessions');

    assert.deepEqual([row?.outcome, row?.read, sessionsAsked(server).length], ['partial', 20, 20]);
    assert.match(row?.why ?? '', /its pages have no end/);
  });

  describe('asked for one by one', () => {
    const sessions = [
      session(1, '2026-05-20T01:00:00Z', { review: review() }),
      session(2, '2026-05-20T02:00:00Z', {
        verb: 'connect',
        review: review({
          id: 'r2',
          type: 'jit',
          status: 'APPROVED',
          revoke_at: '2026-05-20T06:00:00Z',
          created_at: '2026-05-20T01:30:00Z',
        }),
      }),
      session(3, '2026-05-20T03:00:00Z', { script: { data: 'DELETE FROM beans' } }),
      session(4, '2026-05-20T04:00:00Z', {
        verb: 'connect',
        event_stream: [[0.1, 'i', base64('Q\0\0\0\x14DROP TABLE beans\0')]],
      }),
      session(5, '2026-05-20T05:00:00Z', { verb: 'connect', event_size: 0 }),
    ];

    it('are those with a review, for the list does not say by which rule it came about', async () => {
      await using server = await startGateway(newGateway({ sessions }));

      const observations = await scanLive(server);

      assert.deepEqual(whole(server).sort(), [
        `sessions/${sessions[0]?.id}?expand=session_input`,
        `sessions/${sessions[1]?.id}?expand=review`,
      ]);
      assert.deepEqual(
        kinds(observations, 'usage').map(({ action, detail }) => [action, detail?.depth]),
        [
          ['connect', 'list'],
          ['connect', 'list'],
          ['unknown', 'list'],
          ['connect', 'single'],
          ['read', 'single'],
        ],
      );
    });

    it('are those that ran a script, where scripts are wanted', async () => {
      await using server = await startGateway(newGateway({ sessions }));

      const observations = await scanLive(server, { query: '?content=scripts' });

      assert.equal(whole(server).length, 3);
      assert.deepEqual(
        kinds(observations, 'usage')
          .map(({ action }) => action)
          .filter((action) => action === 'write'),
        ['write'],
      );
      assert.ok(!whole(server).some((path) => path.includes('event_stream')));
    });

    it('are all that recorded something, where recordings are wanted', async () => {
      await using server = await startGateway(newGateway({ sessions }));

      const observations = await scanLive(server, { query: '?content=streams' });

      assert.equal(whole(server).filter((path) => path.includes('event_stream')).length, 4);
      assert.equal(kinds(observations, 'usage').find(({ sessionId }) => sessionId === sessions[3]?.id)?.detail?.depth, 'single');
    });

    it('stand as the list has them where they are gone or may not be seen', async () => {
      await using server = await startGateway(newGateway({ sessions }), (asked, response) => {
        if (!asked.path.startsWith('sessions/')) return false;
        if (asked.path.endsWith('1')) reply(response, 404, { message: 'not found' });
        else reply(response, 403, { message: 'user is not allowed to access this session' });
        return true;
      });

      const observations = await scanLive(server);

      assert.equal(ids(observations).length, 5);
      assert.equal(part(observations, 'sessions')?.outcome, 'partial');
      assert.match(part(observations, 'sessions')?.why ?? '', /2 sessions were read from the list alone: .*HTTP 403/);
    });

    it('are read without a recording that is too large, and that is said', async () => {
      const large = { ...sessions[3], event_stream: [[0.1, 'o', 'A'.repeat(300_000)]] };
      await using server = await startGateway(newGateway({ sessions: [large] }));

      const observations = await scanLive(server, { query: '?content=streams', options: { maxBytes: 200_000 } });

      assert.deepEqual(
        whole(server).map((path) => path.replace(/^.*\?/, '')),
        ['expand=event_stream', 'expand=review'],
      );
      assert.equal(kinds(observations, 'usage')[0]?.detail?.depth, 'single');
      assert.match(part(observations, 'sessions')?.why ?? '', /recording of session .* was not read: .*larger than/);
    });
  });

  it('inside a window have no review of their own, and rows that issued a credential are told apart', async () => {
    const window = review({
      type: 'jit',
      status: 'APPROVED',
      created_at: '2026-05-20T01:00:00Z',
      revoke_at: '2026-05-20T09:00:00Z',
    });
    const sessions = [
      session(1, '2026-05-20T01:05:00Z', { verb: 'connect', user_id: USER.id, user: USER.email, review: window }),
      session(2, '2026-05-20T04:00:00Z', { verb: 'connect', user_id: USER.id, user: USER.email }),
      session(3, '2026-05-20T05:00:00Z', {
        verb: 'connect',
        end_date: null,
        metrics: null,
        metadata: { credentials_expire_at: '9999-12-31T00:00:00Z' },
      }),
    ];
    const found = {
      id: window.id,
      session: sessions[0]?.id,
      type: 'jit',
      status: 'APPROVED',
      created_at: window.created_at,
      revoke_at: window.revoke_at,
    };
    await using server = await startGateway(newGateway({ sessions, lists: { reviews: [found] } }));

    const usages = kinds(await scanLive(server), 'usage');

    assert.deepEqual(
      usages.map(({ approval, bookkeeping, detail }) => [approval, bookkeeping === true, detail?.window !== undefined]),
      [
        ['unknown', true, false],
        ['unknown', false, false],
        ['approved', false, true],
      ],
    );
  });

  it('of the static key tell of it once a day', async () => {
    const byKey = { user: 'API_KEY', user_id: 'API_KEY', user_name: 'API_KEY', review: review() };
    await using server = await startGateway(newGateway({ sessions: crowd(5).map((row) => ({ ...row, ...byKey })) }));

    const observations = await scanLive(server);

    assert.deepEqual(
      kinds(observations, 'identity').map(({ type }) => type),
      ['static-admin-key'],
    );
    assert.equal(ids(observations).length, 5);
  });

  it('are read before and after a day that fails', async () => {
    await using server = await startGateway(newGateway({ sessions: crowd(3) }), (asked, response) => {
      if (asked.path !== 'sessions' || asked.query.get('start_date')?.startsWith('2026-05-25') !== true) return false;
      reply(response, 500, { message: 'failed listing sessions (v2)' });
      return true;
    });

    const observations = await scanLive(server);

    assert.equal(ids(observations).length, 3);
    assert.equal(part(observations, 'sessions')?.outcome, 'partial');
    assert.match(part(observations, 'sessions')?.why ?? '', /HTTP 500, "failed listing sessions/);
  });

  it('are not asked for any more once the gateway refuses them in mid-run', async () => {
    await using server = await startGateway(
      newGateway({ sessions: [session(1, '2026-05-31T10:00:00Z'), session(2, '2026-05-03T10:00:00Z')] }),
      (asked, response) => {
        if (asked.path !== 'sessions' || String(asked.query.get('start_date')) > '2026-05-28') return false;
        reply(response, 403, { message: 'access denied' });
        return true;
      },
    );

    const observations = await scanLive(server);

    assert.equal(ids(observations).length, 1);
    assert.equal(sessionsAsked(server).length, 8);
    assert.match(part(observations, 'sessions')?.why ?? '', /reading sessions \(group auditor\) is not allowed/);
    // It is a right of its own: what else is allowed is read.
    assert.equal(part(observations, 'admin audit log')?.outcome, 'complete');
  });

  it('with fields and words that nobody knows yet are read, and with none of most', async () => {
    const strange = {
      review_v2: {},
      verb: 'teleport',
      status: 'paused',
      type: 'quantum',
      metrics: [],
      connection_tags: null,
      review: { status: 'MAYBE' },
    };
    const sessions = [session(1, '2026-05-20T01:00:00Z', strange), { id: 'only', start_date: '2026-05-20T02:00:00Z' }];
    await using server = await startGateway(newGateway({ sessions }), (asked, response) => {
      if (asked.path !== 'sessions' || asked.query.get('start_date')?.startsWith('2026-05-19') !== true) return false;
      reply(response, 200, { data: ['no record', { id: '' }, null], total: 3, has_next_page: false });
      return true;
    });

    const observations = await scanLive(server);

    assert.deepEqual(ids(observations), ['only', sessions[0]?.id]);
    assert.deepEqual([part(observations, 'sessions')?.outcome, part(observations, 'sessions')?.failed], ['partial', 3]);
  });

  describe('of a run that goes on', () => {
    it('are not asked for again where their day was read whole', async () => {
      const gateway = newGateway({ sessions: crowd(5), role: 'admin' });
      let isCut = true;
      await using server = await startGateway(gateway, (asked, response) => {
        if (!isCut || asked.path !== 'sessions' || String(asked.query.get('start_date')) > '2026-05-15') return false;
        reply(response, 401, { message: 'unauthorized' });
        return true;
      });
      const { once } = keptSteps();

      const first = await scanLive(server, { context: { once } });
      isCut = false;
      const before = server.asked.length;
      const second = await scanLive(server, { context: { once } });

      assert.equal(part(first, 'sessions')?.outcome, 'partial');
      assert.deepEqual(gaps(second), []);
      assert.deepEqual(
        ids(second).sort(),
        gateway.sessions.map(({ id }) => id),
      );
      const again = server.asked.slice(before).map(({ url }) => new URL(url, server.url));
      const days = again
        .filter(({ pathname }) => pathname === '/api/sessions')
        .map(({ searchParams }) => String(searchParams.get('start_date')).slice(0, 10));
      assert.ok(days.length >= 13 && days.every((day) => day <= '2026-05-20'), days.join());
      assert.ok(!again.some(({ pathname }) => pathname === '/api/users'));
    });

    it('of today are asked for again', async () => {
      const now = new Date('2026-06-01T10:00:00Z');
      await using server = await startGateway(newGateway());
      const { once } = keptSteps();

      await scanLive(server, { context: { once, now: () => now } });
      const before = sessionsAsked(server).length;
      await scanLive(server, { context: { once, now: () => now } });

      assert.deepEqual(
        sessionsAsked(server)
          .slice(before)
          .map((query) => query.get('start_date')),
        ['2026-06-01T00:00:00Z'],
      );
    });
  });

  describe('of a store that an earlier run wrote to', () => {
    async function twice(gateway: Gateway, settings: { readonly query?: string; readonly key?: string } = {}) {
      await using server = await startGateway(gateway);
      const { parts, settled } = settledParts();
      const first = await scanLive(server, { context: { settled } });
      const before = server.asked.length;
      if (settings.key !== undefined) gateway.key = settings.key;
      const second = await scanLive(server, { ...settings, context: { settled } });
      const again = server.asked
        .slice(before)
        .map(({ url }) => new URL(url, server.url))
        .filter(({ pathname }) => pathname === '/api/sessions')
        .map(({ searchParams }) => String(searchParams.get('start_date')).slice(0, 10));
      return { parts, first, second, again: again.sort() };
    }

    it('are asked for again of the last two days only', async () => {
      const { parts, first, second, again } = await twice(
        newGateway({ sessions: [...crowd(5), session(9, '2026-05-31T10:00:00Z')] }),
      );

      assert.deepEqual(again, ['2026-05-30', '2026-05-31']);
      assert.equal([...parts.values()].flat().filter(({ kind }) => kind === 'usage').length, 5);
      // What stands in a part of its own is not told twice.
      assert.deepEqual([ids(first).length, ids(second).length], [1, 1]);
      assert.equal(part(second, 'sessions')?.detail?.daysOfEarlierRuns, 28);
      assert.equal(part(second, 'admin audit log')?.detail?.daysOfEarlierRuns, 28);
    });

    const day = (number: number) => `2026-05-${String(number).padStart(2, '0')}T10:00:00Z`;
    for (const [what, changes] of [
      ['is not over', { status: 'open', end_date: null }],
      ['waits for a decision', { status: 'open', end_date: null, review: review({ status: 'PENDING' }) }],
      ['has a window that is open', { review: review({ type: 'jit', status: 'APPROVED', revoke_at: '2026-06-02T00:00:00Z' }) }],
      [
        'issued a credential that is in use',
        { end_date: null, metrics: null, metadata: { credentials_expire_at: '9999-12-31T00:00:00Z' } },
      ],
      ['cannot be read', { start_date: 'yesterday' }],
    ] as const) {
      it(`are asked for again of a day with one that ${what}`, async () => {
        const gateway = newGateway({ sessions: [session(1, day(20))] });
        await using server = await startGateway(gateway, (asked, response) => {
          if (asked.path !== 'sessions' || asked.query.get('start_date')?.startsWith('2026-05-25') !== true) return false;
          reply(response, 200, { data: [session(7, day(25), changes)], total: null, has_next_page: false });
          return true;
        });
        const { parts, settled } = settledParts();

        await scanLive(server, { context: { settled } });

        assert.ok(![...parts.keys()].some((key) => key.startsWith('sessions 2026-05-25')));
        assert.ok([...parts.keys()].some((key) => key.startsWith('sessions 2026-05-20')));
      });
    }

    it('are settled though they never ended, were rejected, or had their credential taken back', async () => {
      const sessions = [
        session(1, day(5), { status: 'open', end_date: null }),
        session(2, day(25), { status: 'open', end_date: null, review: review({ status: 'REJECTED' }) }),
        session(3, day(26), {
          end_date: null,
          metadata: { credentials_expire_at: '9999-12-31T00:00:00Z', credentials_revoked_at: '2026-05-27T00:00:00Z' },
        }),
      ];

      const { again } = await twice(newGateway({ sessions }));

      assert.deepEqual(again, ['2026-05-30', '2026-05-31']);
    });

    it('are asked for again with another key, for more of their content, and where a key is not shown all', async () => {
      const gateway = () => newGateway({ sessions: crowd(2) });

      const ofKey = await twice(gateway(), { key: 'another-key' });
      const ofContent = await twice(gateway(), { query: '?content=scripts' });
      const ofRole = await twice(newGateway({ sessions: crowd(2), role: 'standard' }));

      assert.deepEqual([ofKey.again.length, ofContent.again.length, ofRole.again.length], [30, 30, 30]);
      assert.ok(![...ofKey.parts.keys()].some((key) => key.includes('another-key')));
      assert.ok(![...ofRole.parts.keys()].some((key) => key.startsWith('sessions')));
    });
  });
});
