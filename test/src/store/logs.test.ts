import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { parseFormat } from '../../../src/logs/load.ts';
import type { Store } from '../../../src/store/index.ts';
import { importLogs } from '../../helpers/logs.ts';

const LINES = parseFormat(
  `/*---
id: lines
title: Lines of a test
surface: audit-log
via: direct
as: jsonl
recognises: { head: ['"rid"'] }
columns: { rid: VARCHAR, t: TIMESTAMP, who: VARCHAR, did: VARCHAR, n: BIGINT, thing: 'STRUCT(name VARCHAR)' }
---*/
SELECT file, rid AS record_id, t AS used_at, who AS actor, did AS operation, n AS row_count, thing.name AS target FROM records`,
  'lines.sql',
);
const DOCUMENTS = parseFormat(
  `/*---
id: documents
title: Documents of a test
surface: audit-log
via: cloud
as: json
records: data.items
recognises: { head: ['"items"'] }
columns: { rid: VARCHAR, t: TIMESTAMP, who: VARCHAR }
---*/
SELECT file, rid AS record_id, t AS used_at, who AS actor FROM records`,
  'documents.sql',
);
const CSV = parseFormat(
  `/*---
id: table
title: Tables of a test
surface: gateway
via: gateway
as: csv
recognises: { paths: ['*.csv'] }
columns: { rid: VARCHAR, t: VARCHAR, who: VARCHAR, job: VARCHAR }
---*/
SELECT file, rid AS record_id, TRY_CAST(t AS TIMESTAMP) AS used_at, who AS actor, job FROM records`,
  'table.sql',
);
const TEXT = parseFormat(
  `/*---
id: words
title: Texts of a test
surface: audit-log
via: direct
as: text
recognises: { head: ['AUDIT:'] }
---*/
SELECT file, split_part(line, ' ', 1) AS record_id, TRY_CAST(split_part(line, ' ', 2) AS TIMESTAMP) AS used_at, split_part(line, ' ', 4) AS actor
FROM records WHERE contains(line, 'AUDIT:')`,
  'words.sql',
);
const formats = [DOCUMENTS, LINES, CSV, TEXT];

function line(rid: string, at: string, more: object = {}): string {
  return JSON.stringify({ rid, t: `2026-03-${at}`, who: 'etl', did: 'read', ...more });
}

async function summary(store: Store) {
  return await store.rows(
    'SELECT actor, operation, target, used_at, ended_at, records, row_count, session_id FROM obs.usages ORDER BY used_at, operation',
  );
}

async function gaps(store: Store) {
  return await store.rows(
    "SELECT subject, outcome, why, seen, read, failed FROM coverage WHERE outcome <> 'complete' ORDER BY subject",
  );
}

async function changes(store: Store) {
  return await store.rows('SELECT path, change, records FROM log_changes ORDER BY path, change');
}

async function count(store: Store, what: string): Promise<unknown> {
  return (await store.rows(`SELECT ${what} AS n FROM obs.log_records`))[0]?.n;
}

describe('logs in a store', () => {
  let store: Store;
  afterEach(() => store?.close());

  it('read a line that is longer than there is room for at first', async () => {
    const long = { junk: 'x'.repeat(17 * 1024 * 1024) };

    store = await importLogs({ 'a.jsonl': [line('1', '12T10:00:00'), line('2', '12T10:01:00', long)].join('\n') }, { formats });

    assert.deepEqual(await count(store, 'count(*)'), 2);
  });

  it('sum up what was the same within an hour, and keep each record', async () => {
    const text = [
      line('1', '12T10:00:00', { n: 3, thing: { name: 'orders' } }),
      line('2', '12T10:59:59', { n: 4, thing: { name: 'orders' } }),
      line('3', '12T11:00:00', { n: 1, thing: { name: 'orders' } }),
      line('4', '12T10:30:00', { did: 'write' }),
    ].join('\n');

    store = await importLogs({ 'a.jsonl': text }, { formats });

    assert.deepEqual(
      (await summary(store)).map(({ operation, target, records, row_count, session_id }) => [
        operation,
        target,
        records,
        row_count,
        session_id,
      ]),
      [
        ['read', 'orders', 2, 7, '1'],
        ['write', null, 1, null, '4'],
        ['read', 'orders', 1, 1, '3'],
      ],
    );
    const events = await store.rows(
      'SELECT used_at, observation_id, path FROM log_events SEMI JOIN obs.usages USING (observation_id) ORDER BY used_at',
    );
    assert.equal(events.length, 4);
    assert.equal(events[0]?.observation_id, events[2]?.observation_id);
    assert.equal(events[0]?.path, 'a.jsonl');
    const [row] = await store.rows("SELECT location FROM obs.usages WHERE operation = 'write'");
    assert.deepEqual(row?.location, { repository: 'estate', path: 'a.jsonl', pointer: '4' });
  });

  it('read documents, packed files and names with the characters of a glob, and tables and texts', async () => {
    const document = JSON.stringify({ data: { items: [{ rid: 'd1', t: '2026-03-12T10:00:00Z', who: 'a' }] } });
    store = await importLogs(
      {
        "o'clock [1]*.json": document,
        'packed.json.gz': gzipSync(document.replace('d1', 'd2')),
        'not-packed.json.gz': document.replace('d1', 'd3'),
        'two.jsonl.gz': Buffer.concat([gzipSync(`${line('l1', '12T10:00:00')}\n`), gzipSync(line('l2', '12T10:00:00'))]),
        'new.csv': 't,rid,who,job\n2026-03-12 10:00:00,c1,"o, k",nightly\n',
        'old.csv': 'rid,who,t\nc2,old,2026-03-12 10:00:00\n',
        'pg.log': 't1 2026-03-12T10:00:00 AUDIT: bob "\r\n\ncontinued\nt2 2026-03-12T10:00:00 AUDIT: eve',
      },
      { formats },
    );

    const rows = await store.rows('SELECT actor, job, via, sum(records) AS n FROM obs.usages GROUP BY ALL ORDER BY via, actor');
    assert.deepEqual(
      rows.map(({ actor, job, via, n }) => [via, actor, job, n]),
      [
        ['cloud', 'a', null, 3],
        ['direct', 'bob', null, 1],
        ['direct', 'etl', null, 2],
        ['direct', 'eve', null, 1],
        ['gateway', 'o, k', 'nightly', 1],
        ['gateway', 'old', null, 1],
      ],
    );
    assert.deepEqual(await gaps(store), []);
  });

  it('take nothing twice: not the same file, not under another name, not what overlaps; and later runs see them', async () => {
    const first = [line('1', '12T10:00:00'), line('2', '12T10:00:01'), line('2', '12T10:00:01')].join('\n');
    const files = { 'a.jsonl': first };
    store = await importLogs(files, { formats });

    await importLogs(files, { formats, store, now: '2026-04-02T00:00:00.000Z' });
    const known = await store.rows(
      "SELECT why, covers, detail->>'$.known' AS known FROM coverage WHERE subject LIKE '%imported before'",
    );
    assert.deepEqual(known, [
      { why: 'a log file is as it was when it was imported: it was not read again', covers: [], known: '3' },
    ]);
    await importLogs({ 'b.jsonl': first }, { formats, store, now: '2026-04-03T00:00:00.000Z' });
    await importLogs(
      { 'c.jsonl': `${line('2', '12T10:00:01')}\n${line('3', '12T10:00:02')}` },
      { formats, store, now: '2026-04-04T00:00:00.000Z' },
    );

    assert.deepEqual(await store.rows("SELECT why FROM coverage WHERE subject LIKE '%imported before'"), []);
    assert.equal(await count(store, 'count(*)'), 3);
    assert.equal((await store.rows('SELECT sum(records) AS n FROM usages'))[0]?.n, 3);
    const imports = await store.rows('SELECT path, records, sequence FROM obs.log_files ORDER BY sequence');
    assert.deepEqual(
      imports.map(({ path, records, sequence }) => [path, records, sequence]),
      [
        ['a.jsonl', 3, 1],
        ['b.jsonl', 3, 2],
        ['c.jsonl', 2, 3],
      ],
    );
    assert.deepEqual(await changes(store), []);
    // A run that reads none of them.
    await importLogs({}, { formats, store, now: '2026-04-05T00:00:00.000Z' });
    assert.equal((await store.rows('SELECT sum(records) AS n FROM usages'))[0]?.n, 3);
    const [{ run_id: earliest } = {}] = await store.rows('SELECT run_id FROM runs WHERE sequence = 1');
    await store.selectRun(String(earliest));
    assert.equal((await store.rows('SELECT sum(records) AS n FROM usages'))[0]?.n, 2);
  });

  it('tell what vanished, changed and came late since the import before, and which files are gone, once', async () => {
    const first = ['1', '2', '3', '4'].map((id) => line(id, `12T10:0${id}:00`));
    const then = [
      line('2', '12T10:02:00', { who: 'nobody' }),
      first[3],
      line('5', '12T10:01:30'),
      line('6', '12T11:00:00'),
      line('7', '12T10:03:59'),
    ];
    const day = (n: number) => ({ [`log/2026-03-${n}.jsonl`]: line(`d${n}`, `${n}T20:00:00`) });
    store = await importLogs({ 'a.jsonl': first.join('\n'), ...day(11), ...day(12), ...day(13) }, { formats });
    await importLogs({ 'a.jsonl': then.join('\n'), ...day(12), ...day(13) }, { formats, store, now: '2026-04-02T00:00:00.000Z' });

    // The oldest went by rotation; what is two minutes older than the newest may come late; 7 is within the tolerance of clocks.
    const told = [
      { path: 'a.jsonl', change: 'changed', records: 1 },
      { path: 'a.jsonl', change: 'late', records: 1 },
      { path: 'a.jsonl', change: 'vanished', records: 1 },
    ];
    assert.deepEqual(await changes(store), told);
    const [vanished] = await store.rows("SELECT first_at, evidence FROM log_changes WHERE change = 'vanished'");
    assert.equal(vanished?.first_at, '2026-03-12T10:03:00.000Z');
    const [usage] = await store.rows('SELECT observation_id FROM usages WHERE session_id = $id', { id: '1' });
    assert.deepEqual(vanished?.evidence, [usage?.observation_id]);

    // Of the log of days the oldest was rotated away before; now the newest is gone.
    await importLogs(
      { 'a.jsonl': [...then, line('8', '12T12:00:00')].join('\n'), ...day(12) },
      { formats, store, now: '2026-04-03T00:00:00.000Z' },
    );

    assert.deepEqual(await changes(store), [...told, { path: 'log/2026-03-13.jsonl', change: 'vanished', records: 1 }]);
  });

  it('hold nothing against what another version of the format read', async () => {
    store = await importLogs({ 'a.jsonl': line('1', '12T10:00:00') }, { formats });
    const other = { ...LINES, digest: 'other', sql: LINES.sql.replace('who AS actor', "concat('x-', who) AS actor") };

    await importLogs(
      { 'a.jsonl': `${line('1', '12T10:00:00')}\n${line('2', '12T10:05:00')}` },
      { formats: [other], store, now: '2026-04-02T00:00:00.000Z' },
    );

    assert.deepEqual(await changes(store), []);
    assert.equal(await count(store, 'count(*)'), 2);
  });

  it('forget records older than they are to be kept, and do not take them in again', async () => {
    store = await importLogs({ 'a.jsonl': `${line('1', '12T10:00:00')}\n${line('2', '30T10:00:00')}` }, { formats });

    await importLogs(
      { 'b.jsonl': [line('1', '12T10:00:00'), line('2', '30T10:00:00'), line('3', '31T10:00:00')].join('\n') },
      { formats, store, now: '2026-04-02T00:00:00.000Z', forgetAfterDays: 10 },
    );

    assert.equal(await count(store, 'count(*)'), 2);
    assert.equal((await store.rows('SELECT sum(records) AS n FROM usages'))[0]?.n, 3);
    const rows = await store.rows("SELECT detail->>'$.recordsKeptForDays' AS days FROM coverage ORDER BY 1 NULLS FIRST");
    assert.deepEqual(
      rows.map(({ days }) => days),
      [null, '10'],
    );
    const [told] = await store.rows(
      "SELECT seen, read, skipped, outcome, why, detail->>'$.firstAt' AS first FROM coverage WHERE skipped > 0",
    );
    assert.deepEqual(told, {
      seen: 2,
      read: 1,
      skipped: 1,
      outcome: 'complete',
      why: '1 record is older than 10 days, for which records are kept (forgetLogsAfterDays)',
      first: '2026-03-30T10:00:00.000000Z',
    });
    // The same bytes, in the same place and in another: what was forgotten is still counted, once, and nothing is missed.
    const files = { 'a.jsonl': `${line('1', '12T10:00:00')}\n${line('2', '30T10:00:00')}` };
    await importLogs(
      { ...files, 'again.jsonl': files['a.jsonl'] },
      { formats, store, now: '2026-04-03T00:00:00.000Z', forgetAfterDays: 10 },
    );
    assert.equal(await count(store, 'count(*)'), 2);
    assert.equal((await store.rows('SELECT sum(records) AS n FROM usages'))[0]?.n, 3);
    assert.deepEqual(await changes(store), []);
  });
});

describe('logs that are broken', () => {
  const record = (rid: string) => JSON.stringify({ rid, t: '2026-03-12T10:00:00Z', who: 'a "{[" b' });
  const packed = gzipSync(Array.from({ length: 2000 }, (_, n) => line(`r${n}`, '12T10:00:00')).join('\n'));
  const lines = [
    'not json',
    line('1', '12T10:00:00'),
    '{"rid":',
    '[1]',
    line('2', '12T10:00:00', { thing: 'a text' }),
    '',
    line('', '12T10:00:00'),
    '{"rid":"3"}',
  ];
  const files = {
    'good.jsonl': line('g', '12T10:00:00'),
    'cut.jsonl': `${line('c1', '12T10:00:00')}\n${line('c2', '12T10:00:00').slice(0, 20)}`,
    'cut.jsonl.gz': packed.subarray(0, packed.length - 200),
    'beside.jsonl': lines.join('\n'),
    'cut.json': `{"meta":{"x":[{"y":1}]},"data":{"items":[${record('1')},\n ${record('2')},{"rid":"3","t":"2026`,
    'odd.json': `{"data":{"items":[${record('4')},{"rid":"5","t":{"no":"time"}},"text"]}}`,
    'good.json': `{"data":{"items":[${record('6')}]}}`,
    'empty.csv': '\n',
    'other.csv': 'other,columns\n1,2\n',
  };
  let all: Store;
  let held: { readonly [path: string]: unknown };
  let told: { readonly [path: string]: { readonly [column: string]: unknown } };
  before(async () => {
    all = await importLogs(files, { formats });
    const rows = await all.rows(
      'SELECT path, count(*) AS n FROM obs.log_records JOIN obs.log_files USING (part_id) GROUP BY path',
    );
    held = Object.fromEntries(rows.map(({ path, n }) => [path, n]));
    told = Object.fromEntries((await gaps(all)).map((row) => [row.subject, row]));
  });
  after(() => all?.close());

  it('take no other with them', () => {
    assert.deepEqual([held['good.jsonl'], held['good.json']], [1, 1]);
    assert.deepEqual(
      Object.entries(told).map(([path, { outcome }]) => [path, outcome]),
      ['beside.jsonl', 'cut.json', 'cut.jsonl', 'cut.jsonl.gz', 'odd.json', 'other.csv'].map((path) => [path, 'partial']),
    );
  });

  it('are read up to where they break off', () => {
    const { 'cut.jsonl': cut, 'cut.jsonl.gz': cutPacked } = told;

    assert.deepEqual([held['cut.jsonl'], cut?.seen, cut?.read, cut?.failed], [1, 2, 1, 1]);
    assert.match(String(cutPacked?.why), /ends early or is damaged/);
    assert.ok(Number(cutPacked?.read) > 100);
    assert.equal(held['cut.jsonl.gz'], cutPacked?.read);
  });

  it('give the records beside those that are none', () => {
    const { 'beside.jsonl': gap } = told;

    // Without a time or with none of an id: failed, as what is no object.
    assert.deepEqual([held['beside.jsonl'], gap?.seen, gap?.read, gap?.failed], [3, lines.length - 1, 3, 4]);
  });

  it('give the whole records of a document that is cut, or has one of another form', () => {
    assert.deepEqual([held['cut.json'], told['cut.json']?.failed], [2, 1]);
    assert.deepEqual([held['odd.json'], told['odd.json']?.failed], [1, 1]);
  });

  it('are told where they hold nothing that can be read', () => {
    assert.deepEqual([held['empty.csv'], held['other.csv'], told['other.csv']?.failed], [undefined, undefined, 1]);
  });

  it('say so while they are, and no more when a whole one came', async () => {
    const store = await importLogs({ 'a.jsonl': `${line('1', '12T10:00:00')}\n{"rid` }, { formats });
    assert.equal((await gaps(store)).length, 1);

    await importLogs(
      { 'a.jsonl': `${line('1', '12T10:00:00')}\n${line('2', '12T10:01:00')}` },
      { formats, store, now: '2026-04-02T00:00:00.000Z' },
    );

    assert.deepEqual(await gaps(store), []);
    assert.equal(await count(store, 'count(*)'), 2);
    store.close();
  });
});
