import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { type TempRepo, tempDir, tempRepo } from '../../helpers/temp-repo.ts';

/** Access keys, assembled here so that no push protection stops this file. */
const keyOf = (end: string): string => `${['AK', 'IA'].join('')}QYLPMN5HFIQR${end}`;

interface Told {
  readonly open: readonly string[];
  readonly accepted: readonly string[];
  readonly acceptances: readonly string[];
}

describe('ignore files of a repository and of those inside it', () => {
  let root: string;
  let inner: TempRepo;

  beforeEach(() => {
    root = tempDir();
    const outer = tempRepo([], root);
    outer.write('config.py', `key_id = "${keyOf('7DZW')}"\n`);
    mkdirSync(join(root, 'vendor/tool'), { recursive: true });
    inner = tempRepo([], join(root, 'vendor/tool'));
    inner.write('config.py', `key_id = "${keyOf('7EZX')}"\n`);
    inner.commit('Add');
  });

  async function scanned(entries: { readonly outer?: string; readonly inner?: string }, args: object = {}): Promise<Told> {
    if (entries.outer !== undefined) tempRepo([], root).write('.gitleaksignore', `${entries.outer}\n`);
    if (entries.inner !== undefined) inner.write('.gitleaksignore', `${entries.inner}\n`);
    const io = testIo(root);
    await scanCommand(io, ['.'], { ...SCAN_OPTIONS, ...args });
    const { findings, accepted, acceptances } = JSON.parse(io.out());
    const subjects = (list: readonly { readonly message: string }[]): string[] =>
      list.map(({ message }) => (/\(vendor\)/.test(message) ? 'inner' : 'outer')).sort();
    return {
      open: subjects(findings),
      accepted: subjects(accepted),
      acceptances: acceptances.map(({ place, state }: { place: string; state: string }) => `${place} ${state}`).sort(),
    };
  }

  it('each count for the repository that holds them', async () => {
    const outer = await scanned({ outer: 'config.py:any-rule:1' });
    const both = await scanned({ inner: 'config.py:any-rule:1' });

    assert.deepEqual(outer, { open: ['inner'], accepted: ['outer'], acceptances: ['.gitleaksignore:1 used'] });
    assert.deepEqual(both, {
      open: [],
      accepted: ['inner', 'outer'],
      acceptances: ['.gitleaksignore:1 used', 'vendor/tool/.gitleaksignore:1 used'],
    });
  });

  it('reach into a repository inside by the path that leads to it', async () => {
    const told = await scanned({ outer: 'vendor/tool/config.py:any-rule:1' });

    assert.deepEqual([told.open, told.accepted], [['outer'], ['inner']]);
  });

  it('do not reach out of the repository that holds them', async () => {
    const told = await scanned({ inner: '../../config.py:any-rule:1\nvendor/tool/config.py:any-rule:1' });

    assert.deepEqual([told.open, told.accepted], [['inner', 'outer'], []]);
    assert.deepEqual(told.acceptances, ['vendor/tool/.gitleaksignore:1 stale', 'vendor/tool/.gitleaksignore:2 stale']);
  });

  it('are not asked where nothing is to be accepted', async () => {
    const told = await scanned({ outer: 'config.py:any-rule:1', inner: 'config.py:any-rule:1' }, { exceptions: false });

    assert.deepEqual(told, { open: ['inner', 'outer'], accepted: [], acceptances: [] });
  });
});
