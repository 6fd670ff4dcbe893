import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from 'duckdb';
import { exportCommand } from '../../../src/commands/export.ts';
import type { ExportedFile } from '../../../src/evidence/export.ts';
import { EXPORTED } from '../../../src/store/export.ts';
import { openStore } from '../../../src/store/index.ts';
import { testIo } from '../../helpers/io.ts';
import { ALL_KINDS } from '../../helpers/observations.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { loadRun, RUN_START } from '../correlate/run-store.ts';

describe('export', () => {
  let root: string;
  let tables: readonly ExportedFile[];
  const options = { store: "audit's.duckdb" };

  before(async () => {
    root = tempDir();
    const store = await openStore({ mode: 'write', file: join(root, options.store) });
    await loadRun(store, ALL_KINDS);
    await store.saveResults({ findings: [], checks: [], controls: [] }, RUN_START);
    store.close();
    await exportCommand(testIo(root), "a's tables", options);
    tables = JSON.parse(readFileSync(join(root, "a's tables", 'manifest.json'), 'utf8')).tables;
  });

  it('has a file for each table, with its rows, size and digest in the manifest', () => {
    const place = join(root, "a's tables");

    assert.deepEqual(
      tables.map(({ table }) => table),
      EXPORTED.map(({ name }) => name),
    );
    assert.deepEqual(readdirSync(place).sort(), [...tables.map(({ file }) => file), 'SHA256SUMS', 'manifest.json'].sort());
    for (const { file, bytes, sha256 } of tables) {
      const content = readFileSync(join(place, file));
      assert.deepEqual([content.length, createHash('sha256').update(content).digest('hex')], [bytes, sha256], file);
    }
  });

  it('lists every file for sha256sum, the manifest too', () => {
    const lines = readFileSync(join(root, "a's tables", 'SHA256SUMS'), 'utf8')
      .trimEnd()
      .split('\n');
    const manifest = createHash('sha256')
      .update(readFileSync(join(root, "a's tables", 'manifest.json')))
      .digest('hex');

    assert.deepEqual(lines, [...tables.map(({ file, sha256 }) => `${sha256}  ${file}`), `${manifest}  manifest.json`]);
  });

  it('has the values of the store, and the run in the metadata of each file', async () => {
    const store = await openStore({ mode: 'read', file: join(root, options.store) });
    await store.materialise();
    const reader = await (await DuckDBInstance.create(':memory:')).connect();
    const place = join(root, "a's tables").replaceAll("'", "''");
    const [run] = await store.rows('SELECT run_id FROM current_run');

    for (const { name, sql, order } of EXPORTED) {
      const file = `'${place}/${name}.parquet'`;
      const there = await reader.runAndReadAll(`SELECT to_json(t)::VARCHAR FROM (FROM ${file} ORDER BY ${order}) AS t`);
      const stored = await store.rows(`SELECT to_json(t)::VARCHAR AS row FROM (FROM (${sql}) ORDER BY ${order}) AS t`);
      assert.deepEqual(
        there.getRows().map(([row]) => row),
        stored.map(({ row }) => row),
        name,
      );
      const told = await reader.runAndReadAll(
        `SELECT decode(value) FROM parquet_kv_metadata(${file}) WHERE decode(key) = 'nhi_audit_run'`,
      );
      assert.deepEqual(told.getRows(), [[run?.run_id]]);
    }
    reader.closeSync();
    store.close();
    assert.ok(tables.find(({ table }) => table === 'identities')?.rows === 1);
  });

  it('gives the same bytes again, in a directory that is there and empty', async () => {
    mkdirSync(join(root, 'empty'));

    await exportCommand(testIo(root), 'empty', options);

    for (const { file } of [...tables, { file: 'manifest.json' }]) {
      assert.ok(readFileSync(join(root, 'empty', file)).equals(readFileSync(join(root, "a's tables", file))), file);
    }
  });

  it('refuses a directory that is not empty', async () => {
    mkdirSync(join(root, 'full'));
    writeFileSync(join(root, 'full', 'mine.txt'), 'mine');

    await assert.rejects(exportCommand(testIo(root), 'full', options), { code: 'OUTPUT_PATH', message: /not empty/ });

    assert.deepEqual(readdirSync(join(root, 'full')), ['mine.txt']);
  });

  it('leaves nothing behind when it fails', async () => {
    const before = readdirSync(root).sort();

    await assert.rejects(exportCommand(testIo(root), 'of-none', { ...options, run: 'nope' }), { code: 'RUN_UNKNOWN' });
    await assert.rejects(exportCommand(testIo(root), 'no/such/place', options), { code: 'OUTPUT_PATH' });

    assert.deepEqual(readdirSync(root).sort(), before);
  });
});
