import { type CheckResult, type CoverageObservation, OBSERVATION_KINDS, type Observation } from '../contracts/index.ts';
import { believe, believedOf, type Declaration } from '../correlate/absent.ts';
import { assess, switchedOff } from '../correlate/needs.ts';
import { assertRulings } from '../correlate/overrides.ts';
import { assertOverrides } from '../correlate/parameters.ts';
import { contentId } from '../util/digest.ts';
import { toolVersion } from '../util/version.ts';
import type { Facts } from './facts.ts';
import type { Judgement } from './rules.ts';

/** The part of a run that is known without a store. */
type KnownRun = Pick<
  Facts['run'],
  'startedAt' | 'finishedAt' | 'targets' | 'parameters' | 'rulesDigest' | 'fingerprintKeyId' | 'hosts'
>;

/**
 * The facts of a scan that observed nothing, without a store: with nothing observed there is nothing to correlate, and
 * starting the engine would cost more than many a scan.
 */
export function factsOfNothing(
  judgement: Judgement,
  held: readonly Observation[],
  run: KnownRun,
  declared: readonly Declaration[] = [],
): Facts {
  assertOverrides([...judgement.checks, ...judgement.disabled], judgement.parameters);
  assertRulings([...judgement.checks, ...judgement.disabled], judgement.overrides);
  const coverage = inStoredOrder(held);
  const declaredAbsent = believe(declared, coverage, [], run.startedAt);
  const absent = believedOf(declaredAbsent);
  const checks = judgement.checks.map(({ meta }): CheckResult => {
    const { state, reason, onlyDeclared } = assess(meta, coverage, absent);
    const isMissing = state === 'missing' || onlyDeclared !== undefined;
    const outcome = isMissing ? 'not-assessed' : state === 'partial' ? 'partial' : 'not-applicable';
    const why = onlyDeclared ?? reason;
    return { rule: meta.id, outcome, ...(why === undefined ? {} : { reason: why }), population: 0, findings: 0, excepted: 0 };
  });
  checks.push(...judgement.disabled.map(switchedOff));
  checks.sort((a, b) => (a.rule < b.rule ? -1 : 1));
  return {
    run: {
      ...run,
      id: `${run.startedAt.replace(/[-:]|\.\d+/g, '')}-${contentId([run.startedAt, run.targets]).slice(0, 8)}`,
      toolVersion: toolVersion(),
      engine: 'none (nothing was observed)',
      counts: { ...Object.fromEntries(OBSERVATION_KINDS.map((kind) => [kind, 0])), coverage: coverage.length },
    },
    coverage,
    ...(declaredAbsent.length === 0 ? {} : { declaredAbsent }),
    findings: [],
    identities: [],
    checks,
    acceptances: [],
  };
}

/** As the view `coverage` has them: each fact once, by surface, subject and id. */
function inStoredOrder(held: readonly Observation[]): readonly CoverageObservation[] {
  const rows = new Map<string, CoverageObservation>();
  for (const observation of held) if (observation.kind === 'coverage') rows.set(contentId(observation), observation);
  const key = ([id, { surface, subject }]: readonly [string, CoverageObservation]) => [surface, subject, id] as const;
  return [...rows].sort((a, b) => compareAll(key(a), key(b))).map(([, row]) => row);
}

function compareAll(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const other = b[index] ?? '';
    // By bytes of UTF-8, as the engine has it.
    if (text !== other) return Buffer.compare(Buffer.from(text), Buffer.from(other));
  }
  return 0;
}
