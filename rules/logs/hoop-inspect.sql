/*---
id: hoop-inspect
title: hoop-inspect audit events
surface: gateway
types: [session]
via: gateway
as: json
recognises:
  head: [['"kind":"', '"kind": "'], ['"session_id":"', '"session_id": "'], ['"principal":"', '"principal": "'], ['"allowed":', '"allowed": ']]
ids: hoop-inspect
columns:
  kind: VARCHAR
  timestamp: VARCHAR
  session_id: VARCHAR
  principal: VARCHAR
  protocol: VARCHAR
  connection: VARCHAR
  operation: VARCHAR
  tables: JSON
  allowed: VARCHAR
  rule: VARCHAR
  masked_entities: JSON
  http: JSON
  metadata: JSON
  events: JSON
references:
  - https://github.com/hoophq/hoop/blob/main/hoopinspect/audit/event.go
  - https://github.com/hoophq/hoop/blob/main/hoopinspect/store/api.go
---*/
WITH pages AS (
  -- The answer of /api/events, and lines of a file.
  SELECT file, unnest(from_json(events, '["JSON"]')) AS event FROM records WHERE json_type(events) = 'ARRAY'
),
all_events AS (
  SELECT * EXCLUDE (events) FROM records WHERE events IS NULL
  UNION ALL BY NAME
  SELECT
    file, event->>'$.kind' AS kind, event->>'$.timestamp' AS "timestamp", event->>'$.session_id' AS session_id, event->>'$.principal' AS principal,
    event->>'$.protocol' AS protocol, event->>'$.connection' AS connection, event->>'$.operation' AS operation, event->'$.tables' AS tables, event->>'$.allowed' AS allowed,
    event->>'$.rule' AS rule, event->'$.masked_entities' AS masked_entities, event->'$.http' AS http, event->'$.metadata' AS metadata
  FROM pages
),
told AS (
  SELECT
    *,
    nullif(nullif(principal, ''), 'anonymous') AS caller,
    lower(coalesce(operation, '')) AS word,
    from_json(CASE WHEN json_type(tables) = 'ARRAY' THEN tables END, '["VARCHAR"]') AS table_list,
    from_json(CASE WHEN json_type(masked_entities) = 'ARRAY' THEN masked_entities END, '["VARCHAR"]') AS entities,
    -- Which customer, which token: what stands in the place of one is cut out.
    array_to_string(list_transform(string_split(regexp_replace(http->>'$.resource', '[?#].*$', ''), '/'), lambda part: CASE
      WHEN regexp_full_match(part, '[0-9]+|[0-9a-fA-F-]{16,}|.*(?:@|%40|=).*|.{33,}|.*[A-Za-z][0-9].*[0-9][A-Za-z].*[A-Za-z][0-9].*') THEN '*' ELSE part END), '/') AS resource
  FROM all_events
  -- A violation is told by its statement too, and the end of a session by its start.
  WHERE kind IS NULL OR kind IN ('session_start', 'statement', 'masked')
)
SELECT
  file,
  CASE WHEN kind = 'session_start' THEN concat(session_id, ':start') WHEN kind IS NOT NULL THEN concat_ws(':', session_id, kind, "timestamp") END AS record_id,
  TRY_CAST("timestamp" AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS used_at,
  -- Whoever connects says who he is; the database holds him to it, the event does not.
  CASE WHEN protocol = 'postgres' AND caller IS NOT NULL THEN concat('postgres:-:role/', caller) END AS identity_id,
  session_id,
  connection AS target,
  CASE
    WHEN kind = 'session_start' THEN 'connect'
    WHEN kind = 'masked' THEN 'read'
    WHEN word IN ('select', 'show', 'get', 'head', 'options') THEN 'read'
    WHEN word IN ('insert', 'update', 'delete', 'merge', 'copy', 'post', 'put', 'patch') THEN 'write'
    WHEN word IN ('create', 'drop', 'alter', 'truncate') THEN 'ddl'
    WHEN word IN ('grant', 'revoke') THEN 'privilege'
    ELSE 'unknown'
  END AS action,
  coalesce(CASE WHEN len(table_list) > 0 THEN list_sort(table_list) END, CASE WHEN resource <> '' THEN [resource] END) AS objects,
  caller AS actor,
  CASE WHEN caller IS NOT NULL THEN 'low' END AS actor_confidence,
  'unknown' AS actor_type,
  coalesce(metadata->>'$.correlation_id', metadata->>'$.job') AS job,
  CASE WHEN kind = 'masked' THEN true END AS masked,
  'input-only' AS recorded,
  lower(coalesce(metadata->>'$.environment', metadata->>'$.env')) AS environment,
  CASE WHEN kind = 'statement' THEN word ELSE kind END AS operation,
  CASE WHEN allowed = 'false' THEN 'denied' ELSE 'ok' END AS outcome,
  CASE WHEN len(entities) > 0 THEN list_sort(entities) END AS info_types,
  to_json({'protocol': protocol, 'rule': nullif(rule, '')}) AS detail
FROM told
