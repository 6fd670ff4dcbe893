import type { CoverageObservation, Finding, FindingStatus, Report } from '../contracts/index.ts';
import { isOpen, sortFindings, summariseCoverage } from '../util/report-text.ts';

/** What of the run before is needed to tell what changed. */
export interface RunBefore {
  readonly run: string;
  readonly startedAt: string;
  readonly statuses: ReadonlyMap<string, FindingStatus>;
  readonly coverage: readonly Pick<CoverageObservation, 'surface' | 'subject' | 'outcome'>[];
}

export interface Lost {
  /** `AWS IAM: credential report`. */
  readonly what: string;
  readonly why: string;
}

/** What a run has that the one before it had not, and the other way round. Each list is in the order of reports. */
export interface Changes {
  readonly run: Pick<Report['run'], 'id' | 'startedAt' | 'toolVersion'>;
  /** Absent: this is the first run, and all is new. */
  readonly before?: { readonly run: string; readonly startedAt: string };
  readonly fresh: readonly Finding[];
  /** Open again: what accepted them is gone, or has expired. */
  readonly reopened: readonly Finding[];
  /** Graver than in the run before. */
  readonly raised: readonly Finding[];
  readonly fixed: readonly Finding[];
  /** Seen before and not looked at in the same way now: neither there nor mended. */
  readonly unseen: readonly Finding[];
  readonly lost: readonly Lost[];
  /** All that is open. */
  readonly open: readonly Finding[];
}

export function changesOf(report: Report, before: RunBefore | undefined): Changes {
  const findings = sortFindings(report.findings);
  const was = (finding: Finding): FindingStatus | undefined => before?.statuses.get(finding.fingerprint);
  return {
    run: report.run,
    ...(before === undefined ? {} : { before: { run: before.run, startedAt: before.startedAt } }),
    fresh: findings.filter(({ status }) => status === 'new'),
    reopened: findings.filter(({ change }) => change === 'reopened'),
    raised: findings.filter(({ change }) => change === 'raised'),
    fixed: findings.filter(({ status }) => status === 'fixed'),
    unseen: findings.filter((finding) => finding.status === 'not-observed' && was(finding) !== 'not-observed'),
    lost: before === undefined ? [] : lostCoverage(report.coverage, before.coverage),
    open: findings.filter(isOpen),
  };
}

export function isUnchanged({ before, fresh, reopened, raised, fixed, unseen, lost, open }: Changes): boolean {
  if (before === undefined) return open.length === 0;
  return fresh.length + reopened.length + raised.length + fixed.length + unseen.length + lost.length === 0;
}

/** What could be read before and cannot now. A file that is gone is no loss; a surface that nobody looked at any more is. */
function lostCoverage(now: readonly CoverageObservation[], before: RunBefore['coverage']): Lost[] {
  const gapsBefore = new Set(before.filter(({ outcome }) => outcome !== 'complete').map(keyOf));
  const { looked, notLooked } = summariseCoverage(now);
  const surfaces = new Set(before.map(({ surface }) => surface));
  return [
    ...notLooked
      .filter(({ surface }) => surfaces.has(surface))
      .map(({ title }) => ({ what: title, why: 'it was looked at before, and not this time' })),
    ...looked.flatMap(({ title, gaps }) =>
      gaps
        .filter((gap) => !gapsBefore.has(keyOf(gap)))
        .map((gap) => ({ what: `${title}: ${gap.subject}`, why: `${gap.outcome}: ${gap.why ?? 'no reason given'}` })),
    ),
  ];
}

function keyOf({ surface, subject }: { readonly surface: string; readonly subject: string }): string {
  return `${surface}\u0000${subject}`;
}
