import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { type Check, type Finding, type Observation, SURFACES } from '../../../src/contracts/index.ts';
import { loadChecks } from '../../../src/correlate/load.ts';
import { assess } from '../../../src/correlate/needs.ts';
import { type Correlation, type RunChecksOptions, runChecks } from '../../../src/correlate/run.ts';
import { openStore, type Row, type Store, type StoreReader } from '../../../src/store/index.ts';
import { ConfigError, RuleError } from '../../../src/util/errors.ts';
import { sortFindings } from '../../../src/util/report-text.ts';
import { Fact, FULL_COVERAGE } from '../../rules/checks/facts.ts';
import { checkWith, SELECT } from './checks.ts';
import { loadRun, RUN_START, withRun } from './run-store.ts';

const USER = 'aws:123456789012:user/etl';

const OVER_SIGHTINGS = ['population: credentials', 'population: sightings'] as const;

describe('running checks', () => {
  it('makes a finding of a row, with its evidence, subject and fingerprint', async () => {
    const given = [covered(), key('AKIAOLD1', { at: { path: 'keys.json', line: 4 } })];

    const { findings, results } = await correlate(given);

    assert.deepEqual(results, [{ rule: 'old-key', outcome: 'fail', population: 1, findings: 1, excepted: 0 }]);
    const [finding] = findings;
    assert.ok(finding !== undefined);
    assert.match(finding.fingerprint, /^[0-9a-f]{64}$/);
    assert.equal(finding.message, 'AKIAOLD1 is old.');
    assert.equal(finding.subject, USER);
    assert.equal(finding.status, 'new');
    assert.equal(finding.firstSeen, RUN_START);
    assert.equal(finding.lastSeen, RUN_START);
    assert.deepEqual(
      finding.evidence.map(({ kind, at }) => ({ kind, at })),
      [{ kind: 'credential', at: { path: 'keys.json', line: 4 } }],
    );
  });

  it('names what a GUID says to nobody, once', async () => {
    const app = 'entra:6e1f3b52-0d0c-4c1e-9a53-0a1b2c3d4e5f:app/11112222-3333-4444-5555-666677778888';
    const own = 'entra:6e1f3b52-0d0c-4c1e-9a53-0a1b2c3d4e5f:app/99992222-3333-4444-5555-666677778888';
    const identity = (id: string, name: string): Observation => ({ kind: 'identity', id, provider: 'entra', type: 'app', name });
    const sql = SELECT.replace(/concat\([^)]*\)/, `'${app} and ${app}, ${own}'`);
    const given = [covered(), key('AKIAOLD1'), identity(app, 'shop "deploy"'), identity(own, own.slice(-36))];

    const { findings } = await correlate(given, [checkWith({ sql })]);

    assert.equal(findings[0]?.message, `${app} ("shop deploy") and ${app}, ${own}`);
  });

  describe('over a store that answers several queries at a time', () => {
    const checks = ['a-key', 'b-key', 'c-key', 'd-key'].map((id) =>
      checkWith({ head: ['old-key', id], file: `rules/checks/aws/${id}.sql`, sql: `SELECT '${id}' AS credential_id` }),
    );

    function slowStore(answer: (id: string) => Promise<readonly object[]>): StoreReader {
      return {
        lanes: 3,
        describe: () => Promise.reject(new Error('not asked')),
        async rows(sql) {
          if (/FROM coverage/.test(sql)) {
            return [{ surface: 'aws', subject: 'keys', outcome: 'complete', covers: ['credential'] }];
          }
          if (/count\(\*\)/.test(sql)) return [{ 0: 1, 1: 1, 2: 1, 3: 1 }];
          if (/AS surfaces/.test(sql)) return [{ observation: 'o1', surfaces: ['aws'], about: ['aws'], place: null }];
          if (/AS observation/.test(sql)) return [{ observation: 'o1', kind: 'credential', summary: 'in a list', at: null }];
          const id = /'(?<id>.-key)'/.exec(sql)?.groups?.id;
          return id === undefined ? [] : ((await answer(id)) as Row[]);
        },
      };
    }

    it('gives the results in the order of the rules, whichever ends first', async () => {
      const begun: string[] = [];
      const store = slowStore(async (id) => {
        begun.push(id);
        await wait(id === 'a-key' ? 30 : 1);
        return [{ credential_id: `secret:${id}`, message: id, evidence: ['o1'] }];
      });

      const { findings, results } = await runChecks(store, checks, { now: RUN_START, previous: [] });

      assert.deepEqual(begun, ['a-key', 'b-key', 'c-key', 'd-key']);
      assert.deepEqual(
        results.map(({ rule, findings }) => [rule, findings]),
        checks.map(({ meta }) => [meta.id, 1]),
      );
      assert.equal(findings.length, 4);
    });

    it('tells what went wrong when nothing is under way any more', async () => {
      let underWay = 0;
      const store = slowStore(async (id) => {
        underWay += 1;
        await wait(id === 'b-key' ? 1 : 20);
        underWay -= 1;
        if (id === 'b-key') throw new Error('no such column');
        return [];
      });

      await assert.rejects(runChecks(store, checks, { now: RUN_START, previous: [] }), RuleError);

      assert.equal(underWay, 0);
    });
  });

  for (const [uses, most] of [
    [100_000, 12],
    [1_000_000, 5],
  ] as const) {
    it(`counts what checks look at ${most} at a time where there are ${uses} uses`, async () => {
      const asked: number[] = [];
      const checks = Array.from({ length: 12 }, (_, n) =>
        checkWith({ head: ['population: credentials', `population: credentials WHERE public_id = '${n}'`] }),
      );
      const store: StoreReader = {
        describe: () => Promise.reject(new Error('not asked')),
        async rows(sql) {
          if (/FROM coverage/.test(sql))
            return [{ surface: 'aws', subject: 'keys', outcome: 'complete', covers: ['credential'] }];
          if (/FROM obs\.usages/.test(sql)) return [{ n: uses }];
          if (/FROM credentials WHERE public_id/.test(sql)) asked.push(sql.split('(SELECT count(*)').length - 1);
          return [];
        },
      };

      await runChecks(store, checks, { now: RUN_START, previous: [] });

      assert.equal(Math.max(...asked), most);
      assert.equal(
        asked.reduce((sum, count) => sum + count, 0),
        12,
      );
    });
  }

  it('calls a credential of nobody by its masked form', async () => {
    const sql = `SELECT credential_id, concat('seen ', masked) AS message, [observation_id] AS evidence FROM sightings`;
    const sighting = Fact.parse({ kind: 'sighting', credential: 'secret:beef', masked: 'ghp_…(40)' });

    const { findings } = await correlate([covered(), sighting], [checkWith({ head: OVER_SIGHTINGS, sql })]);

    assert.equal(findings[0]?.subject, 'ghp_…(40)');
  });

  it('gives the same fingerprint after the place has moved', async () => {
    const before = await correlate([covered(), key('AKIAOLD1', { at: { path: 'keys.json', line: 4 } })]);
    const after = await correlate([covered(), key('AKIAOLD1', { at: { path: 'exports/keys.json', line: 90 } })]);

    assert.equal(after.findings[0]?.fingerprint, before.findings[0]?.fingerprint);
  });

  it('gives another fingerprint to another credential, and to another rule', async () => {
    const twin = checkWith({ head: ['old-key', 'older-key'], file: 'rules/checks/aws/older-key.sql' });

    const { findings } = await correlate([covered(), key('AKIAOLD1'), key('AKIAOLD2')], [checkWith(), twin]);

    assert.equal(new Set(findings.map((finding) => finding.fingerprint)).size, 4);
  });

  it('joins rows about the same thing into one finding: the gravest message, all the evidence', async () => {
    const sql = `SELECT provider AS credential_id, public_id AS message, evidence,
      CASE public_id WHEN 'AKIAOLD2' THEN 'critical' ELSE 'low' END AS severity FROM credentials`;

    const { findings } = await correlate([covered(), key('AKIAOLD1'), key('AKIAOLD2'), key('AKIAOLD3')], [checkWith({ sql })]);

    assert.equal(findings.length, 1);
    assert.equal(findings[0]?.message, 'AKIAOLD2');
    assert.equal(findings[0]?.severity, 'critical');
    assert.equal(findings[0]?.evidence.length, 3);
  });

  it('tells first what the row says is first, whatever its line', async () => {
    const at = (line: number) => ({ at: { path: 'keys.json', line } });
    const sql = `SELECT provider AS credential_id, 'Three keys.' AS message, evidence,
      CASE public_id WHEN 'AKIAOLD1' THEN [] ELSE evidence END AS first FROM credentials`;

    const { findings } = await correlate(
      [covered(), key('AKIAOLD1', at(3)), key('AKIAOLD2', at(9)), key('AKIAOLD3', at(7))],
      [checkWith({ sql })],
    );

    assert.deepEqual(
      findings[0]?.evidence.map((item) => item.at?.line),
      [7, 9, 3],
    );
  });

  it('lowers what lies in test data and examples alone, where the check says so', async () => {
    const head = ['since:', 'fixtures: lowered\nsince:'] as const;
    const given = [covered(), key('AKIAOLD1', { at: { path: 'e2e/testdata/keys.json', line: 1 } }), key('AKIAOLD2')];
    const told = (findings: readonly { message: string; severity: string; confidence: string }[]) =>
      findings.map(({ message, severity, confidence }) => `${message} ${severity} ${confidence}`).toSorted();

    const plain = await correlate(given);
    const lowered = await correlate(given, [checkWith({ head })]);

    const [first, second] = told(plain.findings);
    assert.match(first ?? '', /^AKIAOLD1 is old\. medium high/);
    assert.match(told(lowered.findings)[0] ?? '', /^AKIAOLD1 is old \(in test data\)\. low medium/);
    assert.equal(told(lowered.findings)[1], second);
  });

  it('takes the fix of a row over the fix of the head, and the head’s where the row has none', async () => {
    const sql = `SELECT credential_id, public_id AS message, evidence,
      CASE public_id WHEN 'AKIAOLD1' THEN 'Deactivate AKIAOLD1.' END AS fix FROM credentials`;

    const { findings } = await correlate([covered(), key('AKIAOLD1'), key('AKIAOLD2')], [checkWith({ sql })]);

    assert.deepEqual(findings.map((finding) => `${finding.message}: ${finding.fix}`).toSorted(), [
      'AKIAOLD1: Deactivate AKIAOLD1.',
      'AKIAOLD2: Rotate the key.',
    ]);
  });

  it('tells of a check that is switched off that it was not assessed, and why', async () => {
    const off = checkWith({ head: ['old-key', 'older-key'], file: 'rules/checks/aws/older-key.sql' });

    const { findings, results } = await correlate([covered(), key('AKIAOLD1')], [checkWith()], { disabled: [off] });

    assert.deepEqual(
      findings.map((finding) => finding.rule),
      ['old-key'],
    );
    assert.deepEqual(results[1], {
      rule: 'older-key',
      outcome: 'not-assessed',
      reason: 'switched off in the configuration',
      population: 0,
      findings: 0,
      excepted: 0,
    });
  });

  it('takes parameters of a check that is switched off', async () => {
    const off = checkWith({ head: ['old-key', 'older-key'], file: 'rules/checks/aws/older-key.sql' });

    const { results } = await correlate([covered()], [checkWith()], {
      disabled: [off],
      parameters: { 'older-key': { maxAgeDays: 1 } },
    });

    assert.equal(results.length, 2);
  });

  it('puts first, within a severity, what has an identity, then what lies open today', async () => {
    const sql = `SELECT credential_id, masked AS message, [observation_id] AS evidence,
      CASE masked WHEN 'of-somebody' THEN 'aws:1:user/x' END AS identity_id FROM sightings`;
    const sighting = (masked: string, at: object) =>
      Fact.parse({ kind: 'sighting', credential: `secret:${masked}`, masked, place: 'history', at });
    const given = [
      sighting('a-past', { path: 'a.sh', commit: '1f2e3d4c', atHead: false }),
      sighting('b-today', { path: 'b.sh', commit: '1f2e3d4c', atHead: true }),
      sighting('of-somebody', { path: 'c.sh', commit: '1f2e3d4c', atHead: false }),
    ];

    const { findings } = await correlate([covered(), ...given], [checkWith({ head: OVER_SIGHTINGS, sql })]);

    assert.deepEqual(
      findings.map((finding) => finding.message),
      ['of-somebody', 'b-today', 'a-past'],
    );
    assert.deepEqual(sortFindings(findings.toReversed()), findings);
  });

  it('orders by severity, rule, subject', async () => {
    const sql = `SELECT credential_id, identity_id, public_id AS message, evidence,
      CASE public_id WHEN 'AKIAOLD2' THEN 'critical' ELSE 'low' END AS severity FROM credentials`;
    const second = checkWith({ head: ['old-key', 'older-key'], file: 'rules/checks/aws/older-key.sql', sql });

    const { findings } = await correlate([covered(), key('AKIAOLD1'), key('AKIAOLD2')], [second, checkWith({ sql })]);

    assert.deepEqual(
      findings.map((finding) => `${finding.severity} ${finding.rule} ${finding.message}`),
      ['critical old-key AKIAOLD2', 'critical older-key AKIAOLD2', 'low old-key AKIAOLD1', 'low older-key AKIAOLD1'],
    );
  });

  it('takes the parameters of the configuration', async () => {
    const given = [covered(), key('AKIAOLD1')];

    const { findings, results } = await correlate(given, [checkWith()], { parameters: { 'old-key': { maxAgeDays: 10_000 } } });

    assert.deepEqual(findings, []);
    assert.equal(results[0]?.outcome, 'pass');
  });

  it('refuses a parameter or a rule that does not exist, and a value of another type', async () => {
    for (const parameters of [
      { 'old-key': { maxAge: 1 } },
      { 'odd-key': { maxAgeDays: 1 } },
      { 'old-key': { maxAgeDays: '1' } },
    ]) {
      await assert.rejects(correlate([covered()], [checkWith()], { parameters }), ConfigError);
    }
  });

  it('says not applicable when there is nothing to look at', async () => {
    const { results } = await correlate([covered()]);

    assert.equal(results[0]?.outcome, 'not-applicable');
  });

  it('runs a check of the user whose population is empty, and spares one of ours', async () => {
    const given = [covered(), key('AKIAOLD1')];
    const head = ['population: credentials', "population: sightings WHERE place = 'ci'"] as const;
    const users = checkWith({ head, file: '/home/ada/old-key.sql' });
    const ours = checkWith({ head });

    const { results: run } = await correlate(given, [users]);
    const { results: spared } = await correlate(given, [ours]);

    assert.deepEqual(
      [...run, ...spared].map(({ outcome, population, findings }) => [outcome, population, findings]),
      [
        ['fail', 1, 1],
        ['not-applicable', 0, 0],
      ],
    );
  });

  it('counts populations of one view, of several and of a query beside each other', async () => {
    const populations = [
      "credentials WHERE provider = 'aws' OR provider = 'gcp'",
      "credentials WHERE provider = 'gcp'",
      'credentials',
      '(SELECT credential_id FROM credentials UNION ALL SELECT identity_id FROM identities)',
      'credentials WHERE credential_id IN (SELECT credential_id FROM credentials)',
      'coverage\n  WHERE true',
    ];
    const checks = populations.map((text, index) => {
      const check = checkWith({ head: ['old-key', `old-key-${index}`], file: `rules/checks/aws/old-key-${index}.sql` });
      return { ...check, meta: { ...check.meta, population: text } };
    });

    const { results } = await correlate([covered(), key('AKIAOLD1'), key('AKIAOLD2')], checks, {
      parameters: Object.fromEntries(populations.map((_, index) => [`old-key-${index}`, { maxAgeDays: 10_000 }])),
    });

    assert.deepEqual(
      results.map(({ population }) => population),
      [2, 0, 2, 2, 2, 1],
    );
  });

  it('counts populations with parameters and without, each by its own', async () => {
    const head = ['population: credentials', 'population: credentials WHERE days_since(created_at) > $maxAgeDays'] as const;
    const narrow = checkWith({ head });
    const wide = checkWith({ head: ['old-key', 'older-key'], file: 'rules/checks/aws/older-key.sql' });
    const parameters = { 'old-key': { maxAgeDays: 10_000 } };

    const { results } = await correlate([covered(), key('AKIAOLD1'), key('AKIAOLD2')], [narrow, wide], { parameters });

    assert.deepEqual(
      results.map(({ rule, population }) => [rule, population]),
      [
        ['old-key', 0],
        ['older-key', 2],
      ],
    );
  });

  it('names the file of a check that fails while it runs', async () => {
    const check = checkWith({ sql: SELECT.replace('public_id,', "error('no luck'),"), file: '/home/ada/old-key.sql' });

    await assert.rejects(
      correlate([covered(), key('AKIAOLD1')], [check]),
      (error) => error instanceof RuleError && /^\/home\/ada\/old-key\.sql: the check cannot run: .*no luck/.test(error.message),
    );
  });

  for (const [title, sql, told] of [
    ['no evidence', SELECT.replace(', evidence', ', [] AS evidence'), /evidence/],
    ['an unknown severity', SELECT.replace(', evidence', ", evidence, 'grave' AS severity"), /severity/],
    ['an empty message', SELECT.replace("concat(public_id, ' is old.')", "''"), /message/],
    [
      'evidence that is no observation',
      SELECT.replace(', evidence', ", ['nothing'] AS evidence"),
      /"nothing" is not an observation/,
    ],
  ] as const) {
    it(`refuses a row with ${title}`, async () => {
      await assert.rejects(
        correlate([covered(), key('AKIAOLD1')], [checkWith({ sql })]),
        (error) => error instanceof RuleError && told.test(error.message) && error.message.includes('old-key.sql'),
      );
    });
  }

  describe('coverage', () => {
    it('does not assess what was not collected, and says what to give', async () => {
      const { findings, results } = await correlate([key('AKIAOLD1')]);

      assert.deepEqual(findings, []);
      assert.equal(results[0]?.outcome, 'not-assessed');
      assert.match(results[0]?.reason ?? '', /^credentials of AWS IAM were not collected: give `aws iam /);
    });

    it('does not assess what was denied, and says why', async () => {
      const { results } = await correlate([
        covered({ outcome: 'denied', subject: 'access keys', why: 'iam:ListAccessKeys is missing' }),
      ]);

      assert.equal(results[0]?.outcome, 'not-assessed');
      assert.equal(
        results[0]?.reason,
        'credentials of AWS IAM could not be read: AWS IAM, access keys (iam:ListAccessKeys is missing)',
      );
    });

    it('does not take another surface, or another kind, for what it needs', async () => {
      const { results } = await correlate([covered({ surface: 'gcp' }), covered({ covers: ['identity'] }), key('AKIAOLD1')]);

      assert.equal(results[0]?.outcome, 'not-assessed');
    });

    it('takes any surface where a need names none, and either where it names two', async () => {
      for (const need of ['credential', 'credential@aws|credential@gcp']) {
        const check = checkWith({ head: ['[credential@aws]', `["${need}"]`] });

        const { results } = await correlate([covered({ surface: 'gcp' })], [check]);

        assert.equal(results[0]?.outcome, 'not-applicable', need);
      }
    });

    it('does not let the whole of one account hide what was denied in another', async () => {
      const { results } = await correlate([
        covered({ subject: 'aws:shop access keys' }),
        covered({ outcome: 'denied', subject: 'aws:audit access keys', why: 'iam:ListAccessKeys is missing' }),
        key('AKIANEW1', { createdAt: '2026-05-30T00:00:00Z' }),
      ]);

      assert.equal(results[0]?.outcome, 'partial');
      assert.match(results[0]?.reason ?? '', /aws:audit access keys \(iam:ListAccessKeys is missing\)/);
    });

    it('does not let another source of the kind hide what was denied', async () => {
      const check = checkWith({ head: ['[credential@aws]', '["credential@aws|credential@iac"]'] });

      const { results } = await correlate(
        [covered({ surface: 'iac' }), covered({ outcome: 'denied', why: 'no right' })],
        [check],
      );

      assert.equal(results[0]?.outcome, 'partial');
    });

    it('assesses nothing where one of several needs was denied, and names that one', async () => {
      const check = checkWith({ head: ['[credential@aws]', '[credential@aws, grant@aws, usage]'] });
      const denied = covered({
        outcome: 'denied',
        subject: 'policies',
        covers: ['grant', 'trust'],
        why: 'iam:ListPolicies is missing',
      });

      const { results } = await correlate([covered({ covers: ['credential', 'usage'] }), denied, key('AKIAOLD1')], [check]);

      assert.equal(results[0]?.outcome, 'not-assessed');
      assert.equal(results[0]?.reason, 'grants of AWS IAM could not be read: AWS IAM, policies (iam:ListPolicies is missing)');
    });

    for (const surface of Object.keys(SURFACES)) {
      it(`tells what was denied of ${surface} from what was not asked for`, () => {
        const meta = { ...checkWith().meta, needs: [`credential@${surface}`] };
        const row = { surface, subject: 'keys', covers: ['credential'] };

        const denied = assess(meta, [{ ...row, outcome: 'denied', why: 'the right x is missing' }]);
        const beside = assess(meta, [
          { ...row, outcome: 'denied', why: 'the right x is missing' },
          { ...row, subject: 'other keys', outcome: 'complete' },
        ]);
        const none = assess(meta, []);

        assert.equal(denied.state, 'missing');
        assert.match(denied.reason ?? '', /could not be read: .*the right x is missing/);
        assert.equal(beside.state, 'partial');
        assert.match(beside.reason ?? '', /the right x is missing/);
        assert.equal(none.state, 'missing');
        assert.match(none.reason ?? '', /were not collected: (?:give|name|scan) /);
      });
    }

    it('holds a look that names its types against needs of a type alone', async () => {
      const need = (type: string) => checkWith({ head: ['[credential@aws]', `["credential:${type}@aws"]`] });
      const keys = covered({ subject: 'access keys', detail: { types: ['access-key', 'password'] } });
      const certificates = covered({
        outcome: 'denied',
        subject: 'certificates',
        why: 'iam:ListSigningCertificates is missing',
        detail: { types: ['certificate'] },
      });
      const given = [keys, certificates, key('AKIANEW1', { createdAt: '2026-05-30T00:00:00Z' })];

      const outcomes = [];
      for (const type of ['access-key', 'certificate', 'ssh-key']) {
        outcomes.push((await correlate(given, [need(type)])).results.map(({ outcome, reason }) => [outcome, reason]));
      }

      assert.deepEqual(outcomes[0], [['pass', undefined]]);
      assert.match(String(outcomes[1]), /^not-assessed,credentials \(certificate\) of AWS IAM could not be read: .*ListSigning/);
      assert.match(String(outcomes[2]), /^not-assessed,credentials \(ssh-key\) of AWS IAM were not collected/);
    });

    it('takes a look that names no types for one at none of them', async () => {
      const check = checkWith({ head: ['[credential@aws]', '["credential:ssh-key@aws"]'] });

      const { results } = await correlate([covered()], [check]);

      assert.equal(results[0]?.outcome, 'not-assessed');
      assert.match(results[0]?.reason ?? '', /were not collected/);
    });

    it('never passes when part of it could not be read', async () => {
      const gap = covered({ outcome: 'partial', subject: 'keys.json', why: 'page 2 is missing.' });

      const { results } = await correlate([covered(), gap, key('AKIANEW1', { createdAt: '2026-05-30T00:00:00Z' })]);

      assert.equal(results[0]?.outcome, 'partial');
      assert.equal(results[0]?.reason, 'not read in full: AWS IAM, keys.json (page 2 is missing)');
    });

    describe('of a check that tells itself where silence proves nothing', () => {
      const told = `inconclusive: SELECT concat('of ', count(*), ' keys nobody tells the age beyond ', $maxAgeDays, ' days') FROM credentials WHERE created_at IS NULL HAVING count(*) > 0`;
      const check = checkWith({ head: ['population: credentials', `population: credentials\n${told}`] });
      const old = key('AKIAOLD1');
      const young = key('AKIANEW1', { createdAt: '2026-05-30T00:00:00Z' });
      const untold = key('AKIANONE', { createdAt: undefined });

      it('is partial, with the reason, where it finds nothing', async () => {
        const { results } = await correlate([covered(), young, untold], [check]);

        assert.equal(results[0]?.outcome, 'partial');
        assert.equal(results[0]?.reason, 'of 1 keys nobody tells the age beyond 90 days');
      });

      it('passes where there is no reason, and fails where there is something to tell', async () => {
        const clean = await correlate([covered(), young], [check]);
        const found = await correlate([covered(), old, untold], [check]);

        assert.equal(clean.results[0]?.outcome, 'pass');
        assert.equal(found.results[0]?.outcome, 'fail');
      });
    });

    it('still reports what it found when part could not be read', async () => {
      const { results } = await correlate([covered({ outcome: 'partial', why: 'page 2 is missing' }), key('AKIAOLD1')]);

      assert.equal(results[0]?.outcome, 'fail');
    });
  });

  describe('from run to run', () => {
    const LATER = '2026-06-02T00:00:00.000Z';
    let store: Store;

    beforeEach(async () => {
      store = await openStore({ mode: 'write' });
    });

    afterEach(() => store.close());

    async function complete(given: readonly Observation[], startedAt: string, target = '.'): Promise<Correlation> {
      await loadRun(store, given, { startedAt, target });
      const correlation = await runChecks(store, [checkWith()], { now: startedAt });
      const findings = [...correlation.findings, ...correlation.gone];
      await store.saveResults({ findings, checks: correlation.results, controls: [] }, startedAt);
      return correlation;
    }

    function summary(findings: readonly Finding[]): string[] {
      return findings.map((finding) => `${finding.status} ${finding.message} since ${finding.firstSeen.slice(0, 10)}`);
    }

    it('keeps when a finding was first seen', async () => {
      await complete([covered(), key('AKIAOLD1')], RUN_START);

      const { findings, gone } = await complete([covered(), key('AKIAOLD1'), key('AKIAOLD2')], LATER);

      assert.deepEqual(summary(findings).toSorted(), [
        'new AKIAOLD2 is old. since 2026-06-02',
        'open AKIAOLD1 is old. since 2026-06-01',
      ]);
      assert.deepEqual(gone, []);
    });

    it('calls fixed what was looked at again and is gone, once', async () => {
      await complete([covered(), key('AKIAOLD1')], RUN_START);

      const second = await complete([covered()], LATER);
      const third = await complete([covered()], '2026-06-03T00:00:00.000Z');

      assert.deepEqual(summary(second.gone), ['fixed AKIAOLD1 is old. since 2026-06-01']);
      assert.deepEqual(third.gone, []);
    });

    it('calls a guess neither fixed nor gone that a second, clearer place shows to be a credential', async () => {
      const checks = loadChecks().filter(({ meta }) => /^(?:possible-credential|credential-in-work-tree)$/.test(meta.id));
      const guess = seen('k8s/d.yaml', 'low');
      const looked = covered({ surface: 'work-tree', covers: ['sighting'] });
      const first = await correlate([looked, guess], checks);

      const second = await correlate([looked, guess, seen('m.tf', 'high')], checks, { previous: first.findings });
      const mended = await correlate([looked], checks, { previous: first.findings });

      assert.deepEqual(ruled(first.findings), ['possible-credential k8s/d.yaml']);
      assert.deepEqual(ruled(second.findings), ['credential-in-work-tree k8s/d.yaml m.tf']);
      assert.deepEqual(second.gone, []);
      assert.deepEqual(ruled(mended.gone), ['possible-credential k8s/d.yaml']);
    });

    it('calls not observed what was not collected this time, and knows it when it is back', async () => {
      await complete([covered(), key('AKIAOLD1')], RUN_START);

      const second = await complete([covered({ surface: 'gcp' })], LATER);
      const third = await complete([covered(), key('AKIAOLD1')], '2026-06-03T00:00:00.000Z');

      assert.deepEqual(summary(second.gone), ['not-observed AKIAOLD1 is old. since 2026-06-01']);
      assert.deepEqual(summary(third.findings), ['open AKIAOLD1 is old. since 2026-06-01']);
    });

    it('calls not observed what was read only in part', async () => {
      await complete([covered(), key('AKIAOLD1')], RUN_START);

      const { gone } = await complete([covered({ outcome: 'partial', why: 'page 2 is missing' })], LATER);

      assert.deepEqual(summary(gone), ['not-observed AKIAOLD1 is old. since 2026-06-01']);
    });

    it('calls not observed what belongs to a target that was not scanned this time', async () => {
      await complete([covered(), key('AKIAOLD1')], RUN_START, 'exports/a');

      const { gone } = await complete([covered()], LATER, 'exports/b');

      assert.deepEqual(summary(gone), ['not-observed AKIAOLD1 is old. since 2026-06-01']);
    });

    it('calls not fixed what rests on a session that says something else now, or is gone', async () => {
      const checks = loadChecks().filter(({ meta }) => /^(?:personal-data-unmasked|static-admin-key-used)$/.test(meta.id));
      const unmasked = session('10', 's-told', { analyzed: { EMAIL_ADDRESS: 300 }, redactions: 0 });
      const masked = session('10', 's-told', {
        analyzed: { EMAIL_ADDRESS: 300 },
        infoTypes: { EMAIL_ADDRESS: 300 },
        redactions: 300,
      });
      const mended = session('13', 's-new', { analyzed: { EMAIL_ADDRESS: 3 }, infoTypes: { EMAIL_ADDRESS: 3 }, redactions: 3 });
      const anonymous = session('11', 's-gone', { userId: 'API_KEY' }, { actor: 'API_KEY', actorType: 'static-admin-key' });
      const around = [session('09', 's-first', {}), session('12', 's-last', {})];
      const complete = async (given: readonly Observation[], startedAt: string): Promise<Correlation> => {
        await loadRun(store, [...FULL_COVERAGE, ...around, ...given], { startedAt });
        const correlation = await runChecks(store, checks, { now: startedAt });
        await store.saveResults({ findings: correlation.findings, checks: correlation.results, controls: [] }, startedAt);
        return correlation;
      };

      const first = await complete([unmasked, anonymous], RUN_START);
      const second = await complete([masked, mended], LATER);

      assert.deepEqual(first.findings.map(({ rule }) => rule).sort(), ['personal-data-unmasked', 'static-admin-key-used']);
      assert.deepEqual(
        second.gone.map(({ rule, status }) => `${rule} ${status}`),
        ['static-admin-key-used not-observed', 'personal-data-unmasked not-observed'],
      );
    });

    it('calls not observed what lay in the history when the history was left out', async () => {
      const past = { path: 'keys.json', line: 1, commit: '1f2e3d4c', atHead: false };
      await complete([covered(), covered({ surface: 'history' }), key('AKIAOLD1', { at: past })], RUN_START);

      const without = await complete([covered()], LATER);
      const again = await complete([covered(), covered({ surface: 'history' })], '2026-06-03T00:00:00.000Z');

      assert.deepEqual(summary(without.gone), ['not-observed AKIAOLD1 is old. since 2026-06-01']);
      assert.deepEqual(summary(again.gone), ['fixed AKIAOLD1 is old. since 2026-06-01']);
    });
  });
});

async function correlate(
  given: readonly Observation[],
  checks: readonly Check[] = [checkWith()],
  options: Partial<RunChecksOptions> = {},
): Promise<Correlation> {
  return await withRun(given, (store) => runChecks(store, checks, { now: RUN_START, ...options }));
}

function covered(change: object = {}): Observation {
  return Fact.parse({ kind: 'coverage', surface: 'aws', covers: ['identity', 'credential'], ...change });
}

function seen(path: string, confidence: string): Observation {
  return Fact.parse({
    kind: 'sighting',
    credential: 'secret:f00d',
    confidence,
    at: { repository: 'harbour/shop', path, line: 3 },
  });
}

function ruled(findings: readonly Finding[]): string[] {
  return findings.map(({ rule, evidence }) => [rule, ...evidence.map(({ at }) => at?.path).sort()].join(' '));
}

function session(hour: string, id: string, detail: object, change: object = {}): Observation {
  const told = { usedAt: `2026-05-20T${hour}:00:00Z`, sessionId: id, target: 'pg', actor: 'etl', actorType: 'api-key' };
  return Fact.parse({ kind: 'usage', ...told, ...change, detail: { org: 'o1', status: 'done', depth: 'list', ...detail } });
}

function key(id: string, change: object = {}): Observation {
  const fixed = { kind: 'credential', id: `aws:access-key/${id}`, identity: USER, createdAt: '2025-01-01T00:00:00Z' };
  return Fact.parse({ ...fixed, ...change });
}
