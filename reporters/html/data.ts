import type { CheckMeta } from '../../src/contracts/check.ts';
import type { Acceptance, Evidence, Finding } from '../../src/contracts/finding.ts';
import { SEVERITIES } from '../../src/contracts/finding.ts';
import { SURFACES } from '../../src/contracts/observation.ts';
import type { CredentialView } from '../../src/contracts/report-parts.ts';
import type { RenderContext, Report } from '../../src/contracts/reporter.ts';
import { shortId, subjectName } from '../../src/util/report-names.ts';
import { compare, hasPrevious, placeText, summariseCoverage } from '../../src/util/report-text.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import { ageChart } from './ages.ts';
import {
  BLOCK,
  type CheckRow,
  CONFIDENCES,
  type ControlRow,
  type CoverageRow,
  type CredentialRow,
  EVIDENCE_MAX,
  type EvidenceTuple,
  type FindingTuple,
  type PageData,
  type RuleRow,
  STATUSES,
  type View,
} from './model.ts';
import { allFindings } from './order.ts';
import { NHI, NHI_FRAMEWORK } from './owasp.ts';
import { reasonOf } from './unlisted.ts';

const TEXT_MAX = 2_000;
/** Gaps of one source that the page knows; the table of gaps has more. */
const GAPS_MAX = 20;

/** Everything that the page draws, beside the findings. */
export function pageData(report: Report, rules: readonly RuleRow[], view: View, context: RenderContext): PageData {
  const { parts } = report;
  const findings = report.findings.length + report.accepted.length;
  const history = parts?.history ?? [];
  return cleaned({
    view,
    store: context.store ?? 'FILE',
    run: { id: report.run.id, startedAt: report.run.startedAt },
    hasPrevious: hasPrevious(report),
    findings,
    unlisted: report.hidden.persona + report.hidden.baseline === 0 ? '' : reasonOf(report),
    blocks: Math.ceil(findings / BLOCK),
    rules,
    frameworks: report.frameworks.map(({ id, title, version, controls }) => ({
      id,
      title: title.includes(version) ? title : `${title} ${version}`,
      controls: controls.map((control) => ({
        id: control.id,
        title: control.title,
        ...(control.formerly[0] === undefined ? {} : { formerly: control.formerly[0] }),
      })),
    })),
    surfaces: SURFACES,
    coverage: coverageRows(report),
    declaredAbsent: report.declaredAbsent ?? [],
    ...checksAndControls(report),
    ...acceptances(report),
    identities: report.identities,
    credentials: (parts?.credentials ?? []).map(credentialRow),
    lineage: parts?.lineage ?? { nodes: [], edges: [], omitted: { nodes: 0, edges: 0 } },
    ages: ageChart(report),
    granted: parts?.granted ?? [],
    sessions: parts?.sessions ?? { rows: [], total: 0 },
    trends: Object.fromEntries(NHI.map(({ id }) => [id, history.map(({ controls }) => controls[`${NHI_FRAMEWORK}:${id}`] ?? 0)])),
  });
}

/** Many findings are accepted by one entry: it is there once. */
function acceptances({ accepted }: Report): Pick<PageData, 'acceptances' | 'acceptedBy'> {
  const places = new Map<string, number>();
  const rows: Acceptance[] = [];
  const acceptedBy: [string, number][] = [];
  for (const { fingerprint, acceptedBy: by } of accepted) {
    if (by === undefined) continue;
    const name = JSON.stringify([by.source, by.entry, by.place]);
    const place = places.get(name) ?? rows.push(by) - 1;
    places.set(name, place);
    acceptedBy.push([fingerprint, place]);
  }
  return { acceptances: rows, acceptedBy: Object.fromEntries(acceptedBy) };
}

function coverageRows({ coverage }: Report): CoverageRow[] {
  return summariseCoverage(coverage).looked.map(({ surface, outcome, figures, gaps }) => ({
    surface,
    outcome,
    figures,
    gaps: gaps.slice(0, GAPS_MAX).map((gap) => [gap.subject, gap.outcome, gap.why ?? ''] as const),
  }));
}

/** What stands behind each control: which checks ran on what, at which source, and what they lacked. */
function checksAndControls(report: Report): { readonly checks: readonly CheckRow[]; readonly controls: readonly ControlRow[] } {
  const known = new Map(report.checks.map((check) => [check.rule, check]));
  const checks: CheckRow[] = [];
  const places = new Map<string, number>();
  const controls: ControlRow[] = [];
  for (const control of report.controls) {
    if (control.rules.length === 0) continue;
    const mine = control.rules.map(({ rule, outcome, findings, sources }) => {
      const place = places.get(rule);
      if (place !== undefined) return place;
      const check = known.get(rule);
      places.set(rule, checks.length);
      return (
        checks.push({
          id: rule,
          title: check?.meta.title ?? rule,
          outcome,
          ...(check?.reason === undefined ? {} : { reason: check.reason }),
          population: check?.population ?? 0,
          findings,
          sources: sources.map((at) => [at.surface, at.outcome, at.findings] as const),
        }) - 1
      );
    });
    controls.push({
      ref: `${control.framework}:${control.control}`,
      outcome: control.outcome,
      reason: control.reason,
      population: control.population,
      checks: mine,
      ...(control.rules.some(({ via }) => via !== undefined) ? { vias: control.rules.map(({ via }) => via ?? '') } : {}),
      parts: mine.filter((_, index) => control.rules[index]?.relation === 'partial'),
      sources: control.sources.map((at) => [at.surface, at.outcome, at.findings] as const),
    });
  }
  return { checks, controls };
}

/** Rules that have findings, in a fixed order; findings name them by their place here. */
export function ruleRows(report: Report): RuleRow[] {
  const metas = new Map(report.checks.map(({ meta }) => [meta.id, meta]));
  const mapped = mappedControls(report);
  const used = new Map<string, RuleRow>();
  for (const finding of [...report.findings, ...report.accepted]) {
    if (used.has(finding.rule)) continue;
    const row = ruleRow(finding, metas.get(finding.rule));
    used.set(finding.rule, { ...row, controls: [...row.controls, ...(mapped.get(finding.rule) ?? [])] });
  }
  return [...used.values()].sort((a, b) => compare(a.id, b.id));
}

/** Controls that a rule does not name itself, but that another catalogue's mapping leads to. */
function mappedControls({ controls }: Report): Map<string, string[]> {
  const refs = new Map<string, string[]>();
  for (const { framework, control, rules } of controls) {
    for (const { rule, via } of rules) {
      if (via === undefined) continue;
      const known = refs.get(rule);
      if (known === undefined) refs.set(rule, [`${framework}:${control}`]);
      else known.push(`${framework}:${control}`);
    }
  }
  return refs;
}

/** A rule that this version does not have any more is known from its findings alone. */
function ruleRow(finding: Finding, meta: CheckMeta | undefined): RuleRow {
  return {
    id: finding.rule,
    title: meta?.title ?? finding.title,
    severity: meta?.severity ?? finding.severity,
    why: meta?.why ?? '',
    fix: meta?.fix ?? finding.fix,
    ...(meta?.limits === undefined ? {} : { limits: meta.limits }),
    controls: meta?.controls ?? finding.controls,
    own: (meta?.controls ?? finding.controls).length,
    references: meta?.references ?? [],
  };
}

/** The findings, `BLOCK` at a time: those that are open, gone and accepted alike; the page tells them apart. */
export function* findingBlocks(report: Report, rules: readonly RuleRow[]): Generator<readonly FindingTuple[]> {
  const places = new Map(rules.map((rule, index) => [rule.id, index]));
  const all = allFindings(report);
  for (let from = 0; from < all.length; from += BLOCK) {
    yield all.slice(from, from + BLOCK).map((finding) => {
      const index = places.get(finding.rule) ?? 0;
      return cleaned(findingTuple(finding, index, rules[index] as RuleRow));
    });
  }
}

function findingTuple(finding: Finding, index: number, rule: RuleRow): FindingTuple {
  return [
    finding.fingerprint,
    index,
    SEVERITIES.indexOf(finding.severity),
    CONFIDENCES.indexOf(finding.confidence),
    STATUSES.indexOf(finding.status),
    finding.identity ?? 0,
    finding.credential ?? 0,
    subjectName(finding),
    finding.message,
    finding.fix === rule.fix ? 0 : finding.fix,
    finding.firstSeen,
    finding.lastSeen,
    finding.controls.length === rule.own && beginsWith(rule.controls, finding.controls) ? 0 : finding.controls,
    finding.surfaces,
    finding.evidence.slice(0, EVIDENCE_MAX).map(evidenceTuple),
    finding.evidence.length,
  ];
}

function evidenceTuple({ kind, summary, at, observation }: Evidence): EvidenceTuple {
  return [kind, summary, at === undefined ? '' : placeText(at), observation];
}

function beginsWith(all: readonly string[], own: readonly string[]): boolean {
  return own.every((text, index) => text === all[index]);
}

function credentialRow(credential: CredentialView): CredentialRow {
  const { id, identity, type, ageDays, lastUsedAt, expiresAt, status, sightings } = credential;
  return {
    id,
    name: credentialName(credential),
    type,
    sightings,
    ...(identity === undefined ? {} : { identity }),
    ...(ageDays === undefined ? {} : { ageDays }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(status === undefined ? {} : { status }),
  };
}

/** `AKIA…ZONP`: the ends of a public id tell it apart; a fingerprint says nothing to people but which one it is. */
export function credentialName({ id, publicId, type }: Pick<CredentialView, 'id' | 'publicId' | 'type'>): string {
  if (publicId !== undefined) return shortId(publicId);
  const own = /^secret:(?<print>.{8})/.exec(id)?.groups?.print;
  return own === undefined ? shortId(id.slice(id.lastIndexOf('/') + 1)) : `${type} ${own}…`;
}

/** An id in a link, as the page knows it. */
export function fragment(id: string): string {
  return encodeURIComponent(cleaned(id));
}

/** A copy in which every text is printable and of a bearable length. */
export function cleaned<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return printable(value.length > TEXT_MAX ? clip(value, TEXT_MAX) : value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(clean);
  const copy: { [key: string]: unknown } = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) copy[key] = clean(member);
  return copy;
}
