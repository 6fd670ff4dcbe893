import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { makeTar, makeZip } from '../../helpers/archives.ts';
import { fakeToken } from '../../helpers/scan-context.ts';
import { tempRepo } from '../../helpers/temp-repo.ts';
import { places, rowOf, scan } from './helpers.ts';

const OLD = fakeToken('oldtoken');
const NEW = fakeToken('newtoken');
const MANY = Array.from({ length: 1100 }, (_, number) => fakeToken(`k${String(number).padStart(7, '0')}`)).join('\n');

describe('repository scanner: before a merge', () => {
  it('opens archives that are staged', async () => {
    const repo = tempRepo();
    repo.commit('Base');
    repo.write('a.zip', makeZip([{ name: 'x.env', content: `KEY=${NEW}\n` }]));
    repo.write('b.tgz', gzipSync(makeTar([{ name: 'y.env', content: `\nKEY=${OLD}\n` }])));
    repo.git('add', '-A');

    const scanned = await scan(repo.path, { staged: true });

    assert.deepEqual(places(scanned.sightings), ['a.zip!x.env:1 work-tree', 'b.tgz!y.env:2 work-tree']);
    assert.deepEqual(rowOf(scanned, 'work-tree')?.detail?.inArchives, { read: 2, skipped: 0 });
  });

  it('tells of a changed archive only what its older version did not hold', async () => {
    const repo = tempRepo();
    repo.write('a.zip', makeZip([{ name: 'x.env', content: `KEY=${OLD}\n` }]));
    repo.commit('Base');
    repo.write('a.zip', makeZip([{ name: 'x.env', content: `A=1\nKEY=${OLD}\nKEY=${NEW}\n` }]));
    repo.commit('Another');

    const scanned = await scan(repo.path, { diff: { base: 'HEAD~1', head: 'HEAD' } });

    assert.deepEqual(places(scanned.sightings), ['a.zip!x.env:3 work-tree']);
  });

  it('opens archives that a range added and took away again', async () => {
    const repo = tempRepo();
    repo.commit('Base');
    repo.write('a.zip', makeZip([{ name: 'x.env', content: `KEY=${NEW}\n` }]));
    const brought = repo.commit('Add');
    repo.remove('a.zip');
    repo.commit('Remove');

    const scanned = await scan(repo.path, { diff: { base: 'HEAD~2', head: 'HEAD' } });

    assert.deepEqual(places(scanned.sightings), ['a.zip!x.env:1 history']);
    assert.equal(scanned.sightings[0]?.at?.commit, brought);
  });

  it('says that what looks like a database was not searched', async () => {
    const repo = tempRepo();
    repo.commit('Base');
    const bytes = Buffer.from(`        DUCK\n${NEW}\n`);
    repo.write('a.bin', bytes);
    repo.commit('Add');
    repo.remove('a.bin');
    repo.commit('Remove');

    const scanned = await scan(repo.path, { diff: { base: 'HEAD~2', head: 'HEAD' } });

    const row = rowOf(scanned, 'history');
    assert.deepEqual([row?.outcome, row?.seen, row?.skipped], ['partial', 1, 1]);
    assert.match(row?.why ?? '', /DuckDB databases are not searched \(a\.bin\)/);
  });

  it('says that an archive was not read to its end', async () => {
    const repo = tempRepo();
    repo.commit('Base');
    repo.write('a.zip', makeZip([{ name: 'x.env', content: 'secret', isEncrypted: true }]));
    repo.git('add', '-A');

    const scanned = await scan(repo.path, { staged: true });

    assert.equal(rowOf(scanned, 'work-tree')?.outcome, 'partial');
    assert.match(rowOf(scanned, 'work-tree')?.why ?? '', /archive has a member that is encrypted \(a\.zip\)/);
  });

  it('says that matches were left out of a file that is full of them', async () => {
    const repo = tempRepo();
    repo.commit('Base');
    repo.write('many.txt', MANY);
    repo.git('add', '-A');

    const staged = await scan(repo.path, { staged: true });

    assert.equal(rowOf(staged, 'work-tree')?.outcome, 'partial');
    assert.match(rowOf(staged, 'work-tree')?.why ?? '', /100 further places .* were left out \(many\.txt\)/);

    repo.commit('Add');
    repo.remove('many.txt');
    repo.commit('Remove');
    const range = await scan(repo.path, { diff: { base: 'HEAD~2', head: 'HEAD' } });

    assert.equal(rowOf(range, 'history')?.outcome, 'partial');
    assert.match(rowOf(range, 'history')?.why ?? '', /100 further places/);
  });
});
