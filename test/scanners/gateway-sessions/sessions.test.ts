import assert from 'node:assert/strict';
import { kinds } from '../../helpers/scan-context.ts';
import { base64, listRow, ORG, one, recognises, scan, single } from './helpers.ts';

describe('gateway-sessions scanner: sessions', () => {
  it('reads one session as one usage through the gateway', async () => {
    const usage = await one('usage', single());

    assert.deepEqual(
      { ...usage, at: undefined, detail: undefined },
      {
        kind: 'usage',
        via: 'gateway',
        sessionId: 'a3c1a1de-0001-4c7e-9a55-0b7f2f7c1a10',
        usedAt: '2026-03-12T02:00:04.118Z',
        endedAt: '2026-03-12T02:00:06.902Z',
        target: 'pg-beans-prod',
        action: 'read',
        objects: ['beans'],
        operation: 'SELECT',
        statement: 'SELECT name FROM beans',
        outcome: 'ok',
        actor: 'roaster-bot',
        actorType: 'service-account',
        actorConfidence: 'medium',
        actorIdentity: `hoop:${ORG}:service-account/roaster-bot`,
        job: 'gha-17-beans',
        approval: 'unknown',
        masked: false,
        recorded: 'full',
        environment: 'prod',
        at: undefined,
        detail: undefined,
      },
    );
    assert.equal(usage.at?.pointer, 'sessions/a3c1a1de-0001-4c7e-9a55-0b7f2f7c1a10');
    assert.equal(usage.detail?.userId, 'roaster-bot');
    assert.equal(usage.detail?.review, null);
  });

  describe('in whatever shape people save them', () => {
    const rows = [listRow(), listRow({ id: 'a3c1a1de-0002-4c7e-9a55-0b7f2f7c1a10' })];
    const shapes: readonly [string, unknown][] = [
      ['an array', rows],
      ['the answer of the API', { data: rows, total: 2, has_next_page: false }],
      ['a paged object', { pages: { total: 2, page: 1, size: 100 }, data: rows }],
      ['an items object', { items: rows }],
      ['one record a line', rows.map((row) => JSON.stringify(row)).join('\n')],
    ];
    for (const [name, content] of shapes) {
      it(`reads ${name}`, async () => {
        const observations = await scan(content);

        assert.equal(recognises(content), true);
        assert.deepEqual(
          kinds(observations, 'usage').map((usage) => usage.sessionId),
          rows.map((row) => row.id),
        );
        assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
      });
    }
  });

  it('leaves the description of an API alone, which has the same keys', () => {
    const described = Object.fromEntries(Object.keys(single()).map((key) => [key, { type: 'string' }]));

    assert.equal(recognises({ openapi: '3.0.1', components: { schemas: { Session: { properties: described } } } }), false);
    assert.equal(recognises({ type: 'object', properties: described }), false);
  });

  it('recognises a session or connection whose first field fills the head', () => {
    const filler = 'x'.repeat(6000);

    assert.equal(recognises({ id: 's', org_id: ORG, script: { data: filler }, ...listRow({ script: { data: filler } }) }), true);
    assert.equal(
      recognises({ id: 'c', name: 'k8s', type: 'custom', subtype: 'kubernetes', secret: { 'filesystem:KUBECONFIG': filler } }),
      true,
    );
    assert.equal(recognises({ id: 's', script: filler }), false);
  });

  it('does not recognise other JSON, whatever it is called', () => {
    assert.equal(recognises({ name: 'shop', version: '1.0.0', dependencies: {} }), false);
    assert.equal(recognises([{ id: 1, user: 'ada', verb: 'get', status: 200 }]), false);
    assert.equal(recognises({ org_id: 1, subject: 'Your invoice', status: 'sent', name: 'mail' }), false);
    assert.equal(recognises('id,user\n1,ada\n', 'exports/hoop/sessions.csv'), false);
    assert.equal(recognises([], 'test/data.json'), false);
    // What the gateway sends out as it happens names sessions, and is none.
    const event = { session_id: 's', user: 'a@b.example', connection: 'pg', occurred_at: '2026-05-04T15:30:45Z' };
    assert.equal(recognises({ ...event, event_type: 'session.closed', exit_code: '0', duration_ms: 9 }), false);
    assert.equal(
      recognises({ event_type: 'session.open', id: 's', user_id: 'u', connection: 'pg', verb: 'exec', command: [] }),
      false,
    );
  });

  it('recognises an empty list by its name alone, null too', async () => {
    const coverage = await one('coverage', 'null', 'exports/hoop/service-accounts.json');

    assert.equal(recognises('null', 'exports/hoop/service-accounts.json'), true);
    assert.equal(recognises({ data: [], total: 0 }, 'exports/hoop/sessions-2026-11.json'), true);
    assert.deepEqual([coverage.outcome, coverage.seen, coverage.covers], ['complete', 0, ['grant', 'identity']]);
  });

  it('takes the whole session of two with the same id in one file, wherever it stands', async () => {
    const thin = listRow();
    const whole = single({ script: { data: 'DELETE FROM beans WHERE stale' } });

    const before = await one('usage', [whole, thin]);
    const after = await one('usage', [thin, whole]);

    assert.equal(before.action, 'write');
    assert.deepEqual(after, before);
    assert.equal(after.detail?.depth, 'single');
  });

  it('gives the same rows each time', async () => {
    assert.deepEqual(await scan([listRow(), single({ id: 'x' })]), await scan([listRow(), single({ id: 'x' })]));
  });

  describe('who acted', () => {
    const key = '4f0c2d1e-1111-4f70-8a92-5d6e7f809a1b';
    const cases: readonly [string, { readonly [field: string]: unknown }, readonly unknown[]][] = [
      [
        'a machine identity, although user is empty',
        { identity_type: 'machine', machine_identity_id: key, user: '', user_id: key, user_name: 'pos-sync' },
        ['machine-identity', 'high', 'pos-sync', `hoop:-:machine/${key}`],
      ],
      [
        'the static key',
        { user: 'API_KEY', user_id: 'API_KEY', user_name: 'API_KEY' },
        ['static-admin-key', 'high', 'API_KEY', `hoop:${ORG}:static-admin-key`],
      ],
      [
        'an API key, stored as a user',
        { user: 'nightly', user_id: key, user_name: 'nightly' },
        ['api-key', 'medium', 'nightly', `hoop:${ORG}:api-key/nightly`],
      ],
      [
        'a service account, stored as a user',
        { user: 'etl@subject-without-domain'.replace('@', '-'), user_id: 'etl-subject-without-domain', user_name: 'ETL' },
        ['service-account', 'medium', 'etl-subject-without-domain', `hoop:${ORG}:service-account/etl-subject-without-domain`],
      ],
      [
        'a person',
        { user: 'ada@harbour.example', user_id: 'okta|77', user_name: 'Ada' },
        ['human', 'medium', 'ada@harbour.example', undefined],
      ],
      ['nobody it can tell', { user: 'bo', user_id: 'idp-9', user_name: 'Bo' }, ['unknown', 'low', 'bo', undefined]],
      ['nobody at all', { user: null, user_id: null, user_name: null }, ['unknown', 'low', undefined, undefined]],
    ];
    for (const [name, fields, expected] of cases) {
      it(`is ${name}`, async () => {
        const usage = await one('usage', [listRow(fields)]);

        assert.deepEqual([usage.actorType, usage.actorConfidence, usage.actor, usage.actorIdentity], expected);
      });
    }

    it('reports the static key as an identity with all rights, once a file', async () => {
      const fields = { user: 'API_KEY', user_id: 'API_KEY' };
      const observations = await scan([listRow(fields), listRow({ ...fields, id: 'second' })]);

      assert.deepEqual(
        kinds(observations, 'identity').map((identity) => identity.type),
        ['static-admin-key'],
      );
      assert.ok(kinds(observations, 'grant').some((grant) => grant.capability === 'admin'));
    });
  });

  describe('approval', () => {
    const review = (status: string, changes: object = {}) => ({
      id: 'r1',
      type: 'onetime',
      status,
      created_at: '2026-03-12T01:00:00Z',
      ...changes,
    });
    for (const [status, approval] of [
      ['APPROVED', 'approved'],
      ['EXECUTED', 'approved'],
      ['PROCESSING', 'approved'],
      ['PENDING', 'pending'],
      ['REJECTED', 'rejected'],
      ['REVOKED', 'unknown'],
      ['SOMETHING_NEW', 'unknown'],
    ] as const) {
      it(`is ${approval} for a review that is ${status}`, async () => {
        const usage = await one('usage', [listRow({ review: review(status) })]);

        assert.equal(usage.approval, approval);
        assert.equal(usage.detail?.window, undefined);
      });
    }

    it('keeps the window of an approved just-in-time review, for the sessions it covers', async () => {
      const jit = review('APPROVED', {
        type: 'jit',
        access_duration: 14_400_000_000_000,
        revoke_at: '2026-03-12T07:00:00+02:00',
      });

      const usage = await one('usage', [listRow({ review: jit })]);

      assert.deepEqual(usage.detail?.window, {
        from: '2026-03-12T01:00:00.000Z',
        until: '2026-03-12T05:00:00.000Z',
        userId: 'roaster-bot',
        connection: 'pg-beans-prod',
      });
    });

    it('keeps no window of one that was rejected', async () => {
      const usage = await one('usage', [
        listRow({ review: review('REJECTED', { type: 'jit', revoke_at: '2026-03-12T05:00:00Z' }) }),
      ]);

      assert.equal(usage.detail?.window, undefined);
    });

    it('says who approved, whether it was forced, and under which rule, where the row has it', async () => {
      const groups = [{ group: 'owners', reviewed_by: { email: 'ada@harbour.example' }, forced_review: true }];

      const usage = await one(
        'usage',
        single({ review: review('EXECUTED', { review_groups_data: groups, access_request_rule_name: 'prod' }) }),
      );

      assert.deepEqual(usage.detail?.review, {
        id: 'r1',
        type: 'onetime',
        status: 'EXECUTED',
        createdAt: '2026-03-12T01:00:00.000Z',
        rule: 'prod',
        reviewers: ['ada@harbour.example'],
        forced: true,
      });
    });
  });

  describe('recording', () => {
    const cases: readonly [string, { readonly [field: string]: unknown }, string][] = [
      ['full for a one-off script', {}, 'full'],
      ['input-only for a native database session', { verb: 'connect' }, 'input-only'],
      ['full for SSH', { verb: 'connect', type: 'application', connection_subtype: 'ssh' }, 'full'],
      ['input-only for plain TCP', { verb: 'connect', type: 'application', connection_subtype: 'tcp' }, 'input-only'],
      ['full for a terminal', { verb: 'connect', type: 'custom', connection_subtype: '' }, 'full'],
      ['unknown for a protocol not met before', { verb: 'connect', type: 'quantum', connection_subtype: 'qkd' }, 'unknown'],
      ['truncated when the cap was hit', { metrics: { truncated: true, event_size: 115_343_360 } }, 'truncated'],
      ['none when nothing was kept', { event_size: 0 }, 'none'],
      ['unknown when the row does not say how much was kept', { event_size: undefined, metrics: null }, 'unknown'],
      ['unknown while the session is open', { status: 'open', end_date: null, event_size: 0 }, 'unknown'],
      ['none when the gateway lost its log', { event_stream: [[0, 'e', base64('no log found on disk')]] }, 'none'],
    ];
    for (const [name, fields, expected] of cases) {
      it(`is ${name}`, async () => {
        assert.equal((await one('usage', [listRow(fields)])).recorded, expected);
      });
    }
  });

  it('tells issued credentials from sessions', async () => {
    const issued = listRow({
      verb: 'connect',
      status: 'done',
      end_date: null,
      metrics: null,
      metadata: { credentials_expire_at: '9999-12-31T23:59:59Z' },
    });
    const traffic = listRow({ id: 't', verb: 'connect', metadata: { credential_session: issued.id } });
    const crashed = listRow({ id: 'c', verb: 'connect', status: 'open', end_date: null, metrics: null });

    const [first, second, third] = kinds(await scan([issued, traffic, crashed]), 'usage');

    assert.equal(first?.bookkeeping, true);
    assert.equal(first?.detail?.credentialsNeverExpire, true);
    assert.equal(second?.bookkeeping, undefined);
    assert.equal(second?.detail?.credentialSession, issued.id);
    assert.equal(third?.bookkeeping, undefined);
  });

  it('counts what was masked, detected and failed', async () => {
    const metrics = {
      data_masking: { info_types: { EMAIL_ADDRESS: 500, US_SSN: 0 }, total_redact_count: 500, err_count: 3 },
      data_analyzer: { EMAIL_ADDRESS: 520 },
    };

    const usage = await one('usage', [listRow({ metrics })]);

    assert.equal(usage.masked, true);
    assert.deepEqual(usage.detail?.infoTypes, { EMAIL_ADDRESS: 500 });
    assert.deepEqual(usage.detail?.analyzed, { EMAIL_ADDRESS: 520 });
    assert.equal(usage.detail?.maskErrors, 3);
  });

  it('says unmasked when something was detected, and nothing when there are no counters', async () => {
    assert.equal((await one('usage', [listRow({ metrics: { data_analyzer: { US_SSN: 4 } } })])).masked, false);
    assert.equal((await one('usage', [listRow({ metrics: {} })])).masked, undefined);
    assert.equal((await one('usage', [listRow({ metrics: null })])).masked, undefined);
  });

  it('brings times of any zone to UTC, and drops an end before the start', async () => {
    const shifted = await one('usage', [
      listRow({ start_date: '2026-03-12 04:30:00.5+05:30', end_date: '2026-03-11T23:05:00Z' }),
    ]);
    const backwards = await one('usage', [listRow({ end_date: '2026-03-12T01:00:00Z' })]);
    const zero = await one('usage', [listRow({ end_date: '0001-01-01T00:00:00Z' })]);

    assert.deepEqual([shifted.usedAt, shifted.endedAt], ['2026-03-11T23:00:00.500Z', '2026-03-11T23:05:00.000Z']);
    assert.equal(backwards.endedAt, undefined);
    assert.equal(zero.endedAt, undefined);
  });

  it('names a session whose time cannot be read, and reads the others', async () => {
    const observations = await scan([listRow({ id: 'bad-one', start_date: 'yesterday' }), listRow()]);

    const coverage = kinds(observations, 'coverage')[0];
    assert.equal(kinds(observations, 'usage').length, 1);
    assert.deepEqual([coverage?.outcome, coverage?.seen, coverage?.read, coverage?.failed], ['partial', 2, 1, 1]);
    assert.match(coverage?.why ?? '', /"bad-one": its start_date is not a time/);
  });

  it('is partial when the list says that more follows', async () => {
    const next = await one('coverage', { data: [listRow()], total: null, has_next_page: true });
    const total = await one('coverage', { data: [listRow()], total: 3120 });
    const pages = await one('coverage', { pages: { total: 12, page: 1, size: 1 }, data: [listRow()] });
    const all = await one('coverage', { data: [listRow()], total: 10_000, total_is_capped: true, has_next_page: false });

    assert.match(next.why ?? '', /more pages follow/);
    assert.match(total.why ?? '', /1 of 3120/);
    assert.match(pages.why ?? '', /1 of 12/);
    assert.equal(all.outcome, 'complete');
  });

  it('reads the whole sessions of a file that breaks off', async () => {
    const rows = [listRow({ id: 'one' }), listRow({ id: 'two' }), listRow({ id: 'three' })];
    const cut = JSON.stringify({ data: rows }, null, 1).slice(0, -700);

    const observations = await scan(cut);

    assert.deepEqual(
      kinds(observations, 'usage').map((usage) => usage.sessionId),
      ['one', 'two'],
    );
    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /not valid JSON at line \d+ .*2 whole records were read/);
  });

  it('names the broken lines of a file with one session a line', async () => {
    const lines = [JSON.stringify(listRow()), '{"id":"cut', JSON.stringify(listRow({ id: 'last' }))].join('\n');

    const observations = await scan(lines, 'hoop/sessions.ndjson');

    assert.equal(kinds(observations, 'usage').length, 2);
    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /line 2 is not JSON/);
  });

  it('passes fields and words it has never met', async () => {
    const usage = await one('usage', [
      listRow({ verb: 'teleport', status: 'floating', brand_new: { a: [1] }, exit_code: 'zero', connection_tags: null }),
    ]);

    assert.deepEqual([usage.action, usage.recorded, usage.environment], ['unknown', 'unknown', undefined]);
    assert.equal(usage.detail?.exitCode, undefined);
  });

  it('reads rows of old gateways, which lack the newer fields', async () => {
    const old = {
      id: 'old',
      org_id: ORG,
      user: 'ada@harbour.example',
      user_id: 'okta|7',
      connection: 'db',
      type: 'database',
      verb: 'connect',
      status: 'done',
      event_size: 10,
      start_date: '2024-01-05T10:00:00Z',
      end_date: '2024-01-05T10:05:00Z',
    };

    const usage = await one('usage', [old]);

    assert.equal(recognises([old]), true);
    assert.deepEqual([usage.target, usage.job, usage.approval, usage.masked], ['db', undefined, 'unknown', undefined]);
  });
});
