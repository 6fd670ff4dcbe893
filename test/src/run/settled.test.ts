import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Observation, ScanContext, ServiceTarget } from '../../../src/contracts/index.ts';
import { defineServiceScanner } from '../../../src/contracts/index.ts';
import { Sink } from '../../../src/run/sink.ts';
import { readTarget } from '../../../src/run/targets.ts';
import { openStore } from '../../../src/store/index.ts';
import { tempDir, testContext } from '../../helpers/scan-context.ts';

const TARGET: ServiceTarget = { kind: 'service', name: 'far:end', scheme: 'far', address: 'end' };
const NOTHING = { findings: [], checks: [], controls: [] };

describe('what a service has settled', () => {
  let file: string;
  let made: number;
  let said: string[];

  beforeEach(() => {
    file = join(tempDir(), 'audit.duckdb');
    made = 0;
    said = [];
  });

  /** One run of a store; gives the ids of the sessions that stand in it. */
  async function run(day: number, give: readonly Observation[] | undefined, settings: { content?: string; full?: boolean } = {}) {
    const startedAt = `2026-06-0${day}T00:00:00.000Z`;
    const store = await openStore({ mode: 'write', file });
    try {
      await store.beginRun({
        startedAt,
        toolVersion: '0',
        targets: ['far:end'],
        parameters: {},
        rulesDigest: 'r',
        fingerprintKeyId: 'k',
      });
      const sink = new Sink(async () => store, startedAt);
      await sink.store();
      const context = testContext();
      await readTarget(TARGET, {
        sink,
        base: context,
        bulk: context.bulk,
        options: { ...context.options, ...(settings.full === undefined ? {} : { full: settings.full }) },
        scanners: [service(give, settings.content ?? 'all')],
        rulesDigest: 'r',
        runId: `run ${day}`,
        startedAt,
        keepSteps: () => async (_step, make) => await make(),
      });
      await store.endLoading([]);
      const rows = await store.rows('SELECT session_id FROM usages ORDER BY 1');
      await store.saveResults(NOTHING, startedAt);
      return rows.map((row) => String(row.session_id));
    } finally {
      await store.rollback();
      store.close();
    }
  }

  function service(give: readonly Observation[] | undefined, content: string) {
    return defineServiceScanner({
      id: 'far',
      title: 'A service of these tests',
      emits: ['usage'],
      surfaces: ['gateway'],
      version: 1,
      scheme: 'far',
      async *scan(_target, context: ScanContext) {
        const came = await context.settled?.('2026-05-01', content, async () => {
          made++;
          return give;
        });
        said.push(String(came));
        if (came === 'open') yield session('open');
      },
    });
  }

  it('is asked once, and stands in later runs', async () => {
    const first = await run(1, [session('one'), session('two')]);
    const second = await run(2, undefined);

    assert.deepEqual(
      [first, second],
      [
        ['one', 'two'],
        ['one', 'two'],
      ],
    );
    assert.deepEqual([said, made], [['added', 'kept'], 1]);
  });

  it('is asked again while it is not whole, and what was yielded in its place is of that run alone', async () => {
    const first = await run(1, undefined);
    const second = await run(2, [session('one')]);
    const third = await run(3, undefined);

    assert.deepEqual([first, second, third], [['open'], ['one'], ['one']]);
    assert.deepEqual([said, made], [['open', 'added', 'kept'], 2]);
  });

  it('is asked again when something else decides it, or all is to be read anew', async () => {
    await run(1, [session('one')]);
    const other = await run(2, [session('two')], { content: 'with other rights' });
    const full = await run(3, [session('three')], { full: true });
    const after = await run(4, undefined);

    assert.deepEqual([other, full, after], [['two'], ['three'], ['one']]);
    assert.equal(made, 3);
  });
});

function session(sessionId: string): Observation {
  return { kind: 'usage', via: 'gateway', sessionId, usedAt: '2026-05-01T01:00:00.000Z' };
}
