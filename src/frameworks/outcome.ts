import type { Severity } from '../contracts/finding.ts';
import { SEVERITIES } from '../contracts/finding.ts';
import type { ControlOutcome } from '../contracts/framework.ts';

/** How a check ended, and what it is worth. */
export interface Ended {
  readonly outcome: ControlOutcome;
  /** It bears on a part of the control. */
  readonly isPart?: true;
}

/**
 * What several checks say together, of a control or of one source that it was looked at in; the words are told where controls are
 * rolled up.
 */
export function outcomeOf(mapped: readonly Ended[], manual: boolean): ControlOutcome {
  if (mapped.some((item) => item.outcome === 'fail' && item.isPart === undefined)) return 'fail';
  const outcomes = new Set(mapped.map((item) => item.outcome));
  if (outcomes.has('fail')) return 'partial';
  // Evidence of a breach is worth something anywhere; its absence is no proof of what only people can judge.
  if (manual || mapped.length === 0) return 'not-assessed';
  if (outcomes.size === 1 && outcomes.has('not-applicable')) return 'not-applicable';
  const ran = outcomes.has('pass') || outcomes.has('excepted') || outcomes.has('partial');
  if (!ran) return 'not-assessed';
  if (outcomes.has('partial') || outcomes.has('not-assessed')) return 'partial';
  // What bears on a part alone does not show that the rest is met.
  if (mapped.every((item) => item.isPart)) return 'partial';
  return outcomes.has('excepted') ? 'excepted' : 'pass';
}

export function worse(severities: readonly Severity[]): Severity | undefined {
  return SEVERITIES.findLast((severity) => severities.includes(severity));
}
