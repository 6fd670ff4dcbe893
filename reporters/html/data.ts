import type { CheckMeta } from '../../src/contracts/check.ts';
import type { Evidence, Finding } from '../../src/contracts/finding.ts';
import { SEVERITIES } from '../../src/contracts/finding.ts';
import type { Surface } from '../../src/contracts/observation.ts';
import { SURFACES } from '../../src/contracts/observation.ts';
import type { CredentialView } from '../../src/contracts/report-parts.ts';
import type { RenderContext, Report } from '../../src/contracts/reporter.ts';
import { shortId, subjectName } from '../../src/util/report-names.ts';
import { compare, hasPrevious, placeText } from '../../src/util/report-text.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import { ageChart } from './ages.ts';
import {
  BLOCK,
  CONFIDENCES,
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

const TEXT_MAX = 2_000;

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
    identities: report.identities,
    credentials: (parts?.credentials ?? []).map(credentialRow),
    lineage: parts?.lineage ?? { nodes: [], edges: [], omitted: { nodes: 0, edges: 0 } },
    ages: ageChart(report),
    granted: parts?.granted ?? [],
    sessions: parts?.sessions ?? { rows: [], total: 0 },
    trends: Object.fromEntries(NHI.map(({ id }) => [id, history.map(({ controls }) => controls[`${NHI_FRAMEWORK}:${id}`] ?? 0)])),
  });
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
    surfacesOf(finding),
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

const OF_PROVIDER: { readonly [provider: string]: Surface } = {
  aws: 'aws',
  gcp: 'gcp',
  entra: 'entra',
  azure: 'entra',
  github: 'github',
  okta: 'okta',
  'google-workspace': 'google-workspace',
  postgres: 'postgres',
  spire: 'spire',
  k8s: 'k8s',
  hoop: 'gateway',
};

/** Where the facts of a finding were read, in the words of coverage: what files tell by their place, and inventories by the name. */
function surfacesOf({ evidence, identity, credential }: Finding): string[] {
  const found = new Set<Surface>();
  const provider = (identity ?? credential ?? '').split(':', 1)[0] ?? '';
  for (const { kind, at } of evidence) {
    if (kind === 'person') found.add('people');
    else if (at?.layer !== undefined) found.add('image');
    else if (at?.cell !== undefined) found.add('notebook');
    else if (kind === 'sighting') found.add(at?.atHead === false && at.commit !== undefined ? 'history' : 'work-tree');
    else if (kind === 'usage')
      found.add(at?.path?.startsWith('sessions') === true || provider === 'hoop' ? 'gateway' : 'audit-log');
    else if (kind === 'consumer' && /\.github\/|gitlab-ci|\.circleci|Jenkinsfile|pipelines/.test(at?.path ?? '')) found.add('ci');
    else if (kind === 'policy') found.add('gateway');
    else if (OF_PROVIDER[provider] !== undefined) found.add(OF_PROVIDER[provider]);
  }
  return [...found].map((surface) => SURFACES[surface]).sort(compare);
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
