/*---
id: teleport
title: Teleport audit log
surface: audit-log
types: [event]
via: gateway
as: jsonl
recognises:
  head: [['"code":"T', '"code": "T'], ['"ei":', '"ei": '], ['"event":"', '"event": "'], ['"uid":"', '"uid": "'], ['"cluster_name":', '"cluster_name": ']]
columns:
  uid: VARCHAR
  event: VARCHAR
  code: VARCHAR
  time: VARCHAR
  sid: VARCHAR
  success: VARCHAR
  error: VARCHAR
  cluster_name: VARCHAR
  user: VARCHAR
  user_kind: VARCHAR
  bot_name: VARCHAR
  impersonator: VARCHAR
  login: VARCHAR
  access_requests: JSON
  session_recording: VARCHAR
  addr.remote: VARCHAR
  user_agent: VARCHAR
  server_hostname: VARCHAR
  server_labels: JSON
  db_service: VARCHAR
  db_protocol: VARCHAR
  db_uri: VARCHAR
  db_name: VARCHAR
  db_user: VARCHAR
  db_query: VARCHAR
  query: VARCHAR
  db_labels: JSON
  kubernetes_cluster: VARCHAR
  kubernetes_labels: JSON
  verb: VARCHAR
  response_code: VARCHAR
  resource_kind: VARCHAR
  resource_namespace: VARCHAR
  app_name: VARCHAR
  app_labels: JSON
  aws_role_arn: VARCHAR
  gcp_service_account: VARCHAR
  name: VARCHAR
references:
  - https://goteleport.com/docs/reference/audit-events/
  - https://goteleport.com/docs/enroll-resources/database-access/reference/audit/
---*/
WITH events AS (
  SELECT
    *,
    db_protocol IN ('postgres', 'cockroachdb') AND db_user <> '' AS is_postgres,
    regexp_replace(lower(db_uri), '^\w+://|[/?].*$', '', 'g') AS server,
    coalesce(db_labels, kubernetes_labels, app_labels, server_labels) AS labels,
    -- Comments before the first word say nothing of what it does.
    -- A statement that is prepared stands in another field.
    upper(regexp_extract(regexp_replace(coalesce(nullif(db_query, ''), query), '/\*.*?\*/|--[^\n]*', ' ', 'gs'), '^[\s(;]*([A-Za-z]+(?:\s+[A-Za-z]+)?)', 1)) AS words,
    TRY_CAST(response_code AS INTEGER) AS status,
    regexp_extract(event, '^(?:db\.session\.query|db\.session\.(?:postgres|mysql|sqlserver|mongodb|elasticsearch|opensearch|dynamodb|cassandra|spanner)\.|app\.session\.(?:request|dynamodb))') <> '' AS is_statement
  FROM records
  -- Ends and results tell again of what began, and what is done with a prepared statement but run it is no use of anything.
  WHERE event IS NULL
    OR NOT regexp_matches(event, '\.(?:end|leave|upload|result|data|network|disk|join|resize|chunk)$|\.statements\.(?:bind|close|reset|fetch|send_long_data)$|^(?:session\.|client\.disconnect|cert\.create|instance\.|port$|print$|resize$|spiffe\.)')
    OR event IN ('session.start', 'session.rejected', 'bot.join', 'session.join', 'app.session.chunk')
    -- A port that is forwarded: its stop is told, too.
    OR event = 'port' AND coalesce(code, '') NOT LIKE '%S'
)
SELECT
  file,
  CASE WHEN event IS NOT NULL THEN uid END AS record_id,
  TRY_CAST("time" AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS used_at,
  CASE
    WHEN is_postgres THEN concat('postgres:', CASE WHEN coalesce(server, '') = '' THEN '-'
      ELSE concat_ws('/', replace(regexp_replace(server, ':5432$', ''), ':', '%3A'), nullif(db_name, '')) END, ':role/', db_user)
    WHEN aws_role_arn LIKE 'arn:aws%:iam::%:role/%' THEN concat('aws:', split_part(aws_role_arn, ':', 5), ':role/', split_part(aws_role_arn, '/', -1))
    WHEN gcp_service_account LIKE '%.iam.gserviceaccount.com'
      THEN concat('gcp:', regexp_extract(gcp_service_account, '@([a-z0-9-]+)\.', 1), ':serviceAccount/', gcp_service_account)
  END AS identity_id,
  nullif(sid, '') AS session_id,
  coalesce(nullif(db_service, ''), nullif(app_name, ''), nullif(kubernetes_cluster, ''), nullif(server_hostname, ''), cluster_name) AS target,
  CASE
    WHEN is_statement AND words <> '' THEN
      CASE
        WHEN regexp_matches(words, '^(?:GRANT|REVOKE|REASSIGN)\b|^(?:CREATE|ALTER|DROP) (?:ROLE|USER|GROUP|POLICY)') THEN 'privilege'
        WHEN regexp_matches(words, '^(?:CREATE|ALTER|DROP|TRUNCATE|COMMENT|REINDEX|REFRESH)\b') THEN 'ddl'
        WHEN regexp_matches(words, '^(?:INSERT|UPDATE|DELETE|MERGE|REPLACE|UPSERT)\b') THEN 'write'
        WHEN regexp_matches(words, '^(?:SELECT|SHOW|TABLE|VALUES|FETCH|DESCRIBE)\b') THEN 'read'
        ELSE 'unknown' END
    WHEN regexp_matches(event, '\.mysql\.(?:create|drop)_db$') THEN 'ddl'
    WHEN is_statement THEN 'unknown'
    WHEN event = 'kube.request' THEN CASE WHEN verb IN ('GET', 'HEAD', 'OPTIONS', 'WATCH', 'get', 'list', 'watch') THEN 'read' ELSE 'write' END
    WHEN regexp_matches(event, '^(?:user|role|bot|token|github|oidc|saml|join_token|trusted_cluster|auth_preference|access_list|lock|cluster_networking_config|session_recording_config)\.?\w*\.(?:create|update|delete|modify)|^(?:user|role|bot|lock|access_list)\.(?:created|updated|deleted)') THEN 'admin'
    WHEN regexp_matches(event, '^(?:session|db\.session|app\.session|mcp\.session|windows\.desktop\.session)\.(?:start|join|rejected)$|^(?:user\.login|bot\.join|exec|port$|scp|sftp|subsystem|app\.session\.chunk)') THEN 'connect'
    WHEN regexp_matches(event, '^access_request\.') THEN 'admin'
    ELSE 'unknown'
  END AS action,
  CASE WHEN event = 'kube.request' AND resource_kind <> '' THEN [concat_ws('/', nullif(resource_namespace, ''), resource_kind)] END AS objects,
  coalesce(nullif(bot_name, ''), nullif("user", '')) AS actor,
  CASE
    WHEN user_kind = '1' THEN 'human'
    WHEN user_kind = '2' OR bot_name <> '' OR event = 'bot.join' THEN 'machine-identity'
    WHEN "user" LIKE 'bot-%' THEN 'machine-identity'
    ELSE 'unknown' END AS actor_type,
  CASE WHEN user_kind IN ('1', '2') OR bot_name <> '' THEN 'high' WHEN "user" LIKE 'bot-%' THEN 'medium' ELSE 'low' END AS actor_confidence,
  CASE WHEN json_array_length(access_requests) > 0 THEN 'approved' END AS approval,
  CASE WHEN regexp_matches(session_recording, '^(?:node|proxy)') THEN 'full' WHEN session_recording = 'off' THEN 'none' END AS recorded,
  lower(coalesce(labels->>'$.env', labels->>'$.environment')) AS environment,
  regexp_extract("addr.remote", '^\[?([0-9a-fA-F.:]+?)\]?(?::\d+)?$', 1) AS source_ip,
  split_part(nullif(user_agent, ''), ' ', 1) AS user_agent,
  CASE WHEN is_statement AND words <> '' THEN split_part(words, ' ', 1) ELSE event END AS operation,
  CASE
    -- What the cluster said to a request.
    WHEN status IN (401, 403) THEN 'denied'
    WHEN status >= 400 AND event = 'kube.request' THEN 'failed'
    WHEN event = 'session.rejected' THEN 'denied'
    WHEN success = 'false' OR regexp_matches(code, '[WEF]$') THEN
      CASE WHEN regexp_matches(error, '(?i)denied|not authorized|unauthori|forbidden') OR (code LIKE '%W' AND regexp_matches(event, 'login|session\.start|auth')) THEN 'denied' ELSE 'failed' END
    ELSE 'ok' END AS outcome,
  to_json({'event': event, 'cluster': cluster_name, 'login': nullif(login, ''), 'impersonator': nullif(impersonator, '')}) AS detail
FROM events
