import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, cli } from '../helpers/cli.ts';
import { git } from '../helpers/temp-repo.ts';

/** A text that the detectors find, assembled here so that no push protection stops this file. */
const KEY_LINE = `aws_access_key_id = ${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW\naws_secret_access_key = ${'kP3vN8xQ2mR7tY1wZ5bC'}${'9dF4gH6jL0sA+eU/iO2p'}\n`;

interface Report {
  readonly coverage: readonly {
    readonly surface: string;
    readonly outcome: string;
    readonly subject: string;
    readonly why?: string;
  }[];
  readonly findings: readonly { readonly rule: string }[];
}

describe('bad input, end to end', function () {
  this.timeout(60_000);
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nhi-bad-'));
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const scan = async (args: readonly string[]) => await cli(['scan', ...args, '-f', 'json'], { cwd: root });
  const gaps = (stdout: string): Report['coverage'] =>
    (JSON.parse(stdout) as Report).coverage.filter((row) => row.outcome !== 'complete');

  it('says what is missing and ends with 3 when nothing is there', async () => {
    const result = await scan(['./nowhere']);

    assert.equal(result.code, 3);
    assert.match(result.stderr, /There is nothing at .*nowhere/);
    assert.equal(result.stdout, '');
    assert.doesNotMatch(result.stderr, /^\s+at /m);
  });

  it('goes on with the targets that are there, and reports the one that is not', async () => {
    writeFileSync(join(root, 'a.txt'), 'nothing here\n');

    const result = await scan(['a.txt', './nowhere']);
    const strict = await scan(['a.txt', './nowhere', '--strict-coverage']);

    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(
      gaps(result.stdout).map((row) => [row.subject, row.outcome]),
      [['./nowhere', 'denied']],
    );
    assert.equal(strict.code, 4);
  });

  it('ends with 3 on an empty directory and on an empty repository, and says that they are empty', async () => {
    mkdirSync(join(root, 'empty'));
    mkdirSync(join(root, 'unborn'));
    git(join(root, 'unborn'), ['init', '-q']);

    const directory = await scan(['empty']);
    const repository = await scan(['unborn']);

    assert.deepEqual([directory.code, repository.code], [3, 3]);
    assert.match(directory.stderr, /Nothing was scanned: empty is empty: no files\./);
    assert.match(repository.stderr, /Nothing was scanned: unborn is empty: no files and no commits yet\./);
  });

  it('ends with 2 on unknown commands, options, formats and values, with the nearest match', async () => {
    const cases: readonly (readonly [args: readonly string[], hint: RegExp])[] = [
      [['scna'], /Did you mean scan\?/],
      [['scan', '--stagd'], /^error: .*'--stagd'\n\(Did you mean --staged\?\)\n+\(nhi-audit scan --help shows its options\)\n$/],
      [['rules', 'list', '--chekcs'], /Did you mean --checks\?\)\n+\(nhi-audit rules list --help shows its options\)\n$/],
      [['scan', '-f', 'jsn'], /Did you mean "json"\?/],
      [['scan', '--fail-on', 'hihg'], /Did you mean "high"\?/],
      [['scan', '--persona', 'audtor'], /Did you mean "auditor"\?/],
      [['scan', '--only', 'notebok'], /Did you mean "notebook"\?/],
      [['scan', '--framework', 'nist-csf-2.1'], /nist-csf-2\.0/],
      [['scan', '-o', 'sarif'], /FORMAT=FILE/],
      [['scan', '-o', 'json=-'], /-f json/],
      [['scan', '--store', '/no/such/directory/a.duckdb'], /directory of the store does not exist/],
      [['scan', '-o', 'json=/no/such/directory/x.json'], /directory does not exist/],
      [['scan', '--staged', '--diff', 'a..b'], /exclude each other/],
      [['rules', 'explain', 'leaked-key-used-around-gatewy'], /Did you mean "leaked-key-used-around-gateway"\?/],
      [['trace', 'x'], /--store/],
    ];
    for (const [args, hint] of cases) {
      const result = await cli(args, { cwd: root });

      assert.equal(result.code, 2, `${args.join(' ')}: ${result.stderr}`);
      assert.match(result.stderr, hint);
      assert.equal(result.stdout, '');
    }
  });

  it('names a misspelt key of the configuration', async () => {
    writeFileSync(join(root, 'nhi-audit.config.yml'), 'exlude: [vendor]\n');
    writeFileSync(join(root, 'a.txt'), 'x\n');

    const result = await scan(['a.txt']);

    assert.equal(result.code, 2);
    assert.match(result.stderr, /unknown key "exlude" \(did you mean "exclude"\?\)/);
  });

  it('never takes its configuration from what it scans', async () => {
    mkdirSync(join(root, 'hostile'));
    writeFileSync(join(root, 'hostile/nhi-audit.config.yml'), 'exclude: ["*"]\n');
    writeFileSync(join(root, 'hostile/credentials'), KEY_LINE);

    const result = await scan(['hostile']);

    assert.ok((JSON.parse(result.stdout) as Report).findings.length > 0, result.stderr);
  });

  it('finds keys in broken notebooks, UTF-16 and invalid UTF-8, and says what was broken', async () => {
    mkdirSync(join(root, 'in'));
    writeFileSync(join(root, 'in/broken.ipynb'), `{"cells": [{"cell_type": "code", "source": [${JSON.stringify(KEY_LINE)}`);
    writeFileSync(join(root, 'in/wide.txt'), Buffer.from(`\ufeff${KEY_LINE}`, 'utf16le'));
    writeFileSync(join(root, 'in/mixed.txt'), Buffer.concat([Buffer.from([0xff, 0xc0, 0x80, 0x0a]), Buffer.from(KEY_LINE)]));

    const result = await scan(['in', '-o', 'csv=out.csv']);

    const csv = readFileSync(join(root, 'out.csv'), 'utf8');
    for (const file of ['broken.ipynb', 'wide.txt', 'mixed.txt']) assert.ok(csv.includes(file), `${file} is not in:\n${csv}`);
    assert.ok(
      gaps(result.stdout).some((row) => row.surface === 'notebook' && row.outcome === 'partial'),
      result.stdout,
    );
  });

  it('refuses an export that is cut off, in words', async () => {
    writeFileSync(
      join(root, 'auth.json'),
      '{"UserDetailList": [{"UserName": "ci", "Arn": "arn:aws:iam::123456789012:user/ci", "Crea',
    );

    const result = await scan(['auth.json']);

    const [row] = gaps(result.stdout);
    assert.equal(row?.surface, 'aws');
    assert.match(row?.why ?? '', /\w+ \w+/);
    assert.doesNotMatch(result.stderr, /internal error/);
  });

  it('survives symlink loops, pipes and files that cannot be read', async () => {
    mkdirSync(join(root, 'in/a'), { recursive: true });
    symlinkSync('..', join(root, 'in/a/up'));
    symlinkSync('missing', join(root, 'in/dangling'));
    execFileSync('mkfifo', [join(root, 'in/pipe')]);
    writeFileSync(join(root, 'in/locked'), 'x');
    chmodSync(join(root, 'in/locked'), 0);
    writeFileSync(join(root, 'in/key.txt'), KEY_LINE);

    const result = await scan(['in']);

    assert.ok((JSON.parse(result.stdout) as Report).findings.length > 0, result.stderr);
  });

  it('reports a missing git object as a gap, not as the end', async () => {
    const repo = join(root, 'repo');
    mkdirSync(repo);
    git(repo, ['init', '-q', '-b', 'main']);
    for (const [name, text] of [
      ['one.txt', 'first\n'],
      ['two.txt', KEY_LINE],
    ] as const) {
      writeFileSync(join(repo, name), text);
      git(repo, ['add', '.']);
      git(repo, ['-c', 'user.name=A', '-c', 'user.email=a@harbour.example', 'commit', '-q', '-m', name]);
    }
    const blob = git(repo, ['rev-parse', 'HEAD~1:one.txt']).toString('utf8').trim();
    rmSync(join(repo, 'one.txt'));
    rmSync(join(repo, '.git/objects', blob.slice(0, 2), blob.slice(2)), { force: true });

    const result = await scan(['repo']);

    assert.notEqual(result.code, 5, result.stderr);
    assert.ok(
      gaps(result.stdout).some((row) => row.surface === 'history'),
      result.stdout,
    );
    assert.ok((JSON.parse(result.stdout) as Report).findings.length > 0);
  });

  it('finds what lies at HEAD where there is no work tree of it', async () => {
    const repo = join(root, 'repo');
    mkdirSync(repo);
    git(repo, ['init', '-q', '-b', 'main']);
    writeFileSync(join(repo, 'credentials'), KEY_LINE);
    git(repo, ['add', '.']);
    git(repo, ['commit', '-q', '-m', 'Add credentials']);
    git(root, ['clone', '-q', '--bare', repo, 'bare.git']);
    git(root, ['clone', '-q', '--no-checkout', repo, 'empty']);
    rmSync(join(repo, 'credentials'));

    for (const target of ['bare.git', 'empty', 'repo']) {
      const result = await scan([target]);

      assert.equal(result.code, 1, `${target}: ${result.stderr}`);
      assert.ok(
        (JSON.parse(result.stdout) as Report).findings.some(({ rule }) => rule === 'credential-in-work-tree'),
        target,
      );
    }
  });

  it('says a damaged store, a full disk, and leaves no half report', async () => {
    writeFileSync(join(root, 'a.txt'), 'x\n');
    writeFileSync(join(root, 'bad.duckdb'), 'junk'.repeat(5000));
    writeFileSync(join(root, 'bad.duckdb.key'), `${'0'.repeat(64)}\n`);

    const damaged = await scan(['a.txt', '--store', 'bad.duckdb']);
    const full = existsSync('/dev/full') ? await scan(['a.txt', '-o', 'csv=/dev/full']) : undefined;

    assert.equal(damaged.code, 2);
    assert.match(damaged.stderr, /not a readable store/);
    if (full !== undefined) {
      assert.equal(full.code, 5);
      assert.match(full.stderr, /could not be written: .*ENOSPC/);
    }
    assert.deepEqual(
      readdirSync(root).filter((name) => name.includes('.tmp')),
      [],
    );
  });

  it('keeps a run that is written, though there is no room to put the store in order', () => {
    writeFileSync(join(root, 'a.txt'), 'x\n');
    // In units of 512 bytes: room for what is new, not for the file of tables.
    const limited = (limit: number, store: string) =>
      spawnSync('sh', ['-c', `ulimit -f ${limit}; exec "$0" "$1" scan a.txt --store ${store}`, process.execPath, BIN], {
        cwd: root,
        encoding: 'utf8',
      });
    const read = (store: string) =>
      spawnSync(process.execPath, [BIN, 'query', 'SELECT count(*) AS n FROM runs', '--store', store, '-f', 'json'], {
        cwd: root,
        encoding: 'utf8',
      });

    const tight = limited(4000, 'tight.duckdb');
    const tighter = limited(64, 'tighter.duckdb');

    assert.equal(tight.status, 0, tight.stderr);
    assert.match(tight.stderr, /The run is stored, but .*File too large.*tight\.duckdb\.wal/);
    assert.match(tight.stdout, /a\.txt/);
    assert.deepEqual(JSON.parse(read('tight.duckdb').stdout), [{ n: 1 }]);
    assert.equal(tighter.status, 5);
    assert.match(tighter.stderr, /the disk is full .*the store is as it was before/);
    assert.doesNotMatch(read('tighter.duckdb').stdout, /"n": ?1/);
  });

  it('stops on Ctrl-C without a report, a stored run or a trace', async () => {
    mkdirSync(join(root, 'big'));
    const filler = 'const value = compute(input, 42);\n'.repeat(60_000);
    for (let n = 0; n < 200; n += 1) writeFileSync(join(root, 'big', `${n}.js`), filler);

    const result = await cli(['scan', 'big', '--store', 'audit.duckdb', '-o', 'json=out.json'], {
      cwd: root,
      // The store is opened before the first file is read.
      onStart: (child) => {
        const watch = setInterval(() => {
          if (!existsSync(join(root, 'audit.duckdb'))) return;
          clearInterval(watch);
          child.kill('SIGINT');
        }, 10);
        child.once('exit', () => clearInterval(watch));
      },
    });

    assert.equal(result.code, 130, result.stderr);
    assert.match(result.stderr, /Interrupted/);
    assert.equal(existsSync(join(root, 'out.json')), false);
    const runs = await cli(['query', 'SELECT count(*) AS n FROM runs', '--store', 'audit.duckdb'], { cwd: root });
    assert.match(runs.stderr + runs.stdout, /no complete run/);
  });

  it('shows a stack trace with --debug only', async () => {
    const plain = await cli(['report', '--store', 'none.duckdb'], { cwd: root });
    const debug = await cli(['report', '--store', 'none.duckdb', '--debug'], { cwd: root });

    assert.equal(plain.code, 2);
    assert.doesNotMatch(plain.stderr, /^\s+at /m);
    assert.match(debug.stderr, /^\s+at /m);
  });
});
