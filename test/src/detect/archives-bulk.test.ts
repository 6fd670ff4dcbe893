import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BulkItem } from '../../../src/contracts/index.ts';
import { createBulk } from '../../../src/detect/bulk.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { PIECE } from '../../../src/detect/outcome.ts';
import { gitPrefix } from '../../../src/files/git.ts';
import { makeTar, makeZip } from '../../helpers/archives.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

const pack = await loadPack();
const token = expandExample('{{ghcrc:ghp_}}', 'archives').text;
const env = `A=1\nTOKEN=${token}\n`;
const zip = makeZip([
  { name: 'd/x.env', content: env },
  { name: 'secret', content: env, isEncrypted: true },
]);
/** Longer than is read at once; what is stored in it shows outside, too. */
const long = makeZip([
  { name: 'noise', content: randomBytes(PIECE + 100_000), method: 0 },
  { name: 'x.env', content: env, method: 0 },
]);

describe('bulk detection in archives', () => {
  async function search(use: (bulk: ReturnType<typeof createBulk>) => AsyncIterable<BulkItem>): Promise<BulkItem[]> {
    const bulk = createBulk({ pack, fingerprintKey: 'bulk', workers: 2 });
    try {
      return (await Array.fromAsync(use(bulk))).filter(({ members }) => members !== undefined);
    } finally {
      await bulk.close();
    }
  }

  for (const [where, count] of [
    ['in this thread', 3],
    ['in worker threads', 100],
  ] as const) {
    it(`reads files of a tree, ${where}`, async () => {
      const root = tempDir();
      const paths = Array.from({ length: count }, (_, index) => `f${index}`);
      for (const path of paths) writeFile(root, path, 'nothing');
      writeFile(root, 'a.bin', zip);
      writeFile(root, 'long', long);

      const items = await search((bulk) => bulk.files(root, [...paths, 'a.bin', 'long']));

      const [short, other] = items.sort((a, b) => a.bytes - b.bytes);
      assert.deepEqual(
        short?.matches.map(({ member, line, hidden }) => [member, line, hidden]),
        [['d/x.env', 2, ['zip']]],
      );
      assert.deepEqual(short?.members, { read: 1, skipped: 1 });
      assert.deepEqual([short?.outcome, short?.why], ['partial', 'archive has a member that is encrypted']);
      assert.deepEqual(
        other?.matches.map(({ member }) => member),
        ['x.env'],
      );
      assert.deepEqual([other?.outcome, other?.members], ['read', { read: 2, skipped: 0 }]);
    });
  }

  it('reads blobs of a repository, long ones too', async () => {
    const repo = tempRepo();
    repo.write('a.zip', zip);
    repo.write('a.tgz', gzipSync(makeTar([{ name: 'x.env', content: env }])));
    repo.write('long.zip', long);
    repo.commit('archives');
    const gitDir = join(repo.path, '.git');
    const ids = repo
      .git('cat-file', '--batch-all-objects', '--batch-check')
      .split('\n')
      .map((line) => line.split(' '))
      .flatMap(([id = '', type, size]) => (type === 'blob' ? [{ id, size: Number(size) }] : []));

    const items = await search((bulk) => bulk.blobs({ gitDir, git: gitPrefix({ gitDir, prefix: '' }) }, ids));

    assert.deepEqual(items.flatMap(({ matches }) => matches.map(({ member }) => member)).sort(), ['d/x.env', 'x.env', 'x.env']);
    assert.deepEqual(items.map(({ members }) => members?.read).sort(), [1, 1, 2]);
  });
});
