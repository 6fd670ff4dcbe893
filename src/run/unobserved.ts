import type { CheckResult, CoverageObservation, Observation } from '../contracts/index.ts';
import { assess } from '../correlate/needs.ts';
import { contentId } from '../util/digest.ts';
import { toolVersion } from '../util/version.ts';
import type { Facts } from './facts.ts';
import type { ScanRequest } from './request.ts';
import type { Judgement } from './rules.ts';

/**
 * The facts of a pre-merge check that observed nothing, without a store: with nothing observed there is nothing to
 * correlate, and starting the engine would cost more than the whole scan.
 */
export function factsOfNothing(
  judgement: Judgement,
  held: readonly Observation[],
  request: ScanRequest,
  startedAt: string,
  fingerprintKeyId: string,
): Facts {
  const coverage = held.filter((observation): observation is CoverageObservation => observation.kind === 'coverage');
  const checks = judgement.checks.map(({ meta }): CheckResult => {
    const { state, reason } = assess(meta, coverage);
    const outcome = state === 'missing' ? 'not-assessed' : state === 'partial' ? 'partial' : 'not-applicable';
    return { rule: meta.id, outcome, ...(reason === undefined ? {} : { reason }), population: 0, findings: 0, excepted: 0 };
  });
  return {
    run: {
      id: `${startedAt.replace(/[-:]|\.\d+/g, '')}-${contentId([startedAt, request.targets]).slice(0, 8)}`,
      startedAt,
      finishedAt: request.runtime.clock().toISOString(),
      toolVersion: toolVersion(),
      engine: 'none (nothing was observed)',
      targets: request.targets,
      rulesDigest: '',
      fingerprintKeyId,
      hosts: [],
      counts: { coverage: coverage.length },
      parameters: { staged: request.crawl.staged },
    },
    coverage,
    findings: [],
    identities: [],
    checks,
  };
}
