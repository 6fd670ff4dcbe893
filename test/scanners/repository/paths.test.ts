import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImports, withImports } from '../../../src/detect/import/load.ts';
import { finish, loadPack } from '../../../src/detect/load.ts';
import type { PackedDetector } from '../../../src/detect/pack.ts';
import { makeZip } from '../../helpers/archives.ts';
import { fakeToken, testMemory } from '../../helpers/scan-context.ts';
import { git, tempDir, tempRepo } from '../../helpers/temp-repo.ts';
import { places, rowOf, scan } from './helpers.ts';

function detector(id: string, path?: string): PackedDetector {
  return {
    id,
    title: `Token ${id}`,
    provider: 'fake',
    type: 'token',
    pattern: 'BOUND_[a-z0-9]{8}',
    keywords: ['BOUND_'],
    caseSensitive: true,
    categories: [],
    confidence: 'high',
    allow: [],
    examples: [],
    counterExamples: [],
    references: [],
    file: 'test/scanners/repository/paths.test.ts',
    ...(path === undefined ? {} : { path }),
  };
}

const NO_PLACEHOLDERS = { exact: [], contains: [], words: [], patterns: [] };
const ENV_ONLY = finish([detector('env-only', '\\.env$')], NO_PLACEHOLDERS);
const BOUND = 'BOUND_12345678\n';

describe('repository scanner: paths', () => {
  it('finds what counts at an older path of a file only, there', async () => {
    const repo = tempRepo();
    repo.write('a.env', BOUND);
    repo.commit('Add');
    repo.git('mv', 'a.env', 'doc.md');
    repo.commit('Rename');
    const memory = testMemory();

    const first = await scan(repo.path, {}, { pack: ENV_ONLY, memory });
    const second = await scan(repo.path, {}, { pack: ENV_ONLY, memory });

    assert.deepEqual(places(first.sightings), ['a.env:1 history']);
    assert.equal(first.sightings[0]?.at?.atHead, false);
    assert.deepEqual(second.sightings, first.sightings);
  });

  it('tells once what counts at one of two files with the same bytes', async () => {
    const repo = tempRepo();
    repo.write('doc.md', BOUND);
    repo.write('a.env', BOUND);
    repo.commit('Add');

    const { sightings } = await scan(repo.path, {}, { pack: ENV_ONLY });

    assert.deepEqual(places(sightings), ['a.env:1 work-tree']);
    assert.equal(sightings[0]?.detail?.versions, undefined);
  });

  it('finds what counts at a path within an archive, in the history too', async () => {
    const repo = tempRepo();
    repo.write('a.zip', makeZip([{ name: 'd/x.env', content: BOUND }]));
    repo.commit('Add');
    const asFile = await scan(repo.path, {}, { pack: ENV_ONLY });
    repo.remove('a.zip');
    repo.commit('Remove');
    const asBlob = await scan(repo.path, {}, { pack: ENV_ONLY });

    assert.deepEqual(places(asFile.sightings), ['a.zip!d/x.env:1 work-tree']);
    assert.deepEqual(places(asBlob.sightings), ['a.zip!d/x.env:1 history']);
  });

  it('names the path at HEAD of what is there still, in a bare clone', async () => {
    const repo = tempRepo();
    repo.write('old.env', `${fakeToken('harbour1')}\n`);
    const added = repo.commit('Add');
    repo.git('mv', 'old.env', 'new.env');
    repo.commit('Rename');
    const bare = join(tempDir(), 'bare.git');
    git(repo.path, ['clone', '-q', '--bare', repo.path, bare]);

    const { sightings } = await scan(bare);

    assert.deepEqual(
      sightings.map(({ at, detail }) => [at?.path, at?.atHead, at?.commit, detail?.paths]),
      [['new.env', true, added, ['old.env']]],
    );
  });

  it('says that imported rules on the path alone see no past file', async () => {
    const directory = tempDir();
    const file = join(directory, 'rules.toml');
    writeFileSync(file, `[[rules]]\nid = "p12"\npath = '''\\.p12$'''\n`);
    const base = finish([], NO_PLACEHOLDERS);
    const pack = withImports(base, await readImports(base, { files: [file], directory }));
    const repo = tempRepo();
    repo.write('a.p12', 'one');
    repo.write('b.p12', 'two');
    repo.commit('Add');
    repo.remove('a.p12');
    repo.commit('Remove');

    const scanned = await scan(repo.path, {}, { pack });

    assert.deepEqual(places(scanned.sightings), ['b.p12:1 work-tree']);
    assert.equal(rowOf(scanned, 'history')?.outcome, 'partial');
    assert.match(rowOf(scanned, 'history')?.why ?? '', /^1 imported rule that looks at the path of a file alone/);
  });

  it('tells the same of a file when another comes or goes', async () => {
    const repo = tempRepo();
    const key = ['gh', 'p_'].join('');
    const { expandExample } = await import('../../../src/detect/examples.ts');
    const token = expandExample(`{{ghcrc:${key}}}`, 'paths').text;
    const other = expandExample(`{{ghcrc:${key}}}`, 'settings').text;
    repo.write('a.txt', `x=https%3A%2F%2Fbob%3A${token}%40github.com\n`);
    repo.write('a/settings.json', JSON.stringify({ mcpServers: { one: { command: 'x', env: { API_KEY: other } } } }));
    repo.commit('Add');
    for (const path of ['a.txt', 'a/settings.json']) utimesSync(join(repo.path, path), 1, 1);
    repo.git('add', '-A');
    const memory = testMemory();
    const pack = await loadPack();
    const tell = async (): Promise<readonly unknown[]> =>
      (await scan(repo.path, {}, { pack, memory })).sightings.map(({ detector, credential, at }) => [detector, credential, at]);
    const first = await tell();
    repo.write('b.txt', 'nothing\n');
    repo.commit('Add another');

    const second = await tell();
    repo.remove('b.txt');
    repo.commit('Remove it');
    const third = await tell();

    assert.ok(first.length >= 2);
    assert.deepEqual([second, third], [first, first]);
  });
});
