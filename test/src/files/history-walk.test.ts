import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { listAllBlobs } from '../../../src/files/blobs.ts';
import type { GitRepository } from '../../../src/files/git.ts';
import { type Trace, traceBlobs } from '../../../src/files/history.ts';
import { startWalk } from '../../../src/files/history-walk.ts';
import { type TempRepo, tempRepo } from '../../helpers/temp-repo.ts';

const AUTHOR = 'Zoë Q. Ünlü <zoe@harbour.example>';

/** Renames, a file that two branches change, one that comes into being in a merge, three parents, a reflog, a dangling blob. */
function eventful(format: string): TempRepo {
  const repo = tempRepo([`--object-format=${format}`]);
  repo.write('a b/ä.txt', 'one');
  repo.write('both.txt', 'base');
  repo.commit('Start', AUTHOR);
  repo.git('checkout', '-q', '-b', 'side');
  repo.git('mv', 'a b/ä.txt', 'moved.txt');
  repo.write('both.txt', 'of the side');
  repo.commit('Move', AUTHOR);
  repo.git('checkout', '-q', 'main');
  repo.write('both.txt', 'of main');
  repo.commit('Change', AUTHOR);
  repo.git('merge', '-q', '--no-commit', '-s', 'ours', 'side');
  repo.write('both.txt', 'of the merge');
  repo.commit('Merge', AUTHOR);
  for (const name of ['x', 'y']) {
    repo.git('checkout', '-q', '-b', name, 'main~1');
    repo.write(`${name}.txt`, name);
    repo.commit(name, AUTHOR);
  }
  repo.git('checkout', '-q', 'main');
  repo.git('merge', '-q', '-m', 'Three', 'x', 'y');
  repo.write('lost.txt', 'known from a reflog');
  repo.commit('Lose', AUTHOR);
  repo.git('reset', '-q', '--hard', 'HEAD~1');
  repo.write('dangling.txt', 'never committed');
  repo.git('hash-object', '-w', 'dangling.txt');
  return repo;
}

function asTold({ introductions, unwanted, absent, why }: Trace): unknown {
  return { introductions: [...introductions].sort(([a], [b]) => (a < b ? -1 : 1)), unwanted: [...unwanted].sort(), absent, why };
}

describe('a walk over the history beside a search', () => {
  for (const format of ['sha1', 'sha256']) {
    it(`tells of every blob what one for it alone tells (${format})`, async () => {
      const repo = eventful(format);
      const repository: GitRepository = { gitDir: join(repo.path, '.git'), workTree: repo.path, prefix: '' };
      const { blobs } = await listAllBlobs(repository);
      const wanted = new Set([...blobs].map(({ id }) => id));
      const options = { wanted, known: (id: string) => blobs.has(id), acceptsPath: (path: string) => path !== 'x.txt' };

      const alone = await traceBlobs(repository, options);
      const beside = await traceBlobs(repository, { ...options, walk: startWalk(repository, blobs) });

      assert.deepEqual(asTold(beside), asTold(alone));
      assert.equal(beside.introductions.size, 7);
      assert.equal(beside.introductions.get(repo.git('rev-parse', 'main:both.txt'))?.author, AUTHOR);
    });
  }

  it('counts blobs that are absent, and finds who brought them', async () => {
    const repo = eventful('sha1');
    const repository: GitRepository = { gitDir: join(repo.path, '.git'), workTree: repo.path, prefix: '' };
    const gone = repo.git('rev-parse', 'side:moved.txt');
    rmSync(join(repo.path, '.git', 'objects', gone.slice(0, 2), gone.slice(2)));
    const { blobs } = await listAllBlobs(repository);
    const options = { wanted: new Set([gone]), known: (id: string) => blobs.has(id) };

    const alone = await traceBlobs(repository, options);
    const beside = await traceBlobs(repository, { ...options, walk: startWalk(repository, blobs) });

    assert.deepEqual(asTold(beside), asTold(alone));
    assert.equal(beside.absent, 1);
    assert.equal(beside.introductions.get(gone)?.path, 'a b/ä.txt');
  });

  it('says why it could not come to its end', async () => {
    const repo = eventful('sha1');
    const repository: GitRepository = { gitDir: join(repo.path, '.git'), workTree: repo.path, prefix: '' };
    const { blobs } = await listAllBlobs(repository);
    const tree = repo.git('rev-parse', 'side^{tree}');
    rmSync(join(repo.path, '.git', 'objects', tree.slice(0, 2), tree.slice(2)));

    const beside = await traceBlobs(repository, {
      wanted: new Set([...blobs].map(({ id }) => id)),
      walk: startWalk(repository, blobs),
    });

    assert.match(beside.why ?? '', /^git log: /);
  });
});
