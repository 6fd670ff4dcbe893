import type { Finding, Severity } from '../contracts/finding.ts';
import { SEVERITIES } from '../contracts/finding.ts';
import type { ControlResult, Framework } from '../contracts/framework.ts';
import type { CoverageObservation, Location, Outcome, Surface } from '../contracts/observation.ts';
import { SURFACES } from '../contracts/observation.ts';
import type { DeclaredAbsent, Report } from '../contracts/reporter.ts';
import { SWITCHED_OFF } from '../contracts/reporter.ts';

/** Words and sums that every reporter needs, so that all of them say the same. Nothing here is made safe for a sink. */

/** Most severe first. */
export const SEVERITIES_DOWN: readonly Severity[] = [...SEVERITIES].reverse();

/** `1 finding`, `1,204 findings`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${thousands(n)} ${n === 1 ? one : many}`;
}

/** 1204 → `1,204`: the same on every machine, whatever its locale. */
export function thousands(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `a, b and c` */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

export function firstSentence(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return /^.+?[.!?](?=\s+[A-Z`])/.exec(line)?.[0] ?? line;
}

const ITEM = /^[ \t]*(?:\d+[.)]|[-*])[ \t]+/gm;

/** Advice in one line: the first sentence of a text, or of the first item of a list, with how many there are. */
export function firstStep(advice: string): string {
  const items = [...advice.matchAll(ITEM)];
  const [first, second] = items;
  if (first === undefined) return firstSentence(advice);
  const step = firstSentence(advice.slice(first.index + first[0].length, second?.index));
  const intro = advice.slice(0, first.index).trim().replace(/\s+/g, ' ');
  const numbered = /\d/.test(first[0]);
  const more = items.length === 1 ? '' : numbered ? ` (first of ${items.length} steps)` : ` (one of ${items.length} ways)`;
  return `${intro === '' ? '' : `${intro} `}${step}${more}`;
}

/** `notebooks/churn.ipynb:41 cell 3 output`, `deploy.sh:3 in commit 1a2b3c4d (2024-03-02), gone from HEAD`. */
export function placeText(at: Location): string {
  // A line of what has no path is none of a file of the repository's name: `object 1f2e3d4c in shop, line 7`.
  if (at.path === undefined && at.pointer !== undefined && at.line !== undefined && at.repository !== undefined) {
    return `${at.pointer} in ${at.repository}, line ${at.line}`;
  }
  const file = [at.repository, at.path].filter((part) => part !== undefined).join(' ');
  const parts: string[] = [];
  if (file !== '') parts.push(at.line === undefined ? file : `${file}:${at.line}`);
  if (at.cell !== undefined) parts.push(`cell ${at.cell}`);
  if (at.part !== undefined) parts.push(at.part);
  if (at.layer !== undefined) parts.push(`layer ${at.layer.slice(0, 19)}`);
  if (at.pointer !== undefined) parts.push(file === '' ? at.pointer : `at ${at.pointer}`);
  if (at.commit !== undefined) {
    const date = at.date === undefined ? '' : ` (${at.date.slice(0, 10)})`;
    parts.push(`in commit ${at.commit.slice(0, 8)}${date}${at.atHead === false ? ', gone from HEAD' : ''}`);
  }
  return parts.join(' ');
}

/** Whose judgement it is that rules bear on a catalogue's controls. Where the rules name its controls themselves, it is ours, too. */
export function mappingText({ mapping }: Pick<Framework, 'mapping'>): string {
  if (mapping === undefined) return 'Which rules bear on which control is an editorial mapping of this project.';
  return mapping.note ?? `Rules come to its controls through ${mapping.from}: an ${mapping.basis} mapping.`;
}

/** `PR.AA-05 · least privilege (CSF 1.1: PR.AC-4)`: the id, our short name, and what it was called before. */
export function controlLabel(control: Pick<ControlResult, 'framework' | 'control' | 'title' | 'formerly' | 'note'>): string {
  const before = control.formerly[0];
  const edition = control.framework === 'nist-csf-2.0' ? 'CSF 1.1' : 'formerly';
  // The same number with another padding (ID.AM-2 for ID.AM-02) tells a reader nothing new.
  const told = before === undefined || before.replace(/-0?(?=\d)/, '-') === control.control.replace(/-0?(?=\d)/, '-');
  const name = control.title === control.control ? '' : ` · ${control.title}`;
  const note = control.note === undefined ? '' : ` (${control.note})`;
  return `${control.control}${name}${told ? '' : ` (${edition}: ${before})`}${note}`;
}

/** Surfaces of which each look is a file of the targets. */
export const IN_FILES: ReadonlySet<Surface> = new Set(['notebook', 'ci', 'k8s', 'iac', 'agent-config']);
/** What the numbers of the others count, where it is one thing. */
const UNITS: Partial<Record<Surface, readonly [one: string, many: string]>> = {
  'work-tree': ['file', 'files'],
  history: ['version', 'versions'],
  image: ['file', 'files'],
};

export interface SurfaceCoverage {
  readonly surface: Surface;
  readonly title: string;
  readonly outcome: Outcome;
  readonly seen: number;
  readonly read: number;
  readonly skipped: number;
  readonly failed: number;
  /** `3 of 4 files read, 1 failed`; empty where nothing was counted. */
  readonly figures: string;
  /** Of what was counted, nothing was left out as a whole. */
  readonly isAllRead: boolean;
  /** Looks that were not complete, in the order met. */
  readonly gaps: readonly CoverageObservation[];
}

export interface CoverageSummary {
  /** In the order of `SURFACES`. */
  readonly looked: readonly SurfaceCoverage[];
  readonly notLooked: readonly { readonly surface: Surface; readonly title: string }[];
  readonly complete: number;
}

/**
 * One line a surface: complete only if every look at it was. What was not looked at is without what is declared absent and believed
 * so, for those who tell it apart.
 */
export function summariseCoverage(
  rows: readonly CoverageObservation[],
  declared: readonly DeclaredAbsent[] = [],
): CoverageSummary {
  const absent = new Set(declared.flatMap(({ surface, state }) => (state === 'believed' ? [surface] : [])));
  const looked: SurfaceCoverage[] = [];
  const notLooked: { surface: Surface; title: string }[] = [];
  for (const surface of Object.keys(SURFACES) as Surface[]) {
    const title = SURFACES[surface];
    const mine = rows.filter((row) => row.surface === surface);
    // Nobody is asked unless the user says so: that is no gap.
    if (mine.length === 0 && surface === 'verification') continue;
    if (mine.length === 0) {
      if (!absent.has(surface)) notLooked.push({ surface, title });
      continue;
    }
    const total = { seen: 0, read: 0, skipped: 0, failed: 0 };
    for (const row of mine) {
      total.seen += row.seen ?? 0;
      total.read += row.read ?? 0;
      total.skipped += row.skipped ?? 0;
      total.failed += row.failed ?? 0;
    }
    looked.push({
      surface,
      title,
      outcome: worstOutcome(mine),
      ...total,
      ...figuresOf(surface, mine, total),
      gaps: mine.filter((row) => row.outcome !== 'complete'),
    });
  }
  return { looked, notLooked, complete: looked.filter((row) => row.outcome === 'complete').length };
}

function isOfFile({ at }: CoverageObservation): boolean {
  return at?.path !== undefined;
}

/** One file has jobs, another cells or objects: what all of them have in common is that they are files. */
function figuresOf(
  surface: Surface,
  rows: readonly CoverageObservation[],
  { seen, read, skipped, failed }: Pick<SurfaceCoverage, 'seen' | 'read' | 'skipped' | 'failed'>,
): Pick<SurfaceCoverage, 'figures' | 'isAllRead'> {
  // A cluster that was asked has objects, and no files.
  if (IN_FILES.has(surface) && (surface !== 'k8s' || rows.every(isOfFile))) {
    const own = rows.filter(isOfFile);
    const others = rows.filter((row) => !isOfFile(row));
    const unread = own.filter((row) => row.outcome !== 'complete' && (row.read === 0 || row.outcome !== 'partial')).length;
    const readOf = own.length - unread + others.reduce((sum, row) => sum + (row.read ?? 0), 0);
    const all = own.length + others.reduce((sum, row) => sum + Math.max(row.seen ?? 0, row.read ?? 0), 0);
    return {
      figures: all === 0 ? '' : `${thousands(readOf)} of ${count(all, 'file')} read`,
      isAllRead: readOf > 0 && readOf >= all,
    };
  }
  const all = Math.max(seen, read);
  const unit = UNITS[surface];
  const total = unit === undefined ? thousands(all) : count(all, ...unit);
  const figures = [
    ...(all > 0 ? [`${thousands(read)} of ${total} read`] : []),
    ...(skipped > 0 ? [`${thousands(skipped)} skipped`] : []),
    ...(failed > 0 ? [`${thousands(failed)} failed`] : []),
  ].join(', ');
  return { figures, isAllRead: read > 0 && read >= seen };
}

function worstOutcome(rows: readonly CoverageObservation[]): Outcome {
  const outcomes = new Set(rows.map((row) => row.outcome));
  const [only] = outcomes;
  return outcomes.size === 1 && only !== undefined ? only : 'partial';
}

/** Findings that are wrong now: neither accepted, nor gone. */
export function openFindings(findings: readonly Finding[]): Finding[] {
  return sortFindings(findings.filter(isOpen));
}

export function isOpen(finding: Finding): boolean {
  return finding.status === 'new' || finding.status === 'open';
}

/**
 * Severity; then what belongs to a known identity; then what lies open today before what only the history holds; then
 * rule and subject. The fingerprint decides what is left, so that order never depends on the input.
 */
export function inReportOrder(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
    Number(a.identity === undefined) - Number(b.identity === undefined) ||
    Number(isPast(a)) - Number(isPast(b)) ||
    compare(a.rule, b.rule) ||
    compare(a.subject, b.subject) ||
    // Fingerprints change with the key, places do not: the same input gives the same order under any key.
    comparePlaces(a, b) ||
    compare(a.fingerprint, b.fingerprint)
  );
}

function comparePlaces(a: Finding, b: Finding): number {
  const [first, second] = [firstPlace(a), firstPlace(b)];
  return (
    compare(first?.repository ?? '', second?.repository ?? '') ||
    compare(first?.path ?? '', second?.path ?? '') ||
    (first?.line ?? 0) - (second?.line ?? 0) ||
    (first?.column ?? 0) - (second?.column ?? 0)
  );
}

/** The least of its places, whatever the order of its evidence. */
function firstPlace({ evidence }: Finding): Location | undefined {
  const places = evidence.flatMap(({ at }) => (at?.path === undefined ? [] : [at]));
  return places.sort(
    (a, b) => compare(a.path ?? '', b.path ?? '') || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )[0];
}

export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(inReportOrder);
}

/** Was it seen in old commits only? */
function isPast({ evidence }: Finding): boolean {
  const seen = evidence.filter((item) => item.kind === 'sighting');
  return seen.length > 0 && seen.every(({ at }) => !(at?.atHead ?? at?.commit === undefined));
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `2 critical, 3 high and 1 low`; empty when there are none. */
export function severityCounts(findings: readonly Finding[]): string {
  const parts = SEVERITIES_DOWN.map((severity) => ({ severity, n: findings.filter((f) => f.severity === severity).length }));
  return list(parts.filter(({ n }) => n > 0).map(({ severity, n }) => `${thousands(n)} ${severity}`));
}

export interface Verdict {
  /** What was found. */
  readonly findings: string;
  /** What that is worth: what was looked at. */
  readonly coverage: string;
  /** Nothing open, and everything that was looked at was read whole. */
  readonly clean: boolean;
}

/** The report in two sentences. A run that looked at nothing, or not at all of it, never reads as clean. */
export function verdict(report: Report): Verdict {
  const open = openFindings(report.findings);
  const coverage = summariseCoverage(report.coverage);
  const subjects = new Set(open.map((finding) => finding.identity ?? finding.credential ?? finding.subject)).size;
  const known = count(report.identities.length, 'machine identity', 'machine identities');
  const aside = hiddenParts(report.hidden, open.length > 0);
  const off = report.checks.filter((check) => check.reason === SWITCHED_OFF).length;
  const findings = [
    open.length === 0
      ? `${report.hidden.baseline > 0 ? 'Nothing new' : 'No open findings'}${report.hidden.persona > 0 ? ` for persona ${report.persona}` : ''}`
      : `${severityCounts(open)} ${open.length === 1 ? 'finding' : 'findings'} on ${count(subjects, 'identity or credential', 'identities and credentials')}`,
    ...(aside.length === 0 ? [] : [aside.join(', ')]),
    ...(off === 0 ? [] : [`${count(off, 'check')} switched off in the configuration`]),
    `${known} known.`,
  ].join('; ');
  const unseen = countUnseen(report);
  const whole = coverage.looked.length > 0 && coverage.complete === coverage.looked.length;
  return {
    findings,
    coverage: [coverageSentence(coverage), ...absentSentences(report)].join(' '),
    clean: open.length === 0 && unseen === 0 && report.hidden.baseline === 0 && report.hidden.persona === 0 && off === 0 && whole,
  };
}

/** A check of a change reads little, and is not asked what became of the rest. */
function countUnseen(report: Report): number {
  return isPremerge(report) ? 0 : report.findings.filter(({ status }) => status === 'not-observed').length;
}

/** What has become of findings of earlier runs that this one did not meet. What was not read is not mended. */
export function goneText(report: Report): string[] {
  const fixed = report.findings.filter(({ status }) => status === 'fixed').length;
  const unseen = countUnseen(report);
  const was = unseen === 1 ? 'finding of an earlier run was' : 'findings of earlier runs were';
  return [
    ...(fixed === 0 ? [] : [`${count(fixed, 'finding')} fixed since the run before.`]),
    ...(unseen === 0
      ? []
      : [
          `${thousands(unseen)} ${was} not observed and not fixed: what ${unseen === 1 ? 'it rests' : 'they rest'} on was not read this time, or not in the same way.`,
        ]),
  ];
}

/** `Declared absent: Okta and SPIRE.` What is not believed is said so. A check of a change judges no control by it. */
function absentSentences(report: Report): readonly string[] {
  const { declaredAbsent = [] } = report;
  if (isPremerge(report)) return [];
  const titles = (isBelieved: boolean): string =>
    list(declaredAbsent.filter(({ state }) => (state === 'believed') === isBelieved).map(({ surface }) => SURFACES[surface]));
  return [
    ...(titles(true) === '' ? [] : [`Declared absent: ${titles(true)}.`]),
    ...(titles(false) === '' ? [] : [`Declared absent and not believed: ${titles(false)}.`]),
  ];
}

/** What is declared absent in words, for one line each; the names in it are strangers'. */
export function absentText({ reason, declaredBy, reviewed, why }: DeclaredAbsent): string {
  const by = `by ${declaredBy}${reviewed === undefined ? '' : `, reviewed ${reviewed}`}`;
  return why === undefined ? `${reason} (${by})` : `declared absent (${by}), but ${why}`;
}

function coverageSentence({ looked, complete }: CoverageSummary): string {
  if (looked.length === 0) return 'Nothing was looked at, so this says nothing about what is there.';
  if (complete === looked.length) return `${count(looked.length, 'surface')} looked at, all read completely.`;
  const short = looked.filter((row) => row.outcome !== 'complete').map((row) => row.title);
  if (looked.length === 1)
    return `The one surface looked at was not read completely; silence about ${list(short)} proves nothing.`;
  return `${complete} of ${count(looked.length, 'surface')} looked at were read completely; silence about ${list(short)} proves nothing.`;
}

/** What the verdict says of the findings that it does not count: in its own sentence, for nobody reads on for it. */
function hiddenParts(hidden: Report['hidden'], more: boolean): string[] {
  const parts: string[] = [];
  if (hidden.persona > 0) {
    const is = hidden.persona === 1 ? 'is hidden (--persona auditor shows it)' : 'are hidden (--persona auditor shows them)';
    parts.push(`${thousands(hidden.persona)}${more ? ' more' : ''} ${is}`);
  }
  if (hidden.baseline > 0) parts.push(`${thousands(hidden.baseline)} known before and still open`);
  if (hidden.excepted > 0) parts.push(`${thousands(hidden.excepted)} accepted by an exception`);
  return parts;
}

/** What was left out of the findings, and why; empty when nothing was. */
export function hiddenText(hidden: Report['hidden'], persona: string): string[] {
  const lines: string[] = [];
  if (hidden.persona > 0)
    lines.push(`${count(hidden.persona, 'finding')} not shown to persona ${persona} (--persona auditor shows all)`);
  if (hidden.baseline > 0) lines.push(`${count(hidden.baseline, 'finding')} known before, not listed again`);
  if (hidden.excepted > 0) lines.push(`${count(hidden.excepted, 'finding')} accepted by an exception`);
  return lines;
}

/** Was this a check of a change (`--staged`, `--diff`), or of a text piped in? Controls cannot be judged by so little. */
export function isPremerge(report: Report): boolean {
  const { staged, diff } = report.run.parameters;
  return staged === true || diff !== undefined || isStdinOnly(report);
}

/** Was there nothing to read but standard input? */
export function isStdinOnly({ run }: Report): boolean {
  return run.parameters.stdin === 'alone';
}

/** A check of a change with nothing to tell: one that runs at every commit says so in a line or two. */
export function isCleanCheck(report: Report): boolean {
  return isPremerge(report) && report.run.hosts.length === 0 && verdict(report).clean;
}

/** What a check of a change says where there was nothing to check. */
export function nothingToCheck(report: Report): string | undefined {
  const { coverage, run } = report;
  const isVoid = (row: CoverageObservation): boolean =>
    row.outcome === 'complete' && ((row.seen ?? 0) === 0 || (isStdinOnly(report) && row.bytes === 0));
  if (!isPremerge(report) || coverage.length === 0 || !coverage.every(isVoid)) return undefined;
  if (isStdinOnly(report)) return 'Standard input is empty: there was nothing to search.';
  // Files that only go away, or move, bring nothing either.
  const below = new Set(coverage.map(({ subject }) => / in (?<directory>.+\/)$/.exec(subject)?.groups?.directory ?? ''));
  const where = below.has('') ? '' : ` in ${list([...below])}`;
  return `${run.parameters.diff === undefined ? 'Nothing new is staged' : `Nothing new in ${run.parameters.diff}`}${where}.`;
}

/** Findings and nothing else: for a check of a change, and for developers. Inventory and controls are for others. */
export function isBrief(report: Report): boolean {
  return isPremerge(report) || report.persona === 'dev';
}

/**
 * Is "new" news? Only against something: an earlier run of the store or a baseline. In a first run everything is new,
 * and to say so of each finding says nothing.
 */
export function hasPrevious({ findings, hidden, run }: Report): boolean {
  if (hidden.baseline > 0) return true;
  return findings.some(
    ({ status, firstSeen }) => status === 'open' || status === 'fixed' || status === 'not-observed' || firstSeen < run.startedAt,
  );
}
