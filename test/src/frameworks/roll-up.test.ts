import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CheckMeta, CheckOutcome } from '../../../src/contracts/check.ts';
import type { Finding, FindingStatus } from '../../../src/contracts/finding.ts';
import { type ControlResult, Framework } from '../../../src/contracts/framework.ts';
import type { CoverageObservation } from '../../../src/contracts/observation.ts';
import { type CheckWithMeta, rollUp } from '../../../src/frameworks/roll-up.ts';
import { ORCHARD } from '../../helpers/orchard.ts';
import { sampleReport } from '../../helpers/report.ts';

const [template] = sampleReport().findings;
const [checkTemplate] = sampleReport().checks;

function check(
  rule: string,
  outcome: CheckOutcome,
  fields: Partial<CheckWithMeta> = {},
  controls = ['orchard:apple'],
): CheckWithMeta {
  const meta = { ...(checkTemplate?.meta as CheckMeta), id: rule, controls, needs: ['usage@gateway'] };
  const findings = outcome === 'fail' ? 1 : 0;
  return { meta, rule, outcome, population: 10, findings, excepted: 0, ...fields };
}

function finding(rule: string, status: FindingStatus = 'open', severity: Finding['severity'] = 'medium'): Finding {
  return { ...(template as Finding), rule, status, severity, surfaces: ['gateway'] };
}

function look(outcome: CoverageObservation['outcome']): CoverageObservation {
  return { kind: 'coverage', surface: 'gateway', subject: 'sessions', outcome, covers: ['usage'] };
}

function apple(checks: CheckWithMeta[], findings: Finding[] = [], coverage: CoverageObservation[] = []): ControlResult {
  const [result] = rollUp([ORCHARD], checks, findings, coverage);
  assert.ok(result);
  return result;
}

describe('roll-up of checks to controls', () => {
  it('passes only when every mapped check passed, and says on how much', () => {
    const result = apple([check('a', 'pass'), check('b', 'pass')]);

    assert.equal(result.outcome, 'pass');
    assert.equal(result.population, 20);
    assert.equal(result.reason, '2 checks ran on 20 items and found nothing.');
  });

  it('passes when some had nothing to judge and one passed', () => {
    const result = apple([check('a', 'pass'), check('b', 'not-applicable', { population: 0 })]);

    assert.equal(result.outcome, 'pass');
    assert.match(result.reason, /1 of 2 checks ran on 10 items and found nothing; 1 had nothing to judge\./);
  });

  it('says of checks that are switched off that they are, not that none maps, nor what they would have needed', () => {
    const off = { reason: 'switched off in the configuration' };

    const alone = apple([check('a', 'not-assessed', off)]);
    const beside = apple([check('a', 'not-assessed', off), check('b', 'pass')], [], [look('complete')]);
    const among = apple([check('a', 'not-assessed', off), check('b', 'not-assessed'), check('c', 'pass')]);

    assert.equal(alone.outcome, 'not-assessed');
    assert.equal(alone.reason, 'Its one check did not run (switched off in the configuration).');
    assert.equal(beside.outcome, 'partial');
    assert.equal(
      beside.reason,
      '1 of 2 checks ran in full and left nothing open; 1 did not run (switched off in the configuration).',
    );
    assert.equal(
      among.reason,
      '1 of 3 checks ran in full and left nothing open; 1 did not run and 1 could not run (not collected: Gateway sessions and inventory; switched off in the configuration: 1).',
    );
  });

  it('fails when any mapped check has open findings, and says which severity is the worst', () => {
    const result = apple(
      [check('a', 'fail', { findings: 2 }), check('b', 'pass'), check('c', 'not-assessed')],
      [finding('a', 'new', 'high'), finding('a', 'open', 'low')],
    );

    assert.equal(result.outcome, 'fail');
    assert.equal(result.findings, 2);
    assert.equal(result.worst, 'high');
    assert.equal(
      result.reason,
      '2 open findings from 1 of 3 checks; 1 could not run (not collected: Gateway sessions and inventory).',
    );
  });

  it('fails on the count of the check when its findings are not in the list', () => {
    const result = apple([check('a', 'fail', { findings: 3 })]);

    assert.equal(result.outcome, 'fail');
    assert.equal(result.findings, 3);
    assert.equal(result.worst, checkTemplate?.meta.severity);
  });

  it('is excepted when all that was found is accepted', () => {
    const result = apple([check('a', 'fail', { findings: 1, excepted: 1 }), check('b', 'pass')], [finding('a', 'excepted')]);

    assert.equal(result.outcome, 'excepted');
    assert.equal(result.findings, 0);
    assert.equal(result.reason, '1 finding, all accepted by an exception.');
  });

  it('does not count fixed findings', () => {
    assert.equal(apple([check('a', 'pass')], [finding('a', 'fixed')]).outcome, 'pass');
  });

  it('is partial when some checks passed and others could not run', () => {
    const result = apple([check('a', 'pass'), check('b', 'not-assessed')]);

    assert.equal(result.outcome, 'partial');
    assert.equal(
      result.reason,
      '1 of 2 checks ran in full and left nothing open; 1 could not run (not collected: Gateway sessions and inventory).',
    );
  });

  it('is partial when a check ran on part of what it needs', () => {
    const result = apple([check('a', 'partial')], [], [look('complete'), look('partial')]);

    assert.equal(result.outcome, 'partial');
    assert.equal(
      result.reason,
      'No check ran in full; 1 ran on part of what it needs (read in part: Gateway sessions and inventory).',
    );
  });

  it('is partial, not excepted, when something stayed unseen', () => {
    const result = apple([check('a', 'fail', { excepted: 1 }), check('b', 'not-assessed')], [finding('a', 'excepted')]);

    assert.equal(result.outcome, 'partial');
  });

  it('is not assessed when none of its checks could run', () => {
    const result = apple([check('a', 'not-assessed'), check('b', 'not-applicable')], [], [look('denied')]);

    assert.equal(result.outcome, 'not-assessed');
    assert.equal(result.reason, 'Its one check could not run (could not be read: Gateway sessions and inventory).');
  });

  describe('by way of another catalogue', () => {
    const MAPPED = Framework.parse({
      id: 'market',
      title: 'Market rules',
      version: '1',
      source: 'there',
      licence: 'free',
      mapping: { from: 'orchard', basis: 'editorial', since: '0.2', note: 'our own' },
      controls: [
        { id: 'fruit', title: 'Fruit is good', supports: ['apple'], partial: ['pear'] },
        { id: 'stalls', title: 'Stalls are clean', partial: ['orchard:apple'], note: 'by the yard' },
        { id: 'scales', title: 'Scales are true', assessment: 'manual', partial: ['apple'] },
      ],
    });
    const market = (checks: CheckWithMeta[], findings: Finding[] = []): ControlResult[] => rollUp([MAPPED], checks, findings, []);
    const outcomes = (checks: CheckWithMeta[], findings: Finding[] = []): string[] =>
      market(checks, findings).map((result) => result.outcome);

    it('fails by what supports it, and is partial by what bears on a part of it', () => {
      const results = market([check('a', 'fail')], [finding('a')]);

      assert.deepEqual(
        results.map((result) => result.outcome),
        ['fail', 'partial', 'partial'],
      );
      const sources = [{ surface: 'gateway', outcome: 'fail', findings: 1 }];
      assert.deepEqual(results[0]?.rules, [{ rule: 'a', outcome: 'fail', findings: 1, sources, via: 'orchard:apple' }]);
      assert.deepEqual(results[1]?.rules, [
        { rule: 'a', outcome: 'fail', findings: 1, sources, relation: 'partial', via: 'orchard:apple' },
      ]);
      assert.equal(results[1]?.reason, 'Checks that bear on a part of it: 1 open finding from 1 check.');
      assert.equal(results[1]?.note, 'by the yard');
    });

    it('is judged by the checks that it names, whatever catalogue they are of', () => {
      const own = Framework.parse({
        ...MAPPED,
        controls: [
          { id: 'crates', title: 'Crates are dry', checks: ['a'] },
          { id: 'carts', title: 'Carts are dry', partialChecks: ['a'] },
          { id: 'barrels', title: 'Barrels are dry', checks: ['none'] },
        ],
      });

      const passed = rollUp([own], [check('a', 'pass')], [], []);
      const failed = rollUp([own], [check('a', 'fail')], [finding('a')], []);

      assert.deepEqual(
        passed.map(({ outcome }) => outcome),
        ['pass', 'partial', 'not-assessed'],
      );
      assert.deepEqual(
        failed.map(({ outcome, rules }) => [outcome, rules.map(({ relation }) => relation)]),
        [
          ['fail', [undefined]],
          ['partial', ['partial']],
          ['not-assessed', []],
        ],
      );
    });

    it('does not pass by what bears on a part of it alone', () => {
      assert.deepEqual(outcomes([check('a', 'pass')]), ['pass', 'partial', 'not-assessed']);
      assert.match(market([check('a', 'pass')])[1]?.reason ?? '', /found nothing\. They bear on a part of it\.$/);
    });

    it('counts a rule once that leads there by two ways, and takes its own word first', () => {
      const [fruit] = market([check('a', 'pass', {}, ['orchard:apple', 'orchard:pear', 'market:fruit'])]);

      assert.deepEqual(
        fruit?.rules.map(({ rule, outcome, via }) => ({ rule, outcome, via })),
        [{ rule: 'a', outcome: 'pass', via: undefined }],
      );
      assert.equal(fruit?.population, 10);
    });
  });

  it('is not assessed when no check maps to it', () => {
    const result = apple([]);

    assert.equal(result.outcome, 'not-assessed');
    assert.equal(result.reason, 'No check maps to it.');
  });

  it('names all that its checks lack, each once', () => {
    const needing = (rule: string, needs: string[]) => ({
      ...check(rule, 'not-assessed'),
      meta: { ...check(rule, 'not-assessed').meta, needs },
    });

    const result = apple(
      [needing('a', ['grant@aws|grant@gcp', 'person']), needing('b', ['person', 'usage@gateway', 'credential'])],
      [],
      [look('unsupported')],
    );

    assert.equal(
      result.reason,
      'None of its 2 checks could run (not collected: AWS IAM or GCP IAM, People and ownership, credentials; could not be read: Gateway sessions and inventory).',
    );
  });

  it('lets a check speak for itself that lacks nothing coverage knows of', () => {
    const result = apple(
      [check('a', 'not-assessed', { reason: 'Switched off in nhi-audit.config.yml.' })],
      [],
      [look('complete')],
    );

    assert.equal(result.reason, 'Its one check could not run (Switched off in nhi-audit.config.yml).');
  });

  it('is not applicable when there was nothing to judge', () => {
    const result = apple([check('a', 'not-applicable', { population: 0 })]);

    assert.equal(result.outcome, 'not-applicable');
    assert.equal(result.reason, 'Nothing of the kind that its check judges was found.');
  });

  it('never passes what is for people to judge, but shows a breach of it', () => {
    const manual = (checks: CheckWithMeta[], findings: Finding[] = []) => rollUp([ORCHARD], checks, findings, [])[1];

    assert.equal(manual([])?.reason, 'For people to judge; no check maps to it.');
    const quiet = manual([check('a', 'pass', {}, ['orchard:pear'])]);
    assert.equal(quiet?.outcome, 'not-assessed');
    assert.match(quiet?.reason ?? '', /^For people to judge; 1 check ran and found nothing against it\.$/);
    assert.equal(manual([check('a', 'fail', {}, ['orchard:pear'])], [finding('a')])?.outcome, 'fail');
  });

  it('counts a check once, even when its head names the control twice', () => {
    const result = apple([check('a', 'fail', {}, ['orchard:apple', 'orchard:apple'])], [finding('a')]);

    assert.equal(result.findings, 1);
    assert.equal(result.rules.length, 1);
  });

  it('gives every control of every catalogue, in its order', () => {
    const { frameworks, controls } = sampleReport();

    assert.deepEqual(
      controls.map((control) => `${control.framework}:${control.control}`),
      frameworks.flatMap((framework) => framework.controls.map((control) => `${framework.id}:${control.id}`)),
    );
  });

  it('never says more than its checks do, nor ever "compliant"', () => {
    const outcomes = fc.constantFrom<CheckOutcome>('pass', 'fail', 'partial', 'not-assessed', 'not-applicable');
    const statuses = fc.constantFrom<FindingStatus>('new', 'open', 'fixed', 'not-observed', 'excepted');

    fc.assert(
      fc.property(fc.array(fc.tuple(outcomes, fc.array(statuses, { maxLength: 3 })), { maxLength: 5 }), (rules) => {
        const checks = rules.map(([outcome], index) => check(`r${index}`, outcome));
        const findings = rules.flatMap(([, list], index) => list.map((status) => finding(`r${index}`, status)));
        const result = apple(checks, findings);
        const open = findings.filter((one) => one.status === 'new' || one.status === 'open').length;

        assert.doesNotMatch(result.reason, /complian/i);
        assert.match(result.reason, /^[A-Z0-9].*\.$/);
        if (open > 0) assert.equal(result.outcome, 'fail');
        if (result.outcome === 'pass') {
          assert.ok(rules.some(([outcome]) => outcome === 'pass'));
          assert.ok(rules.every(([outcome]) => outcome === 'pass' || outcome === 'not-applicable'));
        }
        if (result.outcome === 'excepted') assert.ok(findings.some((one) => one.status === 'excepted'));
      }),
    );
  });
});
