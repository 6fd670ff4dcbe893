import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { demoCommand } from '../../../src/commands/demo.ts';
import { disk, doctorCommand } from '../../../src/commands/doctor.ts';
import { findingsCommand, identitiesCommand } from '../../../src/commands/lists.ts';
import { queryCommand } from '../../../src/commands/query.ts';
import { reportCommand } from '../../../src/commands/report.ts';
import { traceCommand } from '../../../src/commands/trace.ts';
import type { CheckResult, Finding, Observation } from '../../../src/contracts/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { type TestIo, testIo } from '../../helpers/io.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';
import { loadRun, RUN_START } from '../correlate/run-store.ts';

const NAMES = ['first', 'second'] as const;

describe('commands over a store', () => {
  let root: string;
  let runs: readonly string[];
  let io: TestIo;

  before(async () => {
    root = tempDir();
    runs = await storeWith(join(root, 'audit.duckdb'), NAMES);
    await storeWith(join(root, 'empty.duckdb'), []);
    await storeWithFindings(join(root, 'findings.duckdb'));
  });

  beforeEach(() => {
    io = testIo(root);
  });

  it('show the newest run', async () => {
    await identitiesCommand(io, { store: 'audit.duckdb', format: 'json' });

    assert.deepEqual(names(io), ['second']);
  });

  it('say which run it is where the one before was given more, and nothing where a run is named or targets came', async () => {
    const [before = '', newest = ''] = await storeWith(join(root, 'smaller.duckdb'), NAMES, ['estate', 'one']);
    await storeWith(join(root, 'same.duckdb'), NAMES, ['one', 'one']);
    const said: string[] = [];
    const commands = [
      { store: 'smaller.duckdb' },
      { store: 'smaller.duckdb', run: newest },
      { store: 'smaller.duckdb', quiet: true },
      { store: 'same.duckdb' },
    ];

    for (const options of commands) {
      const each = testIo(root);
      await identitiesCommand(each, { ...options, format: 'json' });
      said.push(each.err());
    }

    assert.deepEqual(said, [
      `note: this is of run ${newest}, the newest, which was not given estate. The run before was: --run ${before}\n`,
      '',
      '',
      '',
    ]);
  });

  it('show the run that is named', async () => {
    await identitiesCommand(io, { store: 'audit.duckdb', format: 'json', run: runs[0] ?? '' });

    assert.deepEqual(names(io), ['first']);
  });

  it('say on stderr when nothing matches, and give an empty table to programs', async () => {
    await identitiesCommand(io, { store: 'audit.duckdb', format: 'text', provider: 'gcp' });
    await findingsCommand(io, { store: 'audit.duckdb', format: 'json' });

    assert.equal(io.err(), 'No identity matches.\n');
    assert.deepEqual(JSON.parse(io.out()), []);
  });

  it('take a provider in other letters, and refuse one that nobody knows', async () => {
    await identitiesCommand(io, { store: 'audit.duckdb', format: 'json', provider: 'AWS' });

    assert.deepEqual(names(io), ['second']);
    await assert.rejects(identitiesCommand(io, { store: 'audit.duckdb', format: 'json', provider: 'gpc' }), {
      code: 'PROVIDER_UNKNOWN',
      exit: 2,
      hint: 'Did you mean "gcp"?',
    });
  });

  it('give the header of an empty CSV', async () => {
    await identitiesCommand(io, { store: 'audit.duckdb', format: 'csv', provider: 'gcp' });

    assert.match(io.out(), /^identity_id,owner,.*,worst\r\n$/);
  });

  for (const [what, more, expected] of [
    ['a rule that did not run', { rule: 'nope' }, { code: 'RULE_UNKNOWN', hint: /rules list --checks/ }],
    ['a rule nearly typed', { rule: 'owner-letf' }, { code: 'RULE_UNKNOWN', hint: 'Did you mean "owner-left"?' }],
    ['an identity that is not there', { identity: 'build-bot' }, { code: 'TRACE_UNKNOWN', hint: /--store findings\.duckdb/ }],
    ['an identity nearly typed', { identity: 'secnod' }, { code: 'TRACE_UNKNOWN', hint: 'Did you mean "second"?' }],
  ] as const) {
    it(`list no findings of ${what}, with exit code 2`, async () => {
      await assert.rejects(findingsCommand(io, { store: 'findings.duckdb', format: 'json', ...more }), { exit: 2, ...expected });
    });
  }

  for (const [what, more] of [
    ['its rule in other letters', { rule: 'Owner-Left' }],
    ['the canonical id', { identity: 'aws:219484930172:user/second' }],
    ['the name', { identity: 'Second' }],
    ['the ARN', { identity: 'arn:aws:iam::219484930172:user/second' }],
  ] as const) {
    it(`find a finding by ${what}`, async () => {
      await findingsCommand(io, { store: 'findings.duckdb', format: 'json', ...more });

      assert.deepEqual(
        (JSON.parse(io.out()) as readonly { readonly message: string }[]).map((row) => row.message),
        ['aws:219484930172:user/second'],
      );
    });
  }

  it('list no finding of an identity or a rule that has none', async () => {
    const other = testIo(root);

    await findingsCommand(io, { store: 'findings.duckdb', format: 'text', identity: 'first' });
    await findingsCommand(other, { store: 'findings.duckdb', format: 'text', rule: 'unowned-identity' });

    assert.equal(io.err() + other.err(), 'No finding matches.\n'.repeat(2));
  });

  it('trace a finding, by the fingerprint that the list prints, to what it is about', async () => {
    await traceCommand(io, 'f'.repeat(12), { store: 'findings.duckdb', format: 'json' });

    assert.equal(JSON.parse(io.out()).subject.identity, 'aws:219484930172:user/second');
  });

  it('trace all that an owner has, one after the other', async () => {
    const json = testIo(root);

    const code = await traceCommand(io, 'Ada@harbour.example', { store: 'findings.duckdb', format: 'text' });
    await traceCommand(json, 'ada@harbour.example', { store: 'findings.duckdb', format: 'json' });

    assert.equal(code, 0);
    assert.match(
      io.out(),
      /^2 identities of Ada@harbour\.example:\n.*first\n.*second\n[\s\S]*1 of 2\naws:.*first\n[\s\S]*2 of 2\naws:.*second\n/,
    );
    assert.deepEqual(
      (JSON.parse(json.out()) as readonly { readonly subject: { readonly identity: string } }[]).map(
        (one) => one.subject.identity,
      ),
      ['aws:219484930172:user/first', 'aws:219484930172:user/second'],
    );
  });

  it('report a run again, the same each time', async () => {
    const again = testIo(root);
    const options = { store: 'audit.duckdb', format: 'json', output: [], framework: [] };

    await reportCommand(io, options);
    await reportCommand(again, options);

    assert.equal(io.out(), again.out());
    assert.equal(JSON.parse(io.out()).run.id, runs[1]);
  });

  it('trace a name to its chain, as text and as JSON', async () => {
    const json = testIo(root);

    await traceCommand(io, 'second', { store: 'audit.duckdb', format: 'text' });
    await traceCommand(json, 'second', { store: 'audit.duckdb', format: 'json' });

    assert.match(io.out(), /aws:1:user\/second/);
    assert.equal(JSON.parse(json.out()).subject.identity, 'aws:1:user/second');
  });

  it('query in SQL, in the order of the columns', async () => {
    await queryCommand(io, 'SELECT name, provider FROM identities', { store: 'audit.duckdb', format: 'csv' });

    assert.equal(io.out(), 'name,provider\r\nsecond,aws\r\n');
  });

  it('keep columns of one name apart', async () => {
    await queryCommand(io, "SELECT 1 AS a, 2 AS a, 'x' AS b", { store: 'audit.duckdb', format: 'json' });

    assert.deepEqual(JSON.parse(io.out()), [{ a: 1, 'a:1': 2, b: 'x' }]);
  });

  it('take a semicolon at the end, in a text and in a comment for what it is', async () => {
    await queryCommand(io, "SELECT ';' AS a /* ; */; -- ; SELECT 2", { store: 'audit.duckdb', format: 'csv' });

    assert.equal(io.out(), 'a\r\n;\r\n');
  });

  for (const [what, sql, hint] of [
    ['more than one statement', 'SELECT 1; SELECT 2', /one by one/],
    ['a PIVOT that looks up its columns', 'PIVOT identities ON provider USING count(*)', /Name the columns of a PIVOT/],
    ['nothing', '', /duckdb_views\(\).*--store audit\.duckdb$/],
    ['a comment alone', ' -- nothing\n;', /duckdb_views/],
  ] as const) {
    it(`refuse ${what}, and say what to do`, async () => {
      await assert.rejects(queryCommand(io, sql, { store: 'audit.duckdb', format: 'text' }), { code: 'QUERY', exit: 2, hint });
      assert.equal(io.out(), '');
    });
  }

  for (const [what, sql] of [
    ['a query that writes', "INSERT INTO settings VALUES ('a', 'b')"],
    ['a query that reads a file', "SELECT * FROM read_text('/etc/hostname')"],
    ['a query that writes a file', "COPY (SELECT 1) TO '/tmp/nhi-audit-copy.csv'"],
    ['a query that loads an extension', 'INSTALL httpfs'],
    ['a query that unlocks', 'SET enable_external_access = true'],
    ['a query with a slip', 'SELEC 1'],
  ] as const) {
    it(`refuse ${what}`, async () => {
      await assert.rejects(queryCommand(io, sql, { store: 'audit.duckdb', format: 'text' }), {
        code: 'QUERY',
        exit: 2,
        message: /^The query failed: /,
      });
    });
  }

  it('refuse a run that is not there, and suggest one', async () => {
    const [first = ''] = runs;
    const typo = `${first.slice(0, -1)}?`;

    await assert.rejects(identitiesCommand(io, { store: 'audit.duckdb', format: 'text', run: typo }), {
      code: 'RUN_UNKNOWN',
      exit: 2,
      message: `The store has no run "${typo}"`,
      hint: new RegExp(`Did you mean "20.*"\\? Newest: ${runs[1]}, ${runs[0]}`),
    });
  });

  for (const [what, use] of [
    ['identities', () => identitiesCommand(io, { store: 'empty.duckdb', format: 'text' })],
    ['trace', () => traceCommand(io, 'x', { store: 'empty.duckdb', format: 'text' })],
    ['report', () => reportCommand(io, { store: 'empty.duckdb', format: 'json', output: [], framework: [] })],
  ] as const) {
    it(`refuse a store without a run: ${what}`, async () => {
      await assert.rejects(use, {
        code: 'STORE_EMPTY',
        exit: 2,
        message: /empty\.duckdb holds no complete run/,
        hint: /scan --store/,
      });
      assert.equal(io.out(), '');
    });
  }

  it('refuse a store that is not there', async () => {
    await assert.rejects(identitiesCommand(io, { store: 'none.duckdb', format: 'text' }), { code: 'STORE_MISSING', exit: 2 });
  });

  describe('doctor', () => {
    it('finds everything in order', async () => {
      const code = await doctorCommand(io, [], { store: 'audit.duckdb' });

      assert.equal(code, 0, io.out());
      for (const what of [
        'nhi-audit',
        'git',
        'store engine',
        'configuration',
        'clock',
        'fingerprints',
        'store',
        'store permissions',
      ]) {
        assert.match(io.out(), new RegExp(`^ok {4}${what}: \\S`, 'm'));
      }
      assert.match(io.out(), /2 runs/);
    });

    it('says what is wrong and what to do, with exit code 2', async () => {
      writeFile(root, 'bad.yml', 'failon: high\n');
      writeFile(root, 'damaged.duckdb', 'junk'.repeat(4096));
      chmodSync(join(root, 'damaged.duckdb'), 0o644);
      const past = testIo(root, { clock: () => new Date('1970-01-01T00:00:00Z') });

      const code = await doctorCommand(past, [], { store: 'damaged.duckdb', config: 'bad.yml' });

      assert.equal(code, 2);
      assert.match(past.out(), /^FAIL {2}configuration: .*unknown key "failon"/m);
      assert.match(past.out(), /^FAIL {2}clock: 1970-01-01.*\n {6}Set the clock/m);
      assert.match(past.out(), /^FAIL {2}store: .*not a readable store/m);
      assert.match(past.out(), /^FAIL {2}store permissions: 0644\n {6}Others can read it: chmod 600/m);
    });

    for (const [free, storeBytes, ok, text, hint] of [
      [300e6, 25e6, true, '300 MB free', undefined],
      [100e6, 0, true, '100 MB free', 'Enough for a small estate'],
      [30e6, 0, false, '30 MB free', 'Free some space'],
      [3e9, 4e9, false, '3.0 GB free', 'needs 4000 MB'],
      [40e9, 4e9, true, '40.0 GB free', undefined],
    ] as const) {
      it(`takes ${text} beside a store of ${storeBytes / 1e6} MB for ${ok ? 'enough' : 'too little'}`, () => {
        const told = disk('disk', free, storeBytes);

        assert.deepEqual([told.ok, told.text], [ok, text]);
        assert.equal(told.hint?.includes(hint ?? '') ?? true, true);
        assert.equal(told.hint === undefined, hint === undefined);
      });
    }

    it('takes a store that is yet to be made as fine, where it can be made', async () => {
      const nowhere = testIo(root);

      assert.equal(await doctorCommand(io, [], { store: 'new.duckdb' }), 0);
      assert.equal(await doctorCommand(nowhere, [], { store: 'no/such/new.duckdb' }), 2);

      assert.match(io.out(), /new\.duckdb does not exist yet\n {6}A scan with --store makes it/);
      assert.match(nowhere.out(), /^FAIL {2}store: .*\n {6}Make the directory/m);
    });

    it('says where the fingerprint key comes from, and never the key', async () => {
      const keyed = testIo(root, { env: { NHI_AUDIT_FINGERPRINT_KEY: 'a-key-that-nobody-may-see' } });

      await doctorCommand(keyed, [], {});

      assert.match(keyed.out(), /fingerprints: key from NHI_AUDIT_FINGERPRINT_KEY/);
      assert(!keyed.out().includes('nobody-may-see'));
    });
  });

  it('demo --keep refuses a directory that is there, and leaves it alone', async () => {
    mkdirSync(join(root, 'mine'));

    await assert.rejects(demoCommand(io, { keep: 'mine' }), { code: 'USAGE', exit: 2, message: /mine exists already/ });
    await assert.rejects(demoCommand(io, { keep: 'audit.duckdb' }), { code: 'USAGE', exit: 2 });
    assert.equal(io.out(), '');
  });
});

/** One complete run a name, with one identity in it. Returns the runs, oldest first. */
async function storeWith(
  file: string,
  identities: readonly string[],
  targets: readonly string[] = [],
): Promise<readonly string[]> {
  const store = await openStore({ mode: 'write', file });
  try {
    for (const [n, name] of identities.entries()) {
      const startedAt = `2026-06-0${n + 1}T00:00:00.000Z`;
      await loadRun(
        store,
        [
          { kind: 'identity', id: `aws:1:user/${name}`, provider: 'aws', type: 'user', name },
          { kind: 'coverage', surface: 'aws', subject: 'users', outcome: 'complete', covers: ['identity'] },
        ],
        { startedAt, target: targets[n] ?? '.' },
      );
      await store.saveResults({ findings: [], checks: [], controls: [] }, startedAt);
    }
    return (await store.rows('SELECT run_id FROM runs ORDER BY sequence')).map((row) => String(row.run_id));
  } finally {
    store.close();
  }
}

/** One run with two identities of one owner, and a finding about the second. */
async function storeWithFindings(file: string): Promise<void> {
  const store = await openStore({ mode: 'write', file });
  const ids = NAMES.map((name) => `aws:219484930172:user/${name}`);
  try {
    await loadRun(
      store,
      ids.map((id, n): Observation => {
        return { kind: 'identity', id, provider: 'aws', type: 'user', name: NAMES[n] ?? '', owner: 'ada@harbour.example' };
      }),
      { startedAt: RUN_START },
    );
    const checks = ['owner-left', 'unowned-identity'].map((rule): CheckResult => {
      return { rule, outcome: 'pass', population: 2, findings: 0, excepted: 0 };
    });
    await store.saveResults({ findings: [findingOf(ids[1] ?? '')], checks, controls: [] }, RUN_START);
  } finally {
    store.close();
  }
}

function findingOf(identity: string): Finding {
  return {
    fingerprint: 'f'.repeat(64),
    rule: 'owner-left',
    title: 'The owner has left',
    message: identity,
    severity: 'high',
    confidence: 'high',
    persona: 'security',
    status: 'new',
    identity,
    subject: identity,
    controls: [],
    evidence: [],
    surfaces: [],
    firstSeen: RUN_START,
    lastSeen: RUN_START,
    fix: 'Name another.',
  };
}

function names(io: TestIo): readonly string[] {
  return (JSON.parse(io.out()) as readonly { readonly identity_id: string }[]).map((row) => row.identity_id.replace(/.*\//, ''));
}
