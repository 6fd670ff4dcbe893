/*---
id: vault-audit
title: HashiCorp Vault audit log
surface: audit-log
types: [event]
via: direct
as: jsonl
recognises:
  head: [['"type":"request"', '"type":"response"'], ['"client_token_accessor"', '"mount_type"', '"token_policies"'], '"request":{', '"operation":"']
columns:
  time: VARCHAR
  type: VARCHAR
  error: VARCHAR
  auth: JSON
  request: JSON
references:
  - https://developer.hashicorp.com/vault/docs/audit/schema
  - https://developer.hashicorp.com/vault/docs/audit
---*/
-- Each request has two entries; what it came to, that of the response tells. Tokens and accessors are not read, hashed as they are.
WITH parsed AS (
  SELECT
    file, "time", error,
    from_json(request, '{"id": "VARCHAR", "operation": "VARCHAR", "path": "VARCHAR", "mount_type": "VARCHAR", "mount_point": "VARCHAR", "namespace": {"path": "VARCHAR"},
      "remote_address": "VARCHAR"}') AS asked,
    from_json(auth, '{"display_name": "VARCHAR", "entity_id": "VARCHAR", "metadata": "JSON", "policies": ["VARCHAR"]}') AS caller
  FROM records
  WHERE coalesce("type", '') <> 'request'
),
entries AS (
  SELECT
    file, "time", error,
    asked.id AS id, asked.operation AS verb, asked.path AS path, asked.mount_type AS mount_type, coalesce(asked.mount_point, '') AS mount_point,
    asked.namespace.path AS namespace, asked.remote_address AS address,
    caller.display_name AS display_name, caller.entity_id AS entity, caller.metadata AS metadata, list_sort(caller.policies) AS policies
  FROM parsed
),
told AS (
  SELECT
    *,
    coalesce(list_contains(policies, 'root'), false) AND coalesce(entity, '') = '' AS is_root,
    regexp_matches(path, '^auth/.+/login(?:/|$)') AS is_login,
    CASE WHEN (metadata->>'$.service_account_name') IS NOT NULL THEN 'kubernetes'
      -- All roles have the name of their mount; that may be any.
      WHEN (metadata->>'$.role_name') IS NOT NULL THEN 'approle'
      ELSE regexp_extract(display_name, '^(kubernetes|approle|aws|gcp|azure|cert|jwt|cf|userpass|ldap|oidc|github|okta|radius|kerberos|saml)(?:-|$)', 1) END AS method,
    -- Tokens, ids of leases and what looks like an address are cut off.
    regexp_replace(
      regexp_replace(
        regexp_replace(path, '^(sys/(?:leases|raw|replication|storage)/[^/]+|sys/(?:renew|revoke|revoke-prefix|revoke-force)|auth/token/(?:lookup|renew|revoke)[a-z-]*)/.*$', '\1'),
        '[^/]+@[^/]+', '*', 'g'),
      '(^|/)(?:hv[sbr]\.|s\.[A-Za-z0-9]{24})[^/]*', '\1*', 'g') AS place
  FROM entries
)
SELECT
  file,
  id AS record_id,
  TRY_CAST("time" AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS used_at,
  CASE
    WHEN (metadata->>'$.service_account_name') IS NOT NULL AND (metadata->>'$.service_account_namespace') IS NOT NULL
      THEN concat('k8s:-:', metadata->>'$.service_account_namespace', '/', metadata->>'$.service_account_name')
    WHEN (metadata->>'$.canonical_arn') LIKE 'arn:aws%:iam::%:role/%'
      THEN concat('aws:', metadata->>'$.account_id', ':role/', split_part(metadata->>'$.canonical_arn', '/', -1))
    WHEN (metadata->>'$.canonical_arn') LIKE 'arn:aws%:iam::%:user/%'
      THEN concat('aws:', metadata->>'$.account_id', ':user/', split_part(metadata->>'$.canonical_arn', '/', -1))
    WHEN (metadata->>'$.service_account_email') LIKE '%.iam.gserviceaccount.com'
      THEN concat('gcp:', regexp_extract(metadata->>'$.service_account_email', '@([a-z0-9-]+)\.', 1), ':serviceAccount/', metadata->>'$.service_account_email')
  END AS identity_id,
  coalesce(nullif(rtrim(mount_point, '/'), ''), split_part(path, '/', 1)) AS target,
  CASE
    WHEN is_login THEN 'connect'
    WHEN regexp_matches(path, '^sys/(?:policy|policies|auth|mounts|remount|audit|namespaces|generate-root|rekey|rotate|seal|unseal|config)|^identity/|^auth/token/(?:create|roles)|^auth/[^/]+/(?:role|config|users|groups|map)')
      THEN CASE WHEN verb IN ('read', 'list') THEN 'read' ELSE 'privilege' END
    WHEN verb IN ('read', 'list', 'help', 'header') THEN 'read'
    WHEN verb IN ('create', 'update', 'patch', 'delete') THEN CASE WHEN mount_type IN ('transit', 'pki', 'ssh', 'totp') THEN 'unknown' ELSE 'write' END
    ELSE 'unknown'
  END AS action,
  [place] AS objects,
  CASE WHEN is_root THEN 'root' ELSE nullif(concat_ws('-', nullif(display_name, ''), nullif(metadata->>'$.role_name', '')), '') END AS actor,
  CASE
    WHEN is_root THEN 'static-admin-key'
    WHEN method IN ('kubernetes', 'approle', 'aws', 'gcp', 'azure', 'cert', 'jwt', 'cf') THEN 'service-account'
    WHEN method IN ('userpass', 'ldap', 'oidc', 'github', 'okta', 'radius', 'kerberos', 'saml') THEN 'human'
    ELSE 'unknown' END AS actor_type,
  CASE WHEN is_root OR method = 'kubernetes' THEN 'high' WHEN coalesce(method, '') <> '' THEN 'medium' WHEN display_name <> '' THEN 'low' END AS actor_confidence,
  -- What a token of a CI job tells of it, where the role maps its claims.
  coalesce(metadata->>'$.repository', metadata->>'$.project_path') AS job,
  CASE WHEN regexp_full_match(address, '[0-9a-fA-F.:]+') THEN address END AS source_ip,
  verb AS operation,
  CASE WHEN coalesce(error, '') = '' THEN 'ok' WHEN contains(error, 'permission denied') OR contains(error, 'invalid token') THEN 'denied' ELSE 'failed' END AS outcome,
  to_json({'mountType': mount_type, 'namespace': nullif(namespace, ''), 'entity': nullif(entity, ''), 'policies': policies}) AS detail
FROM told
