import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ObjectStore, objectStoreOf, objectsSince } from '../../../src/files/object-store.ts';
import { type TempRepo, tempDir, tempRepo } from '../../helpers/temp-repo.ts';

function storeOf(repo: TempRepo): ObjectStore {
  const store = objectStoreOf(join(repo.path, '.git'));
  assert.ok(store !== undefined);
  return store;
}

function all(repo: TempRepo): string[] {
  return repo.git('cat-file', '--batch-all-objects', '--batch-check=%(objectname)').split('\n').sort();
}

describe('the object store of a repository', () => {
  for (const format of ['sha1', 'sha256']) {
    it(`tells what came since, loose and in packs, as git lists it (${format})`, () => {
      const repo = tempRepo([`--object-format=${format}`]);
      const idBytes = format === 'sha1' ? 20 : 32;
      repo.write('a.txt', 'a');
      repo.commit('Add a');
      const before = storeOf(repo);
      const known = all(repo);
      repo.write('b.txt', 'b');
      repo.commit('Add b');
      const loose = storeOf(repo);
      repo.git('repack', '-q', '-a', '--keep-unreachable');
      const packed = storeOf(repo);
      const gitDir = join(repo.path, '.git');

      const cameLoose = objectsSince(gitDir, before, loose, idBytes);
      const cameInAll = objectsSince(gitDir, { packs: [], loose: [] }, packed, idBytes);

      assert.deepEqual(
        [...(cameLoose ?? [])].sort(),
        all(repo).filter((id) => !known.includes(id)),
      );
      assert.deepEqual([...new Set(cameInAll)].sort(), all(repo));
      assert.deepEqual(objectsSince(gitDir, packed, packed, idBytes), []);
    });
  }

  it('does not tell where something is gone, or an index is none', () => {
    const repo = tempRepo();
    repo.write('a.txt', 'a');
    repo.commit('Add a');
    const gitDir = join(repo.path, '.git');
    const before = storeOf(repo);
    repo.git('gc', '-q');
    const after = storeOf(repo);
    const [pack = ''] = after.packs;
    const index = join(gitDir, 'objects', 'pack', pack.split(' ')[0] ?? '');

    assert.equal(objectsSince(gitDir, before, after, 20), undefined);
    for (const content of [Buffer.alloc(0), Buffer.alloc(4096), Buffer.from('ff744f6300000002', 'hex')]) {
      rmSync(index, { force: true });
      writeFileSync(index, content);
      assert.equal(objectsSince(gitDir, { packs: [], loose: [] }, storeOf(repo), 20), undefined);
    }
  });

  it('is empty where there is none', () => {
    assert.deepEqual(objectStoreOf(tempDir()), { packs: [], loose: [] });
  });
});
