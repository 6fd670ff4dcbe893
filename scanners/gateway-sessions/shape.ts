import type { FileHead } from '../../src/contracts/index.ts';
import { isPacked, packedHead } from './packed.ts';

/** What an exported record is; told by its keys, for people name files as they like. */
export type Shape =
  | 'session'
  | 'connection'
  | 'service-account'
  | 'api-key'
  | 'ai-agent'
  | 'machine-identity'
  | 'user'
  | 'access-request-rule'
  | 'masking-rule'
  | 'guardrail'
  | 'attribute'
  | 'plugin'
  /** A process that connects the gateway to its targets. */
  | 'agent-process'
  | 'workload-mapping'
  /** Where events of the gateway go. */
  | 'event-subscription'
  | 'webhook-endpoint'
  | 'groups'
  | 'review'
  | 'server-info'
  | 'audit-entry'
  | 'session-metric';

interface Mark {
  readonly shape: Shape;
  /** All of these … */
  readonly all: readonly string[];
  /** … and at least `atLeast` of these. */
  readonly some: readonly string[];
  readonly atLeast: number;
}

// Told first: they name a session's fields, too.
const MARKS: readonly Mark[] = [
  {
    shape: 'session-metric',
    all: ['session_id', 'info_type'],
    some: ['count_masked', 'count_analyzed', 'is_masked'],
    atLeast: 2,
  },
  {
    shape: 'audit-entry',
    all: ['resource_type'],
    some: ['actor_subject', 'http_method', 'http_path', 'request_payload_redacted'],
    atLeast: 3,
  },
  {
    shape: 'session',
    all: [],
    some: [
      'connection_subtype',
      'connection_tags',
      'integrations_metadata',
      'guardrails_info',
      'session_batch_id',
      'identity_type',
      'script_size',
      'event_size',
      'event_stream',
      'correlation_id',
      'start_date',
      'user_id',
      'verb',
    ],
    atLeast: 4,
  },
  {
    shape: 'connection',
    all: [],
    some: ['access_mode_exec', 'access_mode_connect', 'access_mode_runbooks', 'access_schema', 'redact_enabled', 'agent_id'],
    atLeast: 2,
  },
  { shape: 'api-key', all: ['name', 'masked_key'], some: ['org_id', 'groups', 'created_by', 'deactivated_at'], atLeast: 2 },
  { shape: 'access-request-rule', all: ['access_type'], some: ['reviewers_groups', 'approval_required_groups'], atLeast: 1 },
  {
    shape: 'masking-rule',
    all: ['supported_entity_types'],
    some: ['connection_ids', 'score_threshold', 'attributes'],
    atLeast: 1,
  },
  {
    shape: 'server-info',
    all: ['auth_method'],
    some: ['redact_provider', 'has_redact_credentials', 'idp_provider_name'],
    atLeast: 1,
  },
  // Before machine identities, whose keys are among an attribute's.
  {
    shape: 'attribute',
    all: ['name'],
    some: ['access_request_rule_names', 'guardrail_rule_names', 'datamasking_rule_names', 'access_control_group_names'],
    atLeast: 2,
  },
  {
    shape: 'machine-identity',
    all: ['id', 'name', 'connection_names'],
    some: ['description', 'attributes', 'created_at'],
    atLeast: 2,
  },
  {
    shape: 'review',
    all: ['review_groups_data', 'status'],
    some: ['session', 'access_duration', 'revoke_at', 'created_at'],
    atLeast: 2,
  },
  {
    shape: 'guardrail',
    all: ['name', 'input', 'output', 'connection_ids'],
    some: ['attributes', 'managed_by', 'description'],
    atLeast: 1,
  },
  { shape: 'plugin', all: ['name', 'connections', 'priority'], some: ['config', 'source'], atLeast: 1 },
  {
    shape: 'workload-mapping',
    all: ['trust_domain'],
    some: ['spiffe_id', 'spiffe_prefix', 'agent_id', 'agent_template'],
    atLeast: 1,
  },
  {
    shape: 'agent-process',
    all: ['name', 'mode', 'status'],
    some: ['metadata', 'hostname', 'machine_id', 'kernel_version', 'goversion', 'platform'],
    atLeast: 2,
  },
  // Newer gateways put all of that into the metadata.
  { shape: 'agent-process', all: ['id', 'name', 'mode', 'status', 'metadata'], some: [], atLeast: 0 },
  {
    shape: 'event-subscription',
    all: ['name', 'event_types'],
    some: ['runbook_file', 'runbook_repository', 'parameter_mapping'],
    atLeast: 1,
  },
  { shape: 'service-account', all: ['org_id', 'subject', 'status', 'groups'], some: ['id', 'name'], atLeast: 1 },
  { shape: 'user', all: ['email', 'groups', 'slack_id'], some: ['status', 'role', 'picture'], atLeast: 2 },
];

/** What an empty list was asked for, told by its file's name below a directory `hoop`. */
const EMPTY_EXPORT = /(?:^|\/)hoop\/(?:[^/]*\/)*(?<name>[^/]+)\.(?:json|ndjson|jsonl)(?:\.gz)?$/i;

/** `keys` are a record's own; the path tells AI agents from API keys, whose records are alike. */
export function shapeOf(keys: ReadonlySet<string>, path: string): Shape | undefined {
  const mark = MARKS.find(
    ({ all, some, atLeast }) => all.every((key) => keys.has(key)) && some.filter((key) => keys.has(key)).length >= atLeast,
  );
  // Of the service that sends them: its keys are those of many.
  if (mark === undefined && keys.has('url') && keys.has('stats') && /webhooks?[^/]*$/i.test(path)) return 'webhook-endpoint';
  if (mark?.shape === 'api-key' && /ai[-_]?agents?/i.test(path)) return 'ai-agent';
  return mark?.shape;
}

/** The head of a JSON file that holds such records, or an empty list under a name that says it is one. */
export function looksLikeExport(file: FileHead): boolean {
  if (!/\.(?:json|ndjson|jsonl)(?:\.gz)?$/i.test(file.path)) return false;
  const head = isPacked(file.path) ? packedHead(file) : file.head();
  if (!/^\s*[[{n]/.test(head)) return false;
  if (emptyExport(file.path, head.trim()) !== undefined) return true;
  if (/^\s*\[\s*"/.test(head)) return isGroupList(file.path);
  // An API description has the same keys, each with an object that describes it.
  if (/"(?:openapi|swagger|components|definitions|\$schema|properties)"\s*:/.test(head)) return false;
  const keys = new Set([...head.matchAll(/"([a-z_]{2,40})"\s*:/g)].map((match) => match[1] ?? ''));
  if (shapeOf(keys, file.path) !== undefined) return true;
  // A long script or long settings may push all else out of the head.
  if (/"org_id"\s*:[\s\S]*"script"\s*:\s*\{\s*"data"\s*:/.test(head)) return true;
  return keys.has('secret') && keys.has('subtype') && /"(?:envvar|filesystem):/.test(head);
}

/** What an empty answer (`null`, `[]`, `{"data":[]…}`) was asked for. */
export function emptyExport(path: string, text: string): Shape | undefined {
  if (text !== 'null' && text !== '[]' && !/^\{[^[{]*"data"\s*:\s*(?:\[\s*\]|null)/.test(text)) return undefined;
  const name = EMPTY_EXPORT.exec(path)
    ?.groups?.name?.toLowerCase()
    .replaceAll(/[^a-z]/g, '');
  if (name === undefined) return undefined;
  return EMPTY_NAMES.find(([word]) => word.test(name))?.[1];
}

/** Longer words before those they begin with: `session-metrics`, then `sessions`. */
const EMPTY_NAMES: readonly (readonly [RegExp, Shape])[] = [
  [/^(?:sessions?metrics?|metrics?sessions?)/, 'session-metric'],
  [/^sessions?/, 'session'],
  [/^connections?/, 'connection'],
  [/^serviceaccounts/, 'service-account'],
  [/^apikeys/, 'api-key'],
  [/^aiagents/, 'ai-agent'],
  [/^agents/, 'agent-process'],
  [/^machineidentities/, 'machine-identity'],
  [/^(?:usersgroups|usergroups|groups)/, 'groups'],
  [/^users/, 'user'],
  [/^(?:accessrequests?)?rules|^accessrequests?/, 'access-request-rule'],
  [/^(?:datamasking|masking)/, 'masking-rule'],
  [/^guardrails/, 'guardrail'],
  [/^attributes/, 'attribute'],
  [/^plugins$/, 'plugin'],
  [/^spiffemappings/, 'workload-mapping'],
  [/^eventrouting|^eventsubscriptions/, 'event-subscription'],
  [/^webhooks/, 'webhook-endpoint'],
  [/^reviews/, 'review'],
  [/^(?:adminaudit|auditlogs?)/, 'audit-entry'],
];

/** `GET /users/groups` answers with nothing but names: only the file's name tells whose. */
export function isGroupList(path: string): boolean {
  return (
    EMPTY_NAMES.find(([word]) =>
      word.test(
        EMPTY_EXPORT.exec(path)
          ?.groups?.name?.toLowerCase()
          .replaceAll(/[^a-z]/g, '') ?? '',
      ),
    )?.[1] === 'groups'
  );
}
