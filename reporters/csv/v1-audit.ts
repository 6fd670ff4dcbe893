import type { Acceptance } from '../../src/contracts/finding.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { compare } from '../../src/util/report-text.ts';
import { type Row, runFields } from './v1.ts';

export const CREDENTIAL_COLUMNS = [
  'schema_version',
  'run_id',
  'run_started_at',
  'credential',
  'identity',
  'provider',
  'type',
  'public_id',
  'fingerprint',
  'status',
  'created_at',
  'rotated_at',
  'last_used_at',
  'expires_at',
  'never_expires',
  'age_days',
  'sightings',
  'in_inventory',
  'findings',
  'worst_severity',
] as const;

export function* credentialRows(report: Report): Iterable<Row> {
  for (const credential of report.parts?.credentials ?? []) {
    yield {
      ...runFields(report),
      credential: credential.id,
      identity: credential.identity,
      provider: credential.provider,
      type: credential.type,
      public_id: credential.publicId,
      fingerprint: credential.fingerprint,
      status: credential.status,
      created_at: credential.createdAt,
      rotated_at: credential.rotatedAt,
      last_used_at: credential.lastUsedAt,
      expires_at: credential.expiresAt,
      never_expires: credential.neverExpires,
      age_days: credential.ageDays,
      sightings: credential.sightings,
      in_inventory: credential.inInventory,
      findings: credential.findings,
      worst_severity: credential.worst,
    };
  }
}

export const POPULATION_COLUMNS = [
  'schema_version',
  'run_id',
  'run_started_at',
  'surface',
  'subject',
  'kind',
  'outcome',
  'listed',
  'read',
  'stored',
  'reported',
  'reconciles',
  'difference',
] as const;

export function* populationRows(report: Report): Iterable<Row> {
  for (const { surface, subject, kind, outcome, listed, read, stored, reported, difference } of report.parts?.population ?? []) {
    const reconciles = difference === undefined;
    yield { ...runFields(report), surface, subject, kind, outcome, listed, read, stored, reported, reconciles, difference };
  }
}

export const CONTROL_SOURCE_COLUMNS = [
  'schema_version',
  'run_id',
  'run_started_at',
  'framework',
  'framework_version',
  'control',
  'title',
  'surface',
  'outcome',
  'findings',
  'worst_severity',
  'checks_fail',
  'checks_pass',
  'checks_excepted',
  'checks_partial',
  'checks_not_assessed',
  'checks_not_applicable',
] as const;

/** One row for each control and source. What rests on several sources counts at each: sums over them mean nothing. */
export function* controlSourceRows(report: Report): Iterable<Row> {
  const versions = new Map(report.frameworks.map(({ id, version }) => [id, version]));
  for (const { framework, control, title, sources } of report.controls) {
    for (const { surface, outcome, findings, worst, checks } of sources) {
      yield {
        ...runFields(report),
        framework,
        framework_version: versions.get(framework),
        control,
        title,
        surface,
        outcome,
        findings,
        worst_severity: worst,
        checks_fail: checks.fail,
        checks_pass: checks.pass,
        checks_excepted: checks.excepted,
        checks_partial: checks.partial,
        checks_not_assessed: checks.notAssessed,
        checks_not_applicable: checks.notApplicable,
      };
    }
  }
}

export const EXCEPTION_COLUMNS = [
  'schema_version',
  'run_id',
  'run_started_at',
  'source',
  'entry',
  'place',
  'state',
  'reason',
  'justification',
  'owner',
  'approver',
  'ticket',
  'expires',
  'problem',
  'accepted_findings',
  'findings',
  'repository',
  'author',
] as const;

/** The register: one row for each thing that says not to report something, whether it still does any good or not. */
export function* exceptionRows(report: Report): Iterable<Row> {
  const accepted = new Map<string, string[]>();
  for (const { acceptedBy, fingerprint } of report.accepted) {
    if (acceptedBy === undefined) continue;
    accepted.set(keyOf(acceptedBy), [...(accepted.get(keyOf(acceptedBy)) ?? []), fingerprint]);
  }
  for (const use of report.acceptances) {
    const { source, entry, place, state, reason, justification, owner, approver, ticket, expires, problem, findings } = use;
    yield {
      ...runFields(report),
      source,
      entry,
      place,
      state,
      reason,
      justification,
      owner,
      approver,
      ticket,
      expires,
      problem,
      accepted_findings: findings,
      findings: use.accepts ?? (accepted.get(keyOf(use)) ?? []).sort(compare),
      repository: use.repository,
      author: use.author,
    };
  }
}

function keyOf({ source, entry, place }: Acceptance): string {
  return JSON.stringify([source, entry, place]);
}
