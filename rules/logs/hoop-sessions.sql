/*---
id: hoop-sessions
title: Sessions of a hoop gateway, in bulk
surface: gateway
types: [session, session-list]
via: gateway
as: jsonl
single: true
recognises:
  # Lists are a page of the API each, and small.
  paths: ['*.ndjson', '*.jsonl', '*.ndjson.gz', '*.jsonl.gz']
  # A long script of the first session may leave no room for what follows it.
  head: ['"org_id"', ['"start_date"', '"script"'], ['"connection_subtype"', '"connection_tags"', '"role_name"', '"verb"', '"script"']]
  # Smaller exports are read by the scanner gateway-sessions, which tells more: objects, statements, reviews as rules.
  minSize: 67108864
columns:
  id: VARCHAR
  org_id: VARCHAR
  user: VARCHAR
  user_id: VARCHAR
  user_name: VARCHAR
  identity_type: VARCHAR
  machine_identity_id: VARCHAR
  connection: VARCHAR
  role_name: VARCHAR
  type: VARCHAR
  connection_subtype: VARCHAR
  connection_tags: JSON
  verb: VARCHAR
  status: VARCHAR
  exit_code: VARCHAR
  start_date: VARCHAR
  end_date: VARCHAR
  event_size: VARCHAR
  script: JSON
  metadata: JSON
  metrics: JSON
  correlation_id: VARCHAR
  review: JSON
  guardrails_info: JSON
  ai_analysis: JSON
references:
  - https://github.com/hoophq/hoop/blob/main/gateway/api/openapi/types.go
---*/
WITH told AS (
  SELECT
    file,
    nullif(id, '') AS id,
    nullif(org_id, '') AS org,
    nullif("user", '') AS user_said,
    nullif(user_id, '') AS user_id,
    nullif(user_name, '') AS user_name,
    lower(identity_type) = 'machine' AS says_machine,
    nullif(machine_identity_id, '') AS machine_id,
    coalesce(nullif(role_name, ''), nullif(connection, '')) AS connection,
    lower(nullif("type", '')) AS kind,
    lower(nullif(connection_subtype, '')) AS subtype,
    connection_tags AS tags,
    lower(nullif(verb, '')) AS verb,
    lower(nullif(status, '')) AS status,
    TRY_CAST(exit_code AS INTEGER) AS exit_code,
    TRY_CAST(event_size AS BIGINT) AS own_size,
    start_date,
    end_date,
    nullif(correlation_id, '') AS correlation_id,
    from_json(metadata, '{"credential_session": "VARCHAR", "credentials_expire_at": "VARCHAR", "repo": "VARCHAR", "repository": "VARCHAR",
      "federation": {"provider": "VARCHAR", "resolved_principal": "VARCHAR", "admin_principal": "VARCHAR", "token_expires_at": "VARCHAR", "fallback_applied": "BOOLEAN"}}') AS metadata,
    from_json(metrics, '{"data_masking": {"info_types": "JSON", "total_redact_count": "BIGINT", "err_count": "BIGINT"}, "data_analyzer": "JSON",
      "ai_analyzer": {"blocked_count": "BIGINT", "worst": {"outcome": "VARCHAR", "risk_level": "VARCHAR"}}, "event_size": "BIGINT", "truncated": "BOOLEAN"}') AS metrics,
    from_json(review, '{"id": "VARCHAR", "type": "VARCHAR", "status": "VARCHAR", "created_at": "VARCHAR", "revoke_at": "VARCHAR", "review_groups_data": [{"reviewed_by": {"email": "VARCHAR"}}]}') AS review,
    -- A text where the list should stand is no list.
    CASE WHEN guardrails_info IS NOT NULL AND json_type(guardrails_info) = 'ARRAY' THEN list_filter(guardrails_info->>'$[*].rule_name', lambda name: name IS NOT NULL) END AS guardrails,
    -- On a script there is one verdict; on requests there are many, of which the gravest is told.
    lower(coalesce(ai_analysis->>'$.risk_level', metrics->>'$.ai_analyzer.worst.risk_level')) AS risk,
    coalesce(lower(ai_analysis->>'$.action'), CASE WHEN lower(metrics->>'$.ai_analyzer.worst.outcome') = 'block' THEN 'block_execution'
      WHEN (metrics->>'$.ai_analyzer.worst.outcome') IS NOT NULL THEN 'allow_execution' END) AS risk_action,
    -- Comments and literals go: no word of theirs is a statement.
    upper(regexp_replace(left(script->>'$.data', 65536), '--[^\n]*|/\*.*?\*/|''(?:[^'']|'''')*''|"[^"]*"|\$\$.*?\$\$', ' ', 'gs')) AS script
  FROM records
  WHERE nullif(start_date, '') IS NOT NULL
),
known AS (
  SELECT
    *,
    -- RFC 3339 of any zone, UTC without one; careless tools turn times into seconds, milliseconds … since 1970: by their digits.
    list_transform([start_date, end_date, review.created_at, review.revoke_at], lambda t: CASE
      WHEN t LIKE '%Z' THEN TRY_CAST(t AS TIMESTAMP)
      WHEN t IS NULL OR t = '' THEN NULL
      WHEN regexp_full_match(t, '\d{10}(?:\.\d+)?') THEN make_timestamp((TRY_CAST(t AS DOUBLE) * 1000000)::BIGINT)
      WHEN regexp_full_match(t, '\d{13}') THEN make_timestamp(TRY_CAST(t AS BIGINT) * 1000)
      WHEN regexp_full_match(t, '\d{16}') THEN make_timestamp(TRY_CAST(t AS BIGINT))
      WHEN regexp_matches(t, ':\d{2}.*[+-]\d{2}(?::?\d{2})?$') THEN make_timestamp(epoch_us(TRY_CAST(t AS TIMESTAMPTZ)))
      ELSE TRY_CAST(t AS TIMESTAMP) END) AS times,
    coalesce(own_size, metrics.event_size) AS event_size,
    says_machine OR machine_id IS NOT NULL AS is_machine,
    coalesce(user_id = 'API_KEY' OR user_id IS NULL AND user_said = 'API_KEY', false) AS is_static,
    coalesce(user_said, user_name) AS actor_said,
    coalesce(length(user_id) = 36 AND regexp_full_match(user_id, '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}'), false) AS has_uuid,
    coalesce(org, '-') AS scope,
    upper(review.status) AS review_status,
    coalesce(upper(review.status) IN ('APPROVED', 'EXECUTED', 'PROCESSING'), false) AS is_approved,
    metrics.data_masking AS masking,
    map_from_entries(list_filter(map_entries(TRY_CAST(metrics.data_masking.info_types AS MAP(VARCHAR, BIGINT))), lambda e: e.value > 0)) AS masked_types,
    map_from_entries(list_filter(map_entries(TRY_CAST(metrics.data_analyzer AS MAP(VARCHAR, BIGINT))), lambda e: e.value > 0)) AS analyzed_types,
    lower(trim(coalesce(tags->>'$.environment', tags->>'$.env', tags->>'$.stage', tags->>'$.Environment', tags->>'$.Env'))) AS tag_environment
  FROM told
),
timed AS (
  SELECT
    *,
    times[1] AS started_at,
    times[2] AS finished_at,
    strftime(times[3], '%Y-%m-%dT%H:%M:%S.%gZ') AS review_from,
    strftime(times[4], '%Y-%m-%dT%H:%M:%S.%gZ') AS review_until,
    -- Issuing a credential writes a row that looks like a session: nobody connected.
    coalesce(verb = 'connect' AND status = 'done' AND coalesce(times[2] < '1970-01-01'::TIMESTAMP, true) AND metrics IS NULL, false) AS is_issued,
    coalesce(map_keys(masked_types), []) AS masked_names,
    coalesce(map_keys(analyzed_types), []) AS analyzed_names
  FROM known
)
SELECT
  file,
  id AS record_id,
  id AS session_id,
  -- Before that there was no gateway: seconds were taken for milliseconds, or the like.
  CASE WHEN started_at >= '2015-01-01'::TIMESTAMP AND started_at < '2100-01-01'::TIMESTAMP THEN started_at END AS used_at,
  CASE WHEN finished_at >= started_at THEN finished_at END AS ended_at,
  connection AS target,
  CASE
    WHEN script IS NULL OR trim(script) = '' THEN CASE WHEN verb = 'connect' THEN 'connect' ELSE 'unknown' END
    WHEN coalesce(subtype, kind) NOT IN ('postgres', 'mysql', 'mssql', 'oracledb', 'oracle', 'bigquery', 'snowflake', 'redshift', 'mariadb', 'database') THEN 'unknown'
    WHEN regexp_matches(script, '(?:^|;)\s*(?:ALTER\s+SYSTEM|SHUTDOWN|KILL|RECONFIGURE)\b') THEN 'admin'
    WHEN regexp_matches(script, '(?:^|;)\s*(?:GRANT|REVOKE|DENY|REASSIGN|(?:CREATE|ALTER|DROP)\s+(?:ROLE|USER|GROUP|LOGIN|POLICY)|SET\s+(?:LOCAL\s+|SESSION\s+)?(?:ROLE|AUTHORIZATION))\b') THEN 'privilege'
    WHEN regexp_matches(script, '(?:^|;)\s*(?:CREATE|ALTER|DROP|RENAME|COMMENT|REINDEX)\b') THEN 'ddl'
    WHEN regexp_matches(script, '(?:^|;)\s*(?:EXPLAIN\b[^;]*\bANALYZE\b[^;]*|WITH\b[^;]*)?\b(?:INSERT|UPDATE|DELETE|MERGE|REPLACE|TRUNCATE)\b') THEN 'write'
    WHEN regexp_matches(script, '(?:^|;)\s*COPY\b[^;]*\bFROM\b') THEN 'write'
    WHEN regexp_matches(script, '(?:^|;)\s*(?:SELECT|WITH|VALUES|TABLE|SHOW|EXPLAIN|DESCRIBE|COPY)\b') THEN 'read'
    ELSE 'unknown'
  END AS action,
  CASE
    WHEN is_machine THEN coalesce(user_name, user_said, machine_id, user_id)
    WHEN is_static THEN 'API_KEY'
    ELSE coalesce(actor_said, user_id)
  END AS actor,
  -- Only machine identities are marked as such; all others are stored as users, and the inventories decide.
  CASE
    WHEN is_machine THEN 'machine-identity'
    WHEN is_static THEN 'static-admin-key'
    WHEN actor_said LIKE '%@%' THEN 'human'
    WHEN has_uuid AND (user_name IS NULL OR user_name = actor_said) AND actor_said IS NOT NULL THEN 'api-key'
    WHEN actor_said = user_id THEN 'service-account'
    ELSE 'unknown'
  END AS actor_type,
  CASE
    WHEN is_machine OR is_static THEN 'high'
    WHEN actor_said LIKE '%@%' THEN CASE WHEN has_uuid AND user_name = actor_said THEN 'low' ELSE 'medium' END
    WHEN actor_said IS NOT NULL AND (has_uuid AND (user_name IS NULL OR user_name = actor_said) OR actor_said = user_id) THEN 'medium'
    ELSE 'low'
  END AS actor_confidence,
  CASE
    WHEN is_machine THEN concat('hoop:-:machine/', coalesce(machine_id, user_id))
    WHEN is_static THEN concat('hoop:', scope, ':static-admin-key')
    WHEN actor_said LIKE '%@%' THEN NULL
    WHEN has_uuid AND (user_name IS NULL OR user_name = actor_said) THEN concat('hoop:', scope, ':api-key/', actor_said)
    WHEN actor_said = user_id THEN concat('hoop:', scope, ':service-account/', actor_said)
  END AS actor_identity_id,
  correlation_id AS job,
  CASE WHEN is_approved THEN 'approved' WHEN review_status = 'PENDING' THEN 'pending' WHEN review_status = 'REJECTED' THEN 'rejected' ELSE 'unknown' END AS approval,
  CASE
    WHEN coalesce(masking.total_redact_count, len(masked_names)) > 0 THEN true
    WHEN masking IS NOT NULL OR len(analyzed_names) > 0 THEN false
  END AS masked,
  CASE
    WHEN is_issued THEN 'unknown'
    WHEN metrics.truncated THEN 'truncated'
    WHEN status IS DISTINCT FROM 'done' THEN 'unknown'
    WHEN event_size = 0 AND coalesce(exit_code, 0) = 0 THEN 'none'
    WHEN event_size IS NULL THEN 'unknown'
    WHEN verb = 'exec' THEN 'full'
    WHEN verb IS DISTINCT FROM 'connect' THEN 'unknown'
    WHEN subtype IN ('postgres', 'mysql', 'mongodb', 'mssql', 'oracledb', 'dynamodb', 'tcp', 'rdp') THEN 'input-only'
    WHEN subtype IN ('ssh', 'httpproxy', 'kubernetes', 'kubernetes-eks', 'grafana', 'kibana', 'mcp', 'mcpproxy', 'claude-code') THEN 'full'
    WHEN kind IN ('httpproxy', 'custom', 'command-line') THEN 'full'
    WHEN kind IN ('database', 'application', 'tcp') THEN 'input-only'
    ELSE 'unknown'
  END AS recorded,
  CASE
    WHEN tag_environment IN ('prod', 'production', 'prd', 'live') THEN 'prod'
    WHEN tag_environment IN ('staging', 'stage', 'stg', 'preprod') THEN 'staging'
    WHEN tag_environment IN ('dev', 'development', 'sandbox') THEN 'dev'
    WHEN tag_environment IN ('qa', 'uat', 'test', 'testing') THEN 'test'
    ELSE nullif(tag_environment, '')
  END AS environment,
  CASE WHEN is_issued THEN true END AS bookkeeping,
  CASE
    WHEN is_issued THEN NULL
    WHEN len(guardrails) > 0 OR risk_action = 'block_execution' OR metrics.ai_analyzer.blocked_count > 0 THEN 'denied'
    WHEN status = 'done' AND exit_code = 0 THEN 'ok'
    WHEN status = 'done' AND exit_code > 0 THEN 'failed'
  END AS outcome,
  nullif(list_sort(list_distinct(masked_names || analyzed_names)), []) AS info_types,
  -- What the views of sessions ask for, without what is not said; a row of a list, so that the same session by itself goes before it.
  json_merge_patch('{}', to_json({
    'depth': 'list',
    'org': org,
    'userId': user_id,
    'verb': verb,
    'status': status,
    'exitCode': nullif(exit_code, 0),
    'type': kind,
    'subtype': subtype,
    'tags': nullif(tags::VARCHAR, '{}')::JSON,
    -- No address of a person, and no sentence.
    'repo': nullif(regexp_extract(coalesce(nullif(metadata.repo, ''), nullif(metadata.repository, '')), '^[\w.:/~+-]{1,255}$'), ''),
    'federation': metadata.federation,
    'review': CASE WHEN review IS NOT NULL THEN {'id': review.id, 'type': lower(review.type), 'status': review_status, 'createdAt': review_from,
      'revokeAt': review_until, 'reviewers': list_filter(list_transform(review.review_groups_data, lambda g: g.reviewed_by.email), lambda email: email IS NOT NULL)} END,
    'window': CASE WHEN is_approved AND lower(review.type) = 'jit' AND review_from IS NOT NULL AND review_until IS NOT NULL AND user_id IS NOT NULL AND connection IS NOT NULL
      THEN {'from': review_from, 'until': review_until, 'userId': user_id, 'connection': connection} END,
    'credentialSession': metadata.credential_session,
    'credentialsNeverExpire': starts_with(metadata.credentials_expire_at, '9999-'),
    'infoTypes': CASE WHEN masking IS NOT NULL THEN coalesce(masked_types, MAP {}) END,
    'redactions': masking.total_redact_count,
    'maskErrors': masking.err_count,
    'analyzed': CASE WHEN metrics IS NOT NULL THEN coalesce(analyzed_types, MAP {}) END,
    'eventSize': event_size,
    'guardrails': nullif(guardrails, []),
    'risk': risk,
    'riskAction': risk_action
  })) AS detail
FROM timed
