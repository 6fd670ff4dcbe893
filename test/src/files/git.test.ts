import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBlobs } from '../../../src/files/blobs.ts';
import {
  askGit,
  eachRecord,
  findRepository,
  GitError,
  type GitRepository,
  gitEnvironment,
  gitOutput,
} from '../../../src/files/git.ts';
import { collect } from '../../helpers/scan-context.ts';
import { tempDir, tempRepo } from '../../helpers/temp-repo.ts';

describe('git', () => {
  it('finds the repository around a directory', () => {
    const repo = tempRepo();
    mkdirSync(join(repo.path, 'a/b'), { recursive: true });

    assert.deepEqual(findRepository(join(repo.path, 'a/b')), {
      gitDir: join(repo.path, '.git'),
      workTree: repo.path,
      prefix: 'a/b/',
    });
    assert.deepEqual(findRepository(join(repo.path, '.git')), { gitDir: join(repo.path, '.git'), prefix: '' });
    assert.equal(findRepository(tempDir()), undefined);
  });

  it('takes no directory for a repository because of its .git alone', () => {
    const root = tempDir();
    mkdirSync(join(root, '.git'));

    assert.equal(findRepository(root), undefined);
  });

  it('keeps what steers git out of its environment', () => {
    const env = gitEnvironment({ PATH: '/bin', GIT_DIR: '/x', git_trace: '1', PAGER: 'less', LANG: 'de', HOME: '/home/ada' });

    assert.equal(env.PATH, '/bin');
    assert.equal(env.HOME, '/home/ada');
    for (const name of ['GIT_DIR', 'git_trace', 'PAGER', 'LANG']) assert.equal(env[name], undefined, name);
    assert.equal(env.GIT_CONFIG_GLOBAL, '/dev/null');
    assert.equal(env.GIT_ALLOW_PROTOCOL, '');
  });

  it('says what git said', async () => {
    const found = findRepository(tempRepo().path) as GitRepository;

    await assert.rejects(gitOutput(found, ['cat-file', 'blob', 'nothing']), (error) => {
      assert.ok(error instanceof GitError);
      assert.equal(error.message, 'git cat-file: Not a valid object name nothing');
      assert.equal(error.exitCode, 128);
      return true;
    });
    await assert.rejects(askGit(found, ['rev-parse', '--verify', 'nothing']), GitError);
  });

  it('says that git is not installed', async () => {
    const found = findRepository(tempRepo().path) as GitRepository;
    const path = process.env.PATH;
    process.env.PATH = tempDir();
    try {
      await assert.rejects(gitOutput(found, ['version']), { name: 'TargetError', code: 'GIT_MISSING' });
      await assert.rejects(askGit(found, ['version']), { name: 'TargetError', code: 'GIT_MISSING' });
    } finally {
      process.env.PATH = path;
    }
  });

  it('hands over records across chunks, and stops when told to', async () => {
    const repo = tempRepo();
    for (let index = 0; index < 300; index += 1) repo.write(`${'long/'.repeat(60)}f${index}.txt`, 'x');
    repo.git('add', '-A');
    const found = findRepository(repo.path) as GitRepository;
    const names: string[] = [];
    await eachRecord(found, ['ls-files', '-z'], { separator: 'nul' }, (buffer, start, end) => {
      names.push(buffer.toString('utf8', start, end));
      return undefined;
    });
    let count = 0;
    await eachRecord(found, ['ls-files', '-z'], { separator: 'nul' }, () => ++count < 5);

    assert.deepEqual(names, repo.git('ls-files').split('\n'));
    assert.equal(count, 5);
  });

  it('ends a running command when it is aborted', async () => {
    const found = findRepository(tempRepo().path) as GitRepository;
    const abort = new AbortController();
    const started = Date.now();
    setTimeout(() => abort.abort(new Error('enough')), 100);

    await assert.rejects(gitOutput(found, ['-c', 'alias.wait=!sleep 10', 'wait'], { signal: abort.signal }), {
      message: 'enough',
    });
    assert.ok(Date.now() - started < 5000);
    await assert.rejects(gitOutput(found, ['version'], { signal: abort.signal }), { message: 'enough' });
  });

  it('reads blobs of any size, says what it passed over, and goes on', async () => {
    const repo = tempRepo();
    const contents = ['', 'x', '\n', 'a\nb\n', 'y'.repeat(200_000), 'z'.repeat(65_536), 'last'];
    const ids = contents.map((content) => {
      writeFileSync(join(repo.path, 'blob'), content);
      return repo.git('hash-object', '-w', 'blob');
    });
    const asked = [...ids.slice(0, 3), '0'.repeat(40), ...ids.slice(3)];
    const found = findRepository(repo.path) as GitRepository;

    const blobs = await collect(readBlobs(found, asked, 100_000));

    assert.deepEqual(
      blobs.map(({ bytes, why }) => bytes?.toString() ?? why),
      ['', 'x', '\n', 'missing object', 'a\nb\n', 'larger than 100000 bytes', 'z'.repeat(65_536), 'last'],
    );
  });
});
