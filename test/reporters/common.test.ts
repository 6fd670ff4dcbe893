import assert from 'node:assert/strict';
import { audit } from '../../reporters/audit/index.ts';
import { csv } from '../../reporters/csv/index.ts';
import { cyclonedx } from '../../reporters/cyclonedx/index.ts';
import { gitlabCodeQuality } from '../../reporters/gitlab-code-quality/index.ts';
import { gitlabSecretDetection } from '../../reporters/gitlab-secret-detection/index.ts';
import { json } from '../../reporters/json/index.ts';
import { junit } from '../../reporters/junit/index.ts';
import { markdown } from '../../reporters/markdown/index.ts';
import { pullRequest } from '../../reporters/markdown/pull-request.ts';
import { ocsf } from '../../reporters/ocsf/index.ts';
import { opengraph } from '../../reporters/opengraph/index.ts';
import { oscal } from '../../reporters/oscal/index.ts';
import { sarif } from '../../reporters/sarif/index.ts';
import { terminal } from '../../reporters/terminal/index.ts';
import type { AnyReporter, RenderContext, Report } from '../../src/contracts/reporter.ts';
import { settledReport } from '../helpers/made-parts.ts';
import { emptyReport, hostileReport, leakReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';

const REPORTERS: readonly AnyReporter[] = [
  audit,
  terminal,
  json,
  sarif,
  csv,
  markdown,
  pullRequest,
  junit,
  gitlabSecretDetection,
  gitlabCodeQuality,
  cyclonedx,
  ocsf,
  opengraph,
  oscal,
];
const REPORTS: { readonly [name: string]: () => Report } = {
  'the empty run': emptyReport,
  'a run with partial coverage': partialReport,
  'a full run': sampleReport,
  'a run over hostile names': hostileReport,
  'a run with accepted and fixed findings': settledReport,
  'a run with leaked tokens': () => leakReport(70),
};
const CONTEXTS: readonly RenderContext[] = [
  { width: undefined, color: false, links: false, store: undefined },
  { width: 72, color: true, links: true, store: 'evidence.duckdb' },
];

for (const reporter of REPORTERS) {
  describe(`${reporter.id} reporter, like every other`, () => {
    for (const [name, make] of Object.entries(REPORTS)) {
      it(`gives the same bytes twice for ${name}`, async () => {
        for (const context of CONTEXTS) {
          const first = await renderText(reporter, make(), {}, context);
          const second = await renderText(reporter, make(), undefined, context);

          assert.equal(first, second);
          assert.ok(first.endsWith('\n') && first.isWellFormed());
        }
      });
    }

    it('does not depend on the order of the findings', async () => {
      const report = sampleReport();

      assert.equal(
        await renderText(reporter, { ...report, findings: report.findings.toReversed() }),
        await renderText(reporter, report),
      );
    });

    it('says nothing of compliance', async () => {
      assert.doesNotMatch(await renderText(reporter, sampleReport()), /\bcompliant\b|\bcomplies\b/i);
    });

    it('refuses an option it does not have', async () => {
      await assert.rejects(renderText(reporter, emptyReport(), { colour: 'red' }), /colour/);
    });
  });
}
