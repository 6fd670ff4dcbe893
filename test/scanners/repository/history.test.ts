import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defineFileScanner } from '../../../src/contracts/index.ts';
import { fakeToken, testContext } from '../../helpers/scan-context.ts';
import { git, openTempRepo, tempDir, tempRepo } from '../../helpers/temp-repo.ts';
import { places, rowOf, scan } from './helpers.ts';

const TOKEN = fakeToken('harbour1');

describe('repository scanner: history', () => {
  it('tells commit, author, date and path of a deleted credential', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean\n');
    repo.commit('Start');
    repo.write('config/prod.env', `# roastery\nKEY=${TOKEN}\n`);
    const commit = repo.commit('Add key', 'Grace Press <grace@harbour.example>');
    repo.remove('config/prod.env');
    repo.commit('Remove key');

    const scanned = await scan(repo.path);

    assert.equal(scanned.sightings.length, 1);
    assert.deepEqual(scanned.sightings[0]?.at, {
      repository: repo.path.split('/').at(-1),
      path: 'config/prod.env',
      line: 2,
      column: 5,
      endLine: 2,
      endColumn: 24,
      commit,
      author: 'Grace Press <grace@harbour.example>',
      date: '2026-01-05T10:00:00.000Z',
      atHead: false,
    });
    assert.equal(scanned.sightings[0]?.place, 'history');
    assert.equal(scanned.sightings[0]?.environment, 'prod');
    assert.equal(rowOf(scanned, 'history')?.outcome, 'complete');
  });

  it('tells a credential that many versions hold once, at the oldest', async () => {
    const repo = tempRepo();
    const commits: string[] = [];
    for (const version of [1, 2, 3, 4]) {
      repo.write('app.ini', `version=${version}\n${'\n'.repeat(version)}key=${TOKEN}\n`);
      commits.push(repo.commit(`Version ${version}`));
    }
    repo.write('app.ini', 'version=5\n');
    repo.commit('Remove key');

    const { sightings } = await scan(repo.path);

    assert.equal(sightings.length, 1);
    assert.equal(sightings[0]?.at?.commit, commits[0]);
    assert.equal(sightings[0]?.at?.line, 3);
    assert.equal(sightings[0]?.detail?.versions, 4);
  });

  it('gives a file of the work tree the commit that brought its credential', async () => {
    const repo = tempRepo();
    repo.write('app.ini', `key=${TOKEN}\n`);
    const first = repo.commit('Add key');
    repo.write('app.ini', `key=${TOKEN}\nmore=1\n`);
    repo.commit('Add more');
    repo.write('app.ini', `\nkey=${TOKEN}\nmore=2\n`);

    const { sightings } = await scan(repo.path);

    assert.deepEqual(places(sightings), ['app.ini:2 work-tree']);
    assert.equal(sightings[0]?.at?.commit, first);
    assert.equal(sightings[0]?.at?.atHead, true);
    assert.equal(sightings[0]?.detail?.versions, 3);
  });

  it('keeps the places of a renamed file together', async () => {
    const repo = tempRepo();
    repo.write('old.txt', TOKEN);
    const commit = repo.commit('Add key');
    repo.git('mv', 'old.txt', 'new.txt');
    repo.commit('Rename');
    repo.write('new.txt', 'clean');
    repo.commit('Clean');

    const { sightings } = await scan(repo.path);

    assert.deepEqual(places(sightings), ['old.txt:1 history']);
    assert.equal(sightings[0]?.at?.commit, commit);
    assert.deepEqual(sightings[0]?.detail?.paths, ['new.txt']);
  });

  it('finds what came into being in a merge', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'base\n');
    repo.commit('Base');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('b.txt', 'side\n');
    repo.commit('Side');
    repo.git('checkout', '-q', 'main');
    repo.write('c.txt', 'main\n');
    repo.commit('Main');
    repo.git('merge', '-q', '--no-commit', '--no-ff', 'side');
    repo.write('d.txt', TOKEN);
    const merge = repo.commit('Merge with a surprise');
    repo.remove('d.txt');
    repo.commit('Remove');

    const { sightings } = await scan(repo.path);

    assert.deepEqual(places(sightings), ['d.txt:1 history']);
    assert.equal(sightings[0]?.at?.commit, merge);
  });

  it('goes by topology, not by dates', async () => {
    const repo = tempRepo();
    repo.write('a.txt', `${TOKEN}\n`);
    git(repo.path, ['add', '-A']);
    git(repo.path, ['commit', '-q', '-m', 'From the future'], {
      GIT_AUTHOR_DATE: '2039-01-01T00:00:00Z',
      GIT_COMMITTER_DATE: '2039-01-01T00:00:00Z',
    });
    const first = repo.git('rev-parse', 'HEAD');
    repo.write('a.txt', `${TOKEN}\nmore\n`);
    repo.commit('Dated before');

    const { sightings } = await scan(repo.path);

    assert.equal(sightings[0]?.at?.commit, first);
    assert.equal(sightings[0]?.at?.date, '2039-01-01T00:00:00.000Z');
  });

  it('finds what only a reflog, or nothing at all, still knows', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean');
    repo.commit('Start');
    repo.write('b.txt', TOKEN);
    const lost = repo.commit('Add key');
    repo.git('reset', '-q', '--hard', 'HEAD~1');
    repo.write('c.txt', fakeToken('dangling'));
    repo.git('add', 'c.txt');
    repo.git('rm', '-q', '-f', 'c.txt');

    const { sightings } = await scan(repo.path);

    const [byNone, byReflog] = sightings.toSorted((a, b) => (a.at?.path ?? '').localeCompare(b.at?.path ?? ''));
    assert.equal(byReflog?.at?.commit, lost);
    assert.equal(byReflog?.detail?.unreachable, true);
    assert.match(byNone?.at?.pointer ?? '', /^object [0-9a-f]{40}$/);
    assert.equal(byNone?.at?.path, undefined);
    assert.equal(byNone?.detail?.unreachable, true);
  });

  it('reads a bare repository, and says what HEAD still holds', async () => {
    const repo = tempRepo();
    repo.write('still.txt', TOKEN);
    repo.write('gone.txt', fakeToken('harbour2'));
    repo.commit('Add both');
    repo.remove('gone.txt');
    repo.commit('Remove one');
    const bare = join(tempDir(), 'shop.git');
    git(tempDir(), ['clone', '-q', '--bare', repo.path, bare]);

    const { sightings, coverage } = await scan(bare);

    assert.deepEqual(sightings.map(({ at }) => `${at?.repository} ${at?.path} ${at?.atHead}`).sort(), [
      'shop gone.txt false',
      'shop still.txt true',
    ]);
    assert.deepEqual(
      coverage.map(({ surface }) => surface),
      ['history'],
    );
  });

  it('reads a folder of work trees around a bare repository once', async () => {
    const source = tempRepo();
    source.write('a.txt', 'clean');
    source.commit('Start');
    source.write('a.txt', TOKEN);
    source.commit('Add key');
    source.write('a.txt', 'clean again');
    source.commit('Remove key');
    const root = tempDir();
    git(root, ['clone', '-q', '--bare', source.path, '.bare']);
    openTempRepo(root).write('.git', 'gitdir: ./.bare\n');
    git(root, ['worktree', 'add', '-q', 'main', 'main']);

    const { sightings, coverage } = await scan(root);

    assert.deepEqual(places(sightings), ['a.txt:1 history']);
    assert.deepEqual(
      coverage.map(({ surface }) => surface).filter((surface) => surface === 'history'),
      ['history'],
    );
  });

  it('reads an empty repository', async () => {
    const scanned = await scan(tempRepo().path);

    assert.deepEqual(scanned.sightings, []);
    assert.deepEqual(
      scanned.coverage.map(({ surface, outcome, seen }) => ({ surface, outcome, seen })),
      [
        { surface: 'work-tree', outcome: 'complete', seen: 0 },
        { surface: 'history', outcome: 'complete', seen: 0 },
      ],
    );
  });

  it('reads a SHA-256 repository', async () => {
    const repo = tempRepo(['--object-format=sha256']);
    repo.write('a.txt', TOKEN);
    const commit = repo.commit('Add key');
    repo.write('a.txt', 'clean');
    repo.commit('Remove key');

    const { sightings } = await scan(repo.path);

    assert.equal(sightings[0]?.at?.commit, commit);
    assert.equal(commit.length, 64);
  });

  it('says that a clone is shallow', async () => {
    const repo = tempRepo();
    for (const text of [TOKEN, 'clean', 'cleaner']) {
      repo.write('a.txt', text);
      repo.commit(`Write ${text.length}`);
    }
    const path = join(tempDir(), 'shallow');
    git(tempDir(), ['clone', '-q', '--depth', '1', `file://${repo.path}`, path]);

    const scanned = await scan(path);

    assert.deepEqual(scanned.sightings, []);
    assert.equal(rowOf(scanned, 'history')?.outcome, 'partial');
    assert.match(
      rowOf(scanned, 'history')?.why ?? '',
      /this is a shallow clone: what came before its oldest commit is not in it/,
    );
  });

  it('counts missing objects', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'lost for ever');
    repo.commit('Add a');
    const id = repo.git('rev-parse', 'HEAD:a.txt');
    repo.write('a.txt', 'clean');
    repo.write('b.txt', TOKEN);
    repo.commit('Add b');
    rmSync(join(repo.path, '.git/objects', id.slice(0, 2), id.slice(2)));

    const scanned = await scan(repo.path);

    const row = rowOf(scanned, 'history');
    assert.deepEqual(places(scanned.sightings), ['b.txt:1 work-tree']);
    assert.equal(row?.outcome, 'partial');
    assert.equal(row?.failed, 1);
    assert.match(row?.why ?? '', /^1 blobs that commits name are missing/);
  });

  it('reads on behind a corrupt object', async () => {
    const repo = tempRepo();
    for (const name of ['a', 'b', 'c', 'd']) {
      repo.write(`${name}.txt`, name === 'b' ? 'will be damaged' : fakeToken(`harbour${name}`));
    }
    repo.commit('Add files');
    const id = repo.git('rev-parse', 'HEAD:b.txt');
    for (const name of ['a', 'b', 'c', 'd']) repo.remove(`${name}.txt`);
    repo.commit('Remove files');
    const file = join(repo.path, '.git/objects', id.slice(0, 2), id.slice(2));
    rmSync(file, { force: true });
    repo.write(`.git/objects/${id.slice(0, 2)}/${id.slice(2)}`, 'not zlib');

    const scanned = await scan(repo.path);

    const row = rowOf(scanned, 'history');
    assert.deepEqual(places(scanned.sightings), ['a.txt:1 history', 'c.txt:1 history', 'd.txt:1 history']);
    assert.equal(row?.outcome, 'partial');
    assert.ok((row?.failed ?? 0) >= 1);
  });

  it('says that commits could not be walked when a tree is missing', async () => {
    const repo = tempRepo();
    repo.write('in/a.txt', TOKEN);
    repo.commit('Add a');
    const tree = repo.git('rev-parse', 'HEAD:in');
    repo.remove('in');
    repo.commit('Remove a');
    rmSync(join(repo.path, '.git/objects', tree.slice(0, 2), tree.slice(2)));

    const scanned = await scan(repo.path);

    assert.equal(scanned.sightings.length, 1);
    assert.match(rowOf(scanned, 'history')?.why ?? '', /could not be walked to the end/);
  });

  it('does not take what a shared object store holds of others for its own', async () => {
    const other = tempRepo();
    other.write('private.txt', TOKEN);
    other.commit('Add key');
    const repo = tempRepo();
    repo.write('a.txt', fakeToken('harbour2'));
    repo.commit('Add own key');
    repo.write('a.txt', 'clean');
    repo.commit('Remove key');
    repo.write('.git/objects/info/alternates', `${other.path}/.git/objects\n`);

    const { sightings } = await scan(repo.path);

    assert.deepEqual(places(sightings), ['a.txt:1 history']);
  });

  it('reads only what commits since a ref or a date brought', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Old key');
    repo.write('a.txt', 'clean');
    repo.commit('Remove it');
    repo.git('tag', 'v1');
    repo.write('b.txt', fakeToken('harbour2'));
    repo.commit('New key');
    repo.write('b.txt', 'clean');
    repo.commit('Remove it too');

    const byRef = await scan(repo.path, { since: 'v1' });
    const byDate = await scan(repo.path, { since: '2026-01-05T10:30:00Z' });

    assert.deepEqual(places(byRef.sightings), ['b.txt:1 history']);
    assert.deepEqual(places(byDate.sightings), ['b.txt:1 history']);
  });

  it('offers the nearest branch for a ref that is not there', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean');
    repo.commit('Start');
    repo.git('branch', 'release-2026');

    await assert.rejects(scan(repo.path, { since: 'relaese-2026' }), {
      code: 'REF_UNKNOWN',
      hint: /Did you mean release-2026\?/,
    });
    await assert.rejects(scan(repo.path, { since: '--output=x' }), { code: 'REF_UNKNOWN' });
  });

  it('reads all of a repository met on the way that does not have the ref', async () => {
    const root = tempDir();
    for (const name of ['shop', 'roast']) {
      const repo = tempRepo([], made(join(root, name)));
      repo.write(`${name}.txt`, fakeToken('harbour1'));
      repo.commit('Old key');
      repo.remove(`${name}.txt`);
      repo.commit('Remove it');
      if (name === 'shop') repo.git('tag', 'v1');
    }

    const { sightings, coverage } = await scan(root, { since: 'v1' });

    assert.deepEqual(places(sightings), ['roast.txt:1 history']);
    const row = coverage.find(({ surface, subject }) => surface === 'history' && subject === 'roast');
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /its whole history was read/);
  });

  it('reads a repository without a configuration file', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Key');
    repo.remove('.git/config');

    const scanned = await scan(join(repo.path, '.git'));

    assert.deepEqual(places(scanned.sightings), ['a.txt:1 history']);
  });

  it('drops what was only ever at excluded paths, and keeps what was elsewhere too', async () => {
    const repo = tempRepo();
    repo.write('test/fixtures/a.txt', TOKEN);
    repo.write('test/fixtures/b.txt', fakeToken('harbour2'));
    repo.commit('Add fixtures');
    repo.write('src/b.txt', fakeToken('harbour2'));
    repo.commit('Copy one');
    repo.remove('src');
    repo.remove('test');
    repo.commit('Remove all');

    const { sightings } = await scan(repo.path, { exclude: ['fixtures/'] });

    assert.deepEqual(places(sightings), ['src/b.txt:1 history']);
  });

  it('limits the history to the directory that was named', async () => {
    const repo = tempRepo();
    repo.write('services/shop/a.txt', TOKEN);
    repo.write('services/roast/b.txt', fakeToken('harbour2'));
    repo.commit('Add keys');
    repo.write('services/shop/a.txt', 'clean');
    repo.write('services/roast/b.txt', 'clean');
    repo.commit('Remove keys');

    const { sightings } = await scan(join(repo.path, 'services/shop'));

    assert.deepEqual(places(sightings), ['services/shop/a.txt:1 history']);
  });

  it('has owned files of the past read by their scanner, and drops their raw matches', async () => {
    const recipe = defineFileScanner({
      id: 'recipe',
      title: 'Recipes',
      emits: ['sighting'],
      surfaces: ['notebook'],
      version: 1,
      content: 'own',
      recognises: (file) => file.path.endsWith('.txt') && file.head().startsWith('recipe'),
      *scan(file, context) {
        for (const match of context.detect(file.bytes)) {
          yield context.sighting(match, { ...file.at, cell: 7 }, 'notebook');
          yield { kind: 'person', email: 'old@harbour.example' };
        }
      },
    });
    const repo = tempRepo();
    repo.write('a.txt', `recipe\n${TOKEN}`);
    repo.write('b.txt', `plain\n${TOKEN}`);
    const commit = repo.commit('Add both');
    repo.write('a.txt', `recipe\n${TOKEN}\nmore`);
    repo.commit('Change');
    repo.remove('a.txt');
    repo.remove('b.txt');
    repo.commit('Remove both');

    const { all, sightings } = await scan(repo.path, {}, { scanners: [recipe] });

    assert.deepEqual(places(sightings), ['a.txt:2 history', 'b.txt:2 history']);
    const owned = sightings.find(({ at }) => at?.path === 'a.txt');
    assert.equal(owned?.at?.cell, 7);
    assert.equal(owned?.at?.commit, commit);
    assert.equal(owned?.detail?.versions, 2);
    assert.ok(!all.some(({ kind }) => kind === 'person'));
  });

  it('counts so that seen is read, skipped and failed together, whatever the history', async () => {
    for (const seed of [1, 2, 3]) {
      const repo = tempRepo();
      for (let step = 0; step < 12; step += 1) {
        const name = `f${(step * seed) % 5}.txt`;
        if (step % 4 === 3) repo.remove(name);
        else repo.write(name, `${step * seed} ${step % 3 === 0 ? TOKEN : ''}`);
        repo.commit(`Step ${step}`);
      }
      const blobs = new Set(
        repo
          .git('rev-list', '--objects', '--all', '--filter=object:type=blob', '--filter-provided-objects', '--no-object-names')
          .split('\n'),
      );

      const scanned = await scan(repo.path);

      for (const { seen, read, skipped, failed } of scanned.coverage) {
        assert.equal(seen, (read ?? 0) + (skipped ?? 0) + (failed ?? 0));
      }
      assert.equal(rowOf(scanned, 'history')?.seen, blobs.size);
    }
  });

  it('stops between items when it is told to', async () => {
    const repo = tempRepo();
    for (let index = 0; index < 20; index += 1) repo.write(`f${index}.txt`, `${index} ${TOKEN}`);
    repo.commit('Add files');
    for (let index = 0; index < 20; index += 1) repo.write(`f${index}.txt`, `${index}`);
    repo.commit('Take the tokens out');
    const abort = new AbortController();
    const { bulk } = testContext({ signal: abort.signal });
    const scanning = scan(
      repo.path,
      {},
      {
        signal: abort.signal,
        bulk: {
          async *blobs(repository, ids) {
            abort.abort();
            yield* bulk.blobs(repository, ids);
          },
        },
      },
    );

    await assert.rejects(scanning);
  });
});

function made(path: string): string {
  mkdirSync(path);
  return path;
}
