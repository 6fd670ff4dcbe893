import { z } from 'zod';
import type { Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { sortFindings } from '../../src/util/report-text.ts';
import { jsonText } from '../../src/util/sanitize.ts';
import { uuidOf } from '../../src/util/uuid.ts';
import { OCSF_VERSION } from './classes.ts';
import { controlEvent } from './control.ts';
import { findingEvent, type Known } from './finding.ts';
import { runEvent } from './run.ts';
import { text, time } from './values.ts';

const Options = z.strictObject({
  /** Which events: findings, results of controls, or both. */
  events: z.enum(['all', 'findings', 'controls']).default('all'),
});
type Options = z.infer<typeof Options>;

/** For SIEMs and security lakes: an event a line. */
export const ocsf = defineReporter<Options>({
  id: 'ocsf',
  title: `OCSF ${OCSF_VERSION} events, one a line`,
  extension: 'jsonl',
  mediaType: 'application/x-ndjson',
  options: Options as z.ZodType<Options>,
  partsOf: ({ events }) => (events === 'controls' ? [] : ['credentials', 'granted']),
  *render(report, options) {
    const common = commonOf(report);
    yield `${jsonText(runEvent(report, (key) => common('run', key)))}\n`;
    if (options.events !== 'controls') {
      const known = knownOf(report);
      for (const finding of sortFindings([...report.findings, ...report.accepted])) {
        yield `${jsonText(findingEvent(finding, known, common))}\n`;
      }
    }
    if (options.events !== 'findings') {
      const checks = new Map(report.checks.map((check) => [check.rule, check]));
      for (const result of report.controls) yield `${jsonText(controlEvent(result, report.frameworks, checks, common))}\n`;
    }
  },
});

/** What every event has: when, from what, and an id of its own, the same whenever the same run is written. */
function commonOf({ run }: Report): (name: string, key: string) => object {
  const at = { time: time(run.finishedAt) ?? 0, timezone_offset: 0 };
  const product = { name: 'nhi-audit', vendor_name: 'nhi-audit', version: text(run.toolVersion) };
  return (name, key) => ({
    ...at,
    metadata: {
      version: OCSF_VERSION,
      product,
      uid: uuidOf('ocsf', name, run.id, key),
      correlation_uid: text(run.id),
      // Where `confidence` and `is_alert` come from.
      ...(name === 'iam' || name === 'detection' ? { profiles: ['security_control'] } : {}),
    },
  });
}

function knownOf({ checks, identities, parts }: Report): Known {
  return {
    identities: new Map(identities.map((view) => [view.id, view])),
    credentials: Map.groupBy(parts?.credentials ?? [], ({ identity }) => identity ?? ''),
    granted: Map.groupBy(parts?.granted ?? [], ({ identity }) => identity),
    checks: new Map(checks.map((check) => [check.rule, check])),
  };
}
