import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import type { Row, Store } from '../../../src/store/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { RUN_START, withPassingRun } from '../correlate/run-store.ts';

const ORG = 'o1';

function session(id: string, usedAt: string, target = 'pg', detail: object = {}): Observation {
  return {
    kind: 'usage',
    via: 'gateway',
    sessionId: id,
    usedAt: `${usedAt}:00Z`,
    target,
    approval: 'unknown',
    actor: 'etl',
    actorType: 'api-key',
    detail: { org: ORG, userId: 'u1', status: 'done', depth: 'list', ...detail },
  };
}

const SPANS = `
  SELECT surface, scope, connection, strftime(since, '%m-%d %H:%M') AS since, strftime(until, '%m-%d %H:%M') AS until, records
  FROM observed_spans ORDER BY surface DESC, scope, connection, since`;

async function spansOf(...exports: (readonly Observation[])[]): Promise<string[]> {
  return await withPassingRun([], async (store) => (await store.rows(SPANS)).map(told), { exports });
}

function told({ scope, connection, since, until, records }: Row): string {
  return `${scope ?? '-'} ${connection ?? 'all'}: ${since} to ${until}, ${records}`;
}

describe('view observed_spans', () => {
  it('leaves the gap between two exports out', async () => {
    const march = [session('1', '2026-03-01T08:00'), session('2', '2026-03-31T08:00', 'web')];
    const may = [session('3', '2026-05-01T08:00'), session('4', '2026-05-20T08:00', 'web')];

    assert.deepEqual(await spansOf(march, may), [
      'o1 all: 03-01 08:00 to 03-31 08:00, 2',
      'o1 all: 05-01 08:00 to 05-20 08:00, 2',
    ]);
  });

  it('joins exports that overlap, and counts what both hold once', async () => {
    const early = [session('1', '2026-05-01T08:00'), session('2', '2026-05-03T08:00', 'web')];
    const late = [session('2', '2026-05-03T08:00', 'web'), session('3', '2026-05-05T08:00')];

    assert.deepEqual(await spansOf(early, late), ['o1 all: 05-01 08:00 to 05-05 08:00, 3']);
    assert.deepEqual(await spansOf(late, early), ['o1 all: 05-01 08:00 to 05-05 08:00, 3']);
  });

  it('joins exports of which one ends when the other begins', async () => {
    const early = [session('1', '2026-05-01T08:00'), session('2', '2026-05-03T08:00', 'web')];
    const late = [session('3', '2026-05-03T08:00'), session('4', '2026-05-05T08:00', 'web')];

    assert.deepEqual(await spansOf(early, late), ['o1 all: 05-01 08:00 to 05-05 08:00, 4']);
  });

  it('takes pages for one list where they hold all of it, and says so', async () => {
    const page = (...rows: Observation[]): Observation[] => [
      {
        kind: 'coverage',
        surface: 'gateway',
        subject: `page of ${rows.length}`,
        outcome: 'partial',
        why: 'more pages follow this one',
        covers: ['usage'],
        detail: { types: ['session', 'session-list'], page: { total: 4, held: rows.length, onlyGap: true } },
      },
      ...rows,
    ];
    const early = page(session('1', '2026-05-01T08:00'));
    const middle = page(session('2', '2026-05-03T08:00', 'web'));
    const late = page(session('3', '2026-05-06T08:00'), session('4', '2026-05-09T08:00', 'web'));
    const outcomes = async (...exports: (readonly Observation[])[]): Promise<unknown> =>
      (await withPassingRun([], (store) => store.rows('SELECT DISTINCT outcome, why FROM coverage'), { exports })).map(
        Object.values,
      );

    assert.deepEqual(await spansOf(late, middle, early), ['o1 all: 05-01 08:00 to 05-09 08:00, 4']);
    assert.deepEqual(await outcomes(late, middle, early), [['complete', null]]);
    assert.equal((await spansOf(late, early)).length, 2);
    assert.deepEqual(await outcomes(late, early), [['partial', 'more pages follow this one']]);
  });

  it('keeps an export of one connection and organisations apart', async () => {
    const one = [session('1', '2026-05-01T08:00'), session('2', '2026-05-03T08:00')];
    const other = [session('3', '2026-05-02T08:00', 'a', { org: 'o2' }), session('4', '2026-05-04T08:00', 'b', { org: 'o2' })];

    assert.deepEqual(await spansOf(one, other), [
      'o1 pg: 05-01 08:00 to 05-03 08:00, 2',
      'o2 all: 05-02 08:00 to 05-04 08:00, 2',
    ]);
  });

  it('ends with the last start of a session, and takes no time that cannot be', async () => {
    const rows = [
      { ...session('1', '2026-05-01T08:00'), endedAt: '2026-05-30T00:00:00Z' },
      session('2', '2026-05-03T08:00', 'web'),
      session('3', '2031-05-03T08:00'),
      session('4', '1970-01-20T08:00'),
    ];

    assert.deepEqual(await spansOf(rows), ['o1 all: 05-01 08:00 to 05-03 08:00, 3']);
  });

  it('goes by the export where all of it is ahead of the clock here', async () => {
    const rows = [session('1', '2026-08-01T08:00'), session('2', '2026-08-03T08:00', 'web')];

    assert.deepEqual(await spansOf(rows), ['o1 all: 08-01 08:00 to 08-03 08:00, 2']);
  });

  it('takes neither counts of sessions nor the log of administrators for sessions', async () => {
    const rows = [
      session('1', '2026-05-01T08:00', 'pg', { depth: 'metrics' }),
      session('2', '2026-05-09T08:00', 'admin:users', { adminAudit: true }),
    ];

    assert.deepEqual(await spansOf(rows), []);
  });

  it('tells the logs of targets by their account', async () => {
    const use = (id: string, usedAt: string): Observation => ({
      kind: 'usage',
      via: 'direct',
      sessionId: id,
      usedAt,
      identity: 'postgres:db/orders:role/app',
      records: 3,
    });

    const rows = await spansOf(
      [use('1', '2026-05-01T08:00:00Z')],
      [use('2', '2026-05-02T08:00:00Z'), use('3', '2026-05-03T08:00:00Z')],
    );

    assert.deepEqual(rows, ['db/orders all: 05-01 08:00 to 05-01 08:00, 3', 'db/orders all: 05-02 08:00 to 05-03 08:00, 6']);
  });
});

describe('view observed_days', () => {
  it('counts the days of exports, and none between them', async () => {
    const march = [session('1', '2026-03-01T08:00'), session('2', '2026-03-03T08:00', 'web')];
    const may = [session('3', '2026-05-01T08:00'), session('4', '2026-05-02T08:00', 'web')];

    const rows = await withPassingRun([], (store) => store.rows('SELECT days, records FROM observed_days'), {
      exports: [march, may],
    });

    assert.deepEqual(rows, [{ days: 5, records: 4 }]);
  });
});

describe('view observed_spans, of a gateway that was asked itself', () => {
  const coverage = (detail: object, outcome: 'complete' | 'partial' = 'complete'): Observation => ({
    kind: 'coverage',
    surface: 'gateway',
    subject: 'https://gateway.example: sessions',
    outcome,
    covers: ['usage'],
    detail: { types: ['session', 'session-list'], from: '2026-05-01', until: '2026-06-01T00:00:00.000Z', days: 31, ...detail },
  });

  async function live(...rows: Observation[]): Promise<string[]> {
    const store: Store = await openStore({ mode: 'write', small: true, views: 'tables' });
    try {
      await store.beginRun({
        startedAt: RUN_START,
        toolVersion: 't',
        targets: ['hoop:https://gateway.example?since=2026-05-01'],
        parameters: {},
        rulesDigest: 'r',
        fingerprintKeyId: 'k',
      });
      const target = 'hoop:https://gateway.example?since=2026-05-01';
      const { part } = store.addPart({ scanner: 'gateway-sessions', version: 1, target, unit: 'all', content: 'c' }, RUN_START);
      for (const row of rows) await store.append(part, row);
      await store.endLoading([]);
      await store.materialise();
      return (await store.rows(SPANS)).map(told);
    } finally {
      store.close();
    }
  }

  it('goes from the day that was asked for, whenever the first session began', async () => {
    assert.deepEqual(await live(coverage({}), session('1', '2026-05-20T08:00')), ['o1 all: 05-01 00:00 to 06-01 00:00, 1']);
    assert.deepEqual(await live(coverage({})), ['- all: 05-01 00:00 to 06-01 00:00, 0']);
  });

  it('leaves out days that could not be read', async () => {
    const spans = await live(coverage({ unread: ['2026-05-10', '2026-05-11'] }, 'partial'), session('1', '2026-05-20T08:00'));

    assert.deepEqual(spans, ['o1 all: 05-01 00:00 to 05-10 00:00, 1', 'o1 all: 05-12 00:00 to 06-01 00:00, 0']);
  });

  it('tells of no time where some of the sessions were shown only', async () => {
    assert.deepEqual(await live(coverage({ isShownAll: false }, 'partial'), session('1', '2026-05-20T08:00')), []);
  });
});
