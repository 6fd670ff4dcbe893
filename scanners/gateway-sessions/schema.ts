import { z } from 'zod';
import { countMap, flag, list, MAX_TEXT, number, part, record, text, textMap, texts, time } from './fields.ts';

/**
 * What a hoop gateway's API sends, as exported JSON. Only fields we use; gateways of many ages send more, less, `null`
 * for an empty list, and words we have never met: none of that may make a record unreadable. Field list:
 * https://github.com/hoophq/hoop/blob/main/gateway/api/openapi/types.go
 */

const ReviewGroup = z
  .object({
    group: text,
    status: text,
    reviewed_by: part(z.object({ id: text, email: text, name: text })),
    review_date: time,
    forced_review: flag,
  })
  .transform((row) => ({
    group: row.group,
    status: row.status?.toUpperCase(),
    email: row.reviewed_by?.email,
    name: row.reviewed_by?.name,
    userId: row.reviewed_by?.id,
    decidedAt: row.review_date,
    forced: row.forced_review === true,
  }));

export const Review = z
  .object({
    id: text,
    org_id: text,
    session: text,
    type: text,
    status: text,
    created_at: time,
    revoke_at: time,
    // Nanoseconds, as Go writes a duration.
    access_duration: number,
    access_request_rule_name: text,
    min_approvals: number,
    force_approval_groups: texts,
    rejection_reason: text,
    time_window: part(z.object({ type: text, configuration: part(z.object({ start_time: text, end_time: text })) })),
    review_groups_data: list(ReviewGroup),
  })
  .transform((review) => ({
    id: review.id,
    org: review.org_id,
    session: review.session,
    type: review.type?.toLowerCase(),
    status: review.status?.toUpperCase(),
    createdAt: review.created_at,
    revokeAt: review.revoke_at,
    seconds: review.access_duration === undefined ? undefined : Math.round(review.access_duration / 1e9),
    rule: review.access_request_rule_name,
    minApprovals: review.min_approvals,
    forceGroups: review.force_approval_groups,
    window: review.time_window,
    groups: review.review_groups_data,
    reviewers: review.review_groups_data.flatMap((group) => group.email ?? []),
    forced: review.review_groups_data.some((group) => group.forced),
  }));
export type Review = z.infer<typeof Review>;

const Metrics = z
  .object({
    data_masking: part(z.object({ info_types: countMap, total_redact_count: number, err_count: number })),
    data_analyzer: countMap,
    // Of HTTP sessions: a verdict on each request, told by lists too.
    ai_analyzer: part(z.object({ blocked_count: number, worst: part(z.object({ outcome: text, risk_level: text })) })),
    event_size: number,
    truncated: flag,
  })
  .transform((metrics) => ({
    masking: metrics.data_masking,
    analyzed: metrics.data_analyzer,
    blocked: metrics.ai_analyzer?.blocked_count,
    worst: metrics.ai_analyzer?.worst,
    eventSize: metrics.event_size,
    truncated: metrics.truncated === true,
  }));

/** Keys that callers use for the job that they are, most telling first; letters alone, in lower case. */
export const JOB_KEYS = [
  'jobid',
  'runid',
  'githubrunid',
  'cijobid',
  'cipipelineid',
  'buildid',
  'buildurl',
  'job',
  'jobname',
  'workflow',
  'pipeline',
  'dagid',
  'build',
  'useragent',
  'rolesessionname',
  'applicationname',
] as const;
export type JobKey = (typeof JOB_KEYS)[number];

/** Where the code of the caller lies: `repo`, `GITHUB_REPOSITORY` … */
function repositoryOf(metadata: { readonly [key: string]: unknown } | undefined): string | undefined {
  for (const [name, value] of Object.entries(metadata ?? {})) {
    const isNamed = /^(?:github|ci|gitlab)?(?:repo|repository|projectpath)$/.test(name.toLowerCase().replaceAll(/[^a-z]/g, ''));
    if (isNamed && typeof value === 'string' && value !== '') return value.slice(0, 255);
  }
  return undefined;
}

function jobFields(metadata: { readonly [key: string]: unknown } | undefined): { readonly [key in JobKey]?: string } {
  const found: { [key in JobKey]?: string } = {};
  for (const [name, value] of Object.entries(metadata ?? {})) {
    const key = JOB_KEYS.find((known) => known === name.toLowerCase().replaceAll(/[^a-z]/g, ''));
    if (key !== undefined && typeof value === 'string' && value !== '') found[key] ??= value.slice(0, 255);
  }
  return found;
}

/** The gravest of many verdicts, in the words of the one that a script gets. */
function riskOf(worst: { readonly outcome?: string | undefined; readonly risk_level?: string | undefined } | undefined) {
  if (worst === undefined) return undefined;
  const outcome = worst.outcome?.toLowerCase();
  const action = outcome === 'block' ? 'block_execution' : outcome === undefined ? undefined : 'allow_execution';
  return { risk_level: worst.risk_level?.toLowerCase(), action };
}

export const Session = z
  .object({
    id: z.string().min(1).max(MAX_TEXT),
    org_id: text,
    user: text,
    user_id: text,
    user_name: text,
    identity_type: text,
    machine_identity_id: text,
    connection: text,
    role_name: text,
    resource_name: text,
    type: text,
    connection_subtype: text,
    connection_tags: textMap,
    verb: text,
    status: text,
    exit_code: number,
    start_date: time,
    end_date: time,
    script: part(z.object({ data: z.string().nullish().catch(undefined) })),
    event_size: number,
    event_stream: z.unknown().optional(),
    // Callers may write anything here, secrets too: only the gateway's own keys are kept, and what names a job; the whole is searched.
    metadata: part(
      z
        .looseObject({
          credential_session: text,
          credentials_expire_at: time,
          credentials_revoked_at: time,
          federation: part(
            z.object({
              provider: text,
              resolved_principal: text,
              admin_principal: text,
              token_expires_at: time,
              fallback_applied: flag,
            }),
          ),
        })
        .transform((all) => ({ ...all, own: JSON.stringify(all) })),
    ),
    metrics: part(Metrics),
    correlation_id: text,
    session_batch_id: text,
    origin: text,
    review: part(Review),
    guardrails_info: list(z.object({ rule_name: text, direction: text })),
    ai_analysis: part(z.object({ risk_level: text, action: text })),
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    user: row.user,
    userId: row.user_id,
    userName: row.user_name,
    identityType: row.identity_type?.toLowerCase(),
    machineIdentity: row.machine_identity_id,
    connection: row.role_name ?? row.connection,
    resource: row.resource_name,
    type: row.type?.toLowerCase(),
    subtype: row.connection_subtype?.toLowerCase(),
    tags: row.connection_tags,
    verb: row.verb?.toLowerCase(),
    status: row.status?.toLowerCase(),
    exitCode: row.exit_code,
    start: row.start_date,
    end: row.end_date,
    script: row.script?.data ?? undefined,
    eventSize: row.event_size ?? row.metrics?.eventSize,
    eventStream: row.event_stream,
    credentialSession: row.metadata?.credential_session,
    credentialsExpireAt: row.metadata?.credentials_expire_at,
    credentialsRevokedAt: row.metadata?.credentials_revoked_at,
    federation: row.metadata?.federation,
    metadata: row.metadata?.own,
    named: jobFields(row.metadata),
    repository: repositoryOf(row.metadata),
    metrics: row.metrics,
    correlationId: row.correlation_id,
    batch: row.session_batch_id,
    origin: row.origin,
    review: row.review,
    guardrails: row.guardrails_info.flatMap((hit) => hit.rule_name ?? []),
    risk: row.ai_analysis ?? riskOf(row.metrics?.worst),
  }));
export type Session = z.infer<typeof Session>;

export const Connection = z
  .object({
    id: text,
    org_id: text,
    name: z.string().min(1).max(MAX_TEXT),
    resource_name: text,
    type: text,
    subtype: text,
    // Values are live secrets, in base64. They are looked at once, in `secrets.ts`, and go no further.
    secret: record.transform((value) => value ?? {}),
    default_database: text,
    reviewers: texts,
    redact_enabled: flag,
    redact_types: texts,
    connection_tags: textMap,
    access_mode_runbooks: text,
    access_mode_exec: text,
    access_mode_connect: text,
    guardrail_rules: texts,
    secrets_updated_at: time,
    agent_id: text,
    attributes: texts,
    managed_attributes: texts,
    managed_by: text,
    access_schema: text,
    access_max_duration: number,
    min_review_approvals: number,
    jit_access_duration_sec: number,
    force_approve_groups: texts,
    mandatory_metadata_fields: texts,
    effective_features: part(
      z.object({
        guardrails: flag,
        data_masking: flag,
        access_request: part(z.object({ command: flag, jit: flag, legacy_reviewers: flag })),
      }),
    ),
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    name: row.name,
    resource: row.resource_name,
    type: row.type?.toLowerCase(),
    subtype: row.subtype?.toLowerCase(),
    secret: row.secret,
    database: row.default_database,
    reviewers: row.reviewers,
    redactEnabled: row.redact_enabled,
    redactTypes: row.redact_types,
    tags: row.connection_tags,
    modes: { runbooks: row.access_mode_runbooks, exec: row.access_mode_exec, connect: row.access_mode_connect },
    guardrails: row.guardrail_rules.length,
    guardrailIds: row.guardrail_rules,
    agentId: row.agent_id,
    attributes: [...row.attributes, ...row.managed_attributes],
    managedBy: row.managed_by,
    accessSchema: row.access_schema,
    maxDuration: row.access_max_duration,
    minApprovals: row.min_review_approvals,
    jitDuration: row.jit_access_duration_sec,
    forceGroups: row.force_approve_groups,
    mandatoryMetadata: row.mandatory_metadata_fields,
    secretsUpdatedAt: row.secrets_updated_at,
    features: row.effective_features,
  }));
export type Connection = z.infer<typeof Connection>;

export const ServiceAccount = z
  .object({ id: text, org_id: text, subject: z.string().min(1).max(MAX_TEXT), name: text, status: text, groups: texts })
  .transform((row) => ({
    org: row.org_id,
    subject: row.subject,
    name: row.name,
    status: row.status?.toLowerCase(),
    groups: row.groups,
  }));
export type ServiceAccount = z.infer<typeof ServiceAccount>;

/** API keys and AI agents have the same fields. */
export const ApiKey = z
  .object({
    id: z.string().min(1).max(MAX_TEXT),
    org_id: text,
    name: z.string().min(1).max(MAX_TEXT),
    masked_key: text,
    status: text,
    groups: texts,
    created_by: text,
    created_at: time,
    last_used_at: time,
    deactivated_by: text,
    deactivated_at: time,
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    name: row.name,
    // Eight characters in what the gateway shows; a foreign export may hold more, which must not pass.
    maskedKey: row.masked_key?.slice(0, 8),
    status: row.status?.toLowerCase(),
    groups: row.groups,
    createdBy: row.created_by,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    deactivatedBy: row.deactivated_by,
    deactivatedAt: row.deactivated_at,
  }));
export type ApiKey = z.infer<typeof ApiKey>;

export const MachineIdentity = z
  .object({
    id: z.string().min(1).max(MAX_TEXT),
    name: z.string().min(1).max(MAX_TEXT),
    description: text,
    connection_names: texts,
    created_at: time,
  })
  .transform((row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    connections: row.connection_names,
    createdAt: row.created_at,
  }));
export type MachineIdentity = z.infer<typeof MachineIdentity>;

export const User = z
  .object({
    id: text,
    name: text,
    email: z
      .string()
      .regex(/^[^@\s]+@[^@\s]+$/)
      .max(MAX_TEXT),
    status: text,
    role: text,
    groups: texts,
  })
  .transform((row) => ({
    userId: row.id,
    name: row.name,
    email: row.email.toLowerCase(),
    status: row.status?.toLowerCase(),
    role: row.role?.toLowerCase(),
    groups: row.groups,
  }));
export type User = z.infer<typeof User>;
