import { z } from 'zod';
import { defineReporter, type Report } from '../../src/contracts/reporter.ts';
import { listMember, openObject } from '../../src/util/json-pieces.ts';
import { sortFindings } from '../../src/util/report-text.ts';
import { jsonText } from '../../src/util/sanitize.ts';
import { uuidOf } from '../../src/util/uuid.ts';
import { assessmentAssets, inventoryItems, metadata, OSCAL_VERSION, scopeRemarks, stubPlan, toolOrigin } from './assets.ts';
import { controlFindings, controlObservations, type Related, reviewedControls } from './controls.ts';
import { observations, type Row, risks, rowsOf } from './findings.ts';
import { plain, props, prose } from './words.ts';

const Options = z.strictObject({});
type Options = z.infer<typeof Options>;

/** For governance tools and assessors: OSCAL assessment results. */
export const oscal = defineReporter<Options>({
  id: 'oscal',
  title: `OSCAL assessment results ${OSCAL_VERSION}`,
  extension: 'json',
  mediaType: 'application/oscal+json',
  options: Options as z.ZodType<Options>,
  *render(report) {
    const { run } = report;
    const rows = rowsOf(report, sortFindings([...report.findings, ...report.accepted]));
    const reviewed = reviewedControls(report);
    const plan = stubPlan(report, reviewed);
    const tool = toolOrigin(report);
    const head = {
      uuid: uuidOf('oscal/results', run.id),
      metadata: metadata(report, 'Assessment results: non-human identities'),
      'import-ap': { href: plan.href },
    };
    const result = {
      uuid: uuidOf('oscal/result', run.id),
      title: plain(`Run ${run.id}`),
      description: prose(`Automated assessment of ${run.targets.join(', ')}`),
      start: run.startedAt,
      end: run.finishedAt,
      ...props({
        'run-id': run.id,
        'rules-digest': run.rulesDigest,
        'fingerprint-key-id': run.fingerprintKeyId,
        persona: report.persona,
      }),
      'reviewed-controls': reviewed,
    };
    yield `{\n  "assessment-results": ${openObject(head, '  ')},\n    "results": [\n      ${openObject(result, '      ')},\n`;
    yield `        "local-definitions": ${openObject({ 'assessment-assets': assessmentAssets(report) }, '        ')}`;
    yield* listMember('inventory-items', inventoryItems(report.identities), '          ');
    yield '\n        }';
    yield* listMember('observations', allObservations(report, rows, tool), '        ');
    yield* listMember('risks', risks(report, rows, tool), '        ');
    yield* listMember('findings', controlFindings(report, tool, relate(rows)), '        ');
    yield `,\n        "remarks": ${jsonText(scopeRemarks(report))}\n      }\n    ],\n`;
    yield `    "back-matter": { "resources": [\n      ${jsonText(plan.resource)}\n    ] }\n  }\n}\n`;
  },
});

function* allObservations(report: Report, rows: readonly Row[], tool: object): Generator<object> {
  yield* observations(report, rows, tool);
  yield* controlObservations(report, tool);
}

/** What each rule found that still stands, accepted or not: what a control's result rests on. */
function relate(rows: readonly Row[]): ReadonlyMap<string, Related> {
  const related = new Map<string, { observations: string[]; risks: string[] }>();
  for (const { finding, observation, risk } of rows) {
    if (finding.status === 'fixed' || finding.status === 'not-observed') continue;
    const mine = related.get(finding.rule) ?? { observations: [], risks: [] };
    mine.observations.push(observation);
    mine.risks.push(risk);
    related.set(finding.rule, mine);
  }
  return related;
}
