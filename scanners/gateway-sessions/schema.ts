import { z } from 'zod';

/**
 * What a hoop gateway's API sends, as exported JSON. Only fields we use; gateways of many ages send more, less, `null`
 * for an empty list, and words we have never met: none of that may make a record unreadable. Field list:
 * https://github.com/hoophq/hoop/blob/main/gateway/api/openapi/types.go
 */

const MAX_TEXT = 512;

/** Absent, null, empty and of the wrong type are all "not said". */
const text = z
  .string()
  .nullish()
  .catch(undefined)
  .transform((value) => (value === null || value === undefined || value === '' ? undefined : value.slice(0, MAX_TEXT)));
const number = z
  .number()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);
const flag = z
  .boolean()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);
const texts = z
  .array(z.unknown())
  .nullish()
  .catch(undefined)
  .transform((value) => (value ?? []).filter((item) => typeof item === 'string').map((item) => item.slice(0, MAX_TEXT)));
const record = z.record(z.string(), z.unknown()).nullish().catch(undefined);
const textMap = record.transform((value) => {
  const entries = Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries.map(([key, item]) => [key.slice(0, MAX_TEXT), item.slice(0, MAX_TEXT)]));
});
const countMap = record.transform((value) =>
  Object.fromEntries(
    Object.entries(value ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] > 0),
  ),
);
function list<T extends z.ZodType>(item: T) {
  return z
    .array(item.nullable().catch(null as never))
    .nullish()
    .catch(undefined)
    .transform((value) => (value ?? []).filter((entry): entry is NonNullable<typeof entry> => entry != null));
}
function part<T extends z.ZodType>(item: T) {
  return item
    .nullish()
    .catch(undefined)
    .transform((value) => value ?? undefined);
}

const Review = z
  .object({
    id: text,
    type: text,
    status: text,
    created_at: text,
    revoke_at: text,
    access_request_rule_name: text,
    review_groups_data: list(z.object({ group: text, reviewed_by: part(z.object({ email: text })), forced_review: flag })),
  })
  .transform((review) => ({
    id: review.id,
    type: review.type?.toLowerCase(),
    status: review.status?.toUpperCase(),
    createdAt: review.created_at,
    revokeAt: review.revoke_at,
    rule: review.access_request_rule_name,
    reviewers: review.review_groups_data.flatMap((group) => group.reviewed_by?.email ?? []),
    forced: review.review_groups_data.some((group) => group.forced_review === true),
  }));
export type Review = z.infer<typeof Review>;

const Metrics = z
  .object({
    data_masking: part(z.object({ info_types: countMap, total_redact_count: number, err_count: number })),
    data_analyzer: countMap,
    event_size: number,
    truncated: flag,
  })
  .transform((metrics) => ({
    masking: metrics.data_masking,
    analyzed: metrics.data_analyzer,
    eventSize: metrics.event_size,
    truncated: metrics.truncated === true,
  }));

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
    start_date: text,
    end_date: text,
    script: part(z.object({ data: z.string().nullish().catch(undefined) })),
    event_size: number,
    event_stream: z.unknown().optional(),
    // Callers may write anything here, secrets too: only the gateway's own keys are kept, the whole is searched.
    metadata: part(
      z
        .looseObject({ credential_session: text, credentials_expire_at: text, credentials_revoked_at: text })
        .transform((all) => ({ ...all, own: JSON.stringify(all) })),
    ),
    metrics: part(Metrics),
    correlation_id: text,
    session_batch_id: text,
    origin: text,
    review: part(Review),
    guardrails_info: list(z.object({ rule_name: text })),
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
    metadata: row.metadata?.own,
    metrics: row.metrics,
    correlationId: row.correlation_id,
    batch: row.session_batch_id,
    origin: row.origin,
    review: row.review,
    guardrails: row.guardrails_info.flatMap((hit) => hit.rule_name ?? []),
    risk: row.ai_analysis,
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
    secrets_updated_at: text,
    effective_features: part(
      z.object({ guardrails: flag, data_masking: flag, access_request: part(z.object({ command: flag, jit: flag })) }),
    ),
  })
  .transform((row) => ({
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
    created_at: text,
    last_used_at: text,
    deactivated_by: text,
    deactivated_at: text,
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
    created_at: text,
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

export const AccessRequestRule = z
  .object({
    name: z.string().min(1).max(MAX_TEXT),
    access_type: text,
    connection_names: texts,
    approval_required_groups: texts,
    reviewers_groups: texts,
    access_max_duration: number,
    min_approvals: number,
  })
  .transform((row) => ({
    name: row.name,
    accessType: row.access_type?.toLowerCase(),
    connections: row.connection_names,
    requiredGroups: row.approval_required_groups,
    reviewers: row.reviewers_groups,
    maxDuration: row.access_max_duration,
    minApprovals: row.min_approvals,
  }));

export const MaskingRule = z
  .object({
    name: z.string().min(1).max(MAX_TEXT),
    connection_ids: texts,
    attributes: texts,
    supported_entity_types: list(z.object({ entity_types: texts })),
  })
  .transform((row) => ({
    name: row.name,
    connectionIds: row.connection_ids,
    attributes: row.attributes,
    entityTypes: row.supported_entity_types.flatMap((group) => group.entity_types),
  }));

export const ServerInfo = z
  .object({
    version: text,
    auth_method: text,
    idp_provider_name: text,
    redact_provider: text,
    license_info: part(z.object({ type: text })),
  })
  .transform((row) => ({
    version: row.version,
    authMethod: row.auth_method,
    idp: row.idp_provider_name,
    redactProvider: row.redact_provider,
    licence: row.license_info?.type,
  }));
