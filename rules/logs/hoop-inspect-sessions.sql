/*---
id: hoop-inspect-sessions
title: hoop-inspect sessions
surface: gateway
types: [session, session-list]
via: gateway
as: json
records: sessions
recognises:
  head: ['"sessions"', '"principal"', '"verdict"', '"statement_count"']
# A session is told by the event of its start too.
ids: hoop-inspect
columns:
  id: VARCHAR
  principal: VARCHAR
  protocol: VARCHAR
  connection: VARCHAR
  upstream: VARCHAR
  started_at: VARCHAR
  ended_at: VARCHAR
  denied_count: BIGINT
  masked_count: BIGINT
  verdict: VARCHAR
  risk_level: VARCHAR
  metadata: JSON
references:
  - https://github.com/hoophq/hoop/blob/main/hoopinspect/store/store.go
---*/
SELECT
  file,
  concat(id, ':start') AS record_id,
  TRY_CAST(started_at AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS used_at,
  TRY_CAST(ended_at AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS ended_at,
  CASE WHEN protocol = 'postgres' AND principal NOT IN ('', 'anonymous') THEN
    concat('postgres:', coalesce(nullif(replace(regexp_replace(lower(upstream), '^\w+://|[/?].*$|:5432$', '', 'g'), ':', '%3A'), ''), '-'), ':role/', principal) END AS identity_id,
  id AS session_id,
  connection AS target,
  'connect' AS action,
  nullif(nullif(principal, ''), 'anonymous') AS actor,
  CASE WHEN principal NOT IN ('', 'anonymous') THEN 'low' END AS actor_confidence,
  'unknown' AS actor_type,
  coalesce(metadata->>'$.correlation_id', metadata->>'$.job') AS job,
  CASE WHEN masked_count > 0 THEN true END AS masked,
  'input-only' AS recorded,
  lower(coalesce(metadata->>'$.environment', metadata->>'$.env')) AS environment,
  'session_start' AS operation,
  CASE verdict WHEN 'denied' THEN 'ok' WHEN 'error' THEN 'failed' ELSE 'ok' END AS outcome,
  to_json({'protocol': protocol, 'verdict': verdict, 'risk': nullif(risk_level, '')}) AS detail
FROM records
