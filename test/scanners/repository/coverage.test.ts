import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { defineFileScanner } from '../../../src/contracts/index.ts';
import { fakeToken } from '../../helpers/scan-context.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';
import { places, rowOf, scan } from './helpers.ts';

const TOKEN = fakeToken('harbour1');

/** Reads `.bean` files alone, and `.leaf` files that are searched as well. */
const [BEANS, LEAVES] = (['own', 'shared'] as const).map((content) =>
  defineFileScanner({
    id: content === 'own' ? 'beans' : 'leaves',
    title: 'Beans or leaves',
    emits: ['sighting'],
    surfaces: ['notebook'],
    version: 1,
    content,
    recognises: (file) => file.path.endsWith(content === 'own' ? '.bean' : '.leaf'),
    *scan(file, context) {
      for (const match of context.detect(file.bytes)) yield context.sighting(match, { ...file.at, pointer: 'x' }, 'notebook');
    },
  }),
) as [ReturnType<typeof defineFileScanner>, ReturnType<typeof defineFileScanner>];

describe('repository scanner: what is left out on purpose', () => {
  it('counts excluded files of a work tree and of its history', async () => {
    const repo = tempRepo();
    for (const path of ['app/a.txt', 'app/deep/b.txt', 'c.txt']) repo.write(path, `${path} ${TOKEN}`);
    repo.commit('Add');
    repo.write('app/a.txt', 'changed');
    repo.write('app/new.txt', 'not tracked');
    repo.remove('app/deep/b.txt');
    repo.commit('Change');
    repo.write('app/other.txt', 'not tracked');

    const scanned = await scan(repo.path, { exclude: ['none/', '*.no', '*.other', 'app/'] });

    const files = rowOf(scanned, 'work-tree');
    const past = rowOf(scanned, 'history');
    assert.deepEqual(places(scanned.sightings), ['c.txt:1 work-tree']);
    assert.deepEqual([files?.outcome, files?.seen, files?.read, files?.skipped], ['partial', 4, 1, 3]);
    assert.equal(files?.why, 'left out on purpose: 3 files match --exclude app/');
    assert.deepEqual([past?.outcome, past?.seen, past?.read, past?.skipped], ['partial', 5, 1, 4]);
    assert.equal(past?.why, 'left out on purpose: 4 files match --exclude app/');
  });

  it('counts them in a plain directory, but not what is ignored', async () => {
    const root = tempDir();
    writeFile(root, '.gitignore', 'build/\n');
    for (const path of ['app/a.txt', 'app/in/b.txt', 'app/build/c.txt', 'd.txt']) writeFile(root, path, 'clean');
    writeFile(root, 'app/nested/e.txt', 'x');
    tempRepo([], join(root, 'app/nested'));

    const row = rowOf(await scan(root, { exclude: ['app/'] }), 'work-tree');

    assert.deepEqual([row?.outcome, row?.seen, row?.read, row?.skipped], ['partial', 5, 2, 3]);
  });

  it('names the glob as it was given, counted from the target', async () => {
    const root = tempDir();
    writeFile(root, 'shop/app/a.txt', 'clean');
    const repo = tempRepo([], join(root, 'shop'));
    repo.commit('Add');

    const around = await scan(root, { exclude: ['/app', 'shop/app/*.txt'] });
    const inside = await scan(join(root, 'shop/app'), { exclude: ['app/', '/a.txt'] });

    assert.equal(rowOf(around, 'work-tree')?.why, 'left out on purpose: 1 file matches --exclude shop/app/*.txt');
    assert.equal(rowOf(around, 'history')?.why, 'left out on purpose: 1 file matches --exclude shop/app/*.txt');
    assert.equal(rowOf(inside, 'work-tree')?.why, 'left out on purpose: 1 file matches --exclude /a.txt');
    assert.equal(rowOf(inside, 'history')?.why, 'left out on purpose: 1 file matches --exclude /a.txt');
  });

  it('is complete when the globs match nothing', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Add');

    const { coverage } = await scan(repo.path, { exclude: ['app/'] });

    assert.deepEqual(
      coverage.map(({ surface, outcome }) => `${surface} ${outcome}`),
      ['work-tree complete', 'history complete'],
    );
  });

  it('does not count in history what lay at another path too', async () => {
    const repo = tempRepo();
    repo.write('app/a.txt', TOKEN);
    repo.commit('Add');
    repo.write('src/a.txt', TOKEN);
    repo.commit('Copy');
    repo.remove('src');
    repo.remove('app');
    repo.commit('Remove');

    const scanned = await scan(repo.path, { exclude: ['app/'] });

    assert.deepEqual(places(scanned.sightings), ['src/a.txt:1 history']);
    assert.equal(rowOf(scanned, 'history')?.outcome, 'complete');
  });

  it('names an excluded submodule as that, not as unread', async () => {
    const library = tempRepo();
    library.write('lib.txt', 'x');
    library.commit('Add library');
    const repo = tempRepo();
    repo.git('submodule', 'add', '-q', library.path, 'libs/coffee');
    repo.commit('Add submodule');

    const row = rowOf(await scan(repo.path, { history: false, exclude: ['libs/'] }), 'work-tree');

    assert.equal(row?.why, 'left out on purpose: 1 file matches --exclude libs/');
  });

  it('says that the history was limited by --since, and how many commits were read', async () => {
    const repo = tempRepo();
    for (const text of ['one', 'two', 'three']) {
      repo.write('a.txt', text);
      repo.commit(text);
      if (text === 'one') repo.git('tag', 'v1');
    }
    repo.commit('Empty');
    const since = async (value: string) => rowOf(await scan(repo.path, { since: value }), 'history');

    const byRef = await since('v1');
    const byDate = await since('2026-01-05T10:30:00Z');
    const byZone = await since('2026-01-05 12:30 +0200');
    const future = await since('2999-01-01');

    assert.equal(byRef?.outcome, 'partial');
    assert.equal(byRef?.why, 'only commits after v1 were asked for (--since), 3 commits were read');
    assert.match(byDate?.why ?? '', /^only commits after 2026-01-05T10:30:00Z .* 2 commits were read$/);
    assert.match(byZone?.why ?? '', / 2 commits were read$/);
    assert.equal(future?.outcome, 'partial');
    assert.equal(future?.seen, 0);
    assert.match(future?.why ?? '', /^only commits after 2999-01-01 .* 0 commits were read$/);
  });

  it('takes a date for its midnight, whatever the hour is now', async () => {
    const repo = tempRepo();
    const at = new Date(2026, 0, 5, 0, 0, 30).toISOString();
    repo.write('a.txt', 'x');
    repo.git('add', '-A');
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@harbour.example', 'commit', '-q', '-m', 'Early'], {
      cwd: repo.path,
      env: { ...process.env, GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at },
    });

    const row = rowOf(await scan(repo.path, { since: '2026-01-05' }), 'history');

    assert.match(row?.why ?? '', / 1 commit was read$/);
  });

  it('refuses a date that is none, in a folder of repositories too', async () => {
    const root = tempDir();
    for (const name of ['shop', 'roast']) {
      writeFile(root, `${name}/a.txt`, 'x');
      tempRepo([], join(root, name)).commit('Start');
    }

    for (const since of ['2025-13-45', '2026-02-30', '2026-01-05T25:00']) {
      await assert.rejects(scan(root, { since }), { name: 'ConfigError', code: 'SINCE_INVALID', hint: /2026-03-01/ });
    }
  });

  it('takes a tag that looks like no date for the tag', async () => {
    const repo = tempRepo();
    repo.commit('Start');
    repo.git('tag', '2025-13-45');

    const row = rowOf(await scan(repo.path, { since: '2025-13-45' }), 'history');

    assert.match(row?.why ?? '', / 0 commits were read$/);
  });

  it('gives no row for a history that was not asked for, even of a repository that git cannot open', async () => {
    const repo = tempRepo();
    repo.write('a.txt', TOKEN);
    repo.commit('Add');
    const before = await scan(repo.path, { history: false });
    repo.write('.git/config', '[core\nbroken');
    const after = await scan(repo.path, { history: false });

    assert.equal(rowOf(before, 'history'), undefined);
    assert.equal(rowOf(after, 'history'), undefined);
    assert.deepEqual(places(after.sightings), ['a.txt:1 work-tree']);
  });
});

describe('repository scanner: only for file scanners', () => {
  it('finds their files and searches nothing else', async () => {
    const repo = tempRepo();
    repo.git('remote', 'add', 'origin', `https://bot:${fakeToken('remote01')}@git.example/harbour/shop.git`);
    repo.write('old.txt', `old ${TOKEN}`);
    repo.commit('Old');
    repo.remove('old.txt');
    for (const path of ['a.bean', 'b.leaf', 'c.txt', 'main.tf']) repo.write(path, TOKEN);
    const commit = repo.commit('Add');

    const scanned = await scan(repo.path, { search: false }, { scanners: [BEANS, LEAVES] });

    assert.deepEqual(places(scanned.sightings), ['a.bean:1 notebook', 'b.leaf:1 notebook']);
    assert.deepEqual([...new Set(scanned.sightings.map(({ at }) => at?.commit))], [commit]);
    assert.deepEqual(
      scanned.coverage.map(({ surface, outcome, covers, seen, read, skipped }) => [
        surface,
        outcome,
        covers,
        seen,
        read,
        skipped,
      ]),
      [['work-tree', 'partial', [], 4, 2, 2]],
    );
    assert.match(scanned.coverage[0]?.why ?? '', /2 others were not searched \(--only, --skip\)/);
  });

  it('does so in a plain directory and in changes', async () => {
    const repo = tempRepo();
    for (const path of ['a.bean', 'b.leaf', 'c.txt']) repo.write(path, TOKEN);
    repo.git('add', '-A');
    const options = { scanners: [BEANS, LEAVES] };

    const staged = await scan(repo.path, { search: false, staged: true }, options);
    rmSync(join(repo.path, '.git'), { recursive: true });
    const plain = await scan(repo.path, { search: false }, options);

    for (const scanned of [staged, plain]) {
      assert.deepEqual(places(scanned.sightings), ['a.bean:1 notebook', 'b.leaf:1 notebook']);
      assert.deepEqual(
        scanned.coverage.map(({ surface, covers, seen, read }) => [surface, covers, seen, read]),
        [['work-tree', [], 3, 2]],
      );
    }
  });
});

describe('repository scanner: agent configuration and infrastructure code', () => {
  it('are places and surfaces of their own, searched as text', async () => {
    const repo = tempRepo();
    for (const path of ['.mcp.json', 'infra/main.tf', 'infra/terraform.tfstate', 'a.txt']) repo.write(path, `${path}\n${TOKEN}`);
    repo.commit('Add');

    const scanned = await scan(repo.path);

    assert.deepEqual(places(scanned.sightings), [
      '.mcp.json:2 agent-config',
      'a.txt:2 work-tree',
      'infra/main.tf:2 iac',
      'infra/terraform.tfstate:2 iac',
    ]);
    assert.deepEqual(
      scanned.coverage.map(({ surface, outcome, seen, read, covers, detail }) => [
        surface,
        outcome,
        seen,
        read,
        covers,
        detail?.as,
      ]),
      [
        ['work-tree', 'complete', 4, 4, ['sighting'], undefined],
        ['agent-config', 'complete', 1, 1, ['sighting'], 'text'],
        ['iac', 'complete', 2, 2, ['sighting'], 'text'],
        ['history', 'complete', 4, 4, ['sighting'], undefined],
      ],
    );
  });

  it('are history in old versions, and say what was left out of them', async () => {
    const repo = tempRepo();
    repo.write('.mcp.json', TOKEN);
    repo.write('infra/main.tf', TOKEN);
    repo.commit('Add');
    repo.remove('.mcp.json');
    repo.commit('Remove');

    const scanned = await scan(repo.path, { exclude: ['infra/'] });

    assert.deepEqual(places(scanned.sightings), ['.mcp.json:1 history']);
    assert.equal(rowOf(scanned, 'agent-config'), undefined);
    assert.equal(rowOf(scanned, 'iac')?.why, 'left out on purpose: 1 file matches --exclude infra/');
  });

  it('are told in changes', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean');
    repo.commit('Base');
    repo.write('Dockerfile', `ENV KEY=${TOKEN}\n`);
    repo.commit('Add');

    const scanned = await scan(repo.path, { diff: { base: 'HEAD~1', head: 'HEAD' } });

    assert.deepEqual(places(scanned.sightings), ['Dockerfile:1 iac']);
    assert.deepEqual(
      scanned.coverage.map(({ surface, outcome }) => `${surface} ${outcome}`),
      ['work-tree complete', 'iac complete'],
    );
  });
});

describe('repository scanner: one file read in two ways', () => {
  const origin = (scanned: Awaited<ReturnType<typeof scan>>) =>
    scanned.sightings.map(({ at }) => `${at?.pointer ?? 'bulk'} ${at?.commit} ${at?.author} ${at?.date}`).sort();

  it('gives both sightings the commit that brought the credential', async () => {
    const repo = tempRepo();
    repo.write('a.leaf', TOKEN);
    const first = repo.commit('Add key', 'Grace Press <grace@harbour.example>');
    repo.write('a.leaf', `${TOKEN}\nmore`);
    repo.commit('Go on');
    const whole = 'Grace Press <grace@harbour.example> 2026-01-05T09:00:00.000Z';

    const committed = await scan(repo.path, {}, { scanners: [LEAVES] });
    repo.write('a.leaf', `\n${TOKEN}\nmodified`);
    const modified = await scan(repo.path, {}, { scanners: [LEAVES] });

    assert.deepEqual(origin(committed), [`bulk ${first} ${whole}`, `x ${first} ${whole}`]);
    assert.deepEqual(origin(modified), [`bulk ${first} ${whole}`, `x ${first} ${whole}`]);
  });

  it('blames no commit for the credential of another', async () => {
    const repo = tempRepo();
    repo.write('a.leaf', `${TOKEN}\n`);
    const first = repo.commit('One');
    repo.write('a.leaf', `${TOKEN}\n${fakeToken('harbour2')}\n`);
    const second = repo.commit('Two');

    const { sightings } = await scan(repo.path, {}, { scanners: [LEAVES] });

    const commits = sightings.map(({ at }) => `${at?.line} ${at?.pointer ?? 'bulk'} ${at?.commit}`).sort();
    assert.deepEqual(commits, [`1 bulk ${first}`, '1 x undefined', `2 bulk ${second}`, '2 x undefined']);
  });

  it('knows the commit of a file whose times prove nothing', async () => {
    const repo = tempRepo();
    repo.write('a.bean', TOKEN);
    const commit = repo.commit('Add');
    // Another time than the index has, the same content.
    repo.write('a.bean', TOKEN);

    const { sightings } = await scan(repo.path, {}, { scanners: [BEANS] });

    assert.deepEqual(
      sightings.map(({ at, place }) => `${place} ${at?.commit}`),
      [`notebook ${commit}`],
    );
  });
});

describe('repository scanner: git directories with FIFOs', () => {
  for (const name of ['HEAD', 'config', 'index', 'packed-refs', 'shallow', 'commondir']) {
    it(`does not wait for a ${name} that is one`, async () => {
      const repo = tempRepo();
      repo.write('a.txt', TOKEN);
      repo.commit('Add');
      rmSync(join(repo.path, '.git', name), { force: true });
      execFileSync('mkfifo', [join(repo.path, '.git', name)]);

      const scanned = await scan(repo.path);

      assert.deepEqual(places(scanned.sightings), ['a.txt:1 work-tree']);
      assert.equal(rowOf(scanned, 'history')?.outcome, 'unsupported');
      assert.match(rowOf(scanned, 'history')?.why ?? '', new RegExp(`${name} is no regular file`));
    });
  }
});
