import assert from 'node:assert/strict';
import { join } from 'node:path';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { fakeToken } from '../../helpers/scan-context.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';
import { places, rowOf, scan } from './helpers.ts';

const TOKEN = fakeToken('harbour1');

/** A directory with what is often ignored. */
function fill(root: string): void {
  writeFile(root, '.gitignore', '.env\nnode_modules/\n*.log\nvendor/\n');
  writeFile(root, '.env', TOKEN);
  writeFile(root, 'src/a.txt', 'clean');
  writeFile(root, 'src/b.log', TOKEN);
  for (const name of ['x', 'y']) writeFile(root, `node_modules/${name}/index.js`, TOKEN);
  for (const name of ['c', 'd']) writeFile(root, `logs/${name}.log`, 'clean');
  writeFile(root, 'vendor/own.txt', TOKEN);
  writeFile(root, 'vendor/tool/f.txt', TOKEN);
  tempRepo([], join(root, 'vendor/tool'));
}

const READ = ['.env:1 work-tree', 'node_modules/x/index.js:1 work-tree', 'node_modules/y/index.js:1 work-tree'];

describe('what git ignores', () => {
  it('is counted and named, a directory as one entry, and is no gap', async () => {
    const repo = tempRepo();
    fill(repo.path);
    repo.commit('Start');

    const scanned = await scan(repo.path);

    const row = rowOf(scanned, 'work-tree');
    assert.deepEqual(scanned.sightings, []);
    assert.equal(row?.outcome, 'complete');
    assert.deepEqual(row?.detail?.ignored, { count: 5, names: ['.env', 'src/b.log', 'logs/'] });
    assert.equal(rowOf(scanned, 'history')?.detail?.ignored, undefined);
  });

  it('is counted in the directory that was named, and not where the user left it out', async () => {
    const repo = tempRepo();
    fill(repo.path);
    repo.commit('Start');

    const below = rowOf(await scan(join(repo.path, 'src')), 'work-tree');
    const without = rowOf(await scan(repo.path, { exclude: ['node_modules/', '*.log', 'vendor/', 'logs/'] }), 'work-tree');

    assert.deepEqual(below?.detail?.ignored, { count: 1, names: ['b.log'] });
    assert.deepEqual(without?.detail?.ignored, { count: 1, names: ['.env'] });
  });

  it('is read when asked for, but for repositories in it', async () => {
    const repo = tempRepo();
    fill(repo.path);
    repo.commit('Start');

    const scanned = await scan(repo.path, { includeIgnored: true });

    const row = rowOf(scanned, 'work-tree');
    assert.deepEqual(places(scanned.sightings), [...READ, 'src/b.log:1 work-tree', 'vendor/own.txt:1 work-tree']);
    assert.equal(row?.outcome, 'complete');
    assert.equal(row?.detail?.ignored, undefined);
  });

  it('counts and reads the same in a directory that is no repository', async () => {
    const root = tempDir();
    fill(root);

    const row = rowOf(await scan(root), 'work-tree');
    const whole = await scan(root, { includeIgnored: true });

    // Without git, each file of `logs/` is one.
    assert.deepEqual(row?.detail?.ignored, { count: 6, names: ['.env', 'logs/c.log', 'logs/d.log'] });
    assert.equal(row?.outcome, 'complete');
    assert.deepEqual(places(whole.sightings), [...READ, 'src/b.log:1 work-tree', 'vendor/own.txt:1 work-tree']);
  });

  it('stands in the report for people, kept or not', async () => {
    const repo = tempRepo();
    fill(repo.path);
    repo.commit('Start');
    const lists = { output: [], framework: [], exclude: [], only: [], skip: [] };

    for (const store of [{}, { store: join(tempDir(), 'a.duckdb') }]) {
      const io = testIo(repo.path);
      await scanCommand(io, [], { ...lists, format: 'terminal', history: false, exitCode: true, ...store });

      assert.match(
        io.out().replace(/\s+/g, ' '),
        /ignored 5 entries that \.gitignore leaves out \(\.env, src\/b\.log, logs\/ …\); --include-ignored reads them/,
      );
    }
  });
});
