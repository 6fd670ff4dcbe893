import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { excluder, walk } from '../../../src/files/walk.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

function filesOf(root: string, exclude: readonly string[] = []): string[] {
  return [...walk(root, { isExcluded: excluder(exclude) })].filter((entry) => entry.kind === 'file').map((entry) => entry.path);
}

describe('walk', () => {
  it('finds every file, node_modules and hidden ones too, but not what is in .git', () => {
    const root = tempDir();
    for (const path of ['b/c.txt', '.env', 'node_modules/roast/index.js', 'a.txt', '.git/config']) writeFile(root, path, 'x');

    assert.deepEqual(filesOf(root), ['.env', 'a.txt', 'b/c.txt', 'node_modules/roast/index.js']);
  });

  it('tells what the user left out, without the ignored part of it', () => {
    const root = tempDir();
    writeFile(root, '.gitignore', '*.log\n');
    for (const path of ['app/a.txt', 'app/in/b.txt', 'app/c.log', 'd.txt', 'e.snap']) writeFile(root, path, 'x');

    const entries = [...walk(root, { isExcluded: excluder(['app/', '*.snap']) })];

    assert.deepEqual(
      entries.filter(({ kind }) => kind === 'excluded').map(({ path }) => path),
      ['e.snap', 'app/a.txt', 'app/in/b.txt'],
    );
    assert.deepEqual(filesOf(root, ['app/', '*.snap']), ['.gitignore', 'd.txt']);
  });

  it('honours .gitignore files, the deeper one last', () => {
    const root = tempDir();
    writeFile(root, '.gitignore', '*.log\n/build\ncache/\n');
    writeFile(root, 'app/.gitignore', '!keep.log\n/local.txt\n');
    for (const path of ['a.log', 'build/x', 'app/build/x', 'app/keep.log', 'app/drop.log', 'app/local.txt', 'app/cache/y']) {
      writeFile(root, path, 'x');
    }

    assert.deepEqual(filesOf(root), ['.gitignore', 'app/.gitignore', 'app/keep.log', 'app/build/x']);
  });

  it('agrees with git on what is ignored', () => {
    const repo = tempRepo();
    repo.write('.gitignore', 'tmp\n*.key\n!public.key\ndocs/*.txt\n**/deep/*.md\n');
    repo.write('sub/.gitignore', '*.cfg\n!tmp\n');
    const paths = [
      'tmp/a',
      'x.key',
      'public.key',
      'docs/a.txt',
      'docs/in/a.txt',
      'a/deep/b.md',
      'sub/a.cfg',
      'sub/tmp/b',
      'sub/x.key',
    ];
    for (const path of paths) repo.write(path, 'x');
    const byGit = repo.git('ls-files', '-co', '--exclude-standard').split('\n').sort();

    assert.deepEqual(filesOf(repo.path).sort(), byGit);
  });

  it('leaves out what the user excludes without looking into it', () => {
    const root = tempDir();
    for (const path of ['src/a.ts', 'src/a.snap', 'vendor/b/c.ts']) writeFile(root, path, 'x');

    assert.deepEqual(filesOf(root, ['vendor/', '*.snap']), ['src/a.ts']);
  });

  it('follows no symlink, so that loops end and nothing outside is read', () => {
    const root = tempDir();
    const outside = tempDir();
    writeFile(outside, 'private.txt', 'x');
    writeFile(root, 'a/file.txt', 'x');
    symlinkSync('..', join(root, 'a/loop'));
    symlinkSync(outside, join(root, 'away'));
    symlinkSync('nowhere', join(root, 'broken'));

    const entries = [...walk(root)].map(({ kind, path }) => `${kind} ${path}`);

    assert.deepEqual(entries, ['symlink away', 'symlink broken', 'file a/file.txt', 'symlink a/loop']);
  });

  it('names FIFOs without opening them', () => {
    const root = tempDir();
    execFileSync('mkfifo', [join(root, 'pipe')]);

    assert.deepEqual([...walk(root)], [{ kind: 'special', path: 'pipe', size: 0 }]);
  });

  it('names repositories inside, bare ones too, and stays out of them', () => {
    const root = tempDir();
    writeFile(root, 'readme.txt', 'x');
    writeFile(root, 'shop/.keep', 'x');
    tempRepo([], join(root, 'shop')).write('a.txt', 'x');
    writeFile(root, 'mirrors/roast.git/.keep', 'x');
    tempRepo(['--bare'], join(root, 'mirrors/roast.git'));

    const entries = [...walk(root)].map(({ kind, path }) => `${kind} ${path}`);

    assert.deepEqual(entries, ['file readme.txt', 'repository mirrors/roast.git', 'repository shop']);
  });

  it('reads a directory whose .git leads nowhere', () => {
    const root = tempDir();
    writeFile(root, 'odd/.git', 'gitdir: ../gone\n');
    writeFile(root, 'odd/a.txt', 'x');

    assert.deepEqual(filesOf(root), ['odd/a.txt']);
  });

  it('says that a directory cannot be listed', () => {
    const root = tempDir();
    writeFile(root, 'a.txt', 'x');

    assert.deepEqual([...walk(join(root, 'a.txt'))], [{ kind: 'unreadable', path: '', size: 0, why: 'ENOTDIR' }]);
  });

  it('copes with many levels', () => {
    const root = tempDir();
    const path = `${'d/'.repeat(300)}leaf.txt`;
    writeFile(root, path, 'x');

    assert.deepEqual(filesOf(root), [path]);
  });
});
