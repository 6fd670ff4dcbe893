import assert from 'node:assert/strict';
import { join } from 'node:path';
import { diffCommand } from '../../../src/commands/diff.ts';
import type { CheckResult, Finding, FindingStatus, Observation, Outcome, Severity } from '../../../src/contracts/index.ts';
import { chooseRun } from '../../../src/diff/choose-run.ts';
import { compareRuns, type RunDiff } from '../../../src/diff/compare.ts';
import { openStore } from '../../../src/store/index.ts';
import { type TestIo, testIo } from '../../helpers/io.ts';
import { plainFinding } from '../../helpers/plain-finding.ts';
import { tempDir } from '../../helpers/temp-repo.ts';

const EVIL = 'evil\u001b[31m\u202e,=cmd()';
const RUNS = ['20260601T000000Z-aaaaaaaa', '20260601T120000Z-abababab', '20260602T000000Z-aaaabbbb'].map((id, n) => ({
  id,
  startedAt: ['2026-06-01T00:00:00.000Z', '2026-06-01T12:00:00.000Z', '2026-06-02T00:00:00.000Z'][n] ?? '',
}));

describe('choice of a run', () => {
  for (const [text, expected] of [
    ['newest', 2],
    ['Previous', 1],
    ['20260601T120000Z-abababab', 1],
    ['20260602', 2],
    ['2026-06-01', 1],
    ['2026-06-02', 2],
  ] as const) {
    it(`reads ${text}`, () => {
      assert.equal(chooseRun(RUNS, text), RUNS[expected]);
    });
  }

  for (const [text, message] of [
    ['20260601', /^2 runs begin with/],
    ['2026-06-09', /^No complete run began on 2026-06-09/],
    ['nope', /^The store has no run "nope"/],
    ['', /^The store has no run ""/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}, and says what there is`, () => {
      assert.throws(() => chooseRun(RUNS, text), { code: 'RUN_UNKNOWN', exit: 2, message });
    });
  }

  it('knows no previous run of the first', () => {
    assert.throws(() => chooseRun(RUNS.slice(0, 1), 'previous'), { code: 'RUN_UNKNOWN', hint: /Scan again/ });
  });
});

describe('diff command', () => {
  let root: string;
  let io: TestIo;
  let ids: readonly string[];

  before(async () => {
    root = tempDir();
    ids = await twoRuns(join(root, 'two.duckdb'));
  });

  beforeEach(() => {
    io = testIo(root);
  });

  it('says what became of each finding', async () => {
    await diffCommand(io, 'previous', 'newest', { store: 'two.duckdb', format: 'json' });

    const diff = JSON.parse(io.out()) as RunDiff;
    assert.deepEqual(
      diff.findings.map(({ change, fingerprint, why }) => [change, fingerprint.slice(0, 2), why]),
      [
        ['new', '01', undefined],
        ['new', '09', 'the check did not exist in the first run'],
        ['reopened', '05', undefined],
        ['raised', '04', undefined],
        ['accepted', '06', undefined],
        ['not-observed', '08', 'the check was not assessed in the second run'],
        ['not-observed', '03', 'nothing looked where it was, in the same way, again'],
        ['fixed', '02', undefined],
      ],
    );
    assert.equal(diff.findings.find(({ change }) => change === 'raised')?.before, 'medium');
    assert.equal(diff.unchanged, 1);
    assert.deepEqual([diff.from.id, diff.to.id], ids);
  });

  it('says what was looked at and is not any more, and which identities came and went', async () => {
    await diffCommand(io, 'previous', 'newest', { store: 'two.duckdb', format: 'json' });

    const { coverage, identities } = JSON.parse(io.out()) as RunDiff;
    assert.deepEqual(
      coverage.map(({ change, subject, before, after }) => [change, subject, before, after]),
      [
        ['lost', 'keys', 'complete', 'denied'],
        ['lost', 'roles', 'complete', undefined],
        ['won', 'tokens', 'denied', 'complete'],
      ],
    );
    assert.deepEqual(
      identities.map(({ change, id }) => [change, id]),
      [
        ['added', `aws:1:user/${EVIL}`],
        ['removed', 'aws:1:user/gone'],
      ],
    );
  });

  it('takes a log that is as it was imported for no coverage won, and a log that was read for one', async () => {
    const store = await openStore({ mode: 'write' });
    const row = (subject: string, detail: object, more: object = {}): Observation =>
      ({
        kind: 'coverage',
        surface: 'audit-log',
        subject,
        outcome: 'complete',
        covers: ['usage'],
        detail,
        ...more,
      }) as Observation;
    const read = row('AWS CloudTrail (.)', { known: 0, files: 1 });
    const before = row('AWS CloudTrail (.), imported before', { known: 5, files: 1 }, { covers: [] });
    const other = row('GCP audit log (.)', { known: 5, files: 1 });
    const common = { findings: [], rules: 'one' };
    try {
      const [one, two] = [
        await saveRun(store, { ...common, observations: [read] }),
        await saveRun(store, { ...common, observations: [read, before, other] }),
      ];

      const [there, back] = [await compareRuns(store, one, two), await compareRuns(store, two, one)];

      assert.deepEqual(
        [there, back].map(({ coverage }) => coverage.map(({ change, subject }) => [change, subject])),
        [[['won', 'GCP audit log (.)']], [['lost', 'GCP audit log (.)']]],
      );
    } finally {
      store.close();
    }
  });

  it('tells it to people, harmless, with what else differs', async () => {
    await diffCommand(io, 'newest', 'previous', { store: 'two.duckdb', format: 'text' });

    assert.match(io.out(), /Findings: 2 new, 1 reopened, 1 raised, 1 accepted, 2 not-observed, 1 fixed, 1 unchanged/);
    assert.match(io.out(), /note: The rules differ \(one, then two\)/);
    assert.match(io.out(), /medium → high {2}r/);
    assert.match(io.out(), /COVERAGE LOST\n {2}aws keys: complete → denied \(iam:ListAccessKeys is not allowed\)/);
    assert(!io.out().includes('\u001b') && !io.out().includes('\u202e'));
  });

  it('gives one row a change as CSV, no formula among them', async () => {
    await diffCommand(io, 'previous', 'newest', { store: 'two.duckdb', format: 'csv' });

    const lines = io.out().trimEnd().split('\r\n');
    assert.equal(lines[0], 'what,change,severity,before,rule,subject,message,fingerprint,why');
    assert.equal(lines.length, 1 + 8 + 3 + 2);
    assert.doesNotMatch(io.out(), /(^|,)=/m);
    assert.match(io.err(), /note: The rules differ/);
  });

  it('finds nothing between a run and itself', async () => {
    await diffCommand(io, 'newest', 'newest', { store: 'two.duckdb', format: 'json' });

    const { findings, coverage, identities, caveats } = JSON.parse(io.out()) as RunDiff;
    assert.deepEqual([findings, coverage, identities, caveats], [[], [], [], []]);
    assert.match(io.err(), /^Both are run/);
  });

  it('takes what a run in between saw fixed as fixed', async () => {
    const store = await openStore({ mode: 'write' });
    const runs: string[] = [];
    for (const findings of [[finding('02', 'open')], [finding('02', 'fixed')], []]) {
      runs.push(await saveRun(store, { findings, rules: 'one', observations: [] }));
    }

    const diff = await compareRuns(store, runs[0] ?? '', runs[2] ?? '').finally(() => store.close());

    assert.deepEqual(
      diff.findings.map(({ change }) => change),
      ['fixed'],
    );
  });
});

async function twoRuns(file: string): Promise<readonly string[]> {
  const store = await openStore({ mode: 'write', file });
  try {
    const first = await saveRun(store, {
      rules: 'one',
      findings: [
        finding('02', 'open'),
        finding('03', 'open'),
        finding('04', 'open', { severity: 'medium' }),
        finding('05', 'excepted'),
        finding('06', 'open'),
        finding('07', 'open'),
        finding('08', 'open', { rule: 'later-unassessed' }),
      ],
      checks: ['r', 'later-unassessed'].map((rule) => result(rule)),
      observations: [
        identity('stays'),
        identity('gone'),
        ...covered({ keys: 'complete', roles: 'complete', tokens: 'denied', old: 'denied' }),
      ],
    });
    const second = await saveRun(store, {
      rules: 'two',
      findings: [
        finding('01', 'new', { message: `of ${EVIL}` }),
        finding('02', 'fixed'),
        finding('03', 'not-observed'),
        finding('04', 'open', { severity: 'high' }),
        finding('05', 'open'),
        finding('06', 'excepted'),
        finding('07', 'open'),
        finding('08', 'not-observed', { rule: 'later-unassessed' }),
        finding('09', 'new', { rule: 'this-is-new' }),
      ],
      checks: [result('r'), result('this-is-new'), result('later-unassessed', 'not-assessed')],
      observations: [identity('stays'), identity(EVIL), ...covered({ keys: 'denied', tokens: 'complete' })],
    });
    return [first, second];
  } finally {
    store.close();
  }
}

let day = 0;

async function saveRun(
  store: Awaited<ReturnType<typeof openStore>>,
  run: {
    readonly findings: readonly Finding[];
    readonly rules: string;
    readonly observations: readonly Observation[];
    readonly checks?: readonly CheckResult[];
  },
): Promise<string> {
  day += 1;
  const startedAt = `2026-06-${String(day).padStart(2, '0')}T00:00:00.000Z`;
  const id = await store.beginRun({
    startedAt,
    toolVersion: '0.1.0',
    targets: ['.'],
    parameters: {},
    rulesDigest: run.rules,
    fingerprintKeyId: 'k',
  });
  const { part } = store.addPart({ scanner: 'test', version: 1, target: '.', unit: 'all', content: id }, startedAt);
  for (const observation of run.observations) await store.append(part, observation);
  await store.endLoading([]);
  await store.saveResults({ findings: run.findings, checks: run.checks ?? [result('r')], controls: [] }, startedAt);
  return id;
}

function identity(name: string): Observation {
  return { kind: 'identity', id: `aws:1:user/${name}`, provider: 'aws', type: 'user', name };
}

function covered(outcomes: { readonly [subject: string]: Outcome }): Observation[] {
  return Object.entries(outcomes).map(([subject, outcome]) => ({
    kind: 'coverage',
    surface: 'aws',
    subject,
    outcome,
    covers: ['identity'],
    ...(outcome === 'denied' ? { why: 'iam:ListAccessKeys is not allowed' } : {}),
  }));
}

function result(rule: string, outcome: CheckResult['outcome'] = 'fail'): CheckResult {
  return { rule, outcome, population: 9, findings: 1, excepted: 0 };
}

function finding(
  id: string,
  status: FindingStatus,
  { severity = 'high', rule = 'r', message = 'A key lies about.' }: { severity?: Severity; rule?: string; message?: string } = {},
): Finding {
  return plainFinding(id.padEnd(64, '0'), { status, severity, rule, message });
}
