import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from 'duckdb';
import { loadChecks } from '../../../src/correlate/load.ts';
import { runChecks } from '../../../src/correlate/run.ts';
import { parseFormat } from '../../../src/logs/load.ts';
import { readFacts } from '../../../src/run/facts.ts';
import { EvidenceChain } from '../../../src/store/evidence-chain.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
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
columns: { rid: VARCHAR, t: TIMESTAMP, who: VARCHAR }
---*/
SELECT file, rid AS record_id, t AS used_at, who AS actor, ['a', who] AS objects FROM records`,
  'lines.sql',
);
const KEY = 'key of these tests';
const IMPORT = { formats: [LINES], evidenceKey: KEY };
const days = ['2026-04-01T00:00:00.000Z', '2026-04-02T00:00:00.000Z', '2026-04-03T00:00:00.000Z'] as const;

function line(rid: string, who = 'etl'): string {
  return JSON.stringify({ rid, t: '2026-03-12T10:00:00', who });
}

async function within<T>(file: string, use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe('the chain of what was imported', () => {
  let base: string;
  let store: Store;

  /** Two logs, and an export that a scanner read; each in a run of its own. */
  before(async () => {
    const made = await importLogs({ 'a.jsonl': line('1') }, { ...IMPORT, now: days[0] });
    base = made.file ?? '';
    await made.beginRun({
      startedAt: days[1],
      toolVersion: 'test',
      targets: ['logs'],
      parameters: {},
      rulesDigest: 'test',
      fingerprintKeyId: 'test',
      evidenceKey: KEY,
    });
    const unit = { scanner: 'gateway-sessions', version: 1, target: 'logs', unit: 'sessions.json', content: 'c' };
    const { part } = made.addPart(unit, days[1]);
    const at = { path: 'sessions.json' };
    await made.append(part, { kind: 'usage', via: 'gateway', sessionId: 's1', usedAt: days[0], action: 'read', at });
    await made.endLoading([]);
    await made.saveResults({ findings: [], checks: [], controls: [] }, days[1]);
    await importLogs({ 'b.jsonl': `${line('2', 'bo')}\n${line('3', 'cy')}` }, { ...IMPORT, store: made, now: days[1] });
    made.close();
  });

  afterEach(() => store?.close());

  /** A copy that somebody wrote to. */
  async function changed(sql: string): Promise<string> {
    const file = join(tempDir(), 'changed.duckdb');
    copyFileSync(base, file);
    await within(file, async (connection) => void (await connection.run(sql)));
    return file;
  }

  /** What is found to be broken, by the name of the import. */
  async function toldAfter(sql: string, key = KEY): Promise<readonly string[]> {
    return await within(await changed(sql), async (connection) => {
      const broken = await new EvidenceChain(connection, key).extend('run', days[2], new Set());
      const names = new Map(
        (await connection.runAndReadAll('SELECT part_id::VARCHAR, unit FROM parts')).getRows() as string[][] as [
          string,
          string,
        ][],
      );
      return broken
        .map(({ what, link, part }) => [what, link, names.get(part ?? '')].filter((one) => one !== undefined).join(' '))
        .sort();
    });
  }

  it('has a link for each import, of whichever importer, and holds', async () => {
    store = await openStore({ mode: 'write', file: await changed('') });
    await importLogs({ 'c.jsonl': line('4') }, { ...IMPORT, store, now: days[2] });

    assert.deepEqual(await toldAfter(''), []);
    const links = await store.rows('SELECT unit FROM obs.evidence_links JOIN parts USING (part_id) ORDER BY sequence');
    assert.deepEqual(
      links.map(({ unit }) => unit),
      ['a.jsonl', 'sessions.json', 'b.jsonl', 'c.jsonl'],
    );
  });

  const cases: readonly [string, string, readonly string[]][] = [
    ['a value', "UPDATE obs.usages SET actor = 'eve' WHERE actor = 'bo'", ['changed 3 b.jsonl']],
    ['a list', "UPDATE obs.usages SET objects = ['a'] WHERE actor = 'bo'", ['changed 3 b.jsonl']],
    ['rows of a scanner', "UPDATE obs.usages SET action = 'connect' WHERE session_id = 's1'", ['changed 2 sessions.json']],
    ['a row that is taken out', "DELETE FROM obs.usages WHERE actor = 'bo'", ['changed 3 b.jsonl']],
    ['all rows of an import', "DELETE FROM obs.usages WHERE session_id = 's1'", ['changed 2 sessions.json']],
    ['a row that is put in', "INSERT INTO obs.usages SELECT * FROM obs.usages WHERE actor = 'bo'", ['changed 3 b.jsonl']],
    ['rows of no import', "INSERT INTO obs.usages SELECT * REPLACE (7 AS part_id) FROM obs.usages WHERE actor = 'bo'", ['added']],
    ['the last link, which is gone', 'DELETE FROM obs.evidence_links WHERE sequence = 3', ['added b.jsonl', 'cut']],
    [
      'the last link and its rows, which are gone',
      "DELETE FROM obs.evidence_links WHERE sequence = 3; DELETE FROM obs.usages WHERE actor IN ('bo', 'cy')",
      ['cut'],
    ],
    [
      'a link between others, which is gone',
      'DELETE FROM obs.evidence_links WHERE sequence = 2',
      ['added sessions.json', 'changed 3 b.jsonl', 'gone 2'],
    ],
    ['all links', 'DELETE FROM obs.evidence_links', ['added a.jsonl', 'added b.jsonl', 'added sessions.json', 'cut']],
    [
      'a link that is written anew',
      "UPDATE obs.usages SET actor = 'eve' WHERE actor = 'bo'; UPDATE obs.evidence_links SET chain = sha256('x') WHERE sequence = 3",
      ['changed 3 b.jsonl', 'cut'],
    ],
  ];
  for (const [what, sql, expected] of cases) {
    it(`tells ${what}`, async () => {
      assert.deepEqual(await toldAfter(sql), expected.toSorted());
    });
  }

  it('is made by nobody who lacks the key', async () => {
    const told = await toldAfter('', 'another key');

    assert.deepEqual(told, ['changed 1 a.jsonl', 'changed 2 sessions.json', 'changed 3 b.jsonl', 'cut']);
  });

  it('is a finding, and its end stands in the report', async () => {
    store = await openStore({ mode: 'write', file: await changed("UPDATE obs.usages SET actor = 'eve' WHERE actor = 'bo'") });
    await importLogs({ 'c.jsonl': line('4') }, { ...IMPORT, store, now: days[2] });

    const checks = loadChecks().filter(({ meta }) => meta.id === 'imported-evidence-changed');
    const { findings, results } = await runChecks(store, checks, { now: days[2] });
    assert.equal(results[0]?.outcome, 'fail');
    assert.match(
      findings.map(({ message }) => message).join('\n'),
      /^The store was changed since the run before: b\.jsonl \(link 3\): rows/,
    );
    const [last] = await store.rows('SELECT sequence, chain FROM obs.evidence_links ORDER BY sequence DESC LIMIT 1');
    const facts = await readFacts(store);
    assert.deepEqual(facts?.run.evidence, { links: last?.sequence, last: last?.chain });
  });
});
