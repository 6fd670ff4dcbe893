import assert from 'node:assert/strict';
import { fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';
import { base64, listRow, ORG, one, scan, single } from './helpers.ts';

describe('gateway-sessions scanner: what a session tells beside', () => {
  describe('which run it was', () => {
    const cases: readonly [string, { readonly [field: string]: unknown }, readonly unknown[]][] = [
      ['the correlation id', { correlation_id: 'gha-1', metadata: { run_id: '2' } }, ['gha-1', 'correlation-id', 'high']],
      [
        'a run id beside it',
        { correlation_id: null, metadata: { workflow: 'w', GITHUB_RUN_ID: '99' } },
        ['99', 'metadata', 'medium'],
      ],
      [
        'a job of whatever spelling',
        { correlation_id: '', metadata: { 'Job-Name': 'nightly' } },
        ['nightly', 'metadata', 'medium'],
      ],
      [
        'the name of a role session',
        { correlation_id: null, metadata: { role_session_name: 'etl-17' } },
        ['etl-17', 'role-session-name', 'low'],
      ],
      [
        'a user agent that names one',
        { correlation_id: null, metadata: { user_agent: 'airflow-dag/7' } },
        ['airflow-dag/7', 'user-agent', 'low'],
      ],
      ['no program', { correlation_id: null, metadata: { user_agent: 'psql/16.2' } }, [undefined, undefined, undefined]],
      ['no person', { correlation_id: null, metadata: { job: 'ada@harbour.example' } }, [undefined, undefined, undefined]],
      ['nothing', { correlation_id: null, metadata: { note: 'x' } }, [undefined, undefined, undefined]],
    ];
    for (const [name, fields, expected] of cases) {
      it(`is told by ${name}`, async () => {
        const usage = await one('usage', [listRow(fields)]);

        assert.deepEqual([usage.job, usage.detail?.jobBasis, usage.detail?.jobConfidence], expected);
      });
    }

    it('is no credential that stands in its place', async () => {
      const token = fakeToken('harbour3');

      const observations = await scan([listRow({ correlation_id: null, metadata: { job: token } })]);

      assert.ok(!JSON.stringify(observations).includes(token));
      assert.equal(kinds(observations, 'sighting').length, 1);
    });
  });

  describe('a correlation id', () => {
    const jobOf = async (id: string) => (await one('usage', [listRow({ correlation_id: id })])).job ?? '';

    it('that names a person, or is a key, is told by its keyed digest', async () => {
      const told = await jobOf('reset for jane.doe@customer.example');
      const key = await jobOf(`run-${['gh', 'p_'].join('')}9sT2kLm4Xw7Qv1Bz8Rc3Yd6Jf5Hn0Pa2Ge4K`);

      assert.match(told, /^hidden-[0-9a-f]{12}$/);
      assert.match(key, /^hidden-[0-9a-f]{12}$/);
      assert.notEqual(told, key);
      assert.equal(await jobOf('reset for jane.doe@customer.example'), told);
    });

    it('stays where it is what machines tell runs apart by', async () => {
      const ids = [
        'gha-9931-embeddings',
        '7b1f8d7e-3f0e-4a3e-9f5c-2f0f6d1f7a10',
        '4bf92f3577b34da6a3ce929d0e0e4736',
        '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        'harbour/shop/.github/workflows/deploy.yml#17',
      ];

      for (const id of ids) assert.equal(await jobOf(id), id);
    });
  });

  describe('what became of it', () => {
    const cases: readonly [string, { readonly [field: string]: unknown }, string | undefined][] = [
      ['ok', {}, 'ok'],
      ['failed', { exit_code: 3 }, 'failed'],
      ['denied by a guardrail', { exit_code: 254, guardrails_info: [{ rule_name: 'no-drop', direction: 'input' }] }, 'denied'],
      ['denied by the analyzer of requests', { metrics: { ai_analyzer: { total_requests: 9, blocked_count: 1 } } }, 'denied'],
      ['ok where no request was blocked', { metrics: { ai_analyzer: { total_requests: 9, blocked_count: 0 } } }, 'ok'],
      ['denied by the analyzer', { exit_code: 254, ai_analysis: { risk_level: 'high', action: 'block_execution' } }, 'denied'],
      ['not said while open', { status: 'open', exit_code: null }, undefined],
      ['not said by what stands for unknown', { exit_code: -2 }, undefined],
    ];
    for (const [name, fields, expected] of cases) {
      it(`is ${name}`, async () => {
        assert.equal((await one('usage', [listRow(fields)])).outcome, expected);
      });
    }

    it('keeps the gravest verdict on its requests, which lists tell too', async () => {
      const worst = { outcome: 'warn', risk_level: 'HIGH', title: 'Card numbers', explanation: 'card 4711' };
      const ai_analyzer = { total_requests: 9, blocked_count: 2, worst };

      const { detail } = await one('usage', [listRow({ metrics: { ai_analyzer } })]);

      assert.deepEqual([detail?.risk, detail?.riskAction, detail?.blockedRequests], ['high', 'allow_execution', 2]);
      assert.doesNotMatch(JSON.stringify(detail), /4711|Card/);
    });

    it('is no failed access where the gateway has no part that speaks the protocol', async () => {
      const stub = [[0.1, 'e', base64('missing protocol hoop library for postgres')]];

      const usage = await one('usage', single({ exit_code: 1, event_stream: stub }));
      const told = await one('usage', single({ exit_code: 1, event_stream: [[0, 'o', base64('rows\n'.repeat(9))]] }));

      assert.deepEqual(
        [usage.bookkeeping, usage.outcome, usage.recorded, usage.detail?.stub],
        [true, undefined, 'unknown', true],
      );
      assert.deepEqual([told.bookkeeping, told.outcome], [undefined, 'failed']);
    });
  });

  it('leaves out what the analyzer of the gateway asked on its own', async () => {
    assert.equal((await one('usage', [listRow({ metadata: { user_agent: 'aianalyzer' } })])).bookkeeping, true);
  });

  it('counts the rows that the client of the database counted', async () => {
    const output = [
      [0.1, 'o', base64(' id | name\n----+------\n  1 | (7 rows)\n(500 rows)\n\nUPDATE 3\n')],
      [0.2, 'o', base64('INSERT 0 2\n')],
    ];

    assert.equal((await one('usage', single({ event_stream: output }))).rows, 505);
    assert.equal((await one('usage', single({ event_stream: [[0, 'o', base64('hello (3 rows) there\n')]] }))).rows, undefined);
  });

  it('names the kinds of personal data that were seen or masked', async () => {
    const metrics = { data_masking: { info_types: { US_SSN: 1, PERSON: 0 } }, data_analyzer: { EMAIL_ADDRESS: 4 } };

    assert.deepEqual((await one('usage', [listRow({ metrics })])).infoTypes, ['EMAIL_ADDRESS', 'US_SSN']);
  });

  it('names the repository that the caller wrote beside the session', async () => {
    assert.equal(
      (await one('usage', [listRow({ metadata: { GITHUB_REPOSITORY: 'harbour/shop' } })])).detail?.repo,
      'harbour/shop',
    );
    assert.equal((await one('usage', [listRow({ metadata: { repo: 'ada@harbour.example' } })])).detail?.repo, undefined);
    assert.equal((await one('usage', [listRow({ metadata: { report: 'x' } })])).detail?.repo, undefined);
  });

  it('keeps what federation resolved', async () => {
    const federation = {
      provider: 'aws',
      hook_source: 'x',
      resolved_principal: 'arn:role/x',
      fallback_applied: true,
      token_expires_at: 'y',
    };
    const kept = { provider: 'aws', resolved_principal: 'arn:role/x', fallback_applied: true };
    const detailOf = async (told: object) => (await one('usage', [listRow({ metadata: { federation: told } })])).detail;

    assert.deepEqual((await detailOf(federation))?.federation, kept);
    assert.deepEqual((await detailOf({ ...federation, token_expires_at: '2026-03-12T04:00:00+02:00' }))?.federation, {
      ...kept,
      token_expires_at: '2026-03-12T02:00:00.000Z',
    });
  });

  it('is less sure of a person whose id and names are those of a key', async () => {
    const id = '4f0c2d1e-1111-4f70-8a92-5d6e7f809a1b';
    const usage = await one('usage', [listRow({ user: 'etl@harbour.example', user_name: 'etl@harbour.example', user_id: id })]);

    assert.deepEqual([usage.actorType, usage.actorConfidence], ['human', 'low']);
  });

  it('keeps no credential that stands in the place of a name', async () => {
    const token = fakeToken('harbour4');

    const observations = await scan(single({ script: { data: `SELECT * FROM ${token}` } }));

    assert.ok(!JSON.stringify(observations).includes(token));
    assert.equal(kinds(observations, 'sighting').length, 1);
  });
});

describe('gateway-sessions scanner: times', () => {
  it('takes seconds, milliseconds and finer for what they are', async () => {
    for (const start of [1_773_280_804, 1_773_280_804_118, '1773280804', 1_773_280_804_118_000, 1_773_280_804.118]) {
      const usage = await one('usage', [listRow({ start_date: start, end_date: null })]);

      assert.match(usage.usedAt, /^2026-03-12T02:00:04/, String(start));
    }
  });

  it('does not guess where milliseconds were taken for seconds, or the other way round', async () => {
    const observations = await scan([
      listRow({ id: 'early', start_date: '1970-01-21T12:34:40Z' }),
      listRow({ id: 'late', start_date: '58162-03-12T02:00:04Z' }),
      listRow({ id: 'odd', start_date: 12_345 }),
      listRow(),
    ]);

    const coverage = kinds(observations, 'coverage')[0];
    assert.equal(kinds(observations, 'usage').length, 1);
    assert.deepEqual([coverage?.outcome, coverage?.failed], ['partial', 3]);
    assert.match(coverage?.why ?? '', /"early": its start_date is of 1970: seconds were taken for milliseconds/);
  });

  it('says that sessions start years from now, and not that some are a little ahead', async () => {
    const now = testContext().now().getTime();
    const far = await one('coverage', [listRow({ id: 'far', start_date: new Date(now + 800 * 86_400_000).toISOString() })]);
    const near = await one('coverage', [
      listRow({ id: 'near', start_date: new Date(now + 3_600_000).toISOString(), end_date: null }),
    ]);

    assert.match(far.why ?? '', /1 sessions start years from now \("far" …\)/);
    assert.equal(near.outcome, 'complete');
  });

  it('says that some sessions start after now, and not where all do: then it is the clock here', async () => {
    const ahead = (id: string) => listRow({ id, start_date: '2027-01-05T00:00:00Z', end_date: null });
    const now = () => new Date('2026-11-01T00:00:00Z');
    const [some] = kinds(await scan([listRow(), listRow({ id: 'b' }), ahead('c')], 'hoop/s.json', { now }), 'coverage');
    const [all] = kinds(await scan([ahead('a'), ahead('b')], 'hoop/s.json', { now }), 'coverage');

    assert.match(some?.why ?? '', /1 sessions start after now \("c" …\): their times are wrong/);
    assert.equal(all?.outcome, 'complete');
  });

  it('says of a page how long the whole list is, and of one record that it is one', async () => {
    const page = { data: [listRow()], total: 3, has_next_page: true };
    const capped = { ...page, total_is_capped: true };
    const last = { ...page, has_next_page: false };
    const detail = async (content: unknown) => (await one('coverage', content)).detail;

    assert.deepEqual((await detail(page))?.page, { total: 3, held: 1, onlyGap: true });
    assert.deepEqual((await detail(last))?.page, { total: 3, held: 1 });
    assert.equal((await detail(capped))?.page, undefined);
    assert.deepEqual([(await detail(listRow()))?.single, (await detail([listRow()]))?.single], [true, undefined]);
  });

  it('says that sessions end before they start', async () => {
    const { outcome, why } = await one('coverage', [listRow({ id: 'back', end_date: '2026-03-12T01:00:00Z' })]);

    assert.equal(outcome, 'partial');
    assert.match(why ?? '', /1 sessions end before they start \("back" …\): when they ended is not known/);
  });

  it('marks an end before its start, and keeps a session that never ends', async () => {
    const backwards = await one('usage', [listRow({ end_date: '2026-03-12T01:00:00Z' })]);
    const endless = await one('usage', [listRow({ status: 'open', end_date: null })]);

    assert.deepEqual([backwards.endedAt, backwards.detail?.endsBeforeStart], [undefined, true]);
    assert.deepEqual([endless.endedAt, endless.detail?.status, endless.detail?.endsBeforeStart], [undefined, 'open', undefined]);
  });

  it('reads sessions in any order, of connections that are gone, and overlapping ones', async () => {
    const rows = [
      listRow({
        id: 'b',
        start_date: '2026-03-13T00:00:00Z',
        end_date: '2026-03-13T02:00:00Z',
        resource_name: '',
        connection_tags: null,
      }),
      listRow({ id: 'a', start_date: '2026-03-12T23:00:00Z', end_date: '2026-03-13T01:00:00Z' }),
      listRow({
        id: 'b',
        start_date: '2026-03-13T00:00:00Z',
        end_date: '2026-03-13T02:00:00Z',
        resource_name: '',
        connection_tags: null,
      }),
    ];

    const usages = kinds(await scan(rows), 'usage');

    assert.deepEqual(
      usages.map(({ sessionId, target, environment }) => [sessionId, target, environment]),
      [
        ['b', 'pg-beans-prod', undefined],
        ['a', 'pg-beans-prod', 'prod'],
      ],
    );
    assert.equal(usages[0]?.detail?.org, ORG);
  });
});
