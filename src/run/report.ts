import type { Check, CheckMeta, ControlResult, Finding, Framework, Persona, Report, Severity } from '../contracts/index.ts';
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
  const { results, isWhole } = withMeta(facts, checks);
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
    controls: asOfRun(
      rollUp(frameworks, results, facts.findings, facts.coverage, believedOf(facts.declaredAbsent), facts.held),
      isWhole ? [] : facts.controls,
    ),
    frameworks,
    persona: choices.persona,
    accepted,
    acceptances: facts.acceptances,
    hidden: { ...hidden, excepted: accepted.length },
    choices: { newOnly: choices.newOnly, baseline: choices.baseline !== undefined },
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

/** Rules that the run had and this report has no text of: own ones whose configuration is not named, or of another version. */
export function unknownRules(facts: Facts, checks: readonly Check[]): readonly string[] {
  const known = new Set(checks.map(({ meta }) => meta.id));
  return facts.checks.map(({ rule }) => rule).filter((rule) => !known.has(rule));
}

/** Of a rule without a text its findings tell what they can; one that found nothing cannot be shown. */
function withMeta(facts: Facts, checks: readonly Check[]): { readonly results: CheckWithMeta[]; readonly isWhole: boolean } {
  const metas = new Map(checks.map((check) => [check.meta.id, check.meta]));
  const found = new Map(facts.findings.map((finding) => [finding.rule, finding]));
  let isWhole = true;
  const results = facts.checks.flatMap((result) => {
    const known = metas.get(result.rule);
    if (known !== undefined) return [{ ...result, meta: known }];
    isWhole = false;
    const finding = found.get(result.rule);
    return finding === undefined ? [] : [{ ...result, meta: metaOf(finding) }];
  });
  return { results, isWhole };
}

function metaOf({ rule, title, severity, confidence, persona, controls, fix }: Finding): CheckMeta {
  return {
    id: rule,
    title,
    severity,
    confidence,
    persona,
    about: 'identity',
    identityFields: ['fingerprint'],
    needs: [],
    population: 'findings',
    controls: [...controls],
    why: 'The text of this rule is not at hand: it is the own rule of somebody, or one of another version.',
    fix,
    parameters: {},
    references: [],
    platforms: [],
    equivalents: [],
    since: '0.0',
  };
}

/** Where a rule is missing, what the rest come to would be another answer: that of the run stands. */
function asOfRun(controls: readonly ControlResult[], stored: Facts['controls'] = []): readonly ControlResult[] {
  if (stored.length === 0) return controls;
  const was = new Map(stored.map((control) => [`${control.framework}:${control.control}`, control]));
  return controls.map((control) => ({ ...control, ...was.get(`${control.framework}:${control.control}`) }));
}
