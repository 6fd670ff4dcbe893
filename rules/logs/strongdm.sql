/*---
id: strongdm
title: StrongDM node logs and activities
surface: audit-log
types: [event]
via: gateway
as: jsonl
recognises:
  head: [['"datasourceName"', '"actorAccountID"'], ['"userName"', '"logType"'], ['"uuid"', '"activity"'], '"timestamp"']
columns:
  type: VARCHAR
  logType: VARCHAR
  timestamp: VARCHAR
  uuid: VARCHAR
  datasourceId: VARCHAR
  datasourceName: VARCHAR
  userId: VARCHAR
  userName: VARCHAR
  remoteIdentityUsername: VARCHAR
  sourceIp: VARCHAR
  query: VARCHAR
  authz: JSON
  id: VARCHAR
  activity: VARCHAR
  actorAccountID: VARCHAR
  actorName: VARCHAR
  actorEmail: VARCHAR
  ipAddress: VARCHAR
  userAgent: VARCHAR
references:
  - https://docs.strongdm.com/admin/audit/logs/references/node-start
  - https://docs.strongdm.com/admin/audit/logs/references/logstream-activities
  - https://docs.strongdm.com/admin/audit/logs/node-log-files
---*/
-- Queries of nodes, and what administrators did. What a recording holds (chunks, replays) is not read.
WITH events AS (
  SELECT
    *,
    activity IS NOT NULL AS is_admin,
    -- A shell or a cluster is told as a document, a database by its statement. Comments before the first word say nothing of it.
    CASE WHEN NOT starts_with(trim(query), '{')
      THEN upper(regexp_extract(regexp_replace(query, '/\*.*?\*/|--[^\n]*', ' ', 'gs'), '^[\s(;]*([A-Za-z]+(?:\s+[A-Za-z]+)?)', 1)) END AS words,
    -- As Go writes a time, or RFC 3339.
    TRY_CAST(regexp_replace("timestamp", '^(\S+) (\S+) ([+-]\d{2})(\d{2}) .*$', '\1 \2\3:\4') AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS used_at
  FROM records
  WHERE coalesce("type", 'start') = 'start' AND coalesce(logType, 'activities') = 'activities'
)
SELECT
  file,
  CASE WHEN is_admin THEN nullif(id, '') ELSE nullif(uuid, '') END AS record_id,
  used_at,
  CASE WHEN is_admin THEN 'admin:strongdm' ELSE coalesce(nullif(datasourceName, ''), datasourceId) END AS target,
  CASE
    WHEN is_admin THEN CASE WHEN regexp_matches(activity, '(?i)\blog(?:ged|in)\b|\blogin\b') THEN 'connect' ELSE 'admin' END
    WHEN regexp_matches(words, '^(?:GRANT|REVOKE|REASSIGN)\b|^(?:CREATE|ALTER|DROP) (?:ROLE|USER|GROUP|POLICY)') THEN 'privilege'
    WHEN regexp_matches(words, '^(?:CREATE|ALTER|DROP|TRUNCATE|COMMENT|REINDEX|REFRESH)\b') THEN 'ddl'
    WHEN regexp_matches(words, '^(?:INSERT|UPDATE|DELETE|MERGE|REPLACE|UPSERT)\b') THEN 'write'
    WHEN regexp_matches(words, '^(?:SELECT|SHOW|TABLE|VALUES|FETCH|DESCRIBE)\b') THEN 'read'
    ELSE 'unknown'
  END AS action,
  coalesce(nullif(userName, ''), nullif(userId, ''), nullif(actorEmail, ''), nullif(actorName, ''), nullif(actorAccountID, '')) AS actor,
  -- Which accounts are service accounts only the list of accounts tells.
  CASE WHEN contains(coalesce(nullif(userName, ''), actorEmail), '@') THEN 'human' ELSE 'unknown' END AS actor_type,
  'low' AS actor_confidence,
  CASE WHEN regexp_full_match(coalesce(sourceIp, ipAddress), '[0-9a-fA-F.:]+') THEN coalesce(sourceIp, ipAddress) END AS source_ip,
  split_part(nullif(userAgent, ''), ' ', 1) AS user_agent,
  CASE WHEN is_admin THEN lower(activity) ELSE nullif(split_part(words, ' ', 1), '') END AS operation,
  CASE
    WHEN (authz->>'$.requirements.decision') = 'deny' OR regexp_matches(activity, '(?i)\bdenied\b|attempt to login by a suspended') THEN 'denied'
    WHEN regexp_matches(activity, '(?i)\bfailed\b') THEN 'failed'
    ELSE 'ok' END AS outcome,
  to_json({'account': coalesce(userId, actorAccountID), 'alias': nullif(remoteIdentityUsername, ''), 'adminAudit': CASE WHEN is_admin THEN true END}) AS detail
FROM events
