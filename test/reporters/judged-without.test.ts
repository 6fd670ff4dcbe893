import assert from 'node:assert/strict';
import { audit } from '../../reporters/audit/index.ts';
import { csv } from '../../reporters/csv/index.ts';
import { cyclonedx } from '../../reporters/cyclonedx/index.ts';
import { html } from '../../reporters/html/index.ts';
import { json } from '../../reporters/json/index.ts';
import { ReportV1 } from '../../reporters/json/v1.ts';
import { junit } from '../../reporters/junit/index.ts';
import { markdown } from '../../reporters/markdown/index.ts';
import { pullRequest } from '../../reporters/markdown/pull-request.ts';
import { ocsf } from '../../reporters/ocsf/index.ts';
import { oscal } from '../../reporters/oscal/index.ts';
import { sarif } from '../../reporters/sarif/index.ts';
import { terminal } from '../../reporters/terminal/index.ts';
import type { AnyReporter, Report } from '../../src/contracts/reporter.ts';
import { checkCountsText, countChecks } from '../../src/util/check-counts.ts';
import { judgedWithout, judgedWithoutText } from '../../src/util/judged-without.ts';
import { emptyReport, HOSTILE_NAMES, partialReport, renderText, sampleReport } from '../helpers/report.ts';

function without(what: unknown): Report {
  const sample = sampleReport();
  return {
    ...sample,
    coverage: sample.coverage.map((row) =>
      row.surface === 'aws' ? { ...row, detail: { judgedWithout: what as string[] } } : row,
    ),
  };
}

const SAYS: readonly (readonly [AnyReporter, object?])[] = [
  [audit],
  [csv, { rows: 'coverage' }],
  [cyclonedx],
  [html],
  [json],
  [junit],
  [markdown],
  [ocsf],
  [oscal],
  [pullRequest],
  [sarif],
  [terminal],
];

describe('what rights were judged without', () => {
  for (const [reporter, options = {}] of SAYS) {
    it(`is told by ${reporter.id}`, async () => {
      const text = await renderText(reporter, without(['service control policies']), options);
      const silent = await renderText(reporter, sampleReport(), options);

      assert.match(text.replace(/\s+/g, ' '), /service control policies/);
      assert.doesNotMatch(silent.replace(/\s+/g, ' '), /service control policies/);
    });
  }

  it('is one list of all looks, and none of what is no list of words', () => {
    const row = sampleReport().coverage[0] as Report['coverage'][number];
    const rows = [['b', 'a'], ['a'], 'a', 7, [8]].map((judged) => ({ ...row, detail: { judgedWithout: judged } }));

    assert.deepEqual(judgedWithout(rows), ['a', 'b']);
    assert.match(judgedWithoutText(rows) ?? '', /^a and b, which were not given: /);
    assert.equal(judgedWithoutText([row]), undefined);
  });

  it('is held inert in the audit report, whatever it is', async () => {
    const text = await renderText(audit, without([...HOSTILE_NAMES]));

    const line = text.split('\n').find((one) => one.startsWith('**Judged without**')) ?? '';
    assert.doesNotMatch(line, /<(?!code>|\/code>|br>)|\]\(|!\[|@[a-z]/i);
  });
});

describe('how many checks ran', () => {
  for (const [name, make] of [
    ['full', sampleReport],
    ['partial', partialReport],
    ['empty', emptyReport],
  ] as const) {
    it(`is told alike by audit, HTML, JUnit and JSON: ${name}`, async () => {
      const report = make();
      const says = checkCountsText(report.checks);
      const { total, ran, notApplicable, notAssessed } = countChecks(report.checks);

      assert.equal(ran + notApplicable + notAssessed, total);
      assert.equal(ran, report.checks.filter(({ outcome }) => ['pass', 'fail', 'partial'].includes(outcome)).length);
      const parsed = ReportV1.parse(JSON.parse(await renderText(json, report)));
      assert.deepEqual(parsed.summary.checks, { total, ran, notApplicable, notAssessed });
      if (total === 0) return;
      for (const reporter of [audit, html, junit]) assert.ok((await renderText(reporter, report)).includes(says), reporter.id);
    });
  }

  it('tells what is not applicable apart from what is not assessed', () => {
    const checks = (['pass', 'fail', 'partial', 'not-applicable', 'not-applicable', 'not-assessed'] as const).map((outcome) => ({
      outcome,
    }));

    assert.equal(checkCountsText(checks), '3 of 6 checks ran; 2 not applicable, 1 not assessed');
    assert.equal(checkCountsText(checks.slice(0, 1)), '1 of 1 check ran');
  });
});
