import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CheckMeta, CheckOutcome } from '../../../src/contracts/check.ts';
import type { Finding, FindingStatus } from '../../../src/contracts/finding.ts';
import { type ControlResult, Framework } from '../../../src/contracts/framework.ts';
import type { CoverageObservation, ObservationKind, Outcome, Surface } from '../../../src/contracts/observation.ts';
import { SURFACES } from '../../../src/contracts/observation.ts';
import type { DeclaredAbsent } from '../../../src/contracts/reporter.ts';
import { type CheckWithMeta, rollUp } from '../../../src/frameworks/roll-up.ts';
import { sampleReport } from '../../helpers/report.ts';

const CATALOGUE = Framework.parse({
  id: 'orchard',
  title: 'Orchard rules',
  version: '1',
  source: 'here',
  licence: 'free',
  mapping: { from: 'orchard', basis: 'editorial', since: '2026-01-01' },
  controls: [
    { id: 'apple', title: 'Apples are ripe' },
    { id: 'pear', title: 'Pears are counted', assessment: 'manual', supports: ['apple'] },
    { id: 'plum', title: 'Plums are blue', partial: ['apple'] },
  ],
});

const [template] = sampleReport().findings;
const [checkTemplate] = sampleReport().checks;
let made = 0;

function check(needs: readonly string[], outcome: CheckOutcome, fields: Partial<CheckWithMeta> & { inconclusive?: string } = {}) {
  const { inconclusive, ...rest } = fields;
  const meta: CheckMeta = {
    ...(checkTemplate?.meta as CheckMeta),
    id: `check-${made++}`,
    controls: ['orchard:apple'],
    needs: [...needs],
    ...(inconclusive === undefined ? {} : { inconclusive }),
  };
  const one: CheckWithMeta = {
    meta,
    rule: meta.id,
    outcome,
    population: 10,
    findings: outcome === 'fail' ? 1 : 0,
    excepted: 0,
    ...rest,
  };
  return one;
}

function finding({ rule }: CheckWithMeta, surfaces: readonly Surface[], status: FindingStatus = 'open'): Finding {
  return { ...(template as Finding), rule, status, severity: 'medium', surfaces };
}

function look(surface: Surface, kinds: readonly ObservationKind[], outcome: Outcome = 'complete'): CoverageObservation {
  return { kind: 'coverage', surface, subject: 'all of it', outcome, covers: kinds };
}

function apple(
  checks: readonly CheckWithMeta[],
  findings: readonly Finding[] = [],
  coverage: readonly CoverageObservation[] = [],
  absent: readonly Surface[] = [],
): ControlResult {
  const said = absent.map((surface): [string, DeclaredAbsent] => [
    surface,
    { surface, reason: 'none', declaredBy: 'kim', state: 'believed' },
  ]);
  const [result] = rollUp([CATALOGUE], checks, findings, coverage, new Map(said));
  assert.ok(result);
  return result;
}

function outcomes({ sources }: ControlResult): { [surface: string]: string } {
  return Object.fromEntries(sources.map(({ surface, outcome }) => [surface, outcome]));
}

describe('controls by source', () => {
  const READ = [look('aws', ['identity']), look('gcp', ['identity']), look('postgres', ['grant'])];

  it('takes the sources that the needs of a check name, in the order of the surfaces', () => {
    const result = apple([check(['grant@postgres', 'identity@aws'], 'pass')], [], READ);

    assert.deepEqual(result.sources, [
      {
        surface: 'aws',
        outcome: 'pass',
        checks: { pass: 1, fail: 0, partial: 0, notAssessed: 0, notApplicable: 0, excepted: 0 },
        findings: 0,
      },
      { ...result.sources[0], surface: 'postgres' },
    ]);
  });

  it('takes of alternatives those that were read, and all where none was', () => {
    const one = check(['identity@aws|identity@okta'], 'pass');

    assert.deepEqual(outcomes(apple([one], [], READ)), { aws: 'pass' });
    assert.deepEqual(outcomes(apple([{ ...one, outcome: 'not-assessed' }])), { aws: 'not-assessed', okta: 'not-assessed' });
  });

  it('takes for a need that names none those whose coverage is about its kind, or the usual one', () => {
    assert.deepEqual(outcomes(apple([check(['identity'], 'pass')], [], READ)), { aws: 'pass', gcp: 'pass' });
    assert.deepEqual(outcomes(apple([check(['sighting'], 'not-assessed')], [], READ)), { 'work-tree': 'not-assessed' });
  });

  it('makes no source of what is asked for only where it can be had', () => {
    assert.deepEqual(outcomes(apple([check(['identity@aws', 'usage@gateway?'], 'partial')], [], READ)), { aws: 'partial' });
  });

  it('fails where the evidence lies, and passes at the other sources that were read in whole', () => {
    const one = check(['identity'], 'fail');

    const result = apple([one], [finding(one, ['gcp'])], READ);

    assert.deepEqual(outcomes(result), { aws: 'pass', gcp: 'fail' });
    assert.deepEqual(
      result.sources.map(({ findings, worst }) => [findings, worst]),
      [
        [0, undefined],
        [1, 'medium'],
      ],
    );
    assert.deepEqual(result.rules[0]?.sources, [
      { surface: 'aws', outcome: 'pass', findings: 0 },
      { surface: 'gcp', outcome: 'fail', findings: 1 },
    ]);
  });

  it('counts a finding that rests on several sources at each, and at all where nobody knows what it rests on', () => {
    const one = check(['identity'], 'fail');
    const both = apple([one], [finding(one, ['aws', 'gcp', 'people'])], READ);
    const unknown = apple([one], [finding(one, [])], READ);
    const untold = apple([{ ...one, findings: 3 }], [], READ);

    for (const result of [both, unknown]) {
      assert.deepEqual(outcomes(result), { aws: 'fail', gcp: 'fail' });
      assert.deepEqual([result.findings, ...result.sources.map(({ findings }) => findings)], [1, 1, 1]);
    }
    assert.deepEqual(
      untold.sources.map(({ findings }) => findings),
      [3, 3],
    );
  });

  it('fails at what a finding rests on, where no need names that', () => {
    const one = check(['identity'], 'fail');

    const result = apple([one], [finding(one, ['people', 'gateway'])], READ);

    assert.deepEqual(outcomes(result), { aws: 'pass', gcp: 'pass', gateway: 'fail', people: 'fail' });
  });

  it('passes nowhere by silence that proves nothing', () => {
    const one = check(['identity', 'grant@postgres'], 'fail');
    const at = (coverage: readonly CoverageObservation[], more: Partial<CheckMeta> = {}) => {
      const changed = { ...one, meta: { ...one.meta, ...more } };
      return outcomes(apple([changed], [finding(one, ['aws'])], coverage)).gcp;
    };
    const [aws, gcp, postgres] = READ as [CoverageObservation, CoverageObservation, CoverageObservation];

    assert.equal(at(READ), 'pass');
    assert.equal(at([{ ...aws, outcome: 'partial' }, gcp, postgres]), 'pass', 'what was not read of another source');
    assert.equal(at([aws, { ...gcp, outcome: 'partial' }, postgres]), 'partial');
    assert.equal(at([aws, { ...gcp, outcome: 'denied' }, postgres]), 'not-assessed');
    assert.equal(at([aws, gcp, { ...postgres, outcome: 'partial' }]), 'partial', 'what it is joined with');
    assert.equal(at(READ, { inconclusive: 'SELECT NULL AS reason' }), 'partial');
    assert.equal(at(READ, { needs: [...one.meta.needs, 'usage@gateway?'] }), 'partial');
  });

  it('is not assessed at a source of which nothing could be read, where the check ran over others', () => {
    const one = check(['identity'], 'partial');

    assert.deepEqual(outcomes(apple([one], [], [look('aws', ['identity']), look('gcp', ['identity'], 'denied')])), {
      aws: 'partial',
      gcp: 'not-assessed',
    });
  });

  it('is excepted where what was found is accepted', () => {
    const one = check(['identity'], 'fail', { findings: 0, excepted: 1 });

    assert.deepEqual(outcomes(apple([one], [finding(one, ['gcp'], 'excepted')], READ)), { aws: 'pass', gcp: 'excepted' });
  });

  it('is not applicable at what is declared absent, and lacks the rest', () => {
    const one = check(['identity@okta', 'identity@entra'], 'not-assessed');
    const either = check(['identity@okta|identity@spire'], 'not-assessed');

    assert.deepEqual(outcomes(apple([one], [], READ, ['okta'])), { entra: 'not-assessed', okta: 'not-applicable' });
    assert.deepEqual(outcomes(apple([either], [], READ, ['okta'])), { spire: 'not-assessed' });
  });

  it('does not pass where nothing of what the check needs there was observed', () => {
    const one = check(['grant@postgres|identity@aws|identity@gcp'], 'pass');
    const held = new Map<Surface, ReadonlySet<ObservationKind>>([
      ['aws', new Set(['identity', 'grant'])],
      ['gcp', new Set(['credential'])],
    ]);
    const sourcesOf = (counted?: typeof held) => rollUp([CATALOGUE], [one], [], READ, new Map(), counted)[0] as ControlResult;

    assert.deepEqual(outcomes(sourcesOf(held)), { aws: 'pass', gcp: 'not-applicable', postgres: 'not-applicable' });
    assert.equal(sourcesOf(held).outcome, 'pass');
    // Nobody counted.
    assert.deepEqual(outcomes(sourcesOf()), { aws: 'pass', gcp: 'pass', postgres: 'pass' });
  });

  it('makes no finding, gap or doubt disappear where nothing was observed', () => {
    const none = new Map<Surface, ReadonlySet<ObservationKind>>();
    const failed = check(['identity@aws'], 'fail');
    const results = [
      rollUp([CATALOGUE], [failed], [finding(failed, ['aws'])], READ, new Map(), none),
      rollUp([CATALOGUE], [check(['identity@aws'], 'partial')], [], READ, new Map(), none),
      rollUp([CATALOGUE], [check(['identity@okta'], 'not-assessed')], [], READ, new Map(), none),
    ];

    assert.deepEqual(
      results.map(([result]) => outcomes(result as ControlResult)),
      [{ aws: 'fail' }, { aws: 'partial' }, { okta: 'not-assessed' }],
    );
  });

  it('never passes what only people can judge, nor by what bears on a part', () => {
    const results = rollUp([CATALOGUE], [check(['identity@aws'], 'pass')], [], READ);

    assert.deepEqual(results.map(outcomes), [{ aws: 'pass' }, { aws: 'not-assessed' }, { aws: 'partial' }]);
  });

  it('has no source where no check maps', () => {
    assert.deepEqual(apple([]).sources, []);
  });

  it('adds up for any run', () => {
    const SOME: readonly Surface[] = ['work-tree', 'ci', 'aws', 'okta', 'gateway'];
    const surface = fc.constantFrom(...SOME);
    const kind = fc.constantFrom<ObservationKind>('identity', 'credential', 'usage');
    const alternative = fc.tuple(kind, fc.option(surface)).map(([k, s]) => (s === null ? k : `${k}@${s}`));
    const need = fc
      .tuple(fc.uniqueArray(alternative, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([texts, isSoft]) => texts.map((text) => (isSoft ? `${text}?` : text)).join('|'));
    const coverage = fc.array(
      fc
        .tuple(
          surface,
          fc.uniqueArray(kind, { minLength: 1 }),
          fc.constantFrom<Outcome>('complete', 'partial', 'denied', 'unsupported'),
        )
        .map(([s, kinds, outcome]) => look(s, kinds, outcome)),
      { maxLength: 6 },
    );
    const found = fc.array(
      fc.tuple(fc.subarray([...SOME, 'people'] as Surface[]), fc.constantFrom<FindingStatus>('new', 'open', 'fixed', 'excepted')),
      { maxLength: 4 },
    );
    const checks = fc.array(
      fc.record({
        needs: fc.array(need, { minLength: 1, maxLength: 3 }),
        outcome: fc.constantFrom<CheckOutcome>('pass', 'fail', 'partial', 'not-assessed', 'not-applicable'),
        found,
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(checks, coverage, fc.subarray(['okta', 'gateway'] as Surface[]), (given, looks, absent) => {
        const made = given.map((one) => ({ ...one, check: check(one.needs, one.outcome) }));
        const findings = made.flatMap((one) => one.found.map(([surfaces, status]) => finding(one.check, surfaces, status)));
        const said = absent.map((s): [string, DeclaredAbsent] => [
          s,
          { surface: s, reason: 'none', declaredBy: 'kim', state: 'believed' },
        ]);

        for (const result of rollUp(
          [CATALOGUE],
          made.map((one) => one.check),
          findings,
          looks,
          new Map(said),
        )) {
          const { rules, sources } = result;
          // A control fails where one of its sources does, and only there.
          assert.equal(
            result.outcome === 'fail',
            sources.some(({ outcome }) => outcome === 'fail'),
          );
          // What passes as a whole hides nothing, and no source passes beside a check that did not run in full there.
          if (result.outcome === 'pass')
            assert.ok(sources.every(({ outcome }) => outcome === 'pass' || outcome === 'not-applicable'));
          for (const { outcome, checks: n } of sources) {
            if (outcome === 'pass') assert.deepEqual([n.fail, n.partial, n.notAssessed, n.pass > 0], [0, 0, 0, true]);
            if (outcome === 'fail') assert.ok(n.fail > 0);
          }
          // Every check is told at one source at least, once at each, and the worst that is said of it is said somewhere.
          for (const rule of rules) {
            assert.ok(rule.sources.length > 0, rule.rule);
            assert.equal(new Set(rule.sources.map((at) => at.surface)).size, rule.sources.length);
            assert.equal(
              rule.outcome === 'fail' && rule.findings > 0,
              rule.sources.some((at) => at.findings > 0),
            );
            if (rule.outcome === 'pass')
              assert.ok(rule.sources.every((at) => at.outcome === 'pass' || absent.includes(at.surface)));
            if (rule.outcome === 'not-assessed') assert.ok(rule.sources.every((at) => at.outcome !== 'pass'));
          }
          // The counts of a source are those of its checks, and its findings theirs.
          for (const { surface: at, checks: n, findings: sum } of sources) {
            const here = rules.flatMap((rule) => rule.sources.filter((source) => source.surface === at));
            assert.equal(n.pass + n.fail + n.partial + n.notAssessed + n.notApplicable + n.excepted, here.length);
            assert.equal(
              sum,
              here.reduce((total, source) => total + source.findings, 0),
            );
          }
          const order = Object.keys(SURFACES);
          const places = sources.map(({ surface: at }) => order.indexOf(at));
          assert.deepEqual(
            places,
            places.toSorted((a, b) => a - b),
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});
