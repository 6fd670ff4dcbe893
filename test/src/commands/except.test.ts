import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { buildProgram } from '../../../src/cli.ts';
import { baselineCommand } from '../../../src/commands/baseline.ts';
import { exceptCommand } from '../../../src/commands/except.ts';
import { scanCommand } from '../../../src/commands/scan.ts';
import { readBaseline } from '../../../src/config/baseline.ts';
import type { Finding, FindingStatus } from '../../../src/contracts/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { exceptionOf, withException } from '../../../src/suppress/edit-exceptions.ts';
import { readExceptions } from '../../../src/suppress/exceptions.ts';
import { type TestIo, testIo } from '../../helpers/io.ts';
import { plainFinding } from '../../helpers/plain-finding.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

const FILE = 'nhi-audit.exceptions.yml';
const KNOWN = 'abcdef012345'.padEnd(64, '7');
const GIVEN = { reason: 'revoked in March', owner: 'ada@harbour.example', expires: '2027-03-31', format: 'text' } as const;
const EVIL = 'a: b # "c" \'d\' {e} [f] *g &h !i %j @k `l`\n- m\u202e\u001b[31m';

describe('except command', () => {
  let root: string;
  let io: TestIo;

  beforeEach(() => {
    root = tempDir();
    io = testIo(root);
  });

  it('is offered by the report of a hook, in words that accept the finding in the next run', async function () {
    this.timeout(20_000);
    const repo = tempRepo([]);
    const file = 'conf/my app[1].env';
    repo.write(file, `DB_PASSWORD=${['kX9v', 'Qm2LrT7p', 'Zw4s'].join('')}\n`);
    repo.git('add', '-A');
    const scan = async (): Promise<string> => {
      const at = testIo(repo.path);
      await scanCommand(at, [], { ...SCAN_OPTIONS, format: 'terminal', staged: true, quiet: true });
      return at.out();
    };

    const before = await scan();
    const [offered = ''] = before.match(/^ {2}nhi-audit except .*(?= --reason "" --owner "")/m) ?? [];
    const words = execFileSync('sh', ['-c', offered.replace('nhi-audit', "printf '%s\\0'")], { encoding: 'utf8' });
    const argv = [...words.split('\0').slice(0, -1), '--owner', 'team-shop', '--reason'];
    await assert.rejects(buildProgram(testIo(repo.path), () => undefined).parseAsync([...argv, ''], { from: 'user' }), {
      code: 'EXCEPTION_INCOMPLETE',
    });
    await buildProgram(testIo(repo.path), () => undefined).parseAsync([...argv, 'made up'], { from: 'user' });
    const after = await scan();

    assert.match(before, /Password kX…\(16\)/);
    assert(argv.includes('/conf/my app\\[1\\].env'), argv.join(' '));
    assert.equal(after, '');
  });

  it('shows the entry and writes nothing', async () => {
    const code = await exceptCommand(io, KNOWN.slice(0, 12), GIVEN);

    assert.equal(code, 0);
    assert.deepEqual(parse(io.out()), [
      { finding: KNOWN.slice(0, 12), reason: GIVEN.reason, owner: GIVEN.owner, expires: GIVEN.expires },
    ]);
    assert.match(io.err(), /^Not written\. With --write/);
    assert.equal(existsSync(join(root, FILE)), false);
  });

  it('makes the file with --write, which a scan reads', async () => {
    await exceptCommand(io, undefined, {
      ...GIVEN,
      rule: 'in-history',
      path: 'fixtures/**',
      justification: 'test-data',
      approver: 'grace@harbour.example',
      ticket: 'SEC-12',
      write: true,
    });

    const [entry] = readExceptions(join(root, FILE), io.clock(), true);
    assert.deepEqual(
      [entry?.rule, entry?.path, entry?.justification, entry?.ticket],
      ['in-history', 'fixtures/**', 'test-data', 'SEC-12'],
    );
    assert.match(readFileSync(join(root, FILE), 'utf8'), /^# What may stand/);
  });

  it('keeps the comments and the order of what is there', async () => {
    const before = [
      '# ours',
      'exceptions:',
      '  # the old one',
      "  - rule: 'b'   # why",
      '    reason: because it is a very long sentence that would be folded over several lines if nobody took care of that, which it is not',
      '    owner: x',
      '    expires: 2027-01-01',
      '  - rule: a',
      '    reason: y',
      '    owner: x',
      '    expires: 2027-01-01',
      '',
    ].join('\n');
    writeFile(root, FILE, before);

    await exceptCommand(io, KNOWN, { ...GIVEN, write: true });

    const after = readFileSync(join(root, FILE), 'utf8');
    assert.equal(after.replace("'b' # why", "'b'   # why").slice(0, before.length), before);
    assert.equal(readExceptions(join(root, FILE), io.clock(), true).length, 3);
  });

  for (const [what, text] of [
    ['an empty list', 'exceptions: []\n'],
    ['a file of comments', '# nothing yet\n'],
    ['a key without a value', 'exceptions:\n'],
  ] as const) {
    it(`adds to ${what}`, async () => {
      writeFile(root, FILE, text);

      await exceptCommand(io, KNOWN, { ...GIVEN, write: true });

      assert.equal(readExceptions(join(root, FILE), io.clock(), true).length, 1);
      assert.match(readFileSync(join(root, FILE), 'utf8'), /^ *- finding: /m);
    });
  }

  for (const [what, finding, more, expected] of [
    ['no reason', KNOWN, { reason: ' ' }, { code: 'EXCEPTION_INCOMPLETE', message: 'An exception needs --reason' }],
    ['no owner', KNOWN, { owner: '' }, { code: 'EXCEPTION_INCOMPLETE', message: /--owner/ }],
    ['no last day', KNOWN, { expires: '' }, { code: 'EXCEPTION_INCOMPLETE', message: /--expires/ }],
    ['a day that is past', KNOWN, { expires: '2026-05-31' }, { code: 'EXCEPTION_INVALID', message: /is past/ }],
    ['a day that is none', KNOWN, { expires: '2027-02-30' }, { code: 'EXCEPTION_INVALID' }],
    ['nothing selected', undefined, {}, { code: 'EXCEPTION_INCOMPLETE', message: /which findings/ }],
    ['a fingerprint that is none', 'nope', {}, { code: 'EXCEPTION_INVALID' }],
    ['a file that is damaged', KNOWN, { exceptions: 'bad.yml' }, { code: 'EXCEPTIONS' }],
  ] as const) {
    it(`refuses ${what}, and leaves the file as it is`, async () => {
      writeFile(root, 'bad.yml', 'exceptions: [');

      await assert.rejects(exceptCommand(io, finding, { ...GIVEN, ...more, write: true }), { exit: 2, ...expected });

      assert.equal(existsSync(join(root, FILE)), false);
      assert.equal(readFileSync(join(root, 'bad.yml'), 'utf8'), 'exceptions: [');
    });
  }

  it('refuses what is accepted already, until it has run out', async () => {
    await exceptCommand(io, KNOWN, { ...GIVEN, write: true });

    await assert.rejects(exceptCommand(io, KNOWN, { ...GIVEN, write: true }), {
      code: 'EXCEPTION_THERE',
      message: /until 2027-03-31/,
    });
    const later = testIo(root, { clock: () => new Date('2027-05-01T00:00:00Z') });
    await exceptCommand(later, KNOWN, { ...GIVEN, expires: '2028-01-01', write: true });

    assert.equal(readExceptions(join(root, FILE), later.clock(), true).length, 2);
  });

  it('keeps whatever text is given, to the letter', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.constantFrom('reason', 'owner', 'ticket', 'path'),
        (text, field) => {
          fc.pre(text.trim() !== '' && !/\r|[\ud800-\udfff]/.test(text));
          const given = { rule: 'r', reason: 'r', owner: EVIL, expires: '2027-01-01', [field]: text };

          const once = withException(undefined, exceptionOf(given, '2026-01-01'), 'f');
          const twice = withException(once, exceptionOf({ ...given, rule: '123456789012' }, '2026-01-01'), 'f');

          assert.equal(parse(twice).exceptions[1][field], text.trim());
          assert.equal(parse(twice).exceptions[1].rule, '123456789012');
        },
      ),
      { numRuns: 100 },
    );
  });

  describe('with a store', () => {
    let store: string;

    before(async () => {
      store = join(tempDir(), 'audit.duckdb');
      await storeOf(store);
    });

    it('names the finding in full and says what is covered', async () => {
      await exceptCommand(io, KNOWN.slice(0, 12), { ...GIVEN, store });

      assert.equal(parse(io.out())[0].finding, KNOWN);
      assert.equal(parse(io.out())[0].severity, 'high');
      assert.match(io.err(), /^It accepts 1 finding of the run:\n {2}high {2}r {2}x\n/);
    });

    it('refuses the fingerprint of no finding', async () => {
      await assert.rejects(exceptCommand(io, '0'.repeat(12), { ...GIVEN, store }), { code: 'FINDING_UNKNOWN' });
    });

    it('lists what is used, stale, expired and due', async () => {
      for (const [rule, expires] of [
        ['r', '2027-01-01'],
        ['nothing-of-this', '2027-01-01'],
        ['accepted', '2026-06-20'],
        ['long-gone', '2026-06-02'],
      ]) {
        await exceptCommand(testIo(root), undefined, { ...GIVEN, rule: rule ?? '', expires: expires ?? '', write: true });
      }
      const later = testIo(root, { clock: () => new Date('2026-06-03T00:00:00Z') });
      const blind = testIo(root);

      await exceptCommand(later, undefined, { list: true, store, format: 'json' });
      await exceptCommand(blind, undefined, { list: true, format: 'text' });

      assert.deepEqual(
        (JSON.parse(later.out()) as readonly { state: string; accepts: string; findings: number }[]).map(
          ({ state, accepts, findings }) => [state, accepts, findings],
        ),
        [
          ['expired', 'rule long-gone', 0],
          ['due', 'rule accepted', 1],
          ['stale', 'rule nothing-of-this', 0],
          ['used', 'rule r', 1],
        ],
      );
      assert.equal(later.err(), '1 expired, 1 due, 1 stale, 1 used\n');
      assert.match(blind.err(), /with --store FILE/);
    });

    it('makes a baseline that scan --baseline reads, of what is wrong and not accepted', async () => {
      await baselineCommand(io, { store, output: 'baseline.json' });

      const { known, keyId } = readBaseline(join(root, 'baseline.json'));
      assert.deepEqual([...known.keys()], [KNOWN, '03'.padEnd(64, '0')].sort());
      assert.equal(keyId, 'k');
      assert.match(io.err(), /^2 findings of run .*; 1 accepted one is left to the exceptions\.\nUse it:/);
      assert.equal(io.out(), '');
    });

    it('makes the same baseline of a report as of the store', async () => {
      const other = testIo(root);
      await baselineCommand(io, { store });
      writeFile(root, 'report.json', io.out());

      await baselineCommand(other, { report: 'report.json' });

      assert.equal(other.out(), io.out());
    });

    for (const [what, text, code] of [
      ['a file that is no report', '{"findings": [1]}', 'BASELINE'],
      ['a baseline of another tool', '{"version": "1", "results": {}}', 'BASELINE'],
      [
        'a run whose key is gone',
        '{"run": {"id": "a", "startedAt": "b", "fingerprintKeyId": "ephemeral"}, "findings": []}',
        'BASELINE_KEY',
      ],
    ] as const) {
      it(`makes no baseline of ${what}`, async () => {
        writeFile(root, 'report.json', text);

        await assert.rejects(baselineCommand(io, { report: 'report.json', output: 'out.json' }), { code, exit: 2 });

        assert.equal(existsSync(join(root, 'out.json')), false);
      });
    }

    it('makes no baseline of two things, or of none', async () => {
      await assert.rejects(baselineCommand(io, {}), { code: 'USAGE', exit: 2 });
      await assert.rejects(baselineCommand(io, { store, report: 'r.json' }), { code: 'USAGE', exit: 2 });
    });
  });
});

async function storeOf(file: string): Promise<void> {
  const store = await openStore({ mode: 'write', file });
  const startedAt = '2026-06-01T00:00:00.000Z';
  try {
    await store.beginRun({
      startedAt,
      toolVersion: '0',
      targets: ['.'],
      parameters: {},
      rulesDigest: 'd',
      fingerprintKeyId: 'k',
    });
    await store.endLoading([]);
    await store.saveResults(
      {
        findings: [
          findingOf(KNOWN, 'open', 'r'),
          findingOf('02'.padEnd(64, '0'), 'excepted', 'accepted'),
          findingOf('03'.padEnd(64, '0'), 'not-observed', 'q'),
          findingOf('04'.padEnd(64, '0'), 'fixed', 'q'),
        ],
        checks: [],
        controls: [],
      },
      startedAt,
    );
  } finally {
    store.close();
  }
}

function findingOf(fingerprint: string, status: FindingStatus, rule: string): Finding {
  return plainFinding(fingerprint, { status, rule });
}
