import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tempDirectory } from '../../../src/util/temp-directory.ts';

describe('tempDirectory', () => {
  it('is there until it is removed, with what lies in it', () => {
    const { path, remove } = tempDirectory('nhi-audit-x-');
    writeFileSync(join(path, 'a'), '');
    assert.equal(dirname(path), tmpdir());

    remove();

    assert.equal(existsSync(path), false);
  });

  it('goes with a process that is ended at once', () => {
    const source = join(import.meta.dirname, '../../../src/util/temp-directory.ts');
    const code = `import { tempDirectory } from ${JSON.stringify(source)};
      console.log(tempDirectory('nhi-audit-x-').path); process.exit(130);`;

    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });

    assert.equal(status, 130);
    assert.match(stdout, /nhi-audit-x-/);
    assert.equal(existsSync(stdout.trim()), false);
  });

  it('leaves no listener behind', () => {
    const before = process.listenerCount('exit');

    tempDirectory('nhi-audit-x-').remove();

    assert.equal(process.listenerCount('exit'), before);
  });
});
