/*---
id: boundary
title: HashiCorp Boundary audit events
surface: audit-log
types: [event]
via: gateway
as: jsonl
recognises:
  head: [['"type":"audit"', '"type": "audit"'], '"specversion"', '"APIRequest"', '"request_info"']
columns:
  type: VARCHAR
  data: JSON
references:
  - https://developer.hashicorp.com/boundary/docs/configuration/events/overview
  - https://github.com/hashicorp/boundary/blob/main/internal/event/event_audit.go
---*/
-- What the controller was asked: who signed in, who opened a session to which target, who changed rights. What runs in a session is
-- in recordings alone. Of request and answer no more than ids is read; tokens are redacted there, grants and endpoints are left out.
WITH parsed AS (
  SELECT
    file,
    from_json(data, '{"id": "VARCHAR", "type": "VARCHAR", "timestamp": "VARCHAR", "correlation_id": "VARCHAR",
      "request_info": {"method": "VARCHAR", "path": "VARCHAR", "client_ip": "VARCHAR"},
      "auth": {"auth_token_id": "VARCHAR", "email": "VARCHAR", "name": "VARCHAR", "user_info": {"id": "VARCHAR", "auth_account_id": "VARCHAR"}},
      "response": {"status_code": "INTEGER", "details": {"item": {"session_id": "VARCHAR", "target_id": "VARCHAR"}}}}') AS event
  FROM records
  -- Beside audit events a sink may have observations, errors and messages of the system.
  WHERE coalesce("type", 'audit') = 'audit'
),
told AS (
  SELECT
    file, event,
    upper(event.request_info.method) AS method,
    regexp_replace(event.request_info.path, '[?#].*$', '') AS place,
    event.auth.user_info.id AS user_id,
    -- Redacted, hashed or encrypted by the filters of the sink, as a rule.
    CASE WHEN regexp_full_match(event.auth.email, '[^@\s:]+@[^@\s:]+') THEN lower(event.auth.email) END AS email,
    CASE WHEN NOT regexp_matches(event.auth.name, '^(?:\[REDACTED|encrypted:|hmac-sha256:)') THEN nullif(event.auth.name, '') END AS full_name
  FROM parsed
),
asked AS (
  SELECT
    *,
    regexp_extract(place, '^/v1/([a-z-]+)', 1) AS kind,
    nullif(regexp_extract(place, '^/v1/[a-z-]+/([A-Za-z0-9_]+)', 1), '') AS resource,
    regexp_extract(place, ':([a-z-]+)$', 1) AS verb
  FROM told
)
SELECT
  file,
  CASE WHEN event.type IS NOT NULL THEN event.id END AS record_id,
  TRY_CAST(event.timestamp AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS used_at,
  nullif(event.response.details.item.session_id, '') AS session_id,
  CASE WHEN verb = 'authorize-session' THEN coalesce(nullif(event.response.details.item.target_id, ''), resource) ELSE concat('admin:', kind) END AS target,
  CASE
    WHEN verb IN ('authorize-session', 'authenticate') THEN 'connect'
    WHEN method IN ('GET', 'HEAD') THEN 'read'
    WHEN kind IN ('roles', 'users', 'groups', 'managed-groups', 'accounts', 'auth-methods', 'auth-tokens', 'scopes', 'credential-stores', 'credential-libraries', 'credentials') THEN 'privilege'
    ELSE 'admin'
  END AS action,
  CASE WHEN resource IS NOT NULL THEN [concat(kind, '/', resource)] END AS objects,
  coalesce(email, full_name, nullif(user_id, '')) AS actor,
  -- People and machines have accounts alike; who recovers the system with its key is nobody of these.
  CASE WHEN user_id = 'u_recovery' THEN 'static-admin-key' WHEN email IS NOT NULL THEN 'human' ELSE 'unknown' END AS actor_type,
  CASE WHEN user_id = 'u_recovery' THEN 'high' ELSE 'low' END AS actor_confidence,
  CASE WHEN regexp_full_match(event.request_info.client_ip, '[0-9a-fA-F.:]+') THEN event.request_info.client_ip END AS source_ip,
  concat(method, ' ', coalesce(nullif(concat_ws(':', kind, nullif(verb, '')), ''), place)) AS operation,
  CASE
    WHEN event.response.status_code IN (401, 403) THEN 'denied'
    WHEN event.response.status_code >= 400 THEN 'failed'
    WHEN event.response IS NOT NULL THEN 'ok' END AS outcome,
  to_json({'user': user_id, 'account': event.auth.user_info.auth_account_id, 'adminAudit': CASE WHEN coalesce(verb, '') <> 'authorize-session' THEN true END}) AS detail
FROM asked
