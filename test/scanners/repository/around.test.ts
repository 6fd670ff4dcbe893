import assert from 'node:assert/strict';
import { defineFileScanner } from '../../../src/contracts/index.ts';
import { tempRepo } from '../../helpers/temp-repo.ts';
import { scan } from './helpers.ts';

/** Tells of each `.bean` file what lies around it. */
const BEANS = defineFileScanner({
  id: 'beans',
  title: 'Beans',
  emits: ['person'],
  surfaces: ['iac'],
  version: 1,
  content: 'shared',
  recognises: (file) => file.path.endsWith('.bean'),
  async *scan(file) {
    const directory = file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')));
    const beside = (await file.around?.list(directory)) ?? ['nothing'];
    const roast = await file.around?.read('roast.txt');
    const out = await file.around?.read('../secret.txt');
    yield { kind: 'person', email: `${file.path}: ${beside.join(' ')} ${roast?.text().trim()} ${roast?.at.path} ${out?.path}` };
  },
});

describe('repository scanner: files around a file', () => {
  const told = async (path: string, options: Parameters<typeof scan>[1]) => {
    const { all } = await scan(path, options, { scanners: [BEANS] });
    return all.flatMap((one) => (one.kind === 'person' ? [one.email] : []));
  };

  it('gives a scanner the files of the work tree, but no ignored, excluded or outer ones', async () => {
    const repo = tempRepo();
    repo.write('a/x.bean', 'x');
    repo.write('a/b/deeper.txt', 'd');
    repo.write('a/y.txt', 'y');
    repo.write('a/out.txt', 'excluded');
    repo.write('a/z.log', 'ignored');
    repo.write('.gitignore', '*.log\n');
    repo.write('roast.txt', 'dark');
    repo.commit('Base');

    assert.deepEqual(await told(repo.path, { exclude: ['out.txt'] }), ['a/x.bean: a/x.bean a/y.txt dark roast.txt undefined']);
  });

  it('gives it the index when the staged changes are read, and the commit when two are compared', async () => {
    const repo = tempRepo();
    repo.write('x.bean', 'x');
    repo.write('roast.txt', 'light');
    repo.commit('Base');
    repo.git('checkout', '-q', '-b', 'feature');
    repo.write('x.bean', 'changed');
    repo.commit('Feature');
    repo.write('x.bean', 'changed again');
    repo.git('add', '.');
    repo.write('roast.txt', 'not staged');

    assert.deepEqual(await told(repo.path, { staged: true }), ['x.bean: roast.txt x.bean light roast.txt undefined']);
    assert.deepEqual(await told(repo.path, { diff: { base: 'main', head: 'feature' } }), [
      'x.bean: roast.txt x.bean light roast.txt undefined',
    ]);
    assert.deepEqual(await told(repo.path, { diff: { base: 'main', head: '' } }), [
      'x.bean: roast.txt x.bean not staged roast.txt undefined',
    ]);
  });
});
