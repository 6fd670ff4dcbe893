import type { CoverageObservation } from '../contracts/observation.ts';
import { list } from './report-text.ts';

/** Where rights were judged without what else takes some of them away, since it was not given: `service control policies`. */
export function judgedWithout(coverage: readonly CoverageObservation[]): readonly string[] {
  return [...new Set(coverage.flatMap(withoutIn))].sort();
}

/** Of one look. What is stored was written by a scanner; what is no list of words is told as nothing. */
export function withoutIn({ detail }: CoverageObservation): readonly string[] {
  const told = detail?.judgedWithout;
  return Array.isArray(told) ? told.filter((what): what is string => typeof what === 'string') : [];
}

/** What that means for a reader, to stand behind `Judged without `; `undefined` where nothing was lacking. Not made safe for a sink. */
export function judgedWithoutText(coverage: readonly CoverageObservation[]): string | undefined {
  const without = judgedWithout(coverage);
  return without.length === 0
    ? undefined
    : `${list(without)}, which were not given: rights that they take away are reported as if they held`;
}
