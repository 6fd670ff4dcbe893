import assert from 'node:assert/strict';
import { chmodSync, readFileSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineFileScanner } from '../../../src/contracts/index.ts';
import { fakeToken } from '../../helpers/scan-context.ts';
import { git, tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';
import { places, rowOf, scan } from './helpers.ts';

const OLD = fakeToken('oldtoken');
const NEW = fakeToken('newtoken');

/** A file scanner that owns `.bean` files and knows one machine in each. */
const BEANS = defineFileScanner({
  id: 'beans',
  title: 'Beans',
  emits: ['sighting', 'person'],
  surfaces: ['notebook'],
  version: 1,
  content: 'own',
  recognises: (file) => file.path.endsWith('.bean'),
  *scan(file, context) {
    yield { kind: 'person', email: 'ada@harbour.example', at: { ...file.at, line: 1 } };
    for (const match of context.detect(file.bytes)) yield context.sighting(match, file.at, 'notebook');
  },
});

describe('repository scanner: --diff', () => {
  it('tells only what stands on added lines', async () => {
    const repo = tempRepo();
    repo.write('a.txt', `one\nkey=${OLD}\ntwo\nthree\n`);
    repo.commit('Base');
    repo.git('checkout', '-q', '-b', 'feature');
    repo.write('a.txt', `one\nkey=${OLD}\nchanged\nthree\nkey=${NEW}\n`);
    repo.write('b.txt', `${NEW}\n`);
    repo.commit('Feature');

    const scanned = await scan(repo.path, { diff: { base: 'main', head: 'feature' } });

    assert.deepEqual(places(scanned.sightings), ['a.txt:5 work-tree', 'b.txt:1 work-tree']);
    assert.deepEqual(
      scanned.coverage.map(({ surface, seen, read, outcome, subject }) => ({ surface, seen, read, outcome, subject })),
      [{ surface: 'work-tree', seen: 2, read: 2, outcome: 'complete', subject: `${repo.path.split('/').at(-1)} main..feature` }],
    );
  });

  it('compares the two ends, or with three dots the head with the commit where it left its base', async () => {
    const repo = tempRepo();
    repo.write('a.txt', `key=${OLD}\n`);
    repo.commit('Base');
    repo.git('checkout', '-q', '-b', 'feature');
    repo.write('b.txt', `key=${NEW}\n`);
    repo.commit('Feature');
    repo.git('checkout', '-q', 'main');
    repo.write('a.txt', 'cleaned\n');
    repo.commit('Main goes on');

    const ends = await scan(repo.path, { diff: { base: 'main', head: 'feature' } });
    const fork = await scan(repo.path, { diff: { base: 'main', head: 'feature', fromFork: true } });

    assert.deepEqual(places(ends.sightings), ['a.txt:1 work-tree', 'b.txt:1 work-tree']);
    assert.deepEqual(places(fork.sightings), ['b.txt:1 work-tree']);
    assert.match(rowOf(fork, 'work-tree')?.subject ?? '', / main\.\.\.feature$/);
  });

  it('finds what one commit added and a later one took away, at the commit that brought it', async () => {
    const repo = tempRepo();
    repo.write('a.txt', `key=${OLD}\nend\n`);
    repo.commit('Base');
    repo.write('a.txt', `key=${OLD}\nkey=${NEW}\nend\n`);
    const brought = repo.commit('Add a key');
    repo.write('a.txt', `key=${OLD}\nkey=${NEW}\nmore\nend\n`);
    repo.commit('Go on');
    repo.write('a.txt', `key=${OLD}\nmore\nend\n`);
    repo.commit('Take it away');

    const scanned = await scan(repo.path, { diff: { base: 'HEAD~3', head: 'HEAD' } });

    assert.deepEqual(places(scanned.sightings), ['a.txt:2 history']);
    assert.equal(scanned.sightings[0]?.at?.commit, brought);
    assert.equal(scanned.sightings[0]?.at?.atHead, false);
    assert.match(scanned.sightings[0]?.at?.author ?? '', /<.+@.+>$/);
    assert.deepEqual(rowOf(scanned, 'history')?.detail, { commits: 3 });
    assert.equal(rowOf(scanned, 'history')?.outcome, 'complete');
  });

  it('tells once, at the newer end, what is there still', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean\n');
    repo.commit('Base');
    repo.write('a.txt', `key=${NEW}\n`);
    repo.commit('Add a key');
    repo.write('a.txt', `key=${NEW}\nmore\n`);
    repo.commit('Go on');

    const scanned = await scan(repo.path, { diff: { base: 'HEAD~2', head: 'HEAD' } });

    assert.deepEqual(places(scanned.sightings), ['a.txt:1 work-tree']);
  });

  it('does not take for added what a commit carried along, or a merge brought from the base', async () => {
    const repo = tempRepo();
    repo.write('a.txt', `${'filler\n'.repeat(20)}key=${OLD}\n`);
    repo.commit('Base');
    repo.git('checkout', '-q', '-b', 'feature');
    repo.git('mv', 'a.txt', 'b.txt');
    repo.write('b.txt', `${'filler\n'.repeat(20)}key=${OLD}\nmore\n`);
    repo.commit('Move and change');
    repo.write('b.txt', `moved\n${'filler\n'.repeat(20)}key=${OLD}\n`);
    repo.commit('Change again');
    repo.git('checkout', '-q', 'main');
    repo.write('c.txt', `key=${NEW}\n`);
    repo.commit('Main goes on');
    repo.git('checkout', '-q', 'feature');
    repo.git('merge', '-q', '--no-edit', 'main');

    const { sightings } = await scan(repo.path, { diff: { base: 'main', head: 'feature' } });

    assert.deepEqual(sightings, []);
  });

  it('finds what only a merge brought', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'one\n');
    repo.commit('Base');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('a.txt', 'side\n');
    repo.commit('Side');
    repo.git('checkout', '-q', 'main');
    repo.write('a.txt', 'main\n');
    repo.commit('Main');
    assert.throws(() => repo.git('merge', '-q', 'side'));
    repo.write('a.txt', `key=${NEW}\n`);
    const merge = repo.commit('Merge');
    repo.write('a.txt', 'clean\n');
    repo.commit('Clean');

    const { sightings } = await scan(repo.path, { diff: { base: 'HEAD~2', head: 'HEAD' } });

    assert.deepEqual(
      sightings.map(({ place, at }) => [place, at?.commit]),
      [['history', merge]],
    );
  });

  it('tells nothing of files that were moved, copied whole or got another mode', async () => {
    const repo = tempRepo();
    for (const name of ['a.txt', 'b.txt', 'c.txt']) repo.write(name, `${name}\nkey=${OLD}\n`);
    repo.commit('Base');
    repo.git('mv', 'a.txt', 'moved.txt');
    repo.write('copy.txt', `b.txt\nkey=${OLD}\n`);
    repo.git('add', '-A');
    repo.git('update-index', '--chmod=+x', 'c.txt');
    repo.git('commit', '-q', '-m', 'Shuffle');

    const scanned = await scan(repo.path, { diff: { base: 'HEAD~1', head: 'HEAD' } });

    assert.deepEqual(scanned.sightings, []);
    assert.equal(rowOf(scanned, 'work-tree')?.seen, 1);
  });

  it('says what to fetch when a shallow clone ends before the base', async () => {
    const repo = tempRepo();
    for (const name of ['a', 'b', 'c']) {
      repo.write(`${name}.txt`, `${name}\n`);
      repo.commit(name);
    }
    const base = git(repo.path, ['rev-parse', 'HEAD~2']).toString().trim();
    const shallow = join(tempDir(), 'shallow');
    git(tempDir(), ['clone', '-q', '--depth=1', `file://${repo.path}`, shallow]);

    for (const [name, command] of [
      [base, `git fetch --depth=200 origin ${base}`],
      ['origin/next', 'git fetch --depth=200 origin next'],
      // A remote knows neither.
      ['HEAD~2', 'git fetch --deepen=200 origin'],
      [base.slice(0, 8), 'git fetch --deepen=200 origin'],
    ] as const) {
      await assert.rejects(scan(shallow, { diff: { base: name, head: 'HEAD' } }), (error: Error & { hint?: string }) => {
        assert.match(error.message, /has no commit, branch or tag .*: it is a shallow clone$/);
        assert.match(error.hint ?? '', /`git fetch --unshallow origin`/);
        assert(error.hint?.includes(`\`${command}\``), error.hint);
        return true;
      });
    }
  });

  it('says that a partial clone lacks what the change is compared with', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'one\n');
    repo.commit('Base');
    repo.write('a.txt', 'two\n');
    repo.commit('Change');
    repo.git('config', 'uploadpack.allowFilter', 'true');
    const partial = join(tempDir(), 'partial');
    git(tempDir(), ['clone', '-q', '--no-checkout', '--filter=blob:none', `file://${repo.path}`, partial]);

    await assert.rejects(scan(partial, { diff: { base: 'HEAD~1', head: 'HEAD' } }), { code: 'OBJECTS_MISSING' });
  });

  it('says of which commits a shallow clone cannot tell what they brought', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'one\n');
    repo.commit('Base');
    repo.git('checkout', '-q', '-b', 'feature');
    repo.write('b.txt', `key=${OLD}\n`);
    repo.commit('Cut here');
    repo.write('c.txt', 'clean\n');
    repo.commit('Feature');
    const shallow = join(tempDir(), 'shallow');
    git(tempDir(), ['clone', '-q', '--depth=2', '-b', 'feature', `file://${repo.path}`, shallow]);
    git(shallow, ['fetch', '-q', '--depth=1', 'origin', 'main:refs/remotes/origin/main']);

    const scanned = await scan(shallow, { diff: { base: 'origin/main', head: 'HEAD' } });

    assert.deepEqual(places(scanned.sightings), ['b.txt:1 work-tree']);
    assert.equal(rowOf(scanned, 'history')?.outcome, 'partial');
    assert.match(rowOf(scanned, 'history')?.why ?? '', /what 1 commit brought cannot be told in this shallow clone/);
    await assert.rejects(scan(shallow, { diff: { base: 'origin/main', head: 'HEAD', fromFork: true } }), /no common commit/);
  });

  it('does not tell what a rename carries along', async () => {
    const repo = tempRepo();
    repo.write('old.txt', `${'filler\n'.repeat(20)}key=${OLD}\n`);
    repo.commit('Base');
    repo.git('mv', 'old.txt', 'new.txt');
    repo.write('new.txt', `${'filler\n'.repeat(20)}key=${OLD}\nkey=${NEW}\n`);
    repo.commit('Rename and add');

    const { sightings } = await scan(repo.path, { diff: { base: 'HEAD~1', head: 'HEAD' } });

    assert.deepEqual(places(sightings), ['new.txt:22 work-tree']);
  });

  it('has claimed files read by their scanner, keeps their facts and only new sightings', async () => {
    const repo = tempRepo();
    repo.write('a.bean', `key=${OLD}\n`);
    repo.commit('Base');
    repo.write('a.bean', `key=${OLD}\nkey=${NEW}\n`);
    repo.commit('Add');

    const { all, sightings } = await scan(repo.path, { diff: { base: 'HEAD~1', head: 'HEAD' } }, { scanners: [BEANS] });

    assert.deepEqual(places(sightings), ['a.bean:2 notebook']);
    assert.equal(all.filter(({ kind }) => kind === 'person').length, 1);
  });

  it('finds lines of UTF-16 and of files without a last line break', async () => {
    const repo = tempRepo();
    repo.write('a.ps1', Buffer.from('\uFEFFone\r\ntwo\r\n', 'utf16le'));
    repo.write('b.txt', `key=${OLD}`);
    repo.commit('Base');
    repo.write('a.ps1', Buffer.from(`\uFEFFone\r\ntwo\r\n$key="${NEW}"\r\n`, 'utf16le'));
    repo.write('b.txt', `key=${OLD}\nmore`);
    repo.commit('Add');

    const { sightings } = await scan(repo.path, { diff: { base: 'HEAD~1', head: 'HEAD' } });

    // The old last line got a line break, so git counts it as changed: told, for want of proof that it is not.
    assert.deepEqual(places(sightings), ['a.ps1:3 work-tree', 'b.txt:1 work-tree']);
  });

  it('skips deleted files, symlinks and excluded paths', async () => {
    const repo = tempRepo();
    repo.write('gone.txt', OLD);
    repo.commit('Base');
    repo.remove('gone.txt');
    repo.git('config', 'core.symlinks', 'true');
    repo.write('vendor/a.txt', NEW);
    git(repo.path, ['update-index', '--add', '--cacheinfo', `120000,${hashOf(repo.path, NEW)},link`]);
    repo.git('add', '-A', 'vendor', 'gone.txt');
    repo.git('commit', '-q', '-m', 'Change');

    const scanned = await scan(repo.path, { diff: { base: 'HEAD~1', head: 'HEAD' }, exclude: ['vendor/'] });

    assert.deepEqual(scanned.sightings, []);
    assert.deepEqual(rowOf(scanned, 'work-tree')?.detail, { skipped: { symlinks: 1 } });
    assert.equal(rowOf(scanned, 'work-tree')?.why, 'left out on purpose: 1 file matches --exclude vendor/');
  });

  it('is not led astray by names and contents that look like a patch', async () => {
    const repo = tempRepo();
    const name = 'x\n@@ -1 +1,99 @@\nindex 1..2';
    repo.write(name, `key=${OLD}\nend\n`);
    repo.write('b.txt', `key=${OLD}\nend\n`);
    repo.commit('Base');
    repo.write(name, `key=${OLD}\nend\n@@ -1 +1,99 @@\n`);
    repo.write('b.txt', `key=${OLD}\nend\n++ b/x\n@@ -0,0 +1,99 @@\ndiff --git a/x b/x\n`);
    repo.commit('Change');

    const { sightings } = await scan(repo.path, { diff: { base: 'HEAD~1', head: 'HEAD' } });

    assert.deepEqual(sightings, []);
  });

  it('reads what the work tree has changed since a commit, staged or not', async () => {
    const repo = tempRepo();
    for (const name of ['edited.txt', 'staged.txt', 'gone.txt']) repo.write(name, `key=${OLD}\n`);
    repo.commit('Base');
    repo.write('later.txt', 'one\n');
    repo.commit('Later');
    repo.write('staged.txt', `key=${OLD}\nkey=${NEW}\n`);
    repo.write('gone.txt', `key=${OLD}\nkey=${NEW}\n`);
    repo.git('add', '-A');
    repo.write('edited.txt', `more\nkey=${OLD}\nand more\nkey=${NEW}\n`);
    repo.write('untracked.txt', `key=${NEW}\n`);
    repo.remove('gone.txt');

    const scanned = await scan(repo.path, { diff: { base: 'HEAD~1', head: '' } });

    assert.deepEqual(places(scanned.sightings), ['edited.txt:4 work-tree', 'staged.txt:2 work-tree']);
    assert.match(rowOf(scanned, 'work-tree')?.subject ?? '', / changes since HEAD~1$/);
    assert.equal(rowOf(scanned, 'work-tree')?.read, 3);
  });

  it('finds what the commits since brought and the work tree has no more', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'one\n');
    repo.commit('Base');
    repo.write('a.txt', `one\nkey=${NEW}\n`);
    const brought = repo.commit('Add a key');
    repo.write('a.txt', 'one\ntwo\n');

    const { sightings } = await scan(repo.path, { diff: { base: 'HEAD~1', head: '' } });

    assert.deepEqual(
      sightings.map(({ place, at }) => [place, at?.commit]),
      [['history', brought]],
    );
  });

  it('compares two ends without a common commit as they are, and refuses to look for their fork', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean\n');
    repo.commit('Base');
    repo.git('checkout', '-q', '--orphan', 'other');
    repo.write('b.txt', NEW);
    repo.commit('Unrelated');

    const scanned = await scan(repo.path, { diff: { base: 'main', head: 'other' } });

    assert.deepEqual(places(scanned.sightings), ['b.txt:1 work-tree']);
    await assert.rejects(scan(repo.path, { diff: { base: 'main', head: 'other', fromFork: true } }), /no common commit/);
  });

  it('works in a bare repository', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean\n');
    repo.commit('Base');
    repo.write('a.txt', `clean\n${NEW}\n`);
    repo.commit('Add');
    const bare = join(tempDir(), 'shop.git');
    git(tempDir(), ['clone', '-q', '--bare', repo.path, bare]);

    const { sightings } = await scan(bare, { diff: { base: 'HEAD~1', head: 'HEAD' } });

    assert.deepEqual(places(sightings), ['a.txt:2 work-tree']);
  });

  it('refuses refs that are not there, and directories that are no repository', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean\n');
    repo.commit('Base');

    await assert.rejects(scan(repo.path, { diff: { base: 'mian', head: 'HEAD' } }), {
      name: 'ConfigError',
      code: 'REF_UNKNOWN',
      hint: 'Did you mean main?',
    });
    await assert.rejects(scan(tempDir(), { diff: { base: 'main', head: 'HEAD' } }), {
      name: 'ConfigError',
      code: 'NOT_A_REPOSITORY',
    });
  });
});

describe('repository scanner: --staged', () => {
  it('reads the index, not the file', async () => {
    const repo = tempRepo();
    repo.write('a.txt', `key=${OLD}\n`);
    repo.write('b.txt', 'clean\n');
    repo.commit('Base');
    repo.write('a.txt', `key=${OLD}\nkey=${NEW}\n`);
    repo.git('add', 'a.txt');
    repo.write('a.txt', 'cleaned after staging\n');
    repo.write('b.txt', `not staged ${NEW}\n`);

    const scanned = await scan(repo.path, { staged: true });

    assert.deepEqual(places(scanned.sightings), ['a.txt:2 work-tree']);
    assert.equal(rowOf(scanned, 'work-tree')?.seen, 1);
  });

  it('reads what is staged before the first commit', async () => {
    for (const format of ['sha1', 'sha256']) {
      const repo = tempRepo([`--object-format=${format}`]);
      repo.write('a.txt', NEW);
      repo.git('add', 'a.txt');

      const { sightings } = await scan(repo.path, { staged: true });

      assert.deepEqual(places(sightings), ['a.txt:1 work-tree']);
    }
  });

  it('reads the index that a hook of `git commit -a` or `git commit FILE` is told of', async () => {
    for (const args of [['-a'], ['a.txt']]) {
      const repo = tempRepo();
      repo.write('a.txt', 'clean\n');
      repo.commit('Base');
      repo.write('a.txt', `key=${NEW}\n`);
      // Keeps the index that the hook is given, and its name, then refuses the commit.
      const hook = '#!/bin/sh\necho "$GIT_INDEX_FILE" > .git/told\ncp "$GIT_INDEX_FILE" .git/kept\nexit 1\n';
      writeFile(repo.path, '.git/hooks/pre-commit', hook);
      chmodSync(join(repo.path, '.git/hooks/pre-commit'), 0o755);
      assert.throws(() => repo.git('commit', '-q', '-m', 'Change', ...args));
      const told = readFileSync(join(repo.path, '.git/told'), 'utf8').trim();
      renameSync(join(repo.path, '.git/kept'), resolve(repo.path, told));

      const without = await scan(repo.path, { staged: true });
      const within = await scan(repo.path, { staged: true }, { env: { GIT_INDEX_FILE: told } });
      const elsewhere = await scan(repo.path, { staged: true }, { env: { GIT_INDEX_FILE: join(tempRepo().path, '.git/index') } });

      assert.deepEqual(places(without.sightings), []);
      assert.deepEqual(places(within.sightings), ['a.txt:1 work-tree']);
      assert.deepEqual(places(elsewhere.sightings), []);
    }
  });

  it('says that unmerged files were left out', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'base\n');
    repo.commit('Base');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('a.txt', 'side\n');
    repo.commit('Side');
    repo.git('checkout', '-q', 'main');
    repo.write('a.txt', 'main\n');
    repo.commit('Main');
    assert.throws(() => repo.git('merge', '-q', 'side'));

    const scanned = await scan(repo.path, { staged: true });

    assert.equal(rowOf(scanned, 'work-tree')?.outcome, 'partial');
    assert.match(rowOf(scanned, 'work-tree')?.why ?? '', /unmerged files \(a\.txt\)/);
  });

  it('reads nothing when nothing is staged', async () => {
    const repo = tempRepo();
    repo.write('a.txt', OLD);
    repo.commit('Base');

    const scanned = await scan(repo.path, { staged: true });

    assert.deepEqual(scanned.sightings, []);
    assert.equal(rowOf(scanned, 'work-tree')?.seen, 0);
  });
});

function hashOf(path: string, content: string): string {
  writeFile(path, '.git/blob', content);
  return git(path, ['hash-object', '-w', '.git/blob']).toString().trim();
}
