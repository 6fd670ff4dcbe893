import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir, writeFile } from './helpers/temp-repo.ts';

const ROOT = dirname(import.meta.dirname);
const LAUNCHER = join(ROOT, 'bin', 'nhi-audit.js');

const ECHO = `export async function main(args) {
  process.stdout.write(JSON.stringify({ from: import.meta.url.endsWith('.ts') ? 'source' : 'dist', args, node: process.versions.node }) + '\\n');
  return 1;
}
`;

describe('launcher', () => {
  it('answers --version from package.json and loads nothing else', () => {
    const home = packageWith({});

    const ran = launch(home, ['--version']);

    assert.deepEqual(ran, { code: 0, out: '9.8.7\n', err: '' });
  });

  it('gives the arguments to main and its result to the shell', () => {
    const home = packageWith({ 'dist/src/cli.js': ECHO });

    const ran = launch(home, ['scan', '.', '--fail-on', 'low']);

    assert.equal(ran.code, 1);
    assert.deepEqual(JSON.parse(ran.out).args, ['scan', '.', '--fail-on', 'low']);
  });

  it('keeps compiled code in the cache directory of the user, not in a shared one', () => {
    const home = packageWith({ 'dist/src/cli.js': ECHO });

    launch(home, [], { ...process.env, NODE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: join(home, 'cache') });

    assert(readdirSync(join(home, 'cache/nhi-audit/compiled')).length > 0);
  });

  it('runs without a place for a cache', () => {
    const home = packageWith({ 'dist/src/cli.js': ECHO });

    const ran = launch(home, [], { ...process.env, XDG_CACHE_HOME: join(home, 'package.json') });

    assert.deepEqual([ran.code, ran.err], [1, '']);
  });

  it('says what failed and exits with 5 when the program cannot start', () => {
    const home = packageWith({ 'dist/src/cli.js': "throw new Error('no wind');" });

    const ran = launch(home, ['scan']);

    assert.equal(ran.code, 5);
    assert.match(ran.err, /^nhi-audit could not start: Error: no wind/);
  });

  it('says that the packages of a checkout are not installed', () => {
    const home = packageWith({
      'src/cli.ts': "import 'commander';\nexport async function main(): Promise<number> { return 0; }",
    });

    const ran = launch(home, ['scan']);

    assert.equal(ran.code, 5);
    assert.match(ran.err, /Run `npm install` in /);
  });

  describe('in a checkout', () => {
    // Far enough ahead for a suite that comes to this test late.
    const later = Date.now() / 1000 + 86_400;

    it('runs the source when nothing is compiled', () => {
      const home = packageWith({ 'src/cli.ts': ECHO });

      const ran = launch(home, []);

      assert.equal(JSON.parse(ran.out).from, 'source');
    });

    it('runs what is compiled while no source is newer', () => {
      const home = packageWith({ 'src/cli.ts': ECHO, 'dist/src/cli.js': ECHO, 'dist/built': '' });
      utimesSync(join(home, 'dist/built'), later, later);

      const ran = launch(home, []);

      assert.equal(JSON.parse(ran.out).from, 'dist');
    });

    for (const edited of ['src/cli.ts', 'src/store/open.ts', 'scanners/notebook/index.ts', 'rules/detectors/aws.yml']) {
      it(`runs the source after ${edited} was edited`, () => {
        const home = packageWith({ 'src/cli.ts': ECHO, 'dist/src/cli.js': ECHO, 'dist/built': '', [edited]: ECHO });
        utimesSync(join(home, 'dist/built'), later, later);
        utimesSync(join(home, edited), later + 60, later + 60);

        const ran = launch(home, []);

        assert.equal(JSON.parse(ran.out).from, 'source');
      });
    }
  });

  describe('on an old Node', () => {
    it('names the Node it needs, the one it runs on and what to type, and exits with 2', () => {
      const home = packageWith({ 'dist/src/cli.js': ECHO });

      const ran = launch(home, ['scan'], old(home, '20.20.2'));

      assert.equal(ran.code, 2);
      assert.equal(ran.out, '');
      assert.match(ran.err, /^nhi-audit needs Node\.js 22\.18 or newer\. This is Node\.js 20\.20\.2 \(.*node.*\)\.\n/);
      assert.match(ran.err, /npm install && npx nhi-audit/);
    });

    for (const [version, runs] of [
      ['18.0.0', false],
      ['22.17.9', false],
      ['22.18.0', true],
      ['23.0.0', true],
      ['24.1.0', true],
    ] as const) {
      it(`${runs ? 'runs' : 'does not run'} on ${version}`, () => {
        const home = packageWith({ 'dist/src/cli.js': ECHO });

        const ran = launch(home, [], old(home, version));

        assert.equal(ran.code, runs ? 1 : 2);
      });
    }

    it('still answers --version', () => {
      const home = packageWith({});

      const ran = launch(home, ['--version'], old(home, '12.0.0'));

      assert.equal(ran.out, '9.8.7\n');
    });

    it('hands over to the Node of the checkout, with arguments, output and exit code', () => {
      const home = packageWith({ 'src/cli.ts': ECHO });
      bringNode(home);

      const ran = launch(home, ['trace', 'a b'], old(home, '20.20.2'));

      assert.equal(ran.code, 1, ran.err);
      assert.deepEqual(JSON.parse(ran.out), { from: 'source', args: ['trace', 'a b'], node: process.versions.node });
    });

    it('does not hand over to itself when the Node of the checkout is the old one', () => {
      const home = packageWith({ 'src/cli.ts': ECHO });
      mkdirSync(join(home, 'node_modules/node/bin'), { recursive: true });
      symlinkSync(process.execPath, join(home, 'node_modules/node/bin/node'));

      const ran = launch(home, [], old(home, '20.20.2'));

      assert.equal(ran.code, 2);
    });

    it('passes a signal on and lets the program end in its own way', async () => {
      const home = packageWith({
        'src/cli.ts': `export async function main(): Promise<number> {
          const timer = setInterval(() => {}, 1000);
          const signal = await new Promise((resolve) => { process.once('SIGTERM', resolve); process.stdout.write('ready'); });
          clearInterval(timer);
          process.stdout.write(String(signal));
          return 4;
        }`,
      });
      bringNode(home);
      const child = start(home, old(home, '20.20.2'));
      const out = gather(child);
      await once(child.stdout as NonNullable<typeof child.stdout>, 'data');

      child.kill('SIGTERM');
      const [code, signal] = await once(child, 'close');

      assert.deepEqual([code, signal], [4, null]);
      assert.equal(out(), 'readySIGTERM');
    });

    it('ends by the signal that ended the program', async () => {
      const home = packageWith({
        'src/cli.ts': `export async function main(): Promise<number> {
          process.kill(process.pid, 'SIGTERM');
          return new Promise(() => { setInterval(() => {}, 1000); });
        }`,
      });
      bringNode(home);
      const child = start(home, old(home, '20.20.2'));

      const [code, signal] = await once(child, 'close');

      assert.deepEqual([code, signal], [null, 'SIGTERM']);
    });
  });

  it('is written in a JavaScript that Node 12 can parse', () => {
    const code = readFileSync(LAUNCHER, 'utf8').replace(/^\s*\/\/.*$|\/\*[\s\S]*?\*\//gm, '');

    for (const [tooNew, what] of [
      [/\?\.[a-zA-Z[(]/, 'optional chaining'],
      [/\?\?/, 'nullish coalescing'],
      [/from 'node:/, 'node: imports'],
      [/^\s*await /m, 'top-level await'],
      [/\|\|=|&&=/, 'logical assignment'],
      [/#[a-z]\w*\s*[=(;]/, 'private members'],
    ] as const) {
      assert.doesNotMatch(code, tooNew, what);
    }
  });
});

/** A package with the real launcher and nothing else but the given files. */
function packageWith(files: { readonly [path: string]: string }): string {
  const home = tempDir();
  writeFile(home, 'package.json', '{ "name": "nhi-audit", "version": "9.8.7", "type": "module" }');
  mkdirSync(join(home, 'bin'));
  copyFileSync(LAUNCHER, join(home, 'bin', 'nhi-audit.js'));
  for (const [path, text] of Object.entries(files)) writeFile(home, path, text);
  return home;
}

/** Environment in which Node says that it is another version. */
function old(home: string, version: string): NodeJS.ProcessEnv {
  const disguise = join(home, 'disguise.cjs');
  writeFile(
    home,
    'disguise.cjs',
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
  );
  return { ...process.env, NODE_OPTIONS: `--require ${disguise}` };
}

/** Puts a Node into the checkout that does not wear the disguise. */
function bringNode(home: string): void {
  writeFile(home, 'node_modules/node/bin/node', `#!/bin/sh\nunset NODE_OPTIONS\nexec '${process.execPath}' "$@"\n`);
  chmodSync(join(home, 'node_modules/node/bin/node'), 0o755);
}

function launch(home: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const ran = spawnSync(process.execPath, [join(home, 'bin', 'nhi-audit.js'), ...args], { env, encoding: 'utf8' });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

function start(home: string, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [join(home, 'bin', 'nhi-audit.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

function gather(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
