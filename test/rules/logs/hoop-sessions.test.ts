import assert from 'node:assert/strict';
import { makeFormat } from '../../../src/logs/load.ts';
import { importLogs, logStore } from '../../helpers/logs.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { listRow, scan, single } from '../../scanners/gateway-sessions/helpers.ts';
import { readLog, recognised, shipped } from './read-log.ts';

const KEY = '4f0c2d1e-1111-4f70-8a92-5d6e7f809a1b';
const review = (changes: object) => ({ id: 'r1', type: 'onetime', created_at: '2026-03-12T01:00:00Z', ...changes });

/** What sessions of a list may be like: read by the scanner and in bulk, they are the same. */
const ROWS: readonly { readonly [field: string]: unknown }[] = [
  listRow(),
  single({ script: { data: "WITH x AS (SELECT 1) DELETE FROM t WHERE note = 'drop table x'" } }),
  single({ script: { data: 'SELECT 1; GRANT a TO b' } }),
  single({ script: { data: '-- drop\nSELECT 1' } }),
  single({ script: { data: 'ls -la' }, connection_subtype: 'bash', type: 'custom' }),
  listRow({ identity_type: 'machine', machine_identity_id: KEY, user: '', user_id: KEY, user_name: 'pos-sync' }),
  listRow({ user: 'API_KEY', user_id: 'API_KEY', user_name: 'API_KEY' }),
  listRow({ user: 'nightly', user_id: KEY, user_name: 'nightly' }),
  listRow({ user: 'ada@harbour.example', user_id: 'okta|77', user_name: 'Ada' }),
  listRow({ user: 'etl@harbour.example', user_id: KEY, user_name: 'etl@harbour.example' }),
  listRow({ user: 'bo', user_id: 'idp-9', user_name: 'Bo' }),
  listRow({ user: null, user_id: null, user_name: null, org_id: null }),
  listRow({ review: review({ status: 'APPROVED', type: 'jit', revoke_at: '2026-03-12T07:00:00+02:00' }) }),
  listRow({ review: review({ status: 'PENDING' }) }),
  listRow({ metrics: { ai_analyzer: { total_requests: 9, blocked_count: 2, worst: { outcome: 'block', risk_level: 'high' } } } }),
  listRow({ metrics: { ai_analyzer: { total_requests: 9, blocked_count: 0, worst: { outcome: 'Allow', risk_level: 'low' } } } }),
  listRow({ metrics: { ai_analyzer: { total_requests: 9, worst: null } } }),
  single({ ai_analysis: { risk_level: 'high', action: 'allow_execution' } }),
  listRow({ review: review({ status: 'REJECTED' }) }),
  listRow({ review: review({ status: 'REVOKED' }) }),
  listRow({
    verb: 'connect',
    status: 'done',
    end_date: null,
    metrics: null,
    metadata: { credentials_expire_at: '9999-12-31T23:59:59Z' },
  }),
  listRow({ verb: 'connect', metadata: { credential_session: 'x' } }),
  listRow({ verb: 'connect', type: 'application', connection_subtype: 'ssh' }),
  listRow({ verb: 'connect', type: 'quantum', connection_subtype: 'qkd' }),
  listRow({ metrics: { truncated: true, event_size: 115_343_360 } }),
  listRow({ event_size: 0 }),
  listRow({ event_size: undefined, metrics: null }),
  listRow({ status: 'open', end_date: null, exit_code: null }),
  listRow({ exit_code: 3 }),
  listRow({ exit_code: 254, guardrails_info: [{ rule_name: 'no-drop' }] }),
  listRow({
    metrics: { data_masking: { info_types: { EMAIL_ADDRESS: 5, US_SSN: 0 }, err_count: 3 }, data_analyzer: { PERSON: 2 } },
  }),
  listRow({ metrics: { data_analyzer: { US_SSN: 4 } } }),
  listRow({ start_date: '2026-03-12 04:30:00.5+05:30', end_date: '2026-03-11T23:05:00Z' }),
  listRow({ start_date: 1_773_280_804_118, end_date: 1_773_280_900 }),
  listRow({ end_date: '2026-03-12T01:00:00Z' }),
  listRow({ connection_tags: { Env: ' Staging ' } }),
  listRow({ connection_tags: null, resource_name: '', correlation_id: null }),
  listRow({ verb: 'teleport', status: 'floating', brand_new: { a: [1] }, exit_code: 'zero', guardrails_info: {}, metadata: [] }),
].map((row, index) => ({ ...row, id: `s${String(index).padStart(3, '0')}` }));

/** What both tell of a session. */
const FIELDS: { readonly [field: string]: string } = {
  usedAt: 'used_at',
  endedAt: 'ended_at',
  target: 'target',
  action: 'action',
  actor: 'actor',
  actorType: 'actor_type',
  actorConfidence: 'actor_confidence',
  actorIdentity: 'actor_identity_id',
  job: 'job',
  approval: 'approval',
  masked: 'masked',
  recorded: 'recorded',
  environment: 'environment',
  bookkeeping: 'bookkeeping',
  outcome: 'outcome',
  infoTypes: 'info_types',
};
const DETAILS = [
  'org',
  'userId',
  'verb',
  'status',
  'type',
  'subtype',
  'window',
  'credentialSession',
  'credentialsNeverExpire',
  'infoTypes',
  'redactions',
  'maskErrors',
  'analyzed',
  'eventSize',
  'guardrails',
  'risk',
  'riskAction',
];

describe('log format hoop-sessions', () => {
  it('tells of each session what the scanner tells', async () => {
    const usages = kinds(await scan(ROWS), 'usage');

    const read = await readLog('hoop-sessions', ROWS.map((row) => JSON.stringify(row)).join('\n'));

    const bulk = new Map(read.map((row) => [row.session_id, row]));
    assert.equal(usages.length, ROWS.length);
    assert.equal(bulk.size, ROWS.length);
    for (const usage of usages) {
      const row = bulk.get(usage.sessionId) ?? {};
      const detail = (row.detail ?? {}) as { readonly [key: string]: unknown };
      const told = { ...usage } as unknown as { readonly [key: string]: unknown };
      for (const [field, column] of Object.entries(FIELDS))
        assert.deepEqual(row[column], told[field], `${usage.sessionId} ${field}`);
      for (const key of DETAILS) assert.deepEqual(detail[key] ?? undefined, usage.detail?.[key], `${usage.sessionId} ${key}`);
      assert.equal(
        (detail.review as { status?: string } | null)?.status,
        (usage.detail?.review as { status?: string } | null)?.status,
      );
      assert.equal(detail.depth, 'list');
    }
  });

  it('leaves times out that are none', async () => {
    const rows = [
      listRow({ id: 'a' }),
      listRow({ id: 'b', start_date: '1970-01-21T12:34:40Z' }),
      listRow({ id: 'c', start_date: 'soon' }),
    ];

    const read = await readLog('hoop-sessions', rows.map((row) => JSON.stringify(row)).join('\n'));

    assert.deepEqual(read.map(({ session_id: id, used_at: at }) => [id, at]).sort(), [
      ['a', '2026-03-12T02:00:04.118Z'],
      ['b', undefined],
      ['c', undefined],
    ]);
  });

  it('selects nothing of scripts and of what callers wrote', async () => {
    const row = single({ script: { data: "SELECT 'purple_elephant' FROM zoo" }, metadata: { note: 'green_tiger' } });

    const text = JSON.stringify(await readLog('hoop-sessions', JSON.stringify(row)));

    assert.doesNotMatch(text, /purple_elephant|zoo|green_tiger/);
  });

  it('is for what is too large for the scanner', () => {
    const text = JSON.stringify(listRow());

    assert.equal(recognised('hoop/sessions.ndjson', text), undefined);
    assert.equal(shipped('hoop-sessions').meta.recognises.minSize, 64 * 1024 * 1024);
  });

  it('is known where the script of the first session hides what follows it', () => {
    const { meta, sql } = shipped('hoop-sessions');
    const { minSize: _, ...recognises } = meta.recognises;
    const formats = [makeFormat({ ...meta, recognises }, sql, undefined, 'hoop-sessions.sql')];
    const text = JSON.stringify({ id: 'a', org_id: 'o', script: { data: 'SELECT 1;\n'.repeat(1000) }, ...listRow() });

    assert.equal(recognised('hoop/sessions.ndjson', text, formats), 'hoop-sessions');
    assert.equal(recognised('hoop/sessions.ndjson', text.replace('"org_id"', '"org"'), formats), undefined);
  });

  it('keeps each session as a row of its own, once, however often it is exported', async () => {
    const { meta, sql } = shipped('hoop-sessions');
    const { minSize: _, ...recognises } = meta.recognises;
    const formats = [makeFormat({ ...meta, recognises }, sql, undefined, 'hoop-sessions.sql')];
    const rows = ['a', 'b', 'a'].map((id) => JSON.stringify(listRow({ id })));
    const store = await logStore();

    try {
      for (const [now, more] of [
        ['2026-04-01T00:00:00.000Z', []],
        ['2026-04-02T00:00:00.000Z', [JSON.stringify(listRow({ id: 'c' }))]],
      ] as const) {
        await importLogs({ 'hoop/sessions.ndjson': [...rows, ...more].join('\n') }, { formats, store, now });
      }

      const usages = await store.rows(
        "SELECT session_id, records, ended_at IS NOT NULL AS ended, (location->>'$.pointer') AS pointer FROM obs.usages ORDER BY session_id",
      );
      assert.deepEqual(
        usages.map((row) => Object.values(row)),
        ['a', 'b', 'c'].map((id) => [id, null, true, id]),
      );
    } finally {
      store.close();
    }
  });
});
