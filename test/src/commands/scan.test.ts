import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { z } from 'zod';
import type { ReportV1 } from '../../../reporters/json/v1.ts';
import { scanCommand } from '../../../src/commands/scan.ts';
import type { Io } from '../../../src/io.ts';
import { ConfigError } from '../../../src/util/errors.ts';
import { testIo } from '../../helpers/io.ts';
import { fakeToken } from '../../helpers/scan-context.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

// The shipped detectors must know it: assembled here, so that no push protection stops this file.
const ACCESS_KEY = `${['AK', 'IA'].join('')}QYLPMN5HFIQR7DZW`;

interface Scanned {
  readonly code: number;
  readonly report: z.infer<typeof ReportV1>;
  readonly err: string;
}

type Options = Partial<Parameters<typeof scanCommand>[2]>;

async function scanned(
  directory: string,
  targets: readonly string[],
  options: Options = {},
  io: Partial<Io> = {},
): Promise<Scanned> {
  const own = testIo(directory, io);
  const code = await scanCommand(own, targets, { ...SCAN_OPTIONS, ...options });
  return { code, report: JSON.parse(own.out()), err: own.err() };
}

function piped(...chunks: readonly (string | Uint8Array)[]): Partial<Io> {
  return {
    stdin: {
      isTTY: false,
      async *chunks() {
        for (const chunk of chunks) yield Buffer.from(chunk);
      },
    },
  };
}

function placesOf(report: Scanned['report']): string[] {
  return report.findings.flatMap((finding) => finding.evidence.map(({ place }) => `${place?.path}:${place?.line}`));
}

describe('scan of standard input', () => {
  it('reads it as one file, in whatever pieces it comes', async () => {
    const text = `one\ntwo\nkey_id = ${ACCESS_KEY}\n`;

    const { code, report } = await scanned(tempDir(), [], { stdin: true }, piped(...text));

    assert.equal(code, 1);
    assert.deepEqual(placesOf(report), ['<stdin>:3']);
    assert.deepEqual(
      report.coverage.map(({ surface, subject, outcome, bytes }) => ({ surface, subject, outcome, bytes })),
      [{ surface: 'work-tree', subject: '<stdin>', outcome: 'complete', bytes: text.length }],
    );
  });

  it('reads it for the target -, beside others', async () => {
    const directory = tempDir();
    writeFile(directory, 'a.txt', 'clean\n');

    const { report } = await scanned(directory, ['a.txt', '-'], {}, piped(ACCESS_KEY));

    assert.deepEqual(report.coverage.map((row) => row.subject).toSorted(), ['<stdin>', 'a.txt']);
    assert.equal(report.findings.length, 1);
  });

  it('finds what lies across the pieces of a long text, with its line', async () => {
    const line = `${'x'.repeat(1023)}\n`;
    const filler = Buffer.from(line.repeat(1024));
    const lines = 20 * 1024;

    const { report } = await scanned(
      tempDir(),
      [],
      { stdin: true },
      piped(
        ...Array.from({ length: 20 }, () => filler),
        `key_id = ${ACCESS_KEY.slice(0, 9)}`,
        `${ACCESS_KEY.slice(9)}\n`,
        filler,
      ),
    );

    assert.deepEqual(placesOf(report), [`<stdin>:${lines + 1}`]);
    assert.equal(report.coverage[0]?.bytes, 21 * filler.length + `key_id = ${ACCESS_KEY}\n`.length);
  });

  it('stops at the largest size of a file, and says so', async () => {
    const directory = tempDir();
    writeFile(directory, 'nhi-audit.config.yml', 'maxFileSize: 1000000\n');
    const rest = `${ACCESS_KEY}\n`;
    let isClosed = false;
    const stdin = {
      isTTY: false,
      async *chunks() {
        try {
          for (;;) yield Buffer.from(`${'filler\n'.repeat(100_000)}${rest}`);
        } finally {
          isClosed = true;
        }
      },
    };

    const { report } = await scanned(directory, [], { stdin: true }, { stdin });

    assert.equal(isClosed, true);
    assert.equal(report.coverage[0]?.outcome, 'partial');
    assert.match(report.coverage[0]?.why ?? '', /only the first 1000000 bytes were searched/);
    assert.equal(report.coverage[0]?.bytes, 1_000_000);
    assert.equal(report.findings.length, 1);
  });

  it('takes it for the file it is said to be', async () => {
    const notebook = JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {},
      cells: [{ cell_type: 'code', metadata: {}, outputs: [], source: [`key_id = "${ACCESS_KEY}"`] }],
    });

    const { report } = await scanned(tempDir(), [], { stdinPath: 'work/churn.ipynb' }, piped(notebook));

    assert.deepEqual(report.run.targets, ['work/churn.ipynb']);
    assert.ok(report.coverage.some((row) => row.surface === 'notebook' && row.outcome === 'complete'));
    assert.deepEqual([...new Set(report.findings.flatMap(({ evidence }) => evidence.map(({ place }) => place?.cell)))], [1]);
  });

  it('is clean when nothing comes, and says that nothing came', async () => {
    const { code, report, err } = await scanned(tempDir(), [], { stdin: true }, piped());

    assert.equal(code, 0);
    assert.deepEqual(report.findings, []);
    assert.match(err, /Standard input is empty/);
  });

  it('says how to use it on a terminal, and that it excludes --staged and --diff', async () => {
    const terminal = { stdin: { isTTY: true, chunks: () => assert.fail('not to be read') } };

    await assert.rejects(scanned(tempDir(), ['-'], {}, terminal), (error: ConfigError) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.hint ?? '', /git diff \| nhi-audit scan --stdin/);
      return true;
    });
    await assert.rejects(
      scanned(tempDir(), [], { stdin: true, staged: true }, piped('')),
      /--stdin and --staged exclude each other/,
    );
    await assert.rejects(
      scanned(tempDir(), [], { stdin: true, diff: 'a..b' }, piped('')),
      /--stdin and --diff exclude each other/,
    );
  });
});

function counts({ surface, seen, read, skipped }: Scanned['report']['coverage'][number]): object {
  return { surface, seen, read, skipped };
}

describe('scan of targets that overlap', () => {
  it('reads once what lies in another target, and says so', async () => {
    const repo = tempRepo();
    repo.write('a/b/c.txt', `${ACCESS_KEY}\n`);
    repo.commit('Add');

    const { report, err } = await scanned(repo.path, ['a', 'a/b', './a/b/c.txt'], { history: false });

    assert.deepEqual(
      report.coverage.map(({ surface, read }) => [surface, read]),
      [['work-tree', 1]],
    );
    assert.match(err, /a\/b lies in a: it is read once, with it/);
    assert.match(err, /\.\/a\/b\/c\.txt lies in a/);
  });

  it('reads what the outer one leaves out: ignored, excluded, a directory beside it with a longer name', async () => {
    const repo = tempRepo();
    repo.write('.gitignore', 'exports/\n');
    repo.write('exports/a.txt', 'ignored\n');
    repo.write('left/a.txt', 'excluded\n');
    repo.write('src/a.txt', 'one\n');
    repo.write('src-old/a.txt', 'two files of one size would be one row\n');
    repo.commit('Add');
    const options = { history: false, exclude: ['left/'] };

    const ignored = await scanned(repo.path, ['.', 'exports'], options);
    const excluded = await scanned(repo.path, ['.', 'left/a.txt'], options);
    const beside = await scanned(repo.path, ['src', 'src-old'], options);

    for (const { report, err } of [ignored, excluded, beside]) {
      assert.equal(report.coverage.filter((row) => row.surface === 'work-tree').length, 2);
      assert.doesNotMatch(err, /lies in/);
    }
  });

  it('reads once what git ignores where that is read, too, in a repository and in a plain directory', async () => {
    const repo = tempRepo();
    repo.write('.gitignore', 'node_modules/\n');
    repo.write('node_modules/tool/a.txt', 'ignored\n');
    repo.commit('Add');
    const plain = tempDir();
    writeFile(plain, '.gitignore', 'node_modules/\n');
    writeFile(plain, 'node_modules/tool/a.txt', 'ignored\n');

    for (const directory of [repo.path, plain]) {
      const whole = await scanned(directory, ['.'], { history: false, includeIgnored: true });
      const twice = await scanned(directory, ['.', './node_modules'], { history: false, includeIgnored: true });

      assert.deepEqual(twice.report.coverage.map(counts), whole.report.coverage.map(counts));
      assert.equal(whole.report.coverage[0]?.read, 2);
      assert.match(twice.err, /\.\/node_modules lies in \.: it is read once, with it/);
    }
  });

  it('reads once what a walk of a plain directory meets, a repository in it with its history', async () => {
    const directory = tempDir();
    writeFile(directory, '.gitignore', 'skipped/\n');
    writeFile(directory, 'skipped/a.txt', 'one\n');
    writeFile(directory, 'plain/a.txt', 'two\n');
    const repo = tempRepo([], join(directory, 'plain'));
    repo.commit(`Add ${fakeToken('x').length}`);

    const nested = await scanned(directory, ['.', 'plain'], { history: false });
    const skipped = await scanned(directory, ['.', 'skipped'], { history: false });

    assert.match(nested.err, /plain lies in \./);
    assert.doesNotMatch(skipped.err, /lies in/);
  });
});

describe('scan of changes', () => {
  function staged() {
    const repo = tempRepo();
    repo.write('services/shop/a.txt', 'one\n');
    repo.commit('Start');
    repo.write('.env', `key_id = ${ACCESS_KEY}\n`);
    repo.git('add', '-A');
    return repo;
  }

  it('looks at the whole repository from a directory in it, as git does', async () => {
    const repo = staged();
    const inside = join(repo.path, 'services/shop');

    const { code, report } = await scanned(inside, [], { staged: true });
    repo.git('commit', '-qm', 'Add');
    const diff = await scanned(inside, [], { diff: 'HEAD~1..HEAD' });

    assert.equal(code, 1);
    assert.deepEqual(placesOf(report), ['.env:1']);
    assert.deepEqual(placesOf(diff.report), ['.env:1']);
  });

  it('holds to the configuration and the exceptions of the repository from a directory in it, and names them as it knows them', async () => {
    const repo = staged();
    const inside = join(repo.path, 'services/shop');
    writeFile(repo.path, 'nhi-audit.config.yml', 'failOn: none\n');
    writeFile(
      repo.path,
      'nhi-audit.exceptions.yml',
      'exceptions: [{ path: .env, reason: a test, owner: ana@example.com, expires: 2099-01-01 }]\n',
    );

    const { code, report } = await scanned(inside, [], { staged: true });
    writeFile(inside, 'nhi-audit.config.yml', 'failOn: low\n');
    const own = await scanned(inside, [], { staged: true });

    assert.equal(code, 0);
    assert.deepEqual(report.findings, []);
    assert.equal(report.acceptances[0]?.place, 'nhi-audit.exceptions.yml: exceptions[0]');
    assert.equal(own.code, 1);
    assert.deepEqual(placesOf(own.report), ['.env:1']);
  });

  it('refuses what has no meaning for a change or without a store', async () => {
    const repo = staged();

    await assert.rejects(scanned(repo.path, [], { staged: true, since: 'HEAD' }), /--since and --staged exclude each other/);
    await assert.rejects(scanned(repo.path, [], { newOnly: true }), /--new-only needs a store/);
  });

  it('keeps to a directory that is named, and says so', async () => {
    const repo = staged();

    const { code, report } = await scanned(join(repo.path, 'services'), ['.'], { staged: true });

    assert.equal(code, 0);
    assert.match(report.coverage[0]?.subject ?? '', /staged changes in services\/$/);
  });

  it('says on the terminal in two lines that a change is clean, and nothing with --quiet', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'one\n');
    repo.git('add', '-A');
    const said = async (options: Options) => {
      const io = testIo(repo.path);
      const code = await scanCommand(io, [], { ...SCAN_OPTIONS, format: 'terminal', staged: true, ...options });
      return { code, out: io.out(), err: io.err() };
    };

    const plain = await said({});
    const quiet = await said({ quiet: true });
    repo.commit('Start');
    const nothing = await said({});
    const json = await scanned(repo.path, [], { staged: true });

    assert.equal(plain.code, 0);
    assert.match(plain.out, /^No open findings.*\nRead completely: .* staged changes \(1 changed file\)\.\n$/);
    assert.deepEqual(quiet, { code: 0, out: '', err: '' });
    assert.deepEqual(nothing, { code: 0, out: 'Nothing new is staged.\n', err: '' });
    assert.equal(json.err, 'Nothing new is staged.\n');
  });

  it('has scanned nothing where a live target could not be reached', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'y',
      AWS_REGION: 'us-east-1',
      // The port of "discard": nobody listens there.
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    };
    const io = testIo(tempDir(), { env });

    const code = await scanCommand(io, ['aws:'], SCAN_OPTIONS);

    assert.equal(code, 3);
    assert.match(io.err(), /Nothing was scanned: no target could be read/);
  });
});
