import type { CheckMeta, CheckResult } from '../contracts/check.ts';
import type { Finding, Severity } from '../contracts/finding.ts';
import type { ControlOutcome, ControlResult, Framework, RuleAtSource } from '../contracts/framework.ts';
import type { CoverageObservation, ObservationKind, Surface } from '../contracts/observation.ts';
import { SURFACES } from '../contracts/observation.ts';
import { DECLARED_ABSENT, SWITCHED_OFF } from '../contracts/reporter.ts';
import type { Absent } from '../correlate/needs.ts';
import { needOf } from '../correlate/needs.ts';
import { count, list } from '../util/report-text.ts';
import { bySource, type CheckAtSource, checkPlacer } from './by-source.ts';
import { gapsOf, tellGaps } from './gaps.ts';
import { type Ended, outcomeOf, worse } from './outcome.ts';
import { refIn } from './reference.ts';

export type CheckWithMeta = CheckResult & { readonly meta: CheckMeta };

/** How one mapped check ended, once its findings are counted. */
interface Mapped extends Ended {
  readonly check: CheckWithMeta;
  readonly open: number;
  readonly excepted: number;
  readonly worst?: Severity;
  readonly via?: string;
  /** The same, source by source. */
  readonly sources: readonly CheckAtSource[];
  /** What of that a report tells beside the check: one list for all controls that it bears on. */
  readonly told: readonly RuleAtSource[];
}

/** What the silence of checks is explained by. */
interface Ground {
  readonly coverage: readonly CoverageObservation[];
  readonly absent: Absent;
}

/**
 * What the evidence of this run says about each control, in the order of the catalogues:
 *
 * - `fail`: a mapped check has open findings;
 * - `excepted`: all that its checks found is accepted;
 * - `partial`: nothing found, but not every mapped check ran, or one ran on part of what it needs; or only checks that bear
 *   on a part of the control have open findings;
 * - `pass`: every mapped check that applies passed (at least one);
 * - `not-applicable`: there was nothing for its checks to judge, or what they judge is declared absent and believed so;
 * - `not-assessed`: none of its checks could run, no check maps to it, or it is for people to judge.
 *
 * Findings that are fixed or were not observed do not count as open. A list of findings that was cut for a persona or a
 * baseline gives too good a picture: pass the whole list. How the same is judged source by source: `by-source.ts`.
 */
export function rollUp(
  frameworks: readonly Framework[],
  checks: readonly CheckWithMeta[],
  findings: readonly Finding[],
  coverage: readonly CoverageObservation[],
  absent: Absent = new Map(),
  held?: ReadonlyMap<Surface, ReadonlySet<ObservationKind>>,
): ControlResult[] {
  const byRule = groupByRule(findings);
  const byControl = new Map<string, Mapped[]>();
  const byId = new Map<string, Mapped>();
  const place = checkPlacer(coverage, absent, held);
  for (const check of checks) {
    const found = byRule.get(check.rule);
    const sources = place(check, found);
    const told = sources.map(({ surface, outcome, findings: n }) => ({ surface, outcome, findings: n }));
    const mapped = { ...weigh(check, found), sources, told };
    byId.set(check.rule, mapped);
    for (const ref of new Set(check.meta.controls)) byControl.set(ref, [...(byControl.get(ref) ?? []), mapped]);
  }
  return frameworks.flatMap((framework) =>
    framework.controls.map((control) =>
      judge(framework, control, mappedTo(framework, control, { byControl, byId }), { coverage, absent }),
    ),
  );
}

/** The checks of a control: those that name it, those that it names, then those that come by way of another catalogue; each once. */
function mappedTo(
  framework: Framework,
  control: Framework['controls'][number],
  { byControl, byId }: { readonly byControl: ReadonlyMap<string, readonly Mapped[]>; readonly byId: ReadonlyMap<string, Mapped> },
): readonly Mapped[] {
  const own = byControl.get(`${framework.id}:${control.id}`) ?? [];
  const mapped = new Map(own.map((item) => [item.check.rule, item]));
  for (const [rules, isPart] of [
    [control.checks, false],
    [control.partialChecks, true],
  ] as const) {
    for (const rule of rules) {
      const item = byId.get(rule);
      if (item !== undefined && !mapped.has(rule)) mapped.set(rule, { ...item, ...(isPart ? { isPart } : {}) });
    }
  }
  const add = (named: string, isPart: boolean): void => {
    const via = refIn(framework, named);
    for (const item of byControl.get(via) ?? []) {
      if (!mapped.has(item.check.rule)) mapped.set(item.check.rule, { ...item, via, ...(isPart ? { isPart } : {}) });
    }
  };
  for (const named of control.supports) add(named, false);
  for (const named of control.partial) add(named, true);
  return [...mapped.values()];
}

function groupByRule(findings: readonly Finding[]): Map<string, Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.rule);
    if (group === undefined) groups.set(finding.rule, [finding]);
    else group.push(finding);
  }
  return groups;
}

/** The findings at hand decide; where a rule has none in the list, the check's own counts do. */
function weigh(check: CheckWithMeta, findings: readonly Finding[] | undefined): Omit<Mapped, 'sources' | 'told'> {
  const open = findings?.filter((finding) => finding.status === 'new' || finding.status === 'open') ?? [];
  const accepted = findings?.filter((finding) => finding.status === 'excepted').length ?? 0;
  const opened = findings === undefined ? check.findings : open.length;
  const excepted = Math.max(accepted, check.excepted);
  const base = { check, open: opened, excepted, ...worstOf(check, open, opened) };
  if (opened > 0) return { ...base, outcome: 'fail' };
  if (excepted > 0 && (check.outcome === 'fail' || check.outcome === 'pass')) return { ...base, outcome: 'excepted' };
  return { ...base, outcome: check.outcome };
}

function worstOf(check: CheckWithMeta, open: readonly Finding[], opened: number): { worst?: Severity } {
  if (opened === 0) return {};
  const severities = open.length > 0 ? open.map((finding) => finding.severity) : [check.meta.severity];
  const worst = worse(severities);
  return worst === undefined ? {} : { worst };
}

function judge(
  framework: Framework,
  control: Framework['controls'][number],
  mapped: readonly Mapped[],
  ground: Ground,
): ControlResult {
  let findings = 0;
  let population = 0;
  for (const item of mapped) {
    findings += item.open;
    population += item.check.population;
  }
  const worst = worse(mapped.flatMap((item) => item.worst ?? []));
  const outcome = outcomeOf(mapped, control.assessment === 'manual');
  return {
    framework: framework.id,
    control: control.id,
    title: control.title,
    ...(control.group === undefined ? {} : { group: control.group }),
    formerly: control.formerly,
    outcome,
    reason: withAbsent(reasonFor(outcome, mapped, control.assessment === 'manual', ground), mapped, ground),
    rules: mapped.map((item) => ({
      rule: item.check.rule,
      outcome: item.outcome,
      findings: item.open,
      sources: item.told,
      ...(item.isPart === undefined ? {} : { relation: 'partial' }),
      ...(item.via === undefined ? {} : { via: item.via }),
    })),
    ...(control.note === undefined ? {} : { note: control.note }),
    findings,
    ...(worst === undefined ? {} : { worst }),
    population,
    sources: bySource(mapped, control.assessment === 'manual'),
  };
}

function reasonFor(outcome: ControlOutcome, mapped: readonly Mapped[], manual: boolean, ground: Ground): string {
  if (outcome === 'fail') return failReason(mapped, ground);
  if (outcome === 'partial' && mapped.some((item) => item.outcome === 'fail')) {
    return `Checks that bear on a part of it: ${failReason(mapped, ground)}`;
  }
  if (manual) {
    if (mapped.length === 0) return 'For people to judge; no check maps to it.';
    if (mapped.every(isAbsent)) return 'For people to judge; none of its checks applies.';
    if (mapped.every((item) => item.outcome === 'not-applicable')) {
      return `For people to judge; there was nothing for ${mapped.length === 1 ? 'its check' : `its ${mapped.length} checks`} to look at.`;
    }
    const ran = mapped.filter((item) => item.outcome !== 'not-assessed' && item.outcome !== 'not-applicable').length;
    if (ran === 0) return `For people to judge; ${noneRan(mapped, ground)}`;
    return `For people to judge; ${outOf(ran, mapped.length)} ran and found nothing against it.`;
  }
  if (mapped.length === 0) return 'No check maps to it.';
  switch (outcome) {
    case 'pass':
      return passReason(mapped);
    case 'excepted':
      return `${count(
        sum(mapped, (item) => item.excepted),
        'finding',
      )}, all accepted by an exception.`;
    case 'partial':
      return partialReason(mapped, ground);
    case 'not-applicable':
      return nothingReason(mapped);
    default:
      return upperFirst(noneRan(mapped, ground));
  }
}

function nothingReason(mapped: readonly Mapped[]): string {
  const judged = mapped.filter((item) => !isAbsent(item)).length;
  if (judged === 0) return mapped.length === 1 ? 'Its check does not apply.' : `None of its ${mapped.length} checks applies.`;
  const whose = judged === mapped.length ? `its ${judged}` : `${judged} of its ${mapped.length}`;
  return `Nothing of the kind that ${mapped.length === 1 ? 'its check judges' : `${whose} checks judge`} was found.`;
}

/** `…; 6 not applicable: declared absent (Okta and SPIRE).` */
function withAbsent(reason: string, mapped: readonly Mapped[], { absent }: Ground): string {
  const aside = mapped.filter(isAbsent);
  if (aside.length === 0) return reason;
  const needs = aside.flatMap(({ check }) => check.meta.needs.flatMap((text) => text.split('|').map(needOf)));
  const named = new Set(needs.flatMap(({ surface }) => surface ?? []));
  const titles = (Object.keys(SURFACES) as Surface[]).filter((surface) => named.has(surface) && absent.has(surface));
  const what = titles.length === 0 ? '' : ` (${list(titles.map((surface) => SURFACES[surface]))})`;
  return `${reason.replace(/\.$/, '')}; ${aside.length} not applicable: declared absent${what}.`;
}

function failReason(mapped: readonly Mapped[], ground: Ground): string {
  const failed = mapped.filter((item) => item.outcome === 'fail');
  const found = `${count(
    sum(failed, (item) => item.open),
    'open finding',
  )} from ${outOf(failed.length, mapped.length)}`;
  const silent = mapped.filter((item) => item.outcome === 'not-assessed' || item.outcome === 'partial');
  return silent.length === 0 ? `${found}.` : `${found}; ${silences(silent, ground)}`;
}

function passReason(mapped: readonly Mapped[]): string {
  const passed = mapped.filter((item) => item.outcome === 'pass');
  const looked = count(
    sum(passed, (item) => item.check.population),
    'item',
  );
  const rest = mapped.length - passed.length - mapped.filter(isAbsent).length;
  const aside = rest === 0 ? '' : `; ${rest} had nothing to judge`;
  return `${outOf(passed.length, mapped.length)} ran on ${looked} and found nothing${aside}.`;
}

function partialReason(mapped: readonly Mapped[], ground: Ground): string {
  const whole = mapped.filter((item) => item.outcome === 'pass' || item.outcome === 'excepted').length;
  const silent = mapped.filter((item) => item.outcome === 'not-assessed' || item.outcome === 'partial');
  if (silent.length === 0) return `${passReason(mapped)} They bear on a part of it.`;
  const ran = whole === 0 ? 'No check ran in full' : `${outOf(whole, mapped.length)} ran in full and left nothing open`;
  const idle = mapped.filter((item) => item.outcome === 'not-applicable' && !isAbsent(item)).length;
  const aside = idle === 0 ? '' : `; ${idle} had nothing to judge`;
  return `${ran}; ${silences(silent, ground).replace(/\.$/, '')}${aside}.`;
}

/** `2 checks`, `1 of 3 checks` */
function outOf(some: number, all: number): string {
  return some === all ? count(all, 'check') : `${some} of ${count(all, 'check')}`;
}

function noneRan(mapped: readonly Mapped[], ground: Ground): string {
  const silent = mapped.filter((item) => item.outcome === 'not-assessed');
  const verb = silent.every(isOff) ? ['did not run', 'ran'] : ['could not run', 'could run'];
  const all = silent.length === 1 ? `its one check ${verb[0]}` : `none of its ${silent.length} checks ${verb[1]}`;
  // That others had nothing to judge is not told; that they do not apply is, below.
  const who = mapped.some(isAbsent) ? `${silent.length} of its ${mapped.length} checks ${verb[0]}` : all;
  return `${who} (${whys(silent, ground)}).`;
}

function silences(silent: readonly Mapped[], ground: Ground): string {
  const unable = silent.filter((item) => item.outcome === 'not-assessed' && !isOff(item)).length;
  const off = silent.filter(isOff).length;
  const part = silent.length - unable - off;
  const words = [
    ...(off > 0 ? [`${off} did not run`] : []),
    ...(unable > 0 ? [`${unable} could not run`] : []),
    ...(part > 0 ? [`${part} ran on part of what ${part === 1 ? 'it needs' : 'they need'}`] : []),
  ];
  return `${list(words)} (${whys(silent, ground)}).`;
}

/**
 * What checks lacked, all together. How to collect it, and what exactly was denied, stands with each check; a check that
 * lacks nothing that coverage knows of speaks for itself.
 */
function whys(silent: readonly Mapped[], ground: Ground): string {
  // What a check would have needed is no reason where it was not to run.
  const willing = silent.filter((item) => !isOff(item));
  const gaps = tellGaps(
    gapsOf(
      willing.flatMap((item) => item.check.meta.needs),
      ground.coverage,
      ground.absent,
    ),
  );
  if (gaps !== '') return willing.length === silent.length ? gaps : `${gaps}; ${SWITCHED_OFF}: ${silent.length - willing.length}`;
  const [first = 'no reason given', ...more] = new Set(
    silent.flatMap((item) => item.check.reason?.trim().replace(/\.$/, '') ?? []),
  );
  return more.length === 0 ? first : `${first}; and ${count(more.length, 'other reason')}`;
}

function isAbsent({ check }: Mapped): boolean {
  return check.outcome === 'not-applicable' && check.reason?.startsWith(DECLARED_ABSENT) === true;
}

function isOff({ check }: Mapped): boolean {
  return check.outcome === 'not-assessed' && check.reason === SWITCHED_OFF;
}

function sum(items: readonly Mapped[], of: (item: Mapped) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
