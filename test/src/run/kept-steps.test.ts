import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceTarget } from '../../../src/contracts/index.ts';
import { type KeptSettings, KeptSteps, keptStepFiles } from '../../../src/run/kept-steps.ts';
import { loopback, reply } from '../../helpers/loopback.ts';
import { tempDir, testContext } from '../../helpers/scan-context.ts';

const NOW = new Date('2026-06-01T12:00:00.000Z');
const TARGET: ServiceTarget = { kind: 'service', name: 'okta:harbour', scheme: 'okta', address: 'harbour' };

describe('kept steps', () => {
  let root: string;
  let asked: string[];

  beforeEach(() => {
    root = tempDir();
    asked = [];
  });

  function steps(overrides: Partial<KeptSettings> = {}, target = TARGET, scannerVersion = 1): KeptSteps {
    return new KeptSteps(target, scannerVersion, {
      storeFile: join(root, 'audit.duckdb'),
      version: '1.0:rules',
      fingerprintKey: Buffer.from('key'),
      env: {},
      now: NOW,
      log: testContext().log,
      holdsSecret: () => false,
      ...overrides,
    });
  }

  async function ask(kept: KeptSteps, step: string): Promise<unknown> {
    return await kept.once(step, async () => {
      asked.push(step);
      return { is: step };
    });
  }

  it('give again what was answered before a run was cut off, and ask for the rest', async () => {
    const first = steps();
    await ask(first, 'users 1');
    await ask(first, 'users 2');
    asked = [];

    const second = steps({ now: new Date(NOW.getTime() + 3_600_000) });
    const answers = [await ask(second, 'users 1'), await ask(second, 'users 2'), await ask(second, 'users 3')];

    assert.deepEqual(answers, [{ is: 'users 1' }, { is: 'users 2' }, { is: 'users 3' }]);
    assert.deepEqual(asked, ['users 3']);
    const third = steps();
    asked = [];
    await ask(third, 'users 3');
    assert.deepEqual(asked, []);
  });

  it('are for nobody else to read', async () => {
    await ask(steps(), 'users 1');

    const [file = ''] = keptStepFiles(join(root, 'audit.duckdb'));

    assert.equal(statSync(file).mode & 0o777, process.platform === 'win32' ? 0o666 : 0o600);
  });

  it('ask once where a step is wanted twice at a time', async () => {
    const kept = steps();

    await Promise.all([ask(kept, 'users 1'), ask(kept, 'users 1')]);

    assert.deepEqual(asked, ['users 1']);
  });

  it('keep nothing of a step that failed, and ask again', async () => {
    const kept = steps();

    await assert.rejects(
      kept.once('users 1', () => Promise.reject(new Error('503'))),
      /503/,
    );
    await ask(kept, 'users 1');

    assert.deepEqual(asked, ['users 1']);
  });

  for (const { says, again } of [
    { says: 'of more than a day ago', again: () => steps({ now: new Date(NOW.getTime() + 25 * 3_600_000) }) },
    { says: 'of a time that has not come yet', again: () => steps({ now: new Date(NOW.getTime() - 1000) }) },
    { says: 'of another version', again: () => steps({ version: '1.1:rules' }) },
    { says: 'of another version of the scanner', again: () => steps({}, TARGET, 2) },
    { says: 'of another login', again: () => steps({ env: { OKTA_API_TOKEN: 'another' } }) },
    { says: 'under another key', again: () => steps({ fingerprintKey: Buffer.from('other') }) },
    { says: 'of another target', again: () => steps({}, { ...TARGET, name: 'okta:other' }) },
  ]) {
    it(`do not go on with answers ${says}`, async () => {
      await ask(steps(), 'users 1');
      asked = [];

      await ask(again(), 'users 1');

      assert.deepEqual(asked, ['users 1']);
    });
  }

  it('go on whatever else the environment says', async () => {
    await ask(steps({ env: { OKTA_API_TOKEN: 'one', TERM: 'dumb' } }), 'users 1');
    asked = [];

    await ask(steps({ env: { OKTA_API_TOKEN: 'one', TERM: 'xterm', PWD: '/tmp' } }), 'users 1');

    assert.deepEqual(asked, []);
  });

  it('start anew on a file that holds something else', async () => {
    await ask(steps(), 'users 1');
    const [file = ''] = keptStepFiles(join(root, 'audit.duckdb'));
    writeFileSync(file, 'null\n[1]\nnot json');
    asked = [];

    await ask(steps(), 'users 1');
    await ask(steps(), 'users 1');

    assert.deepEqual(asked, ['users 1']);
  });

  it('read past a line that ends early', async () => {
    await ask(steps(), 'users 1');
    const [file = ''] = keptStepFiles(join(root, 'audit.duckdb'));
    appendFileSync(file, '{"step":"users 2","val');
    await ask(steps(), 'users 2');
    asked = [];

    const third = steps();
    await ask(third, 'users 1');
    await ask(third, 'users 2');

    assert.deepEqual(asked, []);
  });

  it('leave out what holds a credential', async () => {
    const holdsSecret = (text: string) => text.includes('users 2');
    const first = steps({ holdsSecret });
    await ask(first, 'users 1');
    await ask(first, 'users 2');
    asked = [];

    const [file = ''] = keptStepFiles(join(root, 'audit.duckdb'));
    const second = steps({ holdsSecret });
    await ask(second, 'users 1');
    await ask(second, 'users 2');

    assert.doesNotMatch(readFileSync(file, 'utf8'), /users 2/);
    assert.deepEqual(asked, ['users 2']);
  });

  it('leave nothing behind once a run is stored', async () => {
    const kept = steps();
    await ask(kept, 'users 1');

    kept.forget();

    assert.deepEqual(readdirSync(root), []);
    assert.equal(kept.isBegun, false);
  });

  it('let a scan that a signal ended go on where it stopped', async () => {
    let stopAt = 6;
    const running: { child?: ReturnType<typeof spawn> } = {};
    await using server = await loopback((request, response) => {
      // The seventh answer never comes: the process is ended while it waits.
      if (Number(request.url.split('/').at(-1)) > stopAt) running.child?.kill('SIGINT');
      else reply(response, 200, { name: `user${request.url.split('/').at(-1)}` });
    });

    const cut = await scanOnce(root, server.url, running);
    const askedFirst = server.asked.length;
    const [file = ''] = keptStepFiles(join(root, 'audit.duckdb'));
    const lines = readFileSync(file, 'utf8').trim().split('\n').length;
    stopAt = 10;
    const whole = await scanOnce(root, server.url, running);

    assert.notEqual(cut.code, 0);
    assert.match(cut.stderr, /What harbour: answered is kept beside the store for a day/);
    assert.equal(askedFirst, 7);
    assert.equal(lines, 7);
    assert.equal(whole.code, 0, whole.stderr);
    assert.match(whole.stderr, /Going on with the 6 answers of harbour: that were kept at/);
    assert.deepEqual(
      server.asked.slice(askedFirst).map(({ url }) => url),
      ['/users/7', '/users/8', '/users/9', '/users/10'],
    );
    assert.equal(JSON.parse(whole.stdout).identity, 10);
    assert.deepEqual(keptStepFiles(join(root, 'audit.duckdb')), []);
  });
});

async function scanOnce(
  root: string,
  url: string,
  running: { child?: ReturnType<typeof spawn> },
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./kept-steps-scan.ts', import.meta.url)), root, url], {
    stdio: 'pipe',
  });
  running.child = child;
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => void stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => void stderr.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') };
}
