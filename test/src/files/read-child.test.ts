import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadChild, type ReadOptions, readChild } from '../../../src/files/read-child.ts';
import { tempDir } from '../../helpers/temp-repo.ts';

/** Takes all into one small buffer; `isPatient` may ask for a pause. */
function inlet(size = 64 * 1024, goesOn: (taken: number) => boolean = () => true) {
  const memory = new Uint8Array(size);
  const parts: Buffer[] = [];
  let taken = 0;
  return {
    room: () => memory,
    filled(count: number): boolean {
      parts.push(Buffer.from(memory.subarray(0, count)));
      taken += count;
      return goesOn(taken);
    },
    all: () => Buffer.concat(parts),
    taken: () => taken,
  };
}

function start(script: string, options: Partial<ReadOptions> & Pick<ReadOptions, 'inlet'>): Promise<ReadChild> {
  const nothing: Uint8Array[] = [];
  return readChild({
    program: process.execPath,
    args: ['-e', script],
    env: process.env,
    input: nothing.values(),
    patience: 60_000,
    ...options,
  });
}

const ECHO = 'process.stdin.pipe(process.stdout)';

describe('reading from a child process', () => {
  for (const way of ['a socket', 'a pipe'] as const) {
    describe(`through ${way}`, () => {
      const before = process.env.TMPDIR;

      beforeEach(() => {
        // Without a directory for temporary files there is no socket.
        process.env.TMPDIR = way === 'a socket' ? tempDir() : join(tempDir(), 'none');
      });

      afterEach(() => {
        if (before === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = before;
      });

      it('takes all that it says, in order, and feeds it', async () => {
        const said = Buffer.from(Array.from({ length: 300_000 }, (_, index) => `${index}\n`).join(''));
        const chunks = Array.from({ length: 100 }, (_, index) =>
          said.subarray((index * said.length) / 100, ((index + 1) * said.length) / 100),
        );
        const into = inlet();

        const child = await start(ECHO, { inlet: into, input: chunks.values() });
        await child.ended;

        assert.equal(Buffer.compare(into.all(), Buffer.concat(chunks)), 0);
        assert.deepEqual([child.startError(), child.isGivenUp(), child.stderr()], [undefined, false, '']);
      });

      it('pauses when asked to, and goes on', async () => {
        const into = inlet(16 * 1024, (taken) => taken < 100_000);
        const child = await start('process.stdout.write("x".repeat(3_000_000))', { inlet: into });
        await new Promise((resolve) => setTimeout(resolve, 500));
        const paused = into.taken();
        const go = setInterval(() => child.resume(), 1);

        await child.ended;

        clearInterval(go);
        // A pipe hands over what it has read already.
        assert.ok(paused >= 100_000 && paused < 500_000, `${paused}`);
        assert.equal(into.taken(), 3_000_000);
      });

      it('tells what it said before it died', async () => {
        const into = inlet();

        const child = await start('process.stdout.write("half"); console.error("fatal: enough"); process.exitCode = 128', {
          inlet: into,
        });
        await child.ended;

        assert.deepEqual([into.all().toString(), child.stderr()], ['half', 'fatal: enough\n']);
      });

      it('ends one that is silent for too long', async () => {
        const child = await start('setInterval(() => 0, 1000)', { inlet: inlet(), patience: 300 });

        await child.ended;

        assert.equal(child.isGivenUp(), true);
      });

      it('does not take a pause for silence', async () => {
        const first = Promise.withResolvers<void>();
        const into = inlet(1024, () => {
          first.resolve();
          return false;
        });
        const child = await start('process.stdout.write("x".repeat(2_000_000))', { inlet: into, patience: 2000 });
        // Until it first speaks, its start counts as silence: a busy machine needs a second for that.
        await first.promise;
        await new Promise((resolve) => setTimeout(resolve, 3000));

        assert.equal(child.isGivenUp(), false);

        child.kill();
        await child.ended;
      });

      it('ends when it is killed', async () => {
        const child = await start('setInterval(() => process.stdout.write("x"), 10)', { inlet: inlet() });
        setTimeout(() => child.kill(), 100);

        await child.ended;

        assert.equal(child.startError(), undefined);
      });

      it(way === 'a socket' ? 'offers memory before there is anything to say' : 'copies what has come', async () => {
        let asked = 0;
        const into = inlet();
        const room = () => {
          asked++;
          return into.room();
        };

        const child = await start('setTimeout(() => console.log(1), 200)', { inlet: { ...into, room } });
        const before = asked;
        await child.ended;

        assert.equal(before, way === 'a socket' ? 1 : 0);
        assert.equal(into.all().toString(), '1\n');
      });

      it('says that it cannot be started', async () => {
        const child = await start('', { inlet: inlet(), program: '/nowhere/none' });

        await child.ended;

        assert.match(child.startError()?.message ?? '', /ENOENT/);
      });
    });
  }

  it('leaves nothing in the directory for temporary files', async () => {
    const before = process.env.TMPDIR;
    const directory = tempDir();
    process.env.TMPDIR = directory;

    const child = await start('console.log(1)', { inlet: inlet() });
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await child.ended;

    assert.deepEqual(readdirSync(directory), []);
  });
});
