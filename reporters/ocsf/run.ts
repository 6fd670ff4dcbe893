import type { Report } from '../../src/contracts/reporter.ts';
import { some } from '../../src/util/json-pieces.ts';
import { judgedWithout } from '../../src/util/judged-without.ts';
import { count, hiddenText, isOpen, summariseCoverage } from '../../src/util/report-text.ts';
import { severityOf } from './classes.ts';
import { text, time, when } from './values.ts';

const GAPS_MAX = 1000;

/**
 * The run itself, as Scan Activity: what was looked at and what was not. Without it a log that holds no finding could not be told
 * from a run that could read nothing.
 */
export function runEvent(report: Report, common: (key: string) => object): object {
  const { coverage, declaredAbsent = [], findings, hidden, persona, run } = report;
  const { looked, notLooked, complete } = summariseCoverage(coverage, declaredAbsent);
  const gaps = coverage.filter(({ outcome }) => outcome !== 'complete');
  const seen = coverage.reduce((sum, row) => sum + (row.read ?? 0), 0);
  const skipped = coverage.reduce((sum, row) => sum + (row.skipped ?? 0) + (row.failed ?? 0), 0);
  const [started, finished] = [time(run.startedAt), time(run.finishedAt)];
  const told =
    looked.length === 0 ? 'Nothing was looked at.' : `${complete} of ${count(looked.length, 'source')} read completely.`;
  return {
    category_uid: 6,
    category_name: 'Application Activity',
    class_uid: 6007,
    class_name: 'Scan Activity',
    activity_id: 2,
    activity_name: 'Completed',
    type_uid: 600_702,
    type_name: 'Scan Activity: Completed',
    ...severityOf(undefined),
    ...(looked.length > 0 && gaps.length === 0 ? { status_id: 1, status: 'Success' } : { status_id: 99, status: 'Partial' }),
    status_detail: told,
    ...common(run.id),
    message: text(`${told} ${hiddenText(hidden, persona).join(' ')}`),
    scan: { uid: text(run.id), name: 'nhi-audit', type_id: 0, type: 'Unknown' },
    ...when('start_time', started),
    ...when('end_time', finished),
    ...when('duration', started === undefined || finished === undefined ? undefined : Math.max(0, finished - started)),
    total: seen,
    num_skipped_items: skipped,
    num_detections: findings.filter(isOpen).length,
    unmapped: {
      rules_digest: run.rulesDigest,
      engine: run.engine,
      fingerprint_key_id: run.fingerprintKeyId,
      persona,
      hidden,
      ...some(
        'targets',
        run.targets.map((target) => text(target)),
      ),
      ...some(
        'hosts',
        run.hosts.map((host) => text(host)),
      ),
      ...some(
        'not_looked_at',
        notLooked.map(({ surface }) => surface),
      ),
      ...some(
        'judged_without',
        judgedWithout(coverage).map((what) => text(what)),
      ),
      ...some(
        'declared_absent',
        declaredAbsent.map(({ surface, reason, declaredBy, reviewed, state, why }) => ({
          surface,
          state,
          reason: text(reason),
          declared_by: text(declaredBy),
          ...(reviewed === undefined ? {} : { reviewed }),
          ...(why === undefined ? {} : { why: text(why) }),
        })),
      ),
      ...some(
        'coverage_gaps',
        gaps.slice(0, GAPS_MAX).map(({ surface, subject, outcome, why }) => ({
          surface,
          subject: text(subject),
          outcome,
          why: text(why ?? 'no reason given'),
        })),
      ),
      coverage_gap_count: gaps.length,
    },
  };
}
