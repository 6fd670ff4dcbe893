import assert from 'node:assert/strict';
import { join } from 'node:path';
import { hoopLive } from '../../../scanners/gateway-sessions/index.ts';
import { KeptSteps } from '../../../src/run/kept-steps.ts';
import { Sink } from '../../../src/run/sink.ts';
import { readTarget } from '../../../src/run/targets.ts';
import { openStore } from '../../../src/store/index.ts';
import { tempDir, testContext } from '../../helpers/scan-context.ts';
import { API_KEY, KEY, newGateway, review, session, startGateway } from './gateway.ts';
import { sessionsAsked, targetOf } from './live-helpers.ts';

describe('hoop live, with a store', () => {
  it('asks a second run for the days that may have changed, and tells of all', async () => {
    const own = { user_id: API_KEY.id, user: API_KEY.name, user_name: API_KEY.name, verb: 'connect' };
    const jit = review({
      type: 'jit',
      status: 'APPROVED',
      created_at: '2026-05-20T01:00:00Z',
      revoke_at: '2026-05-20T09:00:00Z',
    });
    const sessions = [
      session(1, '2026-05-20T01:05:00Z', { ...own, review: jit }),
      session(2, '2026-05-20T04:00:00Z', own),
      session(3, '2026-05-20T10:00:00Z', own),
      session(4, '2026-05-31T04:00:00Z', { ...own, verb: 'exec', review: review({ id: 'r9' }) }),
    ];
    await using server = await startGateway(newGateway({ role: 'admin', sessions }));
    const file = join(tempDir(), 'audit.duckdb');

    const first = await run(server, file, '2026-06-01T06:00:00.000Z');
    const days = sessionsAsked(server).length;
    const second = await run(server, file, '2026-06-02T06:00:00.000Z');

    assert.deepEqual([days, sessionsAsked(server).length - days], [31, 4]);
    assert.deepEqual(second, first);
    assert.deepEqual(
      first.map(({ id, approval, caller }) => [id, approval, caller]),
      [
        ['01', 'approved', 'api-key'],
        ['02', 'approved', 'api-key'],
        ['03', 'none', 'api-key'],
        ['04', 'approved', 'api-key'],
      ],
    );
  });
});

/** Loads the gateway as a scan does, and gives its sessions as checks see them. */
async function run(server: { readonly url: string }, file: string, now: string) {
  const store = await openStore({ mode: 'write', file });
  const env = { HOOP_API_KEY: KEY };
  const context = testContext({ env, now: () => new Date(now) });
  const fingerprintKey = Buffer.from('key');
  const target = targetOf(server);
  const steps = new KeptSteps(target, hoopLive.version, {
    storeFile: file,
    version: '0',
    fingerprintKey,
    env,
    now: new Date(now),
    log: context.log,
    holdsSecret: () => false,
  });
  try {
    await store.beginRun({
      startedAt: now,
      toolVersion: '0',
      targets: [target.name],
      parameters: {},
      rulesDigest: 'r',
      fingerprintKeyId: 'k',
    });
    const sink = new Sink(async () => store, now);
    await sink.store();
    await readTarget(target, {
      sink,
      base: context,
      bulk: context.bulk,
      options: context.options,
      scanners: [hoopLive],
      rulesDigest: 'r',
      runId: now,
      startedAt: now,
      keepSteps: () => steps.once,
    });
    await store.endLoading([]);
    const rows = await store.rows(
      `SELECT right(session_id, 2) AS id, approval, caller_type AS caller FROM gateway_sessions
       WHERE session_id LIKE 'a3c1a1de%' ORDER BY 1`,
    );
    await store.saveResults({ findings: [], checks: [], controls: [] }, now);
    steps.forget();
    return rows;
  } finally {
    await store.rollback();
    store.close();
  }
}
