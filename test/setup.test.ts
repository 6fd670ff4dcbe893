import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tempDir } from './helpers/temp-repo.ts';

describe('what tests write', () => {
  it('lies in one directory of the run, also where a process ends without a word', () => {
    assert.equal(tmpdir(), process.env.NHI_AUDIT_TEST_DIRECTORY);
    assert.equal(dirname(tempDir()), tmpdir());
    assert.equal(statSync(tmpdir()).mode & 0o777, 0o711);
  });

  for (const [how, last] of [
    ['ends', ''],
    ['is stopped', "process.kill(process.pid, 'SIGINT'); setInterval(() => undefined, 1000);"],
  ] as const) {
    it(`is gone when the process that made the directory ${how}`, () => {
      const outer = tempDir();
      const { NHI_AUDIT_TEST_DIRECTORY: _, ...env } = process.env;
      const code = `await import('./test/helpers/setup.ts');
        (await import('node:fs')).writeFileSync(process.env.TMPDIR + '/a', ''); console.log(process.env.TMPDIR); ${last}`;

      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: join(import.meta.dirname, '..'),
        env: { ...env, TMPDIR: outer },
        encoding: 'utf8',
      });

      assert(stdout.startsWith(outer), stdout);
      assert.equal(existsSync(stdout.trim()), false);
      assert.deepEqual(readdirSync(outer), []);
    });
  }
});
