import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { databaseIn, ownBelow } from '../../../scanners/repository/own.ts';
import { defineFileScanner } from '../../../src/contracts/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { fakeToken } from '../../helpers/scan-context.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';
import { places, rowOf, scan } from './helpers.ts';

const TOKEN = fakeToken('harbour1');

/** Claims all JSON, and would tell of it. */
const GREEDY = defineFileScanner({
  id: 'greedy',
  title: 'Greedy',
  emits: ['person'],
  surfaces: ['people'],
  version: 1,
  content: 'shared',
  recognises: (file) => file.path.endsWith('.json'),
  *scan(file) {
    yield { kind: 'person', email: 'ada@harbour.example', at: file.at };
  },
});

/** A real store, with a token in its slack. */
async function storeBytes(): Promise<Buffer> {
  const file = join(tempDir(), 'a.duckdb');
  const store = await openStore({ mode: 'write', file });
  store.close();
  return Buffer.concat([readFileSync(file), Buffer.from(TOKEN.padEnd(4096))]);
}

function database(text: string): Buffer {
  const bytes = Buffer.alloc(12_288 + 4096);
  bytes.write('DUCK', 8);
  bytes.write(text, 12_288);
  return bytes;
}

const REPORT = `{\n  "schemaVersion": "1.0",\n  "run": {\n    "id": "x",\n    "tool": "nhi-audit",\n    "y": "${TOKEN}"\n  }\n}\n`;
const SARIF = JSON.stringify({
  $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
  version: '2.1.0',
  runs: [{ tool: { driver: { name: 'nhi-audit' } }, results: [TOKEN] }],
});

describe("repository scanner: the tool's own files", () => {
  it('never reads nor hands on what belongs to the run', async () => {
    const repo = tempRepo();
    for (const path of ['out/s.db', 'out/s.db.wal', 'out/s.db.key', 'report.json', 'near.json', 'out/s.db.txt']) {
      repo.write(path, TOKEN);
    }
    const own = ['out/s.db', 'out/s.db.wal', 'out/s.db.key', 'report.json'].map((path) => join(repo.path, path));

    const scanned = await scan(repo.path, { own }, { scanners: [GREEDY] });

    assert.deepEqual(places(scanned.sightings), ['near.json:1 work-tree', 'out/s.db.txt:1 work-tree']);
    assert.equal(scanned.all.filter(({ kind }) => kind === 'person').length, 1);
    const row = rowOf(scanned, 'work-tree');
    assert.deepEqual([row?.outcome, row?.seen, row?.read, row?.skipped], ['complete', 6, 2, 4]);
    assert.deepEqual(row?.detail, {
      skipped: { 'files of this run (store, key, reports)': 4 },
      setAside: ['out/s.db', 'out/s.db.key', 'out/s.db.wal', 'report.json'],
    });
  });

  it('knows them in a plain directory, and when the target was named through a symlink', async () => {
    const root = tempDir();
    writeFile(root, 'in/s.db', TOKEN);
    const link = join(tempDir(), 'link');
    symlinkSync(root, link);

    const scanned = await scan(link, { own: [join(root, 'in/s.db')] });
    const reverse = await scan(root, { own: [join(link, 'in/s.db')] });

    assert.deepEqual(scanned.sightings, []);
    assert.deepEqual(reverse.sightings, []);
    assert.equal(rowOf(scanned, 'work-tree')?.skipped, 1);
    assert.deepEqual([...ownBelow(join(root, 'in'), [join(root, 'other.db'), root, join(root, 'in')])], []);
  });

  it('leaves out stores of earlier runs, with key and log', async () => {
    const root = tempDir();
    writeFile(root, 'old.store', await storeBytes());
    for (const path of ['old.store.key', 'old.store.wal', 'other.key', 'a.txt']) writeFile(root, path, TOKEN);

    const scanned = await scan(root, {}, { scanners: [GREEDY] });

    assert.deepEqual(places(scanned.sightings), ['a.txt:1 work-tree', 'other.key:1 work-tree']);
    const row = rowOf(scanned, 'work-tree');
    assert.deepEqual([row?.outcome, row?.seen, row?.read], ['complete', 5, 2]);
    assert.deepEqual(row?.detail?.skipped, { 'stores of nhi-audit, with their keys and logs': 3 });
  });

  it('says that it does not search a database that is no store', async () => {
    const root = tempDir();
    writeFile(root, 'shop.duckdb', database(TOKEN));
    // Near misses: the magic elsewhere, and another magic.
    writeFile(root, 'text.bin', `DUCK${TOKEN}`.padEnd(12_288));
    writeFile(root, 'sqlite.db', `SQLite format 3 ${TOKEN}`.padEnd(16_384));

    const scanned = await scan(root);

    assert.deepEqual(places(scanned.sightings), ['sqlite.db:1 work-tree', 'text.bin:1 work-tree']);
    assert.equal(rowOf(scanned, 'work-tree')?.outcome, 'partial');
    assert.equal(rowOf(scanned, 'work-tree')?.why, '1 DuckDB databases are not searched (shop.duckdb)');
  });

  it('knows them in history by their content', async () => {
    const repo = tempRepo();
    repo.write('a.duckdb', await storeBytes());
    repo.write('a.duckdb.key', `${TOKEN}\n`);
    repo.write('a.json', `{"token": "${TOKEN}"}`);
    repo.commit('Add');
    for (const path of ['a.duckdb', 'a.duckdb.key', 'a.json']) repo.remove(path);
    repo.commit('Remove');

    const scanned = await scan(repo.path);

    assert.deepEqual(places(scanned.sightings), ['a.json:1 history']);
    const row = rowOf(scanned, 'history');
    assert.deepEqual([row?.outcome, row?.seen, row?.read, row?.skipped], ['complete', 3, 1, 2]);
    assert.deepEqual(row?.detail?.skipped, { 'stores of nhi-audit, with their keys and logs': 2 });
  });

  it('searches what begins like a report of ours: a head proves nothing', async () => {
    const root = tempDir();
    writeFile(root, 'fake.json', REPORT);
    writeFile(root, 'fake.sarif', `${SARIF}\n${TOKEN}\n`);

    const { sightings } = await scan(root);

    assert.ok(
      places(sightings).some((place) => place.startsWith('fake.sarif:')),
      places(sightings).join(),
    );
  });

  it('leaves them out of changes', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean\n');
    repo.commit('Base');
    repo.write('a.duckdb', await storeBytes());
    for (const path of ['s.db', 's.db.key', 'b.txt']) repo.write(path, TOKEN);
    repo.git('add', '-A');

    const scanned = await scan(repo.path, { staged: true, own: [join(repo.path, 's.db')] }, { scanners: [GREEDY] });

    assert.deepEqual(places(scanned.sightings), ['b.txt:1 work-tree']);
    assert.ok(!scanned.all.some(({ kind }) => kind === 'person'));
    const row = rowOf(scanned, 'work-tree');
    assert.deepEqual([row?.outcome, row?.seen, row?.read, row?.skipped], ['complete', 4, 1, 3]);
  });

  it('finds the words of a store wherever its pieces are cut, and fails on no bytes', () => {
    const store = database('check_results control_results observation_id');
    assert.equal(databaseIn([store]), 'store');
    assert.equal(databaseIn([database('check_results')]), 'database');
    assert.equal(databaseIn([]), undefined);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const isDuck = Buffer.from(bytes).subarray(8, 12).toString() === 'DUCK';
        assert.equal(databaseIn([Buffer.from(bytes)]), isDuck ? 'database' : undefined);
      }),
    );
  });
});
