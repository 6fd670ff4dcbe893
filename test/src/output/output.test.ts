import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type AnyReporter, defineReporter } from '../../../src/contracts/index.ts';
import type { Io } from '../../../src/io.ts';
import { type Output, parseOutput, parseOutputs, writeOutputs, writeWhole } from '../../../src/output.ts';
import { ConfigError, OutputError } from '../../../src/util/errors.ts';
import { testIo } from '../../helpers/io.ts';
import { emptyReport, sampleReport } from '../../helpers/report.ts';
import { tempDir } from '../../helpers/temp-repo.ts';

/** What rests on files that other systems do not have. */
const onLinux = (title: string, test: () => Promise<void>): void => {
  if (process.platform === 'linux') it(title, test);
};

describe('parsing -f and -o', () => {
  for (const [text, id, options, file] of [
    ['sarif=out.sarif', 'sarif', {}, '/work/out.sarif'],
    ['json=/tmp/a=b.json', 'json', {}, '/tmp/a=b.json'],
    ['csv:rows=identities=FILE', 'csv', { rows: 'identities' }, '/work/FILE'],
    ['csv:rows=coverage,delimiter=;=a,b.csv', 'csv', { rows: 'coverage', delimiter: ';' }, '/work/a,b.csv'],
    ['csv:delimiter=tab=x.tsv', 'csv', { delimiter: 'tab' }, '/work/x.tsv'],
    ['markdown=with space and\nbreak.md', 'markdown', {}, '/work/with space and\nbreak.md'],
  ] as const) {
    it(`reads -o ${JSON.stringify(text)}`, async () => {
      const output = await parseOutput(text, 'file', '/work');

      assert.deepEqual([output.reporter.id, output.options, output.file], [id, options, file]);
    });
  }

  for (const [text, options] of [
    ['terminal', {}],
    ['csv:rows=identities', { rows: 'identities' }],
  ] as const) {
    it(`reads -f ${text}`, async () => {
      const output = await parseOutput(text, 'stdout', '/work');

      assert.deepEqual([output.options, output.file], [options, undefined]);
    });
  }

  for (const [kind, text, message, hint] of [
    ['file', 'sarif', /Not understood: --output sarif/, /FORMAT=FILE/],
    ['file', 'sarif=', /Not understood/, /FORMAT=FILE/],
    ['file', '=x.json', /Not understood/, /FORMAT=FILE/],
    ['file', 'csv:rows=identities', /Not understood/, /FORMAT=FILE/],
    ['file', 'SARIF=x', /Not understood/, /FORMAT=FILE/],
    ['stdout', 'json=x.json', /Not understood: --format json=x\.json/, /for example: -f json/],
    ['stdout', '', /Not understood/, /-f json/],
    ['stdout', 'sraif', /There is no format "sraif"/, /Did you mean "sarif"\?/],
    ['stdout', 'constructor', /There is no format "constructor"/, /Formats: terminal, json/],
    ['stdout', 'csv:rows=people', /csv: rows: /, /reporters\/csv\/README\.md/],
    ['stdout', 'csv:row=findings', /csv: .*row/, /README/],
    ['stdout', 'json:rows=findings', /json: /, /README/],
  ] as const) {
    it(`refuses ${kind === 'file' ? '-o' : '-f'} ${JSON.stringify(text)}`, async () => {
      await assert.rejects(parseOutput(text, kind, '/work'), (error) => {
        assert(error instanceof ConfigError, String(error));
        assert.deepEqual([error.code, error.exit], ['OUTPUT_FORMAT', 2]);
        assert.match(error.message, message);
        assert.match(error.hint ?? '', hint);
        return true;
      });
    });
  }
});

describe('what cannot be written', () => {
  for (const [what, file, why] of [
    ['a directory that does not exist', 'missing/x.json', /the directory does not exist/],
    ['a directory in place of a file', 'folder', /it is a directory/],
    ['a file in place of a directory', 'file/x.json', /is not a directory/],
  ] as const) {
    it(`is said before the scan: ${what}`, async () => {
      const root = tempDir();
      mkdirSync(join(root, 'folder'));
      writeFileSync(join(root, 'file'), '');

      await assert.rejects(parseOutputs('terminal', [`json=${file}`], root), (error) => {
        assert(error instanceof OutputError, String(error));
        assert.deepEqual([error.code, error.exit], ['OUTPUT_PATH', 2]);
        assert.match(error.message, why);
        return true;
      });
    });
  }

  // /proc takes no new file from anybody, root included.
  onLinux('has exit code 2: a directory that takes no file', async () => {
    const root = tempDir();

    await assert.rejects(
      async () =>
        writeOutputs(await parseOutputs('json', ['json=/proc/self/attr/x.json'], root), emptyReport(), testIo(root), undefined),
      { code: 'OUTPUT_PATH', exit: 2 },
    );
  });

  it('is said before the scan: two reports for one file', async () => {
    await assert.rejects(parseOutputs('terminal', ['json=a.txt', 'csv=./a.txt'], tempDir()), {
      code: 'OUTPUT_PATH',
      exit: 2,
      message: /two reports/,
    });
  });
});

describe('writing reports', () => {
  let root: string;
  let io: ReturnType<typeof testIo>;

  beforeEach(() => {
    root = tempDir();
    io = testIo(root);
  });

  it('writes each to its place, and nothing else', async () => {
    const outputs = await parseOutputs('json', ['json=a.json', 'csv=b.csv'], root);

    await writeOutputs(outputs, sampleReport(), io, undefined);

    assert.deepEqual(readdirSync(root).sort(), ['a.json', 'b.csv']);
    assert.equal(readFileSync(join(root, 'a.json'), 'utf8'), io.out());
    assert.equal(JSON.parse(io.out()).findings.length, sampleReport().findings.length);
  });

  it('writes the files before standard output, whose reader may go away', async () => {
    const outputs = [output(pieces('x')), { ...output(pieces('y')), file: join(root, 'y') }];
    const gone: Io = { ...io, stdout: () => Promise.reject(new Error('nobody reads')) };

    await assert.rejects(writeOutputs(outputs, emptyReport(), gone, undefined), /nobody reads/);

    assert.equal(readFileSync(join(root, 'y'), 'utf8'), 'y');
  });

  it('gives colour and width to standard output only', async () => {
    const seen: unknown[] = [];
    const reporter = fake(function* (context) {
      seen.push(context);
      yield '';
    });
    const terminal: Io = { ...io, terminal: { ...io.terminal, stdoutIsTTY: true, columns: 80, color: true, links: true } };

    await writeOutputs([output(reporter), { ...output(reporter), file: join(root, 'x') }], emptyReport(), terminal, 'a.duckdb');

    assert.deepEqual(
      seen.toSorted((a, b) => Number((b as { color: boolean }).color) - Number((a as { color: boolean }).color)),
      [
        { width: 80, color: true, links: true, store: 'a.duckdb' },
        { width: undefined, color: false, links: false, store: 'a.duckdb' },
      ],
    );
  });

  it('keeps the old report when the new one fails half way', async () => {
    const file = join(root, 'report.json');
    writeFileSync(file, 'yesterday');
    const reporter = fake(function* () {
      yield 'half';
      throw new Error('a fault of the reporter');
    });

    await assert.rejects(writeOutputs([{ ...output(reporter), file }], emptyReport(), io, undefined), /a fault of the reporter/);

    assert.equal(readFileSync(file, 'utf8'), 'yesterday');
    assert.deepEqual(readdirSync(root), ['report.json']);
  });

  it('keeps the old report when files may not grow any further', function () {
    if (process.platform === 'win32') this.skip();
    const file = join(root, 'report.txt');
    writeFileSync(file, 'yesterday');
    const script = `import { writeWhole } from ${JSON.stringify(new URL('../../../src/output.ts', import.meta.url).href)};
      await writeWhole(${JSON.stringify(file)}, Array(64).fill('today '.repeat(200))).catch(({ code, exit }) => console.log(code, exit));`;

    // The shell counts in blocks of 512 or 1024 bytes; Node is told of the limit, not ended by it.
    const ran = spawnSync('sh', ['-c', 'ulimit -f 4; exec "$0" --input-type=module -e "$1"', process.execPath, script], {
      encoding: 'utf8',
    });

    assert.equal(ran.stdout.trim(), 'OUTPUT_FAILED 5', ran.stderr);
    assert.equal(readFileSync(file, 'utf8'), 'yesterday');
    assert.deepEqual(readdirSync(root), ['report.txt']);
  });

  it('is one of two reports, whole, where two write one file at a time', async () => {
    const file = join(root, 'report.txt');
    const slowly = async function* (word: string): AsyncGenerator<string> {
      for (let n = 0; n < 100; n++) {
        yield word;
        await new Promise(setImmediate);
      }
    };

    await Promise.all(['one ', 'two '].map((word) => writeWhole(file, slowly(word))));

    assert.match(readFileSync(file, 'utf8'), /^(?:(?:one ){100}|(?:two ){100})$/);
    assert.deepEqual(readdirSync(root), ['report.txt']);
  });

  it('does not blame the path for a fault of the reporter that has a code', async () => {
    const reporter = fake(function* () {
      yield Buffer.alloc(1).toString('no-such-encoding' as 'hex');
    });

    await assert.rejects(
      writeOutputs([{ ...output(reporter), file: join(root, 'x') }], emptyReport(), io, undefined),
      (error) => !(error instanceof OutputError),
    );
  });

  it('writes through a symbolic link and leaves it a link', async () => {
    mkdirSync(join(root, 'kept'));
    writeFileSync(join(root, 'kept/report.txt'), 'yesterday');
    symlinkSync('kept/report.txt', join(root, 'latest.txt'));

    await writeOutputs([{ ...output(pieces('today')), file: join(root, 'latest.txt') }], emptyReport(), io, undefined);

    assert.equal(readlinkSync(join(root, 'latest.txt')), 'kept/report.txt');
    assert.equal(readFileSync(join(root, 'kept/report.txt'), 'utf8'), 'today');
    assert.deepEqual(readdirSync(join(root, 'kept')), ['report.txt']);
  });

  onLinux('writes into a device behind a symbolic link and leaves the link alone', async () => {
    symlinkSync('/dev/null', join(root, 'out'));

    await writeOutputs([{ ...output(pieces('x')), file: join(root, 'out') }], emptyReport(), io, undefined);

    assert.equal(lstatSync(join(root, 'out')).isSymbolicLink(), true);
    assert.deepEqual(readdirSync(root), ['out']);
  });

  it('does not follow a link that somebody laid where the unfinished report goes', async () => {
    writeFileSync(join(root, 'victim'), 'precious');
    symlinkSync('victim', join(root, `report.txt.${process.pid}.tmp`));

    await writeOutputs([{ ...output(pieces('x')), file: join(root, 'report.txt') }], emptyReport(), io, undefined);

    assert.equal(readFileSync(join(root, 'victim'), 'utf8'), 'precious');
    assert.equal(readFileSync(join(root, 'report.txt'), 'utf8'), 'x');
  });

  onLinux('says a full disk with exit code 5', async () => {
    await assert.rejects(writeOutputs([{ ...output(pieces('x')), file: '/dev/full' }], emptyReport(), io, undefined), {
      code: 'OUTPUT_FAILED',
      exit: 5,
    });
  });

  it('writes whole what is larger than one write takes', async () => {
    const piece = 'é'.repeat(3_000_000);
    const file = join(root, 'large.txt');
    closeSync(openSync(file, 'w'));

    await writeOutputs([{ ...output(pieces(piece, piece)), file }], emptyReport(), io, undefined);

    assert.equal(readFileSync(file, 'utf8'), piece + piece);
  });
});

function output(reporter: AnyReporter): Output {
  return { reporter, options: {} };
}

function pieces(...texts: readonly string[]): AnyReporter {
  return fake(() => texts);
}

function fake(render: (context: unknown) => Iterable<string>): AnyReporter {
  return defineReporter({
    id: 'fake',
    title: 'A reporter of these tests',
    extension: 'txt',
    mediaType: 'text/plain',
    options: z.object({}),
    render: (_report, _options, context) => render(context),
  });
}
