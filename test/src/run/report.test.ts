import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Check, type Finding, PERSONAS, type Persona } from '../../../src/contracts/index.ts';
import type { Facts } from '../../../src/run/facts.ts';
import { isOpen, makeReport, type ReportChoices, unknownRules } from '../../../src/run/report.ts';
import { sampleReport } from '../../helpers/report.ts';

const ALL: ReportChoices = { persona: 'auditor', newOnly: false };
const baselineOf = (findings: readonly Finding[]) => new Map(findings.map((f) => [f.fingerprint, f.severity]));
const STATUSES = ['new', 'open', 'fixed', 'not-observed', 'excepted'] as const;

describe('report of a run', () => {
  const sample = sampleReport();
  const checks: readonly Check[] = sample.checks.map(({ meta }) => ({ meta, sql: 'SELECT 1', file: `${meta.id}.sql` }));
  const [base] = sample.findings;
  assert(base !== undefined);

  const finding = (fields: Partial<Finding>): Finding => ({ ...base, fingerprint: JSON.stringify(fields), ...fields });
  const facts = (findings: readonly Finding[]): Facts => ({
    run: sample.run,
    coverage: sample.coverage,
    findings,
    identities: sample.identities,
    checks: sample.checks.map(({ meta: _, ...result }) => result),
    acceptances: [],
  });
  const made = (findings: readonly Finding[], choices: Partial<ReportChoices>) =>
    makeReport(facts(findings), checks, sample.frameworks, { ...ALL, ...choices });

  for (const [persona, sees] of [
    ['dev', ['dev']],
    ['security', ['dev', 'security']],
    ['auditor', ['dev', 'security', 'auditor']],
  ] as const) {
    it(`shows ${sees.join(', ')} findings to ${persona}, and counts the others`, () => {
      const report = made(
        PERSONAS.map((of) => finding({ persona: of })),
        { persona },
      );

      assert.deepEqual(
        report.findings.map((f) => f.persona),
        sees,
      );
      assert.deepEqual(report.hidden, { persona: PERSONAS.length - sees.length, baseline: 0, excepted: 0 });
      assert.equal(report.persona, persona);
    });
  }

  it('leaves out what the baseline has', () => {
    const [old, fresh] = [finding({ message: 'old' }), finding({ message: 'fresh' })];

    const report = made([old, fresh], { baseline: baselineOf([old]) });

    assert.deepEqual(report.findings, [fresh]);
    assert.deepEqual(report.hidden, { persona: 0, baseline: 1, excepted: 0 });
  });

  it('shows what has become graver than the baseline knows it', () => {
    const was = finding({ severity: 'low' });

    const report = made([{ ...was, severity: 'high' }], { baseline: baselineOf([was]) });

    assert.deepEqual(
      report.findings.map((f) => f.severity),
      ['high'],
    );
    assert.equal(report.hidden.baseline, 0);
  });

  it('shows beside what is new what is open again and what has become graver', () => {
    const changed = [finding({ status: 'open', change: 'reopened' }), finding({ status: 'open', change: 'raised' })];

    const report = made([...changed, finding({ status: 'open' })], { newOnly: true });

    assert.deepEqual(report.findings, changed);
    assert.equal(report.hidden.baseline, 1);
  });

  it('shows only what is new when asked to', () => {
    const report = made([finding({ status: 'new' }), finding({ status: 'open' })], { newOnly: true });

    assert.deepEqual(
      report.findings.map((f) => f.status),
      ['new'],
    );
    assert.equal(report.hidden.baseline, 1);
  });

  it('shows what is gone whatever is chosen: that is news', () => {
    const gone = [finding({ status: 'fixed', persona: 'auditor' }), finding({ status: 'not-observed' })];

    const report = made(gone, { persona: 'dev', newOnly: true, baseline: baselineOf(gone) });

    assert.deepEqual(report.findings, gone);
    assert.equal(report.findings.some(isOpen), false);
  });

  it('never shows what is excepted', () => {
    const report = made([finding({ status: 'excepted' })], {});

    assert.deepEqual(report.findings, []);
    assert.equal(report.hidden.excepted, 1);
  });

  it('judges controls by all findings, whatever is hidden', () => {
    const shown = made(sample.findings, {});
    const hidden = made(sample.findings, { persona: 'dev', baseline: baselineOf(sample.findings) });

    assert(hidden.findings.length < shown.findings.length);
    assert.deepEqual(hidden.controls, shown.controls);
    assert(shown.controls.some((control) => control.outcome === 'fail'));
  });

  it('tells a failed check whose text is not at hand by its findings, and the controls as the run judged them', () => {
    const [gone] = sample.findings;
    assert(gone !== undefined);
    const rule = { rule: gone.rule, outcome: 'fail', population: 9, findings: 1, excepted: 0 } as const;
    const control = sample.controls.find(({ framework, control: id }) => gone.controls.includes(`${framework}:${id}`));
    assert(control !== undefined);
    const stored = { ...control, outcome: 'fail', reason: 'as it was', findings: 7, population: 9 } as const;
    const without = checks.filter(({ meta }) => meta.id !== gone.rule);

    const report = makeReport(
      { ...facts([{ ...gone, status: 'open' }]), checks: [rule], controls: [stored] },
      without,
      sample.frameworks,
      ALL,
    );
    const told = report.controls.find(({ framework, control: id }) => framework === control.framework && id === control.control);

    assert.deepEqual(unknownRules({ ...facts([]), checks: [rule] }, without), [gone.rule]);
    assert.deepEqual(unknownRules({ ...facts([]), checks: [rule] }, checks), []);
    assert.deepEqual(
      report.checks.map((check) => [check.rule, check.outcome, check.meta.title]),
      [[gone.rule, 'fail', gone.title]],
    );
    assert.equal(told?.reason, 'as it was');
    assert.equal(told?.findings, 7);
    assert(told?.rules.some((one) => one.rule === gone.rule && one.outcome === 'fail'));
  });

  it('leaves out results of checks that this version does not have', () => {
    const report = makeReport(facts([]), checks.slice(1), sample.frameworks, ALL);

    assert.deepEqual(
      report.checks.map((check) => check.rule),
      checks.slice(1).map((check) => check.meta.id),
    );
  });

  it('loses no finding: shown and hidden add up, and the order stays', () => {
    const anyFinding = fc.record({
      fingerprint: fc.uuid(),
      persona: fc.constantFrom(...PERSONAS),
      status: fc.constantFrom(...STATUSES),
    });
    const choices = fc.record({ persona: fc.constantFrom<Persona>(...PERSONAS), newOnly: fc.boolean(), known: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(anyFinding, { maxLength: 12 }), choices, (drawn, { known, ...chosen }) => {
        const findings = drawn.map((fields) => finding(fields));
        const baseline = baselineOf(findings.filter((_, n) => n % 4 < known));

        const { findings: shown, hidden } = makeReport(facts(findings), [], [], { ...chosen, baseline });

        assert.equal(shown.length + hidden.persona + hidden.baseline + hidden.excepted, findings.length);
        assert.deepEqual(
          shown,
          findings.filter((f) => shown.includes(f)),
        );
      }),
    );
  });
});
