/*---
id: gcp-audit
title: Google Cloud audit log
surface: audit-log
types: [event]
via: cloud
as: json
recognises:
  head: ['"protoPayload"', ['google.cloud.audit.AuditLog"', 'cloudaudit.googleapis.com%2F']]
delay: 300
columns:
  insertId: VARCHAR
  timestamp: VARCHAR
  logName: VARCHAR
  operation: JSON
  resource: JSON
  protoPayload: JSON
made:
  when:
    - google.iam.admin.v1.CreateServiceAccount
    - google.iam.admin.v1.CreateServiceAccountKey
    - google.iam.admin.v1.UploadServiceAccountKey
    - google.iam.admin.v1.DeleteServiceAccount
    - google.iam.admin.v1.DeleteServiceAccountKey
  columns:
    insertId: VARCHAR
    timestamp: VARCHAR
    protoPayload: JSON
references:
  - https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
  - https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
  - https://cloud.google.com/sql/docs/postgres/pg-audit
---*/
-- A document is taken apart once; what is of another type than it should be is NULL.
WITH parsed AS (
  SELECT
    file, insertId, "timestamp" AS logged, protoPayload IS NULL AS is_empty, resource->>'$.labels.location' AS location,
    from_json(protoPayload, '{
      "serviceName": "VARCHAR", "methodName": "VARCHAR", "resourceName": "VARCHAR",
      "authenticationInfo": {"principalEmail": "VARCHAR", "principalSubject": "VARCHAR", "serviceAccountKeyName": "VARCHAR",
        "serviceAccountDelegationInfo": [{"firstPartyPrincipal": {"principalEmail": "VARCHAR"}, "principalSubject": "VARCHAR"}]},
      "requestMetadata": {"callerIp": "VARCHAR", "callerSuppliedUserAgent": "VARCHAR"},
      "authorizationInfo": [{"granted": "BOOLEAN", "permissionType": "VARCHAR"}],
      "status": {"code": "INTEGER"},
      "request": {"@type": "VARCHAR", "user": "VARCHAR", "database": "VARCHAR", "auditClass": "VARCHAR", "object": "VARCHAR", "command": "VARCHAR", "chunkIndex": "VARCHAR"},
      "metadata": {"jobInsertion": {"job": {"jobConfig": {"queryConfig": {"statementType": "VARCHAR"}}}}}}') AS payload
  FROM records
  -- A long operation is told when it begins and when it ends.
  WHERE operation IS NULL OR coalesce(operation->>'$.last', 'false') <> 'true' OR (operation->>'$.first') = 'true'
),
entries AS (
  SELECT
    file, insertId, logged, location,
    payload.serviceName AS service_name,
    payload.methodName AS method,
    payload.resourceName AS resource_name,
    payload.authenticationInfo.principalSubject AS subject,
    coalesce(payload.authenticationInfo.principalEmail, nullif(regexp_extract(subject, '^(?:user|serviceAccount):(.+)$', 1), '')) AS principal,
    payload.authenticationInfo.serviceAccountKeyName AS key_name,
    -- In the order of the delegation: who began it comes first.
    list_transform(payload.authenticationInfo.serviceAccountDelegationInfo, lambda one: coalesce(one.firstPartyPrincipal.principalEmail, one.principalSubject)) AS delegation,
    delegation[1] AS began,
    payload.requestMetadata.callerIp AS caller_ip,
    payload.requestMetadata.callerSuppliedUserAgent AS agent,
    list_transform(payload.authorizationInfo, lambda one: one.granted) AS granted,
    list_transform(payload.authorizationInfo, lambda one: one.permissionType) AS permission_types,
    payload.status.code AS status,
    -- pgAudit of Cloud SQL and AlloyDB; a long statement is cut into several entries.
    CASE WHEN payload.request."@type" LIKE '%.PgAuditEntry' THEN payload.request END AS audit,
    payload.metadata.jobInsertion.job.jobConfig.queryConfig.statementType AS statement_type,
    is_empty OR method IS NULL AS is_broken
  FROM parsed
),
told AS (
  SELECT
    *,
    regexp_extract(method, '[^.]+$') AS verb,
    replace(service_name, '.googleapis.com', '') AS service,
    regexp_extract(key_name, '/keys/([^/]+)$', 1) AS key_id,
    replace(began, 'serviceAccount:', '') AS origin,
    audit.user AS database_user,
    -- Paths within a resource are many, and may hold what somebody called a file.
    regexp_replace(resource_name, '/(?:objects|jobs|operations|documents|entities|sessions|executions|tabledata|insertAll)(?:/.*)?$', '') AS resource_cut
  FROM entries
  WHERE coalesce(audit.chunkIndex, '1') = '1'
)
SELECT
  file,
  CASE WHEN NOT is_broken THEN concat(insertId, '/', logged) END AS record_id,
  TRY_CAST(logged AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS used_at,
  CASE
    WHEN coalesce(database_user, '') <> '' THEN concat('postgres:-:role/', database_user)
    WHEN principal LIKE '%.gserviceaccount.com' THEN
      concat('gcp:', coalesce(nullif(regexp_extract(principal, '@([a-z0-9-]+)\.iam\.gserviceaccount\.com$', 1), ''), '-'), ':serviceAccount/', principal)
  END AS identity_id,
  -- The name of a key stands here where a downloaded one was used.
  CASE WHEN key_id <> '' THEN concat('gcp:service-account-key/', key_id) END AS credential_id,
  coalesce(audit.database, service) AS target,
  CASE
    WHEN audit IS NOT NULL THEN
      CASE audit.auditClass WHEN 'READ' THEN 'read' WHEN 'WRITE' THEN 'write' WHEN 'DDL' THEN 'ddl' WHEN 'ROLE' THEN 'privilege' ELSE 'unknown' END
    WHEN statement_type IS NOT NULL THEN
      CASE WHEN statement_type = 'SELECT' THEN 'read' WHEN statement_type IN ('INSERT', 'UPDATE', 'DELETE', 'MERGE', 'TRUNCATE_TABLE') THEN 'write'
        WHEN regexp_matches(statement_type, '^(?:CREATE|ALTER|DROP)_') THEN 'ddl' ELSE 'unknown' END
    WHEN verb IN ('GenerateAccessToken', 'GenerateIdToken', 'SignJwt', 'SignBlob', 'ExchangeToken') THEN 'connect'
    WHEN regexp_matches(verb, '(?i)^setiam|ServiceAccountKey$') AND NOT regexp_matches(verb, '(?i)^(?:get|list)') THEN 'privilege'
    WHEN regexp_matches(verb, '(?i)^(?:get|list|read|search|lookup|batchget|fetch|access|aggregated|describe|watch|streamingread|test)') THEN 'read'
    WHEN service = 'iam' THEN 'privilege'
    WHEN service = 'bigquery' AND verb IN ('InsertJob', 'Query', 'query') THEN 'unknown'
    WHEN list_has_any(permission_types, ['ADMIN_WRITE', 'DATA_WRITE']) THEN 'write'
    WHEN list_has_any(permission_types, ['ADMIN_READ', 'DATA_READ']) THEN 'read'
    WHEN regexp_matches(verb, '(?i)^(?:create|insert|update|patch|delete|set|add|remove|write|upload|import|start|stop|enable|disable|move|undelete|destroy|commit)') THEN 'write'
    ELSE 'unknown'
  END AS action,
  CASE
    WHEN coalesce(audit.object, '') NOT IN ('', '[not logged]') THEN [audit.object]
    WHEN audit IS NULL AND coalesce(resource_cut, '') <> '' THEN [resource_cut] END AS objects,
  coalesce(origin, CASE WHEN principal NOT LIKE '%.gserviceaccount.com' THEN nullif(principal, '') END, CASE WHEN coalesce(principal, '') = '' THEN subject END) AS actor,
  CASE
    WHEN origin LIKE '%.gserviceaccount.com' OR (origin IS NULL AND principal LIKE '%.gserviceaccount.com') THEN 'service-account'
    WHEN coalesce(origin, subject) LIKE 'principal%://%' THEN 'machine-identity'
    WHEN contains(coalesce(origin, principal), '@') THEN 'human'
    ELSE 'unknown' END AS actor_type,
  CASE WHEN coalesce(origin, nullif(principal, ''), subject) IS NOT NULL THEN 'high' END AS actor_confidence,
  CASE WHEN origin LIKE '%.gserviceaccount.com' THEN
    concat('gcp:', coalesce(nullif(regexp_extract(origin, '@([a-z0-9-]+)\.iam\.gserviceaccount\.com$', 1), ''), '-'), ':serviceAccount/', origin) END AS actor_identity_id,
  -- `private`, `gce-internal-ip`: an address of Google's.
  CASE WHEN regexp_full_match(caller_ip, '[0-9a-fA-F.:]+') THEN caller_ip END AS source_ip,
  split_part(agent, ' ', 1) AS user_agent,
  coalesce(audit.command, method) AS operation,
  CASE
    WHEN status IN (7, 16, 401, 403) OR list_contains(granted, false) THEN 'denied'
    WHEN status > 0 THEN 'failed'
    ELSE 'ok' END AS outcome,
  to_json({
    'location': location,
    'through': CASE WHEN len(delegation) > 1 THEN delegation[2:] END
  }) AS detail
FROM told
-- made
SELECT
  file,
  insertId AS record_id,
  CASE WHEN account <> '' THEN concat('gcp:', coalesce(nullif(regexp_extract(account, '@([a-z0-9-]+)\.iam\.gserviceaccount\.com$', 1), ''), '-'), ':serviceAccount/', account) END AS identity_id,
  CASE WHEN key_id <> '' THEN concat('gcp:service-account-key/', key_id) END AS credential_id,
  TRY_CAST("timestamp" AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS made_at,
  maker AS made_by,
  CASE WHEN maker LIKE '%@%' AND maker NOT LIKE '%.gserviceaccount.com' THEN lower(maker) END AS person,
  starts_with(verb, 'Delete') AS gone
FROM (
  SELECT
    file, insertId, "timestamp",
    regexp_extract(protoPayload->>'$.methodName', '[^.]+$') AS verb,
    protoPayload->>'$.authenticationInfo.principalEmail' AS maker,
    coalesce(protoPayload->>'$.response.name', protoPayload->>'$.request.name', protoPayload->>'$.resourceName') AS name,
    coalesce(nullif(regexp_extract(name, '/serviceAccounts/([^/]+@[^/]+)', 1), ''), protoPayload->>'$.response.email', '') AS account,
    CASE WHEN verb LIKE '%Key' THEN regexp_extract(name, '/keys/([^/]+)$', 1) ELSE '' END AS key_id
  FROM records
  WHERE (protoPayload->>'$.methodName') IN ('google.iam.admin.v1.CreateServiceAccount', 'google.iam.admin.v1.CreateServiceAccountKey', 'google.iam.admin.v1.UploadServiceAccountKey',
      'google.iam.admin.v1.DeleteServiceAccount', 'google.iam.admin.v1.DeleteServiceAccountKey')
    AND coalesce(TRY_CAST(protoPayload->>'$.status.code' AS INTEGER), 0) = 0)
WHERE account <> '' AND (key_id <> '' OR verb NOT LIKE '%Key')
