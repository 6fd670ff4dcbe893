import type { Check, CheckResult, Finding, Framework, Persona, Report, Severity } from '../contracts/index.ts';
import { PERSONAS, SEVERITIES } from '../contracts/index.ts';
import { believedOf } from '../correlate/absent.ts';
import { rollUp } from '../frameworks/roll-up.ts';
import type { CheckWithMeta, Facts } from './facts.ts';

export interface ReportChoices {
  readonly persona: Persona;
  /** Fingerprints already known, and how grave: counted, not shown unless they are graver now. */
  readonly baseline?: ReadonlyMap<string, Severity | undefined>;
  /** Only what the run before did not have, or had accepted or less grave. */
  readonly newOnly: boolean;
}

/** Facts and choices to a report. Control results are of all findings, whatever the choices leave out. */
export function makeReport(
  facts: Facts,
  checks: readonly Check[],
  frameworks: readonly Framework[],
  choices: ReportChoices,
): Report {
  const results = withMeta(facts.checks, checks);
  const hidden = { persona: 0, baseline: 0 };
  const shown: Finding[] = [];
  const accepted: Finding[] = [];
  for (const finding of facts.findings) {
    if (finding.status === 'excepted') accepted.push(finding);
    else if (isGone(finding)) shown.push(finding);
    else if (isInBaseline(finding, choices.baseline) || (choices.newOnly && isKnown(finding))) hidden.baseline += 1;
    else if (PERSONAS.indexOf(finding.persona) > PERSONAS.indexOf(choices.persona)) hidden.persona += 1;
    else shown.push(finding);
  }
  return {
    run: facts.run,
    coverage: facts.coverage,
    ...(facts.declaredAbsent === undefined ? {} : { declaredAbsent: facts.declaredAbsent }),
    findings: shown,
    identities: facts.identities,
    checks: results,
    controls: rollUp(frameworks, results, facts.findings, facts.coverage, believedOf(facts.declaredAbsent)),
    frameworks,
    persona: choices.persona,
    accepted,
    acceptances: facts.acceptances,
    hidden: { ...hidden, excepted: accepted.length },
    ...(facts.parts === undefined ? {} : { parts: facts.parts }),
  };
}

/** Wrong now: what counts for the verdict and the exit code. */
export function isOpen(finding: Finding): boolean {
  return finding.status === 'new' || finding.status === 'open';
}

/** What was taken as it was is not taken for all that may become of it. */
function isInBaseline({ fingerprint, severity }: Finding, baseline: ReportChoices['baseline']): boolean {
  if (baseline === undefined || !baseline.has(fingerprint)) return false;
  const was = baseline.get(fingerprint);
  return was === undefined || SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(was);
}

function isKnown({ status, change }: Finding): boolean {
  return status !== 'new' && change === undefined;
}

function isGone(finding: Finding): boolean {
  return finding.status === 'fixed' || finding.status === 'not-observed';
}

/** A store may hold results of checks that this version does not have any more: they have no text to show. */
function withMeta(results: readonly CheckResult[], checks: readonly Check[]): CheckWithMeta[] {
  const metas = new Map(checks.map((check) => [check.meta.id, check.meta]));
  return results.flatMap((result) => {
    const meta = metas.get(result.rule);
    return meta === undefined ? [] : [{ ...result, meta }];
  });
}
