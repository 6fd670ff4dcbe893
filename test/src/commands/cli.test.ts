import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, cli } from '../../helpers/cli.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

const COMMANDS = [
  'scan',
  'report',
  'trace',
  'trim',
  'who',
  'sessions',
  'identities',
  'findings',
  'query',
  'rules',
  'demo',
  'doctor',
];
/** Assembled here, so that no push protection stops this file. */
const KEY = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW`;
const SECRET = `${'kP3vN8xQ2mR7tY1wZ5bC'}${'9dF4gH6jL0sA+eU/iO2p'}`;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const ESCAPE = /\u001b/;

describe('command line', function () {
  this.timeout(60_000);

  it('names every command in its help', async () => {
    const [help, bare] = await Promise.all([cli(['--help']), cli([])]);

    assert.deepEqual([help.code, help.stderr], [0, '']);
    for (const command of COMMANDS) assert.match(help.stdout, new RegExp(`^ {2}${command}\\b`, 'm'));
    assert.match(help.stdout, /Examples:/);
    assert.match(help.stdout, /Exit codes:/);
    assert.equal(bare.stdout, help.stdout);
  });

  it('colours only what a terminal, or FORCE_COLOR, asks for', async () => {
    const repo = leaking();
    const scan = (env: { readonly [name: string]: string }, ...args: readonly string[]) =>
      cli(['scan', '--staged', ...args], { cwd: repo, env });

    const [piped, forced, none, flag] = await Promise.all([
      scan({ NO_COLOR: '' }),
      scan({ NO_COLOR: '', FORCE_COLOR: '1' }),
      scan({ NO_COLOR: '1', FORCE_COLOR: '1' }),
      scan({ NO_COLOR: '', FORCE_COLOR: '1' }, '--no-color'),
    ]);

    assert.doesNotMatch(piped.stdout, ESCAPE);
    assert.match(forced.stdout, ESCAPE);
    assert.doesNotMatch(none.stdout, ESCAPE);
    assert.doesNotMatch(flag.stdout, ESCAPE);
    for (const { code, stdout } of [piped, forced, none, flag]) {
      assert.equal(code, 1);
      assert(!stdout.includes(SECRET.slice(6, 14)));
    }
  });

  for (const [args, code] of [
    [['scan', '--staged', '--fail-on', 'none'], 0],
    [['scan', '--staged', '--no-exit-code'], 0],
    [['scan', '--staged', '--fail-on', 'critical', '--only', 'notebook', '--exclude', '*'], 0],
    [['scan', '--staged'], 1],
    [['scan', '--stagd'], 2],
    [['scan', 'nowhere'], 3],
  ] as const) {
    it(`ends \`${args.join(' ')}\` with ${code}`, async () => {
      const result = await cli(args, { cwd: leaking() });

      assert.equal(result.code, code, result.stderr);
    });
  }

  it('keeps its exit code and its files when the reader of stdout goes away', () => {
    const repo = leaking();

    const ran = shell(`"$NODE" "$BIN" scan --staged -f json -o json=out.json | head -c 1; echo " \${PIPESTATUS[0]}"`, repo);

    assert.equal(ran.stdout, '{ 1\n');
    assert.equal(ran.stderr, '');
    assert.equal(shell('tail -c 2 out.json', repo).stdout, '}\n');
  });

  it('does not mind when the reader of both goes away', () => {
    const ran = shell(`"$NODE" "$BIN" rules list --debug 2>&1 | head -1; echo "\${PIPESTATUS[0]}"`, tempDir());

    assert.match(ran.stdout, /^check \S+\n0\n$/);
    assert.equal(ran.stderr, '');
  });

  if (process.platform === 'linux') {
    it('says in words that stdout is full', () => {
      const ran = shell('"$NODE" "$BIN" rules list > /dev/full', tempDir());

      assert.equal(ran.status, 5);
      assert.match(ran.stderr, /^nhi-audit: .*standard output.*ENOSPC/);
      assert.doesNotMatch(ran.stderr, /^\s+at /m);
    });
  }

  it('lets no name of a stranger move the cursor in an error message', async () => {
    const root = tempDir();
    const name = 'nowhere\u001b[2J\u202etxt\nnhi-audit: all is well';
    symlinkSync(name, join(root, 'x'));

    const result = await cli(['scan', `./${name}`], { cwd: root });

    assert.equal(result.code, 3);
    assert.match(result.stderr, /There is nothing at .*nowhere\\u\{1b\}/);
    assert.doesNotMatch(result.stderr, ESCAPE);
    assert.doesNotMatch(result.stderr, /^nhi-audit: all is well/m);
  });
});

function leaking(): string {
  const repo = tempRepo();
  writeFile(repo.path, 'readme.md', 'hello\n');
  repo.commit('Start');
  writeFile(repo.path, 'config.txt', `aws_access_key_id = ${KEY}\naws_secret_access_key = ${SECRET}\n`);
  repo.git('add', '-A');
  return repo.path;
}

function shell(
  script: string,
  cwd: string,
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8', env: { ...process.env, NODE: process.execPath, BIN } });
}
