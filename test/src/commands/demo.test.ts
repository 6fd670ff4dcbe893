import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoCommand } from '../../../src/commands/demo.ts';
import { Store } from '../../../src/store/store.ts';
import { packageRoot } from '../../../src/util/package-root.ts';
import { testIo } from '../../helpers/io.ts';
import { tempDir } from '../../helpers/temp-repo.ts';

describe('demo', () => {
  const { endLoading } = Store.prototype;
  const before = process.env.TMPDIR;
  let [home, temporary] = ['', ''];

  beforeEach(() => {
    [home, temporary] = [tempDir(), tempDir()];
    process.env.TMPDIR = temporary;
  });

  afterEach(() => {
    Object.assign(Store.prototype, { endLoading });
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });

  it('tells the whole story without a file, and leaves nothing behind', async () => {
    const io = testIo(home);
    const files: unknown[] = [];
    Store.prototype.endLoading = async function (this: Store, hosts) {
      files.push(this.file);
      return await endLoading.call(this, hosts);
    };

    const code = await demoCommand(io, { quiet: true, output: ['html=demo.html', 'sarif=demo.sarif'] });

    const told = io.out();
    assert.equal(code, 0);
    for (const step of ['1 leaked', '2 joined', '3 reaches', '4 owner', '5 used', '6 breaks'])
      assert(told.includes(`  ${step}`), step);
    assert.match(told, /It belongs to aws:219484930172:user\/ml-batch/);
    assert.match(told, /\[41af10d8/);
    assert.match(told.replace(/\s+/g, ' '), /Answered in part: 1 of 3 uses/);
    assert.deepEqual(files, [undefined]);
    assert.deepEqual(readdirSync(temporary), []);
    assert.deepEqual(readdirSync(home).sort(), ['demo.html', 'demo.sarif']);
    assert.match(readFileSync(join(home, 'demo.html'), 'utf8'), /^<!doctype html>[\s\S]*ml-batch/i);
    assert.equal(io.err(), 'Written: demo.html\nWritten: demo.sarif\n');
    assert.doesNotMatch(told, /-o html=/, 'what is done already is not proposed');
    assert.deepEqual(
      linesInReadme().filter((line) => !told.includes(line)),
      [],
    );
  }).timeout(60_000);

  it('says before it builds anything that a report cannot be written', async () => {
    await assert.rejects(demoCommand(testIo(home), { output: ['html=none/demo.html'] }), { code: 'OUTPUT_PATH', exit: 2 });
    await assert.rejects(demoCommand(testIo(home), { output: ['htm=demo.html'] }), { hint: /Did you mean "html"/ });

    assert.deepEqual(readdirSync(temporary), []);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const stop = new AbortController();
    const io = testIo(home, { signal: stop.signal });

    const told = demoCommand(io, { quiet: true });
    stop.abort();

    await assert.rejects(told, { name: 'Interrupted' });
    assert.deepEqual(readdirSync(temporary), []);
    assert.equal(io.out(), '');
  });
});

/** What the README shows of it; `…` stands for what it leaves out. */
function linesInReadme(): readonly string[] {
  const text = readFileSync(join(packageRoot(), 'README.md'), 'utf8');
  const shown = /^```text\nONE KEY, END TO END\n(?<lines>[\s\S]*?)^```$/m.exec(text)?.groups?.lines ?? '';
  const lines = shown.split('\n').filter((line) => line.trim() !== '' && line.trim() !== '…');
  assert(lines.length > 10);
  return lines;
}
