import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { defineFileScanner } from '../../../src/contracts/index.ts';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { tempRepo } from '../../helpers/temp-repo.ts';
import { places, scan } from './helpers.ts';

const OLD = fakeToken('oldtoken');
const KEPT = fakeToken('kepttokn');

/** Tells each line of a `.bean` file, and how many of them it is shown beside it. */
const BEANS = defineFileScanner({
  id: 'beans',
  title: 'Beans',
  emits: ['person'],
  surfaces: ['notebook'],
  version: 1,
  content: 'shared',
  recognises: (file) => file.path.endsWith('.bean'),
  looksAt: (path) => path.endsWith('.bean'),
  async *scan(file) {
    const around = [...((await file.around?.paths()) ?? [])];
    for (const [index, text] of file.text().trimEnd().split('\n').entries()) {
      yield { kind: 'person', email: `${text.split('=')[0]} of ${around.length}`, at: { ...file.at, line: index + 1 } };
    }
  },
});

describe('repository scanner: the side before a change', () => {
  async function sideBefore(path: string, options: Parameters<typeof scan>[1]) {
    const scanned = await scan(path, { ...options, before: true }, { scanners: [BEANS] });
    const people = kinds(scanned.all, 'person').map(
      ({ email, at, detail }) => `${at?.path}:${at?.line} ${email}${detail?.unchanged === true ? '' : ' gone'}`,
    );
    return { ...scanned, people };
  }

  it('is the changed and deleted files as they were, with the sightings on lines that went', async () => {
    const repo = tempRepo();
    repo.write('a.bean', `keep=${KEPT}\ngone=${OLD}\n`);
    repo.write('deleted.bean', 'whole\n');
    repo.write('same.bean', 'same\n');
    repo.commit('Base');
    repo.write('a.bean', `keep=${KEPT}\nnew\n`);
    repo.write('added.bean', 'added\n');
    rmSync(join(repo.path, 'deleted.bean'));
    repo.git('add', '-A');

    const staged = await sideBefore(repo.path, { staged: true });
    repo.commit('Change');
    const range = await sideBefore(repo.path, { diff: { base: 'HEAD~1', head: 'HEAD' } });
    const sinceBase = await sideBefore(repo.path, { diff: { base: 'HEAD~1', head: '' } });

    for (const { people, sightings } of [staged, range, sinceBase]) {
      assert.deepEqual(people, ['a.bean:1 keep of 3', 'a.bean:2 gone of 3 gone', 'deleted.bean:1 whole of 3 gone']);
      assert.deepEqual(places(sightings), ['a.bean:2 work-tree']);
    }
  });

  it('has files that moved under the names they have now', async () => {
    const repo = tempRepo();
    const text = Array.from({ length: 20 }, (_, line) => `line${line}\n`).join('');
    repo.write('old/a.bean', text);
    repo.write('old/b.bean', 'b\n');
    repo.commit('Base');
    repo.git('mv', 'old', 'new');
    repo.write('new/a.bean', text.replace('line3\n', ''));
    repo.git('add', '-A');

    const { people } = await sideBefore(repo.path, { staged: true });

    // Both names of both files: what lay beside it is there under the new name, too.
    assert.equal(people[0], 'new/a.bean:1 line0 of 4');
    assert.equal(people[3], 'new/a.bean:4 line3 of 4 gone');
    assert.equal(people.length, 20);
  });

  it('is nothing before the first commit', async () => {
    const repo = tempRepo();
    repo.write('a.bean', 'a\n');
    repo.git('add', '-A');

    assert.deepEqual((await sideBefore(repo.path, { staged: true })).all, []);
  });

  it('has files that were only edited, without sightings', async () => {
    const repo = tempRepo();
    repo.write('a.bean', `keep=${KEPT}\n`);
    repo.commit('Base');
    repo.write('b.txt', 'b\n');
    repo.commit('More');
    repo.write('a.bean', 'changed and longer than it was\n');

    const { people, sightings } = await sideBefore(repo.path, { diff: { base: 'HEAD~1', head: '' } });

    assert.deepEqual(people, ['a.bean:1 keep of 1']);
    assert.deepEqual(sightings, []);
  });

  it('names the files that could not be read', async () => {
    const repo = tempRepo();
    repo.write('a.bean', 'a\nb\n');
    repo.commit('Base');
    repo.write('a.bean', 'a\n');
    repo.git('add', '-A');

    const { coverage } = await sideBefore(repo.path, { staged: true, maxFileBytes: 2 });

    assert.deepEqual(coverage.find(({ detail }) => detail?.unread !== undefined)?.detail, { unread: ['a.bean'] });
  });
});
