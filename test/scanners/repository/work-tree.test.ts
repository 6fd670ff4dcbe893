import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../../scanners/repository/index.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';
import { openTempRepo, tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';
import { places, rowOf, scan } from './helpers.ts';

const TOKEN = fakeToken('harbour1');

describe('repository scanner: work tree', () => {
  it('reads tracked, modified and untracked files, but not ignored ones', async () => {
    const repo = tempRepo();
    repo.write('.gitignore', '*.log\n');
    repo.write('tracked.txt', `one\nkey=${TOKEN}\n`);
    repo.write('changed.txt', 'clean\n');
    repo.commit('Add files');
    repo.write('changed.txt', `key=${TOKEN}\n`);
    repo.write('new.txt', `\n\n${TOKEN}`);
    repo.write('debug.log', TOKEN);

    const { sightings, coverage } = await scan(repo.path, { history: false });

    assert.deepEqual(places(sightings), ['changed.txt:1 work-tree', 'new.txt:3 work-tree', 'tracked.txt:2 work-tree']);
    assert.ok(sightings.every(({ at }) => at?.atHead === true));
    assert.deepEqual(
      coverage.map(({ surface, outcome, seen, read }) => ({ surface, outcome, seen, read })),
      [{ surface: 'work-tree', outcome: 'complete', seen: 4, read: 4 }],
    );
  });

  it('reads a plain directory', async () => {
    const root = tempDir();
    writeFile(root, 'deploy/prod/settings.ini', `key=${TOKEN}\n`);
    writeFile(root, 'node_modules/roast/index.js', TOKEN);

    const { sightings, coverage } = await scan(root);

    assert.deepEqual(places(sightings), ['deploy/prod/settings.ini:1 work-tree', 'node_modules/roast/index.js:1 work-tree']);
    assert.equal(sightings[0]?.environment, 'prod');
    assert.deepEqual(
      coverage.map(({ surface, detail }) => [surface, detail?.isPlain]),
      [['work-tree', true]],
      'it is no repository, and says so',
    );
  });

  it('says that a file is CI configuration', async () => {
    const root = tempDir();
    writeFile(root, '.github/workflows/deploy.yml', TOKEN);
    writeFile(root, '.gitlab-ci.yml', TOKEN);
    writeFile(root, 'docs/workflows/deploy.yml', TOKEN);

    const { sightings } = await scan(root);

    assert.deepEqual(places(sightings), [
      '.github/workflows/deploy.yml:1 ci',
      '.gitlab-ci.yml:1 ci',
      'docs/workflows/deploy.yml:1 work-tree',
    ]);
  });

  it('names the repository by its remote, without the credentials in it', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Add a');
    repo.git('remote', 'add', 'origin', `https://bot:${fakeToken('remote01')}@git.example/harbour/shop.git`);

    const { sightings, all } = await scan(repo.path, { history: false });

    const remote = sightings.find(({ place }) => place === 'file');
    assert.equal(sightings.find(({ place }) => place === 'work-tree')?.at?.repository, 'harbour/shop');
    assert.equal(remote?.at?.path, '.git/config');
    assert.equal(remote?.at?.line, 7);
    assert.ok(!JSON.stringify(all).includes('remote01'));
  });

  it('reports a password in a remote that no detector knows', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean');
    repo.commit('Add a');
    repo.git('remote', 'add', 'origin', 'https://bot:espresso-7@git.example/harbour/shop.git');
    repo.git('remote', 'add', 'mirror', 'https://ada@git.example/harbour/shop.git');

    const { sightings, all } = await scan(repo.path);

    assert.deepEqual(
      sightings.map(({ detector, at }) => ({ detector, line: at?.line, column: at?.column })),
      [{ detector: 'git-remote-password', line: 7, column: 20 }],
    );
    assert.ok(!JSON.stringify(all).includes('espresso'));
  });

  it('leaves out what the user excludes', async () => {
    const repo = tempRepo();
    for (const path of ['src/a.txt', 'vendor/b.txt', 'src/c.snap']) repo.write(path, TOKEN);
    repo.commit('Add files');

    const { sightings, coverage } = await scan(repo.path, { exclude: ['vendor/', '*.snap'] });

    assert.deepEqual(places(sightings), ['src/a.txt:1 work-tree']);
    const row = coverage.find(({ surface }) => surface === 'work-tree');
    assert.deepEqual([row?.outcome, row?.seen, row?.read, row?.skipped], ['partial', 3, 1, 2]);
    assert.equal(row?.why, 'left out on purpose: 2 files match --exclude vendor/, *.snap');
  });

  it('reads only the directory that was named, with paths from the top of the repository', async () => {
    const repo = tempRepo();
    repo.write('services/shop/a.txt', TOKEN);
    repo.write('services/roast/b.txt', TOKEN);
    repo.commit('Add services');

    const { sightings } = await scan(join(repo.path, 'services/shop'));

    assert.deepEqual(places(sightings), ['services/shop/a.txt:1 work-tree']);
  });

  it('reads an ignored directory that was named', async () => {
    const repo = tempRepo();
    repo.write('.gitignore', 'exports/\n');
    repo.write('exports/users.txt', TOKEN);
    repo.commit('Ignore exports');

    const { sightings } = await scan(join(repo.path, 'exports'));

    assert.deepEqual(places(sightings), ['users.txt:1 work-tree']);
  });

  it('tells repositories of one name apart by where they lie, in the work tree and in the past', async () => {
    const root = tempDir();
    for (const name of ['team-a/shop', 'team-b/shop', 'shop']) {
      mkdirSync(join(root, name), { recursive: true });
      const repo = tempRepo([], join(root, name));
      repo.write('old.txt', TOKEN);
      repo.commit('Add token');
      repo.remove('old.txt');
      repo.write('new.txt', `moved: ${TOKEN}`);
      repo.commit('Move it');
    }

    const { sightings, coverage } = await scan(root);

    const names = [
      { repository: 'shop', directory: 'shop' },
      { repository: 'shop (team-a)', directory: 'team-a/shop' },
      { repository: 'shop (team-b)', directory: 'team-b/shop' },
    ];
    for (const path of ['new.txt', 'old.txt']) {
      const there = sightings.flatMap(({ at }) => (at?.path === path ? [at] : []));
      assert.deepEqual(
        there
          .map(({ repository, directory }) => ({ repository, directory }))
          .sort((a, b) => (`${a.repository}` < `${b.repository}` ? -1 : 1)),
        names,
      );
    }
    const subjects = coverage.filter(({ surface }) => surface === 'history').map(({ subject }) => subject);
    assert.deepEqual(
      subjects.sort(),
      names.map(({ repository }) => repository),
    );
  });

  it('tells targets of one name apart, and what lies in them, by what the run calls them', async () => {
    const root = tempDir();
    for (const name of ['a/shop', 'a/shop/press']) {
      mkdirSync(join(root, name), { recursive: true });
      const repo = tempRepo([], join(root, name));
      repo.write('key.txt', TOKEN);
    }
    const path = join(root, 'a/shop');
    const context = testContext();

    const all = await collect(
      repository.scan({ kind: 'path', name: 'a/shop', path, isDirectory: true, label: 'a/shop' }, context),
    );

    assert.deepEqual(
      kinds(all, 'sighting').map(({ at }) => at?.repository),
      ['shop (a)', 'press (a/shop)'],
    );
  });

  it('reads every repository of a folder, and one cloned into a work tree', async () => {
    const root = tempDir();
    for (const name of ['shop', 'roast', 'shop/tools/press']) {
      mkdirSync(join(root, name), { recursive: true });
      const repo = tempRepo([], join(root, name));
      repo.write(`${name.replaceAll('/', '-')}.txt`, TOKEN);
      if (name !== 'shop') repo.commit('Add token');
    }

    const { sightings } = await scan(root);

    assert.deepEqual(sightings.map(({ at }) => `${at?.repository} ${at?.path}`).sort(), [
      'press (shop/tools) shop-tools-press.txt',
      'roast roast.txt',
      'shop shop.txt',
    ]);
  });

  it('says that submodules were not read', async () => {
    const library = tempRepo();
    library.write('lib.txt', TOKEN);
    library.commit('Add library');
    const repo = tempRepo();
    repo.git('submodule', 'add', '-q', library.path, 'libs/coffee');
    repo.commit('Add submodule');

    const scanned = await scan(repo.path, { history: false });

    const row = rowOf(scanned, 'work-tree');
    assert.deepEqual(scanned.sightings, []);
    assert.equal(row?.outcome, 'partial');
    assert.equal(row?.why, '1 submodules are not read: name them as targets of their own (libs/coffee)');
    assert.equal(row?.skipped, 1);
  });

  it('follows no symlink and opens no FIFO', async () => {
    const outside = tempDir();
    writeFile(outside, 'private.txt', TOKEN);
    const repo = tempRepo();
    repo.write('real/a.txt', 'clean');
    repo.write('moved/private.txt', 'clean');
    repo.commit('Add files');
    symlinkSync('..', join(repo.path, 'real/loop'));
    symlinkSync(join(outside, 'private.txt'), join(repo.path, 'link.txt'));
    // NOT OK to follow: a tracked directory that became a symlink to elsewhere.
    repo.remove('moved');
    symlinkSync(outside, join(repo.path, 'moved'));
    execFileSync('mkfifo', [join(repo.path, 'pipe')]);

    const scanned = await scan(repo.path, { history: false });

    assert.deepEqual(scanned.sightings, []);
    assert.equal(rowOf(scanned, 'work-tree')?.outcome, 'complete');
    assert.equal(rowOf(scanned, 'work-tree')?.read, 1);
  });

  it('says that a tracked file has become a directory, and reads what is in it', async () => {
    const repo = tempRepo();
    repo.write('menu', 'clean');
    repo.commit('Add menu');
    repo.remove('menu');
    repo.write('menu/drinks.txt', TOKEN);

    const scanned = await scan(repo.path, { history: false });

    assert.deepEqual(places(scanned.sightings), ['menu/drinks.txt:1 work-tree']);
    assert.equal(rowOf(scanned, 'work-tree')?.failed, 1);
    assert.match(rowOf(scanned, 'work-tree')?.why ?? '', /tracked as files are directories \(menu\)/);
  });

  it('counts files that vanish between listing and reading', async () => {
    const root = tempDir();
    for (const name of ['a.txt', 'b.txt', 'c.txt', 'd.txt', 'e.txt']) writeFile(root, name, TOKEN);
    const scanned = await scan(
      root,
      {},
      {
        bulk: {
          async *files(_root, paths) {
            for (const key of paths) yield { key, outcome: 'failed' as const, why: 'no longer there', bytes: 0, matches: [] };
          },
        },
      },
    );

    assert.equal(rowOf(scanned, 'work-tree')?.outcome, 'partial');
    assert.equal(rowOf(scanned, 'work-tree')?.why, '5 no longer there (a.txt, b.txt, c.txt and 2 more)');
  });

  it('finds a token in UTF-16', async () => {
    const repo = tempRepo();
    repo.write('run.ps1', Buffer.from(`\uFEFF# brew\r\n$env:KEY = "${TOKEN}"\r\n`, 'utf16le'));
    repo.commit('Add script');

    const { sightings } = await scan(repo.path);

    assert.deepEqual(places(sightings), ['run.ps1:2 work-tree']);
  });

  it('finds a token at the end of one line of 10 MB', async () => {
    const root = tempDir();
    writeFile(root, 'bundle.js', `${'x = 1; '.repeat(1_500_000)}"${TOKEN}"`);

    const { sightings } = await scan(root);

    assert.equal(sightings[0]?.at?.line, 1);
    assert.equal(sightings[0]?.at?.column, 10_500_002);
  });

  it('copes with names of blanks, quotes, line breaks and other alphabets', async () => {
    const names = [
      'with blank.txt',
      '"quoted".txt',
      'line\nbreak.txt',
      'tab\there.txt',
      'кофе.txt',
      ':colon.txt',
      '-dash.txt',
      '*.txt',
    ];
    const repo = tempRepo();
    for (const name of names) repo.write(name, TOKEN);
    repo.commit('Add odd names');
    repo.write('new\n100644 0000000000000000000000000000000000000000 0\tfake.txt', TOKEN);

    const { sightings } = await scan(repo.path);

    assert.deepEqual(
      sightings.map(({ at }) => at?.path).sort(),
      [...names, 'new\n100644 0000000000000000000000000000000000000000 0\tfake.txt'].sort(),
    );
    assert.equal(sightings.filter(({ at }) => at?.commit !== undefined).length, names.length);
  });

  it('reads a linked work tree', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean');
    repo.commit('Add a');
    const path = join(tempDir(), 'linked');
    repo.git('worktree', 'add', '-q', path, '-b', 'side');
    const linked = openTempRepo(path);
    linked.write('b.txt', TOKEN);
    const commit = linked.commit('Add token');

    const scanned = await scan(path);

    assert.deepEqual(places(scanned.sightings), ['b.txt:1 work-tree']);
    assert.equal(scanned.sightings[0]?.at?.commit, commit);
    assert.equal(rowOf(scanned, 'history')?.outcome, 'complete');
  });

  it('walks the directory when git cannot make sense of the repository', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Add a');
    repo.write('.git/config', '[core\nbroken');

    const scanned = await scan(repo.path);

    assert.deepEqual(places(scanned.sightings), ['a.txt:1 work-tree']);
    assert.equal(rowOf(scanned, 'history')?.outcome, 'unsupported');
    assert.match(rowOf(scanned, 'history')?.why ?? '', /git could not open the repository/);
  });

  it('walks the directory when the index is damaged', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Add a');
    repo.write('.git/index', 'not an index');

    const scanned = await scan(repo.path);

    assert.deepEqual(places(scanned.sightings), ['a.txt:1 work-tree']);
    assert.equal(rowOf(scanned, 'work-tree')?.outcome, 'partial');
    assert.match(rowOf(scanned, 'work-tree')?.why ?? '', /git could not list the files/);
  });

  it('is not fooled by a file that was changed and given back its size and time', async () => {
    const repo = tempRepo();
    repo.write('a.txt', `key=${TOKEN}`);
    repo.commit('Add token');
    const when = new Date('2026-01-05T09:00:00.000Z');
    utimesSync(join(repo.path, 'a.txt'), when, when);
    repo.git('update-index', '--refresh');
    repo.write('a.txt', `key=${TOKEN.replace(/./g, 'x')}`);
    utimesSync(join(repo.path, 'a.txt'), when, when);

    const { sightings } = await scan(repo.path);

    assert.deepEqual(places(sightings), ['a.txt:1 history']);
  });
});
