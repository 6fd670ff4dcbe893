import type { Evidence, Finding } from '../../src/contracts/finding.ts';
import type { Framework } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { withoutIn } from '../../src/util/judged-without.ts';
import { sortFindings } from '../../src/util/report-text.ts';

/**
 * Columns of the CSV tables, version 1.1: a promise to formulas and imports. A column keeps its name, meaning and place;
 * new ones are added behind the last, with a new minor version.
 */
export const SCHEMA_VERSION = '1.1';

export interface Row {
  readonly [column: string]: string | number | boolean | readonly string[] | undefined;
}

export const FINDING_COLUMNS = [
  'schema_version',
  'run_id',
  'run_started_at',
  'finding',
  'status',
  'severity',
  'confidence',
  'persona',
  'rule',
  'title',
  'message',
  'subject',
  'identity',
  'credential',
  'owasp_nhi',
  'csf_2_0',
  'csf_1_1',
  'other_controls',
  'evidence_kind',
  'evidence',
  'repository',
  'path',
  'line',
  'column',
  'cell',
  'part',
  'commit',
  'commit_date',
  'at_head',
  'layer',
  'pointer',
  'first_seen',
  'last_seen',
  'fix',
  'accepted_by',
  'accepted_at',
  'accepted_reason',
  'accepted_justification',
  'accepted_owner',
  'accepted_approver',
  'accepted_ticket',
  'accepted_expires',
  'sources',
] as const;

/** One row for each finding and place, with all that stands there; a finding without evidence still has its row. */
export function* findingRows(report: Report): Iterable<Row> {
  const formerly = formerIds(report.frameworks);
  for (const finding of sortFindings([...report.findings, ...report.accepted])) {
    const common = findingFields(report, finding, formerly);
    if (finding.evidence.length === 0) yield common;
    for (const same of byPlace(finding.evidence)) yield { ...common, ...placeFields(same) };
  }
}

/** What has no place is told apart by its words. */
function byPlace(evidence: readonly Evidence[]): Iterable<readonly [Evidence, ...Evidence[]]> {
  const places = new Map<string, [Evidence, ...Evidence[]]>();
  for (const item of evidence) {
    const { evidence_kind: kind, evidence: words, ...place } = placeFields([item]);
    const values = Object.values(place);
    const key = JSON.stringify(values.every((value) => value === undefined) ? [kind, words] : values);
    const known = places.get(key);
    if (known === undefined) places.set(key, [item]);
    else known.push(item);
  }
  return places.values();
}

/** One as it is, several as a list. */
function together(values: readonly string[]): string | readonly string[] {
  const [first = '', ...more] = new Set(values);
  return more.length === 0 ? first : [first, ...more];
}

function findingFields(report: Report, finding: Finding, formerly: ReadonlyMap<string, readonly string[]>): Row {
  const csf = controlsOf(finding, 'nist-csf-2.0');
  const owasp = controlsOf(finding, 'owasp-nhi-2025');
  return {
    ...runFields(report),
    finding: finding.fingerprint,
    status: finding.status,
    severity: finding.severity,
    confidence: finding.confidence,
    persona: finding.persona,
    rule: finding.rule,
    title: finding.title,
    message: finding.message,
    subject: finding.subject,
    identity: finding.identity,
    credential: finding.credential,
    owasp_nhi: owasp,
    csf_2_0: csf,
    csf_1_1: [...new Set(csf.flatMap((id) => formerly.get(id)?.slice(0, 1) ?? []))],
    other_controls: finding.controls.filter((ref) => !ref.startsWith('nist-csf-2.0:') && !ref.startsWith('owasp-nhi-2025:')),
    first_seen: finding.firstSeen,
    last_seen: finding.lastSeen,
    fix: finding.fix,
    ...acceptanceFields(finding.acceptedBy),
    sources: finding.surfaces,
  };
}

/** What the status `excepted` rests on. */
function acceptanceFields(accepted: Finding['acceptedBy']): Row {
  if (accepted === undefined) return {};
  return {
    accepted_by: accepted.source,
    accepted_at: accepted.place,
    accepted_reason: accepted.reason,
    accepted_justification: accepted.justification,
    accepted_owner: accepted.owner,
    accepted_approver: accepted.approver,
    accepted_ticket: accepted.ticket,
    accepted_expires: accepted.expires,
  };
}

function placeFields(same: readonly [Evidence, ...Evidence[]]): Row {
  const [{ at }] = same;
  return {
    evidence_kind: together(same.map(({ kind }) => kind)),
    evidence: together(same.map(({ summary }) => summary)),
    repository: at?.repository,
    path: at?.path,
    line: at?.line,
    column: at?.column,
    cell: at?.cell,
    part: at?.part,
    commit: at?.commit,
    commit_date: at?.date,
    at_head: at?.atHead,
    layer: at?.layer,
    pointer: at?.pointer,
  };
}

export const IDENTITY_COLUMNS = [
  'schema_version',
  'run_id',
  'run_started_at',
  'identity',
  'provider',
  'type',
  'name',
  'scope',
  'environment',
  'owner',
  'ownership',
  'enabled',
  'created_at',
  'last_used_at',
  'credentials',
  'sightings',
  'consumers',
  'sessions',
  'capabilities',
  'findings',
  'worst_severity',
] as const;

export function* identityRows(report: Report): Iterable<Row> {
  for (const identity of report.identities) {
    yield {
      ...runFields(report),
      identity: identity.id,
      provider: identity.provider,
      type: identity.type,
      name: identity.name,
      scope: identity.scope,
      environment: identity.environment,
      owner: identity.owner,
      ownership: identity.ownership,
      enabled: identity.enabled,
      created_at: identity.createdAt,
      last_used_at: identity.lastUsedAt,
      credentials: identity.credentials,
      sightings: identity.sightings,
      consumers: identity.consumers,
      sessions: identity.sessions,
      capabilities: identity.capabilities,
      findings: identity.findings,
      worst_severity: identity.worst,
    };
  }
}

export const CONTROL_COLUMNS = [
  'schema_version',
  'run_id',
  'run_started_at',
  'framework',
  'framework_version',
  'control',
  'title',
  'group',
  'formerly',
  'outcome',
  'reason',
  'findings',
  'worst_severity',
  'population',
  'rules',
  'note',
] as const;

export function* controlRows(report: Report): Iterable<Row> {
  const versions = new Map(report.frameworks.map((framework) => [framework.id, framework.version]));
  for (const control of report.controls) {
    yield {
      ...runFields(report),
      framework: control.framework,
      framework_version: versions.get(control.framework),
      control: control.control,
      title: control.title,
      group: control.group,
      formerly: control.formerly,
      outcome: control.outcome,
      reason: control.reason,
      findings: control.findings,
      worst_severity: control.worst,
      population: control.population,
      rules: control.rules.map(
        (rule) => `${rule.rule}=${rule.outcome}${rule.relation === undefined ? '' : ` (${rule.relation})`}`,
      ),
      note: control.note,
    };
  }
}

export const COVERAGE_COLUMNS = [
  'schema_version',
  'run_id',
  'run_started_at',
  'surface',
  'subject',
  'outcome',
  'why',
  'covers',
  'seen',
  'read',
  'skipped',
  'failed',
  'bytes',
  'judged_without',
] as const;

export function* coverageRows(report: Report): Iterable<Row> {
  for (const row of report.coverage) {
    const { surface, subject, outcome, why, covers, seen, read, skipped, failed, bytes } = row;
    const counted = { seen, read, skipped, failed, bytes };
    yield { ...runFields(report), surface, subject, outcome, why, covers, ...counted, judged_without: withoutIn(row) };
  }
}

export function runFields(report: Report): Row {
  return { schema_version: SCHEMA_VERSION, run_id: report.run.id, run_started_at: report.run.startedAt };
}

function controlsOf(finding: Finding, framework: string): string[] {
  const prefix = `${framework}:`;
  return finding.controls.filter((ref) => ref.startsWith(prefix)).map((ref) => ref.slice(prefix.length));
}

/** CSF 2.0 id → its 1.1 ids, the main one first. */
function formerIds(frameworks: readonly Framework[]): ReadonlyMap<string, readonly string[]> {
  const csf = frameworks.find((framework) => framework.id === 'nist-csf-2.0');
  return new Map(csf?.controls.map((control) => [control.id, control.formerly]));
}
