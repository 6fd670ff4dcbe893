import type { CheckMeta, CheckResult } from '../contracts/check.ts';
import type { Finding, Severity } from '../contracts/finding.ts';
import type { ControlOutcome, ControlSource, RuleAtSource } from '../contracts/framework.ts';
import type { CoverageObservation, ObservationKind, Surface } from '../contracts/observation.ts';
import { SURFACES } from '../contracts/observation.ts';
import { type Absent, covers, meets, type Need, needOf, presentOf, usualSurface } from '../correlate/needs.ts';
import { type Ended, outcomeOf, worse } from './outcome.ts';

/** How one check ended at one source, and what it is worth there. */
export interface CheckAtSource extends RuleAtSource {
  readonly worst?: Severity;
}

type CheckWithMeta = CheckResult & { readonly meta: CheckMeta };
type Look = Pick<CoverageObservation, 'surface' | 'outcome' | 'covers' | 'detail'>;

/** One need of a check in this run: the sources that tell of it, and what was looked at for it. */
interface Told {
  readonly surfaces: ReadonlySet<Surface>;
  readonly looks: readonly Look[];
  readonly alternatives: readonly Need[];
  readonly isSoft: boolean;
  /** All that would do is declared absent: nothing is lacking. */
  readonly isAbsent: boolean;
}

/** Of which kinds anything was observed at each source. */
type Held = ReadonlyMap<Surface, ReadonlySet<ObservationKind>>;

const ORDER = Object.keys(SURFACES) as readonly Surface[];

/**
 * Judges a check at each of its sources.
 *
 * **Its sources** are the surfaces that its needs name. Of alternatives (`a|b`) those that were read; where none was, those that are
 * not declared absent, or all where all are. A need that names no surface has those whose coverage is about its kind, or the one where
 * such things usually are where none is. What is only asked for where it can be had (`?`) makes no source. A check that joins several
 * sources counts at each of them. Where a finding rests on none of them (a login that an export shows, of a check that needs the files
 * of a repository), what it rests on is a source, too: it was looked at.
 *
 * **At each**, the first that applies:
 * - an open finding that rests on something of this source: `fail`. One of which nobody knows any more what it rests on counts at all;
 * - likewise one that is accepted: `excepted`;
 * - the source is declared absent, and believed so: `not-applicable`;
 * - a check that found nothing anywhere: what it came to, at each the same; but where it is `partial` and this source could not be
 *   read at all, `not-assessed`;
 * - else it found something at another source, and what it came to here is told by coverage. Of the needs that this source tells
 *   of, this source's looks count, of its other needs all looks: where none of them read it, `not-assessed`; where one is not
 *   complete, or a `?` was not met, or the check itself may say that silence tells nothing (`inconclusive`), `partial`; else `pass`;
 * - and what would `pass` is `not-applicable` where nothing of the kinds that the check needs of this source was observed (`held`;
 *   absent: nobody counted): there was nothing to judge.
 */
export function checkPlacer(
  coverage: readonly Look[],
  absent: Absent = new Map(),
  held?: Held,
): (check: CheckWithMeta, findings: readonly Finding[] | undefined) => readonly CheckAtSource[] {
  const looks = distinct(coverage);
  const known = new Map<string, Told>();
  const tell = (text: string): Told => {
    const told = known.get(text) ?? toldOf(text, looks, absent);
    known.set(text, told);
    return told;
  };
  return (check, findings) =>
    place(check, findings, check.meta.needs.map(tell), { absent, ...(held === undefined ? {} : { held }) });
}

/** Of thousands of files that were read alike, one: only what differs bears on the outcome. */
function distinct(coverage: readonly Look[]): readonly Look[] {
  const looks = new Map<string, Look>();
  for (const { surface, outcome, covers: kinds, detail } of coverage) {
    const types = detail?.types;
    const key = JSON.stringify([surface, outcome, kinds, types]);
    if (!looks.has(key))
      looks.set(key, { surface, outcome, covers: kinds, ...(types === undefined ? {} : { detail: { types } }) });
  }
  return [...looks.values()];
}

function toldOf(text: string, coverage: readonly Look[], absent: Absent): Told {
  const alternatives = text.split('|').map(needOf);
  const looks = coverage.filter((row) => alternatives.some((need) => covers(row, need)));
  const present = presentOf(alternatives, absent);
  const named = (present.length > 0 ? present : alternatives).flatMap(({ surface }) => surface ?? []);
  const read = coverage.filter((row) => alternatives.some((need) => need.surface !== undefined && meets(row, need)));
  const bare = alternatives.filter(({ surface }) => surface === undefined);
  const about = coverage.filter((row) => bare.some((need) => covers(row, need)));
  const surfaces = new Set([...read, ...about].map(({ surface }) => surface));
  const either = named.length > 0 ? named : bare.map(({ kind }) => usualSurface(kind));
  return {
    surfaces: surfaces.size > 0 ? surfaces : new Set(either),
    looks,
    alternatives,
    isSoft: alternatives.some(({ isSoft }) => isSoft === true),
    isAbsent: present.length === 0,
  };
}

function place(
  check: CheckWithMeta,
  findings: readonly Finding[] | undefined,
  needs: readonly Told[],
  { absent, held }: { readonly absent: Absent; readonly held?: Held },
): readonly CheckAtSource[] {
  const hard = needs.filter(({ isSoft }) => !isSoft);
  const needed = new Set((hard.length > 0 ? hard : needs).flatMap(({ surfaces }) => [...surfaces]));
  const isUntold = findings === undefined;
  const open = findings?.filter(({ status }) => status === 'new' || status === 'open') ?? [];
  const accepted = findings?.filter(({ status }) => status === 'excepted') ?? [];
  const all = new Set(needed);
  for (const { surfaces } of [...open, ...accepted]) {
    if (!surfaces.some((surface) => needed.has(surface))) for (const surface of surfaces) all.add(surface);
  }
  const hasFound = isUntold ? check.findings > 0 : open.length > 0;
  const hasAccepted = accepted.length > 0 || check.excepted > 0;
  const acceptedCounts = hasAccepted && (check.outcome === 'fail' || check.outcome === 'pass');
  return ORDER.filter((surface) => all.has(surface)).map((surface): CheckAtSource => {
    const here = open.filter((finding) => restsOn(finding, surface));
    const count = isUntold ? check.findings : here.length;
    const base = { surface, findings: count };
    if (count > 0) {
      const worst = worse(isUntold ? [check.meta.severity] : here.map(({ severity }) => severity));
      return { ...base, outcome: 'fail', ...(worst === undefined ? {} : { worst }) };
    }
    const isAccepted = accepted.length > 0 ? accepted.some((finding) => restsOn(finding, surface)) : acceptedCounts;
    if (acceptedCounts && isAccepted) return { ...base, outcome: 'excepted' };
    const isSilent = !hasFound && !acceptedCounts;
    // A result that says `fail` without a finding to show for it is not talked away.
    if (isSilent && check.outcome === 'fail') return { ...base, outcome: 'fail' };
    if (absent.has(surface)) return { ...base, outcome: 'not-applicable' };
    const silence = silenceAt(surface, check.meta, needs);
    const isAlike = isSilent && !(check.outcome === 'partial' && silence === 'not-assessed');
    const outcome = isAlike ? check.outcome : silence;
    const isBare = outcome === 'pass' && held !== undefined && isNothingAt(surface, needs, held);
    return { ...base, outcome: isBare ? 'not-applicable' : outcome };
  });
}

function restsOn({ surfaces }: Finding, surface: Surface): boolean {
  return surfaces.length === 0 || surfaces.includes(surface);
}

/** Was nothing observed here of what the check needs of this source? */
function isNothingAt(surface: Surface, needs: readonly Told[], held: Held): boolean {
  const own = needs.filter(({ surfaces }) => surfaces.has(surface)).flatMap(({ alternatives }) => alternatives);
  const kinds = own.filter((need) => (need.surface ?? surface) === surface).map(({ kind }) => kind);
  return kinds.length > 0 && kinds.every((kind) => kind !== 'coverage' && held.get(surface)?.has(kind) !== true);
}

/** What it means that a check which ran found nothing here. */
function silenceAt(surface: Surface, { inconclusive }: CheckMeta, needs: readonly Told[]): ControlOutcome {
  let isWhole = inconclusive === undefined;
  for (const { surfaces, looks, alternatives, isSoft, isAbsent } of needs) {
    const own = surfaces.has(surface) ? looks.filter((look) => look.surface === surface) : looks;
    const isRead = own.some((look) => alternatives.some((need) => meets(look, need)));
    if (!isRead && isAbsent) continue;
    if (!isRead && !isSoft) return 'not-assessed';
    if (!isRead || own.some(({ outcome }) => outcome !== 'complete')) isWhole = false;
  }
  return isWhole ? 'pass' : 'partial';
}

/** A control judged at each source that one of its checks needs, in the order in which reports list sources. */
export function bySource(
  mapped: readonly (Pick<Ended, 'isPart'> & { readonly sources: readonly CheckAtSource[] })[],
  manual: boolean,
): readonly ControlSource[] {
  const sources = new Map<Surface, (Ended & CheckAtSource)[]>();
  for (const { isPart, sources: places } of mapped) {
    for (const at of places) {
      const here = sources.get(at.surface) ?? [];
      here.push(isPart === undefined ? at : { ...at, isPart });
      sources.set(at.surface, here);
    }
  }
  return ORDER.flatMap((surface): readonly ControlSource[] => {
    const here = sources.get(surface);
    return here === undefined ? [] : [sourceOf(surface, here, manual)];
  });
}

function sourceOf(surface: Surface, here: readonly (Ended & CheckAtSource)[], manual: boolean): ControlSource {
  const checks = { pass: 0, fail: 0, partial: 0, notAssessed: 0, notApplicable: 0, excepted: 0 };
  let findings = 0;
  for (const at of here) {
    checks[KEYS[at.outcome]] += 1;
    findings += at.findings;
  }
  const worst = worse(here.flatMap((at) => at.worst ?? []));
  return {
    surface,
    outcome: outcomeOf(here, manual),
    checks,
    findings,
    ...(worst === undefined ? {} : { worst }),
  };
}

const KEYS = {
  pass: 'pass',
  fail: 'fail',
  partial: 'partial',
  'not-assessed': 'notAssessed',
  'not-applicable': 'notApplicable',
  excepted: 'excepted',
} as const;
