import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { parseFormat } from '../../../src/logs/load.ts';
import type { Store } from '../../../src/store/index.ts';
import { importLogs, logStore } from '../../helpers/logs.ts';

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

  it('take nothing twice: not the same file, not under another name, not what overlaps', async () => {
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
  });

  it('are seen by later runs that do not read them, and not by earlier ones', async () => {
    store = await importLogs({ 'a.jsonl': line('1', '12T10:00:00') }, { formats });
    const [{ run_id: first } = {}] = await store.rows('SELECT run_id FROM runs');
    await importLogs({ 'b.jsonl': line('2', '12T10:00:00') }, { formats, store, now: '2026-04-02T00:00:00.000Z' });
    await importLogs({}, { formats, store, now: '2026-04-03T00:00:00.000Z' });

    assert.equal((await store.rows('SELECT count(*) AS n FROM usages'))[0]?.n, 2);
    await store.selectRun(String(first));
    assert.equal((await store.rows('SELECT count(*) AS n FROM usages'))[0]?.n, 1);
  });

  it('tell what vanished, changed and came late since the import before, once', async () => {
    const before = ['1', '2', '3', '4'].map((id) => line(id, `12T10:0${id}:00`));
    const after = [
      line('2', '12T10:02:00', { who: 'nobody' }),
      before[3],
      line('5', '12T10:01:30'),
      line('6', '12T11:00:00'),
      line('7', '12T10:03:59'),
    ];
    store = await importLogs({ 'a.jsonl': before.join('\n') }, { formats });
    await importLogs({ 'a.jsonl': after.join('\n') }, { formats, store, now: '2026-04-02T00:00:00.000Z' });

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
    await importLogs(
      { 'a.jsonl': [...after, line('8', '12T12:00:00')].join('\n') },
      { formats, store, now: '2026-04-03T00:00:00.000Z' },
    );
    assert.deepEqual(await changes(store), told);
  });

  it('miss a file that is gone while older ones of its log are there, but not one that was rotated away', async () => {
    const day = (n: number) => line(`d${n}`, `${n}T10:00:00`);
    const all = { 'log/2026-03-11.jsonl': day(11), 'log/2026-03-12.jsonl': day(12), 'log/2026-03-13.jsonl': day(13) };
    store = await importLogs(all, { formats });
    await importLogs(
      { 'log/2026-03-12.jsonl': day(12), 'log/2026-03-13.jsonl': day(13) },
      { formats, store, now: '2026-04-02T00:00:00.000Z' },
    );
    assert.deepEqual(await changes(store), []);

    await importLogs({ 'log/2026-03-12.jsonl': day(12) }, { formats, store, now: '2026-04-03T00:00:00.000Z' });

    assert.deepEqual(await changes(store), [{ path: 'log/2026-03-13.jsonl', change: 'vanished', records: 1 }]);
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
  let store: Store;
  afterEach(() => store?.close());
  const good = { 'good.jsonl': line('g', '12T10:00:00') };

  it('are read up to where they break off, and take no other with them', async () => {
    const many = Array.from({ length: 2000 }, (_, n) => line(`r${n}`, '12T10:00:00'));
    const packed = gzipSync(many.join('\n'));
    store = await importLogs(
      {
        ...good,
        'cut.jsonl': `${line('1', '12T10:00:00')}\n${line('2', '12T10:00:00').slice(0, 20)}`,
        'cut.jsonl.gz': packed.subarray(0, packed.length - 200),
      },
      { formats },
    );

    const found = await gaps(store);
    assert.deepEqual(
      found.map(({ subject, outcome }) => [subject, outcome]),
      [
        ['cut.jsonl', 'partial'],
        ['cut.jsonl.gz', 'partial'],
      ],
    );
    assert.deepEqual([found[0]?.seen, found[0]?.read, found[0]?.failed], [2, 1, 1]);
    assert.match(String(found[1]?.why), /ends early or is damaged/);
    assert.ok(Number(found[1]?.read) > 100);
    assert.equal(
      (
        await store.rows("SELECT count(*) AS n FROM obs.log_records JOIN obs.log_files USING (part_id) WHERE path = 'good.jsonl'")
      )[0]?.n,
      1,
    );
  });

  it('give the records beside those that are none', async () => {
    const text = [
      'not json',
      line('1', '12T10:00:00'),
      '{"rid":',
      '[1]',
      line('2', '12T10:00:00', { thing: 'a text' }),
      '',
      line('', '12T10:00:00'),
      '{"rid":"3"}',
    ];
    store = await importLogs({ ...good, 'a.jsonl': text.join('\n') }, { formats });

    const [gap] = await gaps(store);
    // Without a time or with none of an id: failed, as what is no object.
    assert.deepEqual([gap?.subject, gap?.seen, gap?.read, gap?.failed], ['a.jsonl', 8 - 1, 3, 4]);
    assert.equal(await count(store, 'count(*)'), 4);
  });

  it('give the whole records of a document that is cut, or has one of another form', async () => {
    const record = (rid: string) => JSON.stringify({ rid, t: '2026-03-12T10:00:00Z', who: 'a "{[" b' });
    const cut = `{"meta":{"x":[{"y":1}]},"data":{"items":[${record('1')},\n ${record('2')},{"rid":"3","t":"2026`;
    const odd = `{"data":{"items":[${record('4')},{"rid":"5","t":{"no":"time"}},"text"]}}`;
    store = await importLogs(
      { 'cut.json': cut, 'odd.json': odd, 'good.json': `{"data":{"items":[${record('6')}]}}` },
      { formats },
    );

    const rows = await store.rows(
      'SELECT path, count(*) AS n FROM obs.log_records JOIN obs.log_files USING (part_id) GROUP BY ALL ORDER BY path',
    );
    assert.deepEqual(
      rows.map(({ path, n }) => [path, n]),
      [
        ['cut.json', 2],
        ['good.json', 1],
        ['odd.json', 1],
      ],
    );
    assert.deepEqual(
      (await gaps(store)).map(({ subject, failed }) => [subject, failed]),
      [
        ['cut.json', 1],
        ['odd.json', 1],
      ],
    );
  });

  it('say so while they are, and no more when a whole one came', async () => {
    store = await importLogs({ 'a.jsonl': `${line('1', '12T10:00:00')}\n{"rid` }, { formats });
    assert.equal((await gaps(store)).length, 1);

    await importLogs(
      { 'a.jsonl': `${line('1', '12T10:00:00')}\n${line('2', '12T10:01:00')}` },
      { formats, store, now: '2026-04-02T00:00:00.000Z' },
    );

    assert.deepEqual(await gaps(store), []);
    assert.equal(await count(store, 'count(*)'), 2);
  });

  it('are told where they cannot be read at all', async () => {
    store = await logStore();
    await assert.rejects(importLogs({ 'x.bin': 'nothing' }, { formats, store }));
    await store.rollback();
    await importLogs({ 'empty.csv': '\n', 'a.csv': 'other,columns\n1,2\n' }, { formats, store });

    assert.equal(await count(store, 'count(*)'), 0);
    assert.deepEqual(
      (await gaps(store)).map(({ subject, failed }) => [subject, failed]),
      [['a.csv', 1]],
    );
  });
});
