import type { CheckMeta } from '../../src/contracts/check.ts';
import type { IdentityView, Report } from '../../src/contracts/reporter.ts';
import type { Layout } from '../../src/util/layout.ts';
import { hasPrevious, openFindings } from '../../src/util/report-text.ts';

/** What everything that tells findings needs, in short and in full, and what has been told. */
export interface Telling {
  readonly layout: Layout;
  readonly report: Report;
  /** Places told of each. */
  readonly places: number;
  readonly checks: ReadonlyMap<string, CheckMeta>;
  readonly identities: ReadonlyMap<string, IdentityView>;
  readonly marksNew: boolean;
  /** Where all lies in one repository, its name before each file says nothing. */
  readonly oneRepository: boolean;
  /** Risks and advices that stand above already: each is told once in a report. */
  readonly told: Set<string>;
}

export function tellingOf(report: Report, layout: Layout, places: number): Telling {
  const open = openFindings(report.findings);
  const repositories = new Set(open.flatMap(({ evidence }) => evidence.flatMap(({ at }) => at?.repository ?? [])));
  return {
    layout,
    report,
    places,
    checks: new Map(report.checks.map((check) => [check.rule, check.meta])),
    identities: new Map(report.identities.map((identity) => [identity.id, identity])),
    marksNew: hasPrevious(report),
    oneRepository: repositories.size < 2,
    told: new Set(),
  };
}
