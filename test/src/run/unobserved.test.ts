import assert from 'node:assert/strict';
import { type CoverageObservation, OBSERVATION_KINDS } from '../../../src/contracts/index.ts';
import { factsOfNothing } from '../../../src/run/unobserved.ts';
import { checkWith } from '../correlate/checks.ts';

const START = '2026-06-01T00:00:00.000Z';
const READ: CoverageObservation = {
  kind: 'coverage',
  surface: 'aws',
  subject: 'keys',
  outcome: 'complete',
  covers: ['credential'],
};

describe('facts of a scan that observed nothing', () => {
  const off = checkWith({ head: ['old-key', 'a-switch'], file: 'rules/checks/aws/a-switch.sql' });
  const judgement = { checks: [checkWith()], disabled: [off], frameworks: [], parameters: {}, overrides: {} };
  const facts = (coverage: readonly CoverageObservation[]) =>
    factsOfNothing(judgement, coverage, {
      startedAt: START,
      finishedAt: '2026-06-01T00:00:01.000Z',
      targets: ['shop'],
      parameters: { staged: true },
      rulesDigest: 'digest',
      fingerprintKeyId: 'ephemeral',
      hosts: ['iam.amazonaws.com'],
    });

  for (const [state, coverage, outcome, reason] of [
    ['nothing was looked at', [], 'not-assessed', /were not collected/],
    ['it could not be read', [{ ...READ, outcome: 'denied', why: 'no permission' }], 'not-assessed', /no permission/],
    ['a part of it was read', [{ ...READ, outcome: 'partial', why: 'page 2 failed' }], 'partial', /page 2 failed/],
    ['all was read and there is nothing', [READ], 'not-applicable', /^$/],
  ] as const) {
    it(`calls a check ${outcome} when ${state}, never passed`, () => {
      const check = facts(coverage).checks.find(({ rule }) => rule === 'old-key');

      assert.equal(check?.outcome, outcome);
      assert.match(check?.reason ?? '', reason);
      assert.deepEqual([check?.population, check?.findings], [0, 0]);
    });
  }

  it('names the checks that are switched off, in their place', () => {
    const { checks } = facts([READ]);

    assert.deepEqual(
      checks.map(({ rule, outcome, reason }) => [rule, outcome, reason]),
      [
        ['a-switch', 'not-assessed', 'switched off in the configuration'],
        ['old-key', 'not-applicable', undefined],
      ],
    );
  });

  it('tells each coverage row once, in the order that a store has', () => {
    const [first, second] = [
      { ...READ, surface: 'work-tree', subject: 'a', covers: ['sighting'] },
      { ...READ, surface: 'work-tree', subject: 'b', covers: ['sighting'] },
    ] as const;

    assert.deepEqual(facts([second, first, { ...second }, READ]).coverage, [READ, first, second]);
  });

  it('refuses settings of checks that would do nothing', () => {
    const misspelt = { ...judgement, parameters: { 'old-key': { maxAgeDayz: 1 } } };
    const run = {
      startedAt: START,
      finishedAt: START,
      targets: ['shop'],
      parameters: {},
      rulesDigest: 'digest',
      fingerprintKeyId: 'ephemeral',
      hosts: [],
    };

    assert.throws(() => factsOfNothing(misspelt, [READ], run), /has no parameter maxAgeDayz/);
  });

  it('is a run like any other: named by its time, with parameters, rules and hosts', () => {
    const { run, coverage } = facts([READ]);

    assert.match(run.id, /^20260601T000000Z-[0-9a-f]{8}$/);
    assert.deepEqual([run.startedAt, run.finishedAt], [START, '2026-06-01T00:00:01.000Z']);
    assert.deepEqual(run.parameters, { staged: true });
    assert.equal(run.rulesDigest, 'digest');
    assert.deepEqual(run.hosts, ['iam.amazonaws.com']);
    assert.equal(run.engine, 'none (nothing was observed)');
    assert.deepEqual(coverage, [READ]);
  });

  it('counts every kind, as other runs do', () => {
    const { run } = facts([READ]);

    assert.equal(run.counts.coverage, 1);
    assert.equal(run.counts.sighting, 0);
    assert.deepEqual(Object.keys(run.counts).sort(), [...OBSERVATION_KINDS].sort());
  });
});
