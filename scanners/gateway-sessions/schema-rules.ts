import { z } from 'zod';
import { flag, list, MAX_TEXT, number, part, record, text, texts, time } from './fields.ts';

// Rules and settings of a gateway. https://github.com/hoophq/hoop/blob/main/gateway/api/openapi/types.go

const name = z.string().min(1).max(MAX_TEXT);

export const AccessRequestRule = z
  .object({
    id: text,
    org_id: text,
    name,
    access_type: text,
    connection_names: texts,
    attributes: texts,
    approval_required_groups: texts,
    all_groups_must_approve: flag,
    reviewers_groups: texts,
    force_approval_groups: texts,
    skip_review_groups: texts,
    access_max_duration: number,
    min_approvals: number,
    managed_by: text,
    created_at: time,
    updated_at: time,
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    name: row.name,
    accessType: row.access_type?.toLowerCase(),
    connections: row.connection_names,
    attributes: row.attributes,
    requiredGroups: row.approval_required_groups,
    allMustApprove: row.all_groups_must_approve,
    reviewers: row.reviewers_groups,
    forceGroups: row.force_approval_groups,
    skipGroups: row.skip_review_groups,
    maxDuration: row.access_max_duration,
    minApprovals: row.min_approvals,
    managedBy: row.managed_by,
    createdAt: row.created_at,
    changedAt: row.updated_at,
  }));
export type AccessRequestRule = z.infer<typeof AccessRequestRule>;

export const MaskingRule = z
  .object({
    id: text,
    org_id: text,
    name,
    connection_ids: texts,
    attributes: texts,
    supported_entity_types: list(z.object({ name: text, entity_types: texts })),
    custom_entity_types: list(z.object({ name: text, regex: text, deny_list: texts, score: number })),
    score_threshold: number,
    managed_by: text,
    updated_at: time,
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    name: row.name,
    connectionIds: row.connection_ids,
    attributes: row.attributes,
    entityTypes: row.supported_entity_types.flatMap((group) => group.entity_types),
    // A deny list may name what it protects: its length is enough.
    customTypes: row.custom_entity_types.map((custom) => ({
      name: custom.name,
      regex: custom.regex,
      denied: custom.deny_list.length,
      score: custom.score,
    })),
    threshold: row.score_threshold,
    managedBy: row.managed_by,
    changedAt: row.updated_at,
  }));
export type MaskingRule = z.infer<typeof MaskingRule>;

const GuardrailSide = part(
  z
    .object({ rules: list(z.object({ type: text, words: texts, pattern_regex: text, name: text })) })
    .transform(({ rules }) =>
      rules.map((rule) => ({ type: rule.type?.toLowerCase(), words: rule.words, pattern: rule.pattern_regex })),
    ),
);

export const Guardrail = z
  .object({
    id: text,
    org_id: text,
    name,
    input: GuardrailSide,
    output: GuardrailSide,
    connection_ids: texts,
    attributes: texts,
    managed_by: text,
    created_at: time,
    updated_at: time,
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    name: row.name,
    input: row.input ?? [],
    output: row.output ?? [],
    connectionIds: row.connection_ids,
    attributes: row.attributes,
    managedBy: row.managed_by,
    createdAt: row.created_at,
    changedAt: row.updated_at,
  }));
export type Guardrail = z.infer<typeof Guardrail>;

export const Attribute = z
  .object({
    id: text,
    org_id: text,
    name,
    connection_names: texts,
    access_request_rule_names: texts,
    guardrail_rule_names: texts,
    datamasking_rule_names: texts,
    access_control_group_names: texts,
    managed_by: text,
    created_at: time,
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    name: row.name,
    connections: row.connection_names,
    accessRules: row.access_request_rule_names,
    guardrails: row.guardrail_rule_names,
    maskingRules: row.datamasking_rule_names,
    groups: row.access_control_group_names,
    managedBy: row.managed_by,
    createdAt: row.created_at,
  }));
export type Attribute = z.infer<typeof Attribute>;

export const Plugin = z
  .object({
    id: text,
    org_id: text,
    name,
    connections: list(z.object({ id: text, name: text, config: texts })),
    // Values may be secrets; names are not.
    config: part(z.object({ envvars: record })),
    source: text,
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    name: row.name.toLowerCase(),
    connections: row.connections,
    settingNames: Object.keys(row.config?.envvars ?? {}),
    source: row.source,
  }));
export type Plugin = z.infer<typeof Plugin>;

/** An agent's record holds its token, in some answers: it is no field of ours. */
export const Agent = z
  .object({ id: text, org_id: text, name, mode: text })
  .transform((row) => ({ id: row.id, org: row.org_id, name: row.name, mode: row.mode?.toLowerCase() }));
export type Agent = z.infer<typeof Agent>;

export const WorkloadMapping = z
  .object({
    id: text,
    org_id: text,
    trust_domain: name,
    spiffe_id: text,
    spiffe_prefix: text,
    agent_id: text,
    agent_template: text,
    groups: texts,
    created_at: time,
    updated_at: time,
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    trustDomain: row.trust_domain,
    spiffeId: row.spiffe_id,
    spiffePrefix: row.spiffe_prefix,
    agentId: row.agent_id,
    agentTemplate: row.agent_template,
    groups: row.groups,
    createdAt: row.created_at,
    changedAt: row.updated_at,
  }));
export type WorkloadMapping = z.infer<typeof WorkloadMapping>;

/** Events that are handed to a runbook, which sends them on. Of what it is given only the names of parameters are kept. */
export const EventSubscription = z
  .object({
    id: text,
    name,
    event_types: texts,
    runbook_file: text,
    connection_name: text,
    parameter_mapping: record,
    status: text,
    created_at: time,
    updated_at: time,
    delivered_count_7d: number,
    failed_count_7d: number,
  })
  .transform((row) => ({
    id: row.id,
    name: row.name,
    events: row.event_types,
    runbook: row.runbook_file,
    connection: row.connection_name,
    parameters: Object.keys(row.parameter_mapping ?? {}).slice(0, 40),
    isOn: row.status === undefined ? undefined : row.status.toLowerCase() === 'active',
    createdAt: row.created_at,
    changedAt: row.updated_at,
    delivered: row.delivered_count_7d,
    failed: row.failed_count_7d,
  }));
export type EventSubscription = z.infer<typeof EventSubscription>;

/** An address that events are sent to. Its path may be all there is to know to write there: the host alone is kept. */
export const WebhookEndpoint = z
  .object({
    id: name,
    url: text,
    filterTypes: texts,
    disabled: flag,
    createdAt: time,
    updatedAt: time,
    stats: part(z.object({ success: number, fail: number })),
  })
  .transform((row) => ({
    id: row.id,
    url: row.url,
    events: row.filterTypes,
    isOn: row.disabled !== true,
    createdAt: row.createdAt,
    changedAt: row.updatedAt,
    // -1: the gateway could not ask for them.
    delivered: row.stats?.success === -1 ? undefined : row.stats?.success,
    failed: row.stats?.fail === -1 ? undefined : row.stats?.fail,
  }));
export type WebhookEndpoint = z.infer<typeof WebhookEndpoint>;

export const ServerInfo = z
  .object({
    version: text,
    auth_method: text,
    idp_provider_name: text,
    redact_provider: text,
    has_redact_credentials: flag,
    has_webhook_app_key: flag,
    postgres_proxy_enabled: flag,
    disable_sessions_download: flag,
    api_url: text,
    grpc_url: text,
    tenancy_type: text,
    feature_flags: record,
    license_info: part(z.object({ type: text })),
  })
  .transform((row) => ({
    version: row.version,
    authMethod: row.auth_method?.toLowerCase(),
    idp: row.idp_provider_name,
    redactProvider: row.redact_provider?.toLowerCase(),
    hasRedactCredentials: row.has_redact_credentials,
    hasWebhooks: row.has_webhook_app_key,
    postgresProxy: row.postgres_proxy_enabled,
    downloadsOff: row.disable_sessions_download,
    apiUrl: row.api_url,
    grpcUrl: row.grpc_url,
    tenancy: row.tenancy_type,
    licence: row.license_info?.type,
    flags: Object.entries(row.feature_flags ?? {}).flatMap(([flagName, on]) => (on === true ? flagName : [])),
  }));
export type ServerInfo = z.infer<typeof ServerInfo>;

/** A row of the gateway's own log of what administrators changed. The payload is redacted by the gateway; it is searched, not kept. */
export const AuditEntry = z
  .object({
    id: name,
    org_id: text,
    actor_subject: text,
    actor_email: text,
    actor_name: text,
    created_at: time,
    resource_type: text,
    action: text,
    http_method: text,
    http_status: number,
    http_path: text,
    client_ip: text,
    request_payload_redacted: record,
    outcome: flag,
  })
  .transform((row) => ({
    id: row.id,
    org: row.org_id,
    subject: row.actor_subject,
    email: row.actor_email,
    actorName: row.actor_name,
    at: row.created_at,
    resource: row.resource_type?.toLowerCase(),
    action: row.action?.toLowerCase(),
    method: row.http_method?.toUpperCase(),
    status: row.http_status,
    path: row.http_path,
    ip: row.client_ip,
    payload: row.request_payload_redacted ?? undefined,
    ok: row.outcome,
  }));
export type AuditEntry = z.infer<typeof AuditEntry>;

/** What one session showed of one kind of personal data. */
export const SessionMetric = z
  .object({
    session_id: name,
    org_id: text,
    connection_type: text,
    connection_subtype: text,
    connection_name: text,
    info_type: name,
    count_masked: number,
    count_analyzed: number,
    session_created_at: time,
    session_ended_at: time,
  })
  .transform((row) => ({
    session: row.session_id,
    org: row.org_id,
    type: row.connection_type?.toLowerCase(),
    subtype: row.connection_subtype?.toLowerCase(),
    connection: row.connection_name,
    infoType: row.info_type,
    masked: row.count_masked ?? 0,
    analyzed: row.count_analyzed ?? 0,
    start: row.session_created_at,
    end: row.session_ended_at,
  }));
export type SessionMetric = z.infer<typeof SessionMetric>;
