import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckout } from '../../../scanners/repository/checkout.ts';
import { listDirectory, listWorkTree } from '../../../scanners/repository/listing.ts';
import { Tally } from '../../../scanners/repository/tally.ts';
import { findRepository, type GitRepository } from '../../../src/files/git.ts';
import { fakeToken, testContext } from '../../helpers/scan-context.ts';
import { type TempRepo, tempDir, tempRepo } from '../../helpers/temp-repo.ts';
import { places, rowOf, scan } from './helpers.ts';

const TOKEN = fakeToken('harbour1');

interface Trap {
  readonly repo: TempRepo;
  /** What ran so far. */
  ran(): string[];
}

/** A repository in which everything that git can be told to run is told to leave a mark. */
function trap(): Trap {
  const place = tempDir();
  const marks = join(place, 'marks');
  const program = (name: string) => {
    const path = join(place, name);
    writeFileSync(path, `#!/bin/sh\necho ${name} >> ${marks}\nexit 0\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const repo = tempRepo();
  repo.write('a.txt', `key=${TOKEN}\n`);
  repo.write('b.txt', 'clean\n');
  repo.write('.gitattributes', '* filter=evil diff=evil merge=evil\n');
  repo.commit('Start');
  repo.write('a.txt', 'clean\n');
  repo.commit('Remove');
  sign(repo);
  repo.write('b.txt', `key=${TOKEN}\n`);
  repo.git('add', 'b.txt');
  repo.write('b.txt', `changed ${TOKEN}\n`);

  const settings: readonly (readonly [string, string])[] = [
    ['core.fsmonitor', program('fsmonitor')],
    ['core.sshCommand', program('ssh')],
    ['core.pager', program('pager')],
    ['pager.log', 'true'],
    ['core.editor', program('editor')],
    ['core.askPass', program('askpass')],
    ['core.alternateRefsCommand', program('alternate-refs')],
    ['core.gitProxy', program('proxy')],
    ['credential.helper', program('credential')],
    ['diff.external', program('external-diff')],
    ['diff.evil.command', program('diff-command')],
    ['diff.evil.textconv', program('textconv')],
    ['filter.evil.clean', program('clean')],
    ['filter.evil.smudge', program('smudge')],
    ['filter.evil.process', program('filter-process')],
    ['merge.evil.driver', program('merge-driver')],
    ['gpg.program', program('gpg')],
    ['gpg.ssh.program', program('gpg-ssh')],
    ['log.showSignature', 'true'],
    ['remote.origin.url', `ext::${program('transport')} %S`],
    ['remote.origin.uploadpack', program('uploadpack')],
    ['remote.origin.promisor', 'true'],
    ['protocol.allow', 'always'],
    ['protocol.ext.allow', 'always'],
    ['uploadpack.packObjectsHook', program('pack-objects')],
    ['core.hooksPath', join(place, 'hooks')],
    ['submodule.recurse', 'true'],
    ['core.repositoryFormatVersion', '1'],
    ['extensions.partialClone', 'origin'],
    ['alias.cat-file', `!${program('alias')}`],
  ];
  execFileSync('mkdir', [join(place, 'hooks')]);
  for (const hook of ['post-index-change', 'reference-transaction', 'pre-commit', 'post-checkout', 'pre-auto-gc']) {
    writeFileSync(join(place, 'hooks', hook), readFileSync(program(`hook-${hook}`)));
    chmodSync(join(place, 'hooks', hook), 0o755);
  }
  for (const [key, value] of settings) repo.git('config', key, value);
  rmSync(marks, { force: true });
  return { repo, ran: () => (existsSync(marks) ? [...new Set(readFileSync(marks, 'utf8').trim().split('\n'))].sort() : []) };
}

/** A commit that says it is signed, so that showing it would call gpg. */
function sign(repo: TempRepo): void {
  const commit = [
    `tree ${repo.git('rev-parse', 'HEAD^{tree}')}`,
    `parent ${repo.git('rev-parse', 'HEAD')}`,
    'author Ada <ada@harbour.example> 1767610800 +0000',
    'committer Ada <ada@harbour.example> 1767610800 +0000',
    'gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----',
    '',
    'Signed',
    '',
  ].join('\n');
  writeFileSync(join(repo.path, '.git/signed'), commit);
  repo.git('update-ref', 'refs/heads/main', repo.git('hash-object', '-t', 'commit', '-w', '.git/signed'));
}

function plainGit(repo: TempRepo, ...args: string[]): void {
  try {
    execFileSync('git', args, { cwd: repo.path, stdio: 'ignore', timeout: 5000 });
  } catch {
    // What matters is what ran on the way.
  }
}

describe('repository scanner: hostile repositories', () => {
  it('would run programs under a plain git (or these tests prove nothing)', () => {
    const { repo, ran } = trap();

    plainGit(repo, 'status');
    plainGit(repo, 'config', '--unset', 'filter.evil.process');
    plainGit(repo, 'diff');
    plainGit(repo, 'log', '-1');
    plainGit(repo, 'cat-file', '-e', '1234567890123456789012345678901234567890');

    for (const name of ['fsmonitor', 'gpg', 'transport']) assert.ok(ran().includes(name), `${name} did not run: ${ran()}`);
    assert.ok(ran().some((name) => name === 'clean' || name === 'filter-process'));
    assert.ok(ran().some((name) => name.endsWith('diff') || name === 'diff-command'));
  });

  it('runs nothing in a whole scan', async () => {
    const { repo, ran } = trap();

    const scanned = await scan(repo.path);

    assert.deepEqual(ran(), []);
    assert.deepEqual(places(scanned.sightings), ['a.txt:1 history', 'b.txt:1 work-tree']);
  });

  it('runs nothing for changes', async () => {
    const { repo, ran } = trap();

    const staged = await scan(repo.path, { staged: true });
    const diff = await scan(repo.path, { diff: { base: 'HEAD~2', head: 'HEAD' } });
    await scan(repo.path, { since: 'HEAD~1' });

    assert.deepEqual(ran(), []);
    assert.deepEqual(places(staged.sightings), ['b.txt:1 work-tree']);
    assert.deepEqual(places(diff.sightings), []);
  });

  it('fetches no missing object, and counts it', async () => {
    const { repo, ran } = trap();
    const id = repo.git('rev-parse', 'HEAD:.gitattributes');
    rmSync(join(repo.path, '.git/objects', id.slice(0, 2), id.slice(2)));

    const scanned = await scan(repo.path);
    const bare = await scan(join(repo.path, '.git'));

    assert.deepEqual(ran(), []);
    assert.equal(rowOf(scanned, 'history')?.failed, 1);
    assert.equal(rowOf(bare, 'history')?.failed, 1);
  });

  it('does not let core.worktree name another directory', async () => {
    const elsewhere = tempDir();
    writeFileSync(join(elsewhere, 'private.txt'), TOKEN);
    const repo = tempRepo();
    repo.write('a.txt', 'clean');
    repo.commit('Start');
    repo.git('config', 'core.worktree', elsewhere);

    const scanned = await scan(repo.path);

    assert.deepEqual(scanned.sightings, []);
    assert.equal(rowOf(scanned, 'work-tree')?.seen, 1);
  });

  // Only root can give files away.
  if (process.getuid?.() === 0) {
    it('reads a repository that belongs to someone else', async () => {
      const repo = tempRepo();
      repo.write('a.txt', TOKEN);
      repo.commit('Start');
      execFileSync('chown', ['-R', '12345:12345', repo.path]);

      const scanned = await scan(repo.path);

      assert.deepEqual(places(scanned.sightings), ['a.txt:1 work-tree']);
      assert.equal(rowOf(scanned, 'history')?.outcome, 'complete');
    });
  }

  it('is not steered by git variables of the caller', async () => {
    const other = tempRepo();
    other.write('other.txt', TOKEN);
    other.commit('Start');
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Start');
    const set = { GIT_DIR: join(other.path, '.git'), GIT_INDEX_FILE: '/nowhere', GIT_EXTERNAL_DIFF: '/nowhere', GIT_TRACE: '2' };
    Object.assign(process.env, set);
    try {
      const scanned = await scan(repo.path);

      assert.deepEqual(places(scanned.sightings), ['a.txt:1 work-tree']);
    } finally {
      for (const name of Object.keys(set)) delete process.env[name];
    }
  });

  it('gives up waiting for a git that hangs on a FIFO', async () => {
    const repo = tempRepo();
    repo.write('sub/a.txt', TOKEN);
    repo.commit('Start');
    execFileSync('mkfifo', [join(repo.path, 'sub/.gitignore')]);
    const context = testContext();
    const place = { path: repo.path, below: '', target: { path: repo.path } };
    const found = findRepository(repo.path) as GitRepository;
    const checkout = await openCheckout(found, place, context);

    await assert.rejects(listWorkTree(checkout, repo.path, context, new Tally(), 300), {
      name: 'GitError',
      message: 'git ls-files: no answer in 0.3 seconds',
    });
    assert.deepEqual(
      listDirectory(place, context, new Tally()).files.map(({ path }) => path),
      ['sub/a.txt'],
    );
  });

  it('is not fooled by replaced objects', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Key');
    const id = repo.git('rev-parse', 'HEAD:a.txt');
    repo.write('a.txt', 'clean');
    repo.commit('Remove');
    repo.git('replace', id, repo.git('rev-parse', 'HEAD:a.txt'));

    const { sightings } = await scan(repo.path);

    assert.deepEqual(places(sightings), ['a.txt:1 history']);
  });

  it('leaves the repository as it was', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Key');
    repo.write('a.txt', 'changed');
    const before = execFileSync('find', [repo.path, '-type', 'f', '-printf', '%p %s %T@\n']).toString();

    await scan(repo.path);
    await scan(repo.path, { staged: true });

    assert.equal(execFileSync('find', [repo.path, '-type', 'f', '-printf', '%p %s %T@\n']).toString(), before);
  });

  it('shows no control characters of an author', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Key', 'Eve \u001b[2J\u0002\u0001Press <eve@harbour.example>');

    const { sightings } = await scan(repo.path);

    assert.equal(sightings[0]?.at?.author, 'Eve [2JPress <eve@harbour.example>');
    assert.equal(sightings[0]?.at?.date, '2026-01-05T09:00:00.000Z');
  });
});
