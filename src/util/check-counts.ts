import { count, thousands } from './report-text.ts';

export interface CheckCounts {
  readonly total: number;
  /** Came to pass, fail or partial: each looked at something. */
  readonly ran: number;
  /** Found nothing of the kind that they judge, or judge what is declared absent. */
  readonly notApplicable: number;
  /** Could not run, or were switched off. */
  readonly notAssessed: number;
}

/** A check, or a rule as it bears on a control. */
interface Ended {
  readonly outcome: string;
}

/** How many checks ran: one notion of it for every report. */
export function countChecks(checks: readonly Ended[]): CheckCounts {
  const notApplicable = checks.filter(({ outcome }) => outcome === 'not-applicable').length;
  const notAssessed = checks.filter(({ outcome }) => outcome === 'not-assessed').length;
  return { total: checks.length, ran: checks.length - notApplicable - notAssessed, notApplicable, notAssessed };
}

/** `185 of 402 checks ran; 150 not applicable, 67 not assessed` */
export function checkCountsText(checks: readonly Ended[]): string {
  const { total, ran, notApplicable, notAssessed } = countChecks(checks);
  const aside = [
    ...(notApplicable > 0 ? [`${thousands(notApplicable)} not applicable`] : []),
    ...(notAssessed > 0 ? [`${thousands(notAssessed)} not assessed`] : []),
  ];
  return `${thousands(ran)} of ${count(total, 'check')} ran${aside.length === 0 ? '' : `; ${aside.join(', ')}`}`;
}
