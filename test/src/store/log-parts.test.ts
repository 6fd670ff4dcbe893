import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CUT_LIMITS, type CutLimits, cutFile, isToCut } from '../../../src/logs/cut.ts';
import { parseFormat } from '../../../src/logs/load.ts';
import type { Store } from '../../../src/store/index.ts';
import { importLogs } from '../../helpers/logs.ts';
import { tempDir } from '../../helpers/temp-repo.ts';

const LINES = parseFormat(
  `/*---
id: lines
title: Lines of a test
surface: audit-log
via: direct
as: jsonl
recognises: { head: ['"rid"'] }
columns: { rid: VARCHAR, t: TIMESTAMP, who: VARCHAR, did: VARCHAR, key: VARCHAR }
made: { when: ['make'], columns: { rid: VARCHAR, t: TIMESTAMP, key: VARCHAR } }
---*/
SELECT file, rid AS record_id, t AS used_at, who AS actor, did AS operation FROM records
-- made
SELECT file, rid AS record_id, key AS identity_id, NULL AS credential_id, t AS made_at, NULL AS made_by, NULL AS person, false AS gone
FROM records WHERE key IS NOT NULL`,
  'lines.sql',
);
const DOCUMENTS = parseFormat(
  `/*---
id: documents
title: Documents of a test
surface: audit-log
via: cloud
as: json
records: Records
recognises: { head: ['"Records"'] }
columns: { rid: VARCHAR, t: TIMESTAMP, who: VARCHAR }
---*/
SELECT file, rid AS record_id, t AS used_at, who AS actor FROM records`,
  'documents.sql',
);
const formats = [DOCUMENTS, LINES];
const LIMITS: CutLimits = { piece: 16_384, chunk: 65_536, document: 65_536, file: 65_536, longLines: 65_536 };
const COUNT = 2000;

function record(index: number, more: object = {}): string {
  const at = new Date(Date.UTC(2026, 2, 12, 10) + index * 5000).toISOString().slice(0, -1);
  return JSON.stringify({ rid: `r${index}`, t: at, who: 'etl', did: 'read', script: 'x'.repeat(480), ...more });
}

const RECORDS = Array.from({ length: COUNT }, (_, index) => record(index));

async function held(store: Store) {
  const [row] = await store.rows(
    `SELECT (SELECT count(*) FROM obs.log_records) AS records, (SELECT sum(records) FROM obs.usages) AS counted,
       (SELECT count(*) - count(DISTINCT observation_id) FROM obs.usages) AS twice,
       (SELECT list([path, records::VARCHAR]) FROM obs.log_files) AS files`,
  );
  return row;
}

async function covered(store: Store) {
  return await store.rows(
    "SELECT outcome, why, seen, read, failed, detail->>'$.files' AS files FROM coverage WHERE covers <> [] OR outcome <> 'complete'",
  );
}

describe('a log file that is too large to be read at once', () => {
  let store: Store | undefined;
  afterEach(() => store?.close());

  for (const [what, path, content] of [
    ['lines', 'a.jsonl', RECORDS.join('\n')],
    ['packed lines', 'a.jsonl.gz', gzipSync(RECORDS.join('\n'))],
    ['a document', 'a.json', `{"Records":[${RECORDS.join(',\n')}]}`],
    ['a packed document', 'a.json.gz', gzipSync(`{"Records":[${RECORDS.join(',')}]}`)],
  ] as const) {
    it(`is imported in parts, as one file: ${what}`, async () => {
      store = await importLogs({ [path]: content }, { formats, limits: LIMITS });

      assert.deepEqual(await held(store), { records: COUNT, counted: COUNT, twice: 0, files: [[path, String(COUNT)]] });
      assert.deepEqual(await covered(store), [
        { outcome: 'complete', why: null, seen: COUNT, read: COUNT, failed: 0, files: '1' },
      ]);
      const [span] = await store.rows(
        'SELECT min(first_at) AS first, max(last_at) AS last, count(DISTINCT part_id) AS parts FROM obs.log_files',
      );
      assert.deepEqual(span, { first: '2026-03-12T10:00:00.000Z', last: '2026-03-12T12:46:35.000Z', parts: 1 });
    });
  }

  it('is the same with and without: hashes of records, hours, who made what', async () => {
    const text = [...RECORDS, record(COUNT, { did: 'make', key: 'x:-:user/new' })].join('\n');
    const told = async (limits: CutLimits | undefined) => {
      const one = await importLogs({ 'a.jsonl': text }, { formats, ...(limits === undefined ? {} : { limits }) });
      const rows = await one.rows(
        `SELECT (SELECT bit_xor(digest)::VARCHAR FROM obs.log_records) AS digests, (SELECT list(identity_id) FROM obs.identities) AS made,
           (SELECT list([hour::VARCHAR, n::VARCHAR] ORDER BY hour) FROM (SELECT date_trunc('hour', used_at) AS hour, sum(records) AS n FROM obs.usages GROUP BY 1)) AS hours`,
      );
      one.close();
      return rows;
    };

    const inParts = await told(LIMITS);

    assert.deepEqual(inParts, await told(undefined));
    assert.deepEqual(inParts[0]?.made, ['x:-:user/new']);
  });

  it('tells what is wrong with lines in its midst and at its end, with none of them taking others along', async () => {
    const broken = RECORDS.with(1000, '{"rid":').with(1500, 'no json');

    store = await importLogs({ 'a.jsonl': `${broken.join('\n')}\n{"rid":"cut` }, { formats, limits: LIMITS });

    assert.equal((await held(store))?.records, COUNT - 2);
    assert.deepEqual(await covered(store), [
      {
        outcome: 'partial',
        why: 'some records are no JSON; 3 of 2001 records have no time or id, or cannot be read',
        seen: COUNT + 1,
        read: COUNT - 2,
        failed: 3,
        files: null,
      },
    ]);
  });

  it('is read as far as it goes where it is damaged', async () => {
    const packed = gzipSync(RECORDS.join('\n'));
    store = await importLogs({ 'a.jsonl.gz': packed.subarray(0, packed.length - 2000) }, { formats, limits: LIMITS });

    const [gap] = await covered(store);
    assert.match(String(gap?.why), /ends early or is damaged/);
    assert.ok(Number(gap?.read) > COUNT / 2 && Number(gap?.read) < COUNT);
    assert.equal((await held(store))?.records, gap?.read);
  });

  it('is held against what was imported before: known once, changed, gone and late', async () => {
    store = await importLogs({ 'a.jsonl': RECORDS.join('\n') }, { formats, limits: LIMITS });
    const after = RECORDS.with(400, record(400, { who: 'nobody' })).toSpliced(1200, 1);
    const late = [...after.slice(0, 50), record(50.5), ...after.slice(50), record(COUNT)].join('\n');

    await importLogs({ 'a.jsonl': late }, { formats, limits: LIMITS, store, now: '2026-04-02T00:00:00.000Z' });

    assert.equal((await held(store))?.records, COUNT + 2);
    assert.deepEqual(
      (await store.rows('SELECT change, records FROM log_changes ORDER BY change')).map(({ change, records }) => [
        change,
        records,
      ]),
      [
        ['changed', 1],
        ['late', 1],
        ['vanished', 1],
      ],
    );
  });

  it('is known by its size, or by long lines', async () => {
    const directory = tempDir();
    const { signal } = new AbortController();
    const isCut = async (name: string, content: string | Uint8Array, format = LINES, limits: Partial<CutLimits> = {}) => {
      const file = join(directory, name);
      writeFileSync(file, content);
      return await isToCut(format, { file, size: statSync(file).size }, { ...LIMITS, ...limits }, signal);
    };
    const long = `${record(0, { script: 'x'.repeat(4000) })}\n`.repeat(25);
    const short = `${record(0, { script: '' })}\n`.repeat(1000);

    assert.deepEqual(
      [
        await isCut('small', long, LINES, { longLines: 200_000, file: 200_000 }),
        await isCut('long', long, LINES, { file: 200_000 }),
        await isCut('packed', gzipSync(long), LINES, { file: 200_000 }),
        await isCut('short', short, LINES, { file: 200_000 }),
        await isCut('large', short, LINES),
        await isCut('document', long, DOCUMENTS),
        await isCut('small document', long, DOCUMENTS, { document: 200_000 }),
        await isCut('gone', ''),
      ],
      [false, true, true, false, true, true, false, false],
    );
    assert.ok(CUT_LIMITS.chunk < CUT_LIMITS.file);
  });

  it('never lies there as a whole: pieces of a chunk, for their owner alone', async () => {
    const directory = tempDir();
    const file = join(directory, 'a.jsonl');
    const long = record(9999, { script: 'x'.repeat(40_000) });
    writeFileSync(file, `${RECORDS.with(7, long).join('\n')}\nrest`);
    let made = 0;
    const place = (): string => {
      const path = join(directory, `chunk-${made++}`);
      mkdirSync(path, { mode: 0o700 });
      return path;
    };
    const { signal } = new AbortController();

    const texts: string[] = [];
    const largest: number[] = [];
    const lasts: boolean[] = [];
    // Files are read a megabyte at a time: here every chunk is one of those.
    for await (const { paths, isLast } of cutFile(LINES, file, { directory: place, number: '000003', limits: LIMITS, signal })) {
      assert.ok(paths.every((path) => /-000003\.jsonl$/.test(path) && (statSync(path).mode & 0o777) === 0o600));
      lasts.push(isLast);
      texts.push(...paths.map((path) => readFileSync(path, 'utf8')));
      largest.push(...paths.map((path) => statSync(path).size));
      for (const name of readdirSync(directory))
        if (name.startsWith('chunk-')) rmSync(join(directory, name), { recursive: true });
    }

    assert.equal(texts.join(''), `${readFileSync(file, 'utf8')}\n`);
    assert.deepEqual(lasts, [false, false, true]);
    assert.equal(largest.filter((size) => size > LIMITS.piece).length, 1);
    assert.ok(largest.length > 60);
  });
});
