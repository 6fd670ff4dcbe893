import assert from 'node:assert/strict';
import { join } from 'node:path';
import { scanCommand } from '../../../src/commands/scan.ts';
import { openStore, type Row as StoreRow } from '../../../src/store/index.ts';
import { testIo } from '../../helpers/io.ts';
import { tempDir } from '../../helpers/scan-context.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { API_KEY, KEY, newGateway, review, session, startGateway } from './gateway.ts';
import { sessionsAsked } from './live-helpers.ts';

const SUBJECT = ['maria.silva', 'customer.example'].join('@');

describe('hoop live, with a store', () => {
  it('asks a second run for the days that may have changed, and tells of all', async () => {
    const own = { user_id: API_KEY.id, user: API_KEY.name, user_name: API_KEY.name };
    const jit = review({
      type: 'jit',
      status: 'APPROVED',
      created_at: '2026-05-20T01:00:00Z',
      revoke_at: '2026-05-20T09:00:00Z',
    });
    const asks = { script: { data: `SELECT name FROM beans WHERE email = '${SUBJECT}'` }, review: review({ id: 'r9' }) };
    const sessions = [
      session(1, '2026-05-20T01:05:00Z', { ...own, verb: 'connect', review: jit }),
      session(2, '2026-05-20T04:00:00Z', { ...own, verb: 'connect' }),
      session(3, '2026-05-20T10:00:00Z', { ...own, verb: 'connect' }),
      session(4, '2026-05-31T04:00:00Z', { ...own, ...asks }),
    ];
    await using server = await startGateway(newGateway({ role: 'admin', sessions }));
    const directory = tempDir();
    const store = join(directory, 'audit.duckdb');
    const env = { HOOP_API_KEY: KEY };
    const run = async (now: string) => {
      const before = sessionsAsked(server).length;
      const io = testIo(directory, { env, clock: () => new Date(now) });
      await scanCommand(io, [`hoop:${server.url}`], { ...SCAN_OPTIONS, store });
      return { said: `${io.out()}${io.err()}`, days: sessionsAsked(server).length - before, rows: await sessionsIn(store) };
    };

    const first = await run('2026-06-01T06:00:00.000Z');
    const second = await run('2026-06-02T06:00:00.000Z');

    assert.deepEqual([first.days, second.days], [31, 4]);
    assert.deepEqual(second.rows, first.rows);
    assert.deepEqual(
      first.rows.map(({ id, approval, caller }) => [id, approval, caller]),
      [
        ['01', 'approved', 'api-key'],
        ['02', 'approved', 'api-key'],
        ['03', 'none', 'api-key'],
        ['04', 'approved', 'api-key'],
      ],
    );
    for (const { said } of [first, second])
      assert.ok(!said.includes(SUBJECT) && !said.includes(KEY) && !said.includes('FROM beans'));
  });
});

async function sessionsIn(file: string): Promise<StoreRow[]> {
  const store = await openStore({ mode: 'read', file });
  try {
    return await store.rows(
      `SELECT right(session_id, 2) AS id, approval, caller_type AS caller FROM gateway_sessions
       WHERE session_id LIKE 'a3c1a1de%' ORDER BY 1`,
    );
  } finally {
    store.close();
  }
}
