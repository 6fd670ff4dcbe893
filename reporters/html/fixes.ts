import type { Report } from '../../src/contracts/reporter.ts';
import { type RankedFix, rankFixes as rankAll } from '../../src/util/fixes.ts';
import { fragment } from './data.ts';
import { openOf } from './order.ts';

export { type Owner, shortName, WEIGHTS } from '../../src/util/fixes.ts';

export interface Fix extends RankedFix {
  /** What the page shows for it: one rule, one identity, or one finding. */
  readonly link: string;
}

/** The actions that the page ranks, each with its link. */
export function rankFixes(report: Report): Fix[] {
  return rankAll(openOf(report), report).map((fix) => ({ ...fix, link: `${fix.about.kind}=${fragment(fix.about.id)}` }));
}
