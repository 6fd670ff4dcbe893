/*---
id: agentgateway
title: agentgateway access log
surface: audit-log
types: [event]
via: gateway
as: jsonl
recognises:
  head: ['"scope":"request"', '"src.addr"', '"gateway"']
columns:
  time: VARCHAR
  scope: VARCHAR
  message: VARCHAR
  gateway: VARCHAR
  route: VARCHAR
  endpoint: VARCHAR
  src.addr: VARCHAR
  src.identity: VARCHAR
  http.method: VARCHAR
  http.host: VARCHAR
  http.status: VARCHAR
  trace.id: VARCHAR
  span.id: VARCHAR
  jwt.sub: VARCHAR
  agentgateway.user: VARCHAR
  agentgateway.group: VARCHAR
  agw.api_key.name: VARCHAR
  protocol: VARCHAR
  a2a.method: VARCHAR
  mcp.method.name: VARCHAR
  mcp.target: VARCHAR
  mcp.resource.type: VARCHAR
  mcp.error.code: VARCHAR
  gen_ai.tool.name: VARCHAR
  gen_ai.operation.name: VARCHAR
  gen_ai.provider.name: VARCHAR
  gen_ai.request.model: VARCHAR
  error: VARCHAR
  reason: VARCHAR
  duration: VARCHAR
references:
  - https://github.com/agentgateway/agentgateway/blob/main/crates/agentgateway/src/telemetry/log.rs
  - https://agentgateway.dev/docs/
---*/
-- Paths, prompts, addresses of resources and ids of sessions are not read: they may hold anything.
SELECT
  file,
  -- Requests have an id only where they are traced.
  CASE WHEN "src.addr" IS NOT NULL THEN coalesce(nullif("span.id", ''), concat_ws(' ', "time", "src.addr", "http.method", "mcp.method.name", "gen_ai.tool.name", duration)) END AS record_id,
  TRY_CAST("time" AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS used_at,
  coalesce("mcp.target", "gen_ai.provider.name", route, "http.host", endpoint) AS target,
  CASE
    WHEN "mcp.method.name" = 'initialize' THEN 'connect'
    WHEN regexp_matches("mcp.method.name", '/(?:list|read|get|templates/list)$') OR "mcp.method.name" = 'ping' THEN 'read'
    WHEN "mcp.method.name" IS NULL AND "gen_ai.operation.name" IS NULL AND "a2a.method" IS NULL AND "http.method" IN ('GET', 'HEAD', 'OPTIONS') THEN 'read'
    -- What a tool does nobody says here.
    ELSE 'unknown'
  END AS action,
  CASE
    WHEN "gen_ai.tool.name" IS NOT NULL THEN [concat('tool/', "gen_ai.tool.name")]
    WHEN "gen_ai.request.model" IS NOT NULL THEN [concat('model/', "gen_ai.request.model")]
    WHEN "mcp.resource.type" IS NOT NULL THEN ["mcp.resource.type"] END AS objects,
  coalesce("agentgateway.user", "jwt.sub", "agw.api_key.name", "src.identity") AS actor,
  CASE
    WHEN "agentgateway.user" IS NULL AND "jwt.sub" IS NULL AND "agw.api_key.name" IS NOT NULL THEN 'api-key'
    WHEN "agentgateway.user" IS NULL AND "jwt.sub" IS NULL AND "src.identity" IS NOT NULL THEN 'machine-identity'
    WHEN regexp_matches(coalesce("agentgateway.user", "jwt.sub"), '^system:serviceaccount:|^spiffe://') THEN 'service-account'
    WHEN contains(coalesce("agentgateway.user", "jwt.sub"), '@') THEN 'human'
    ELSE 'unknown' END AS actor_type,
  CASE
    WHEN coalesce("jwt.sub", "agw.api_key.name", "src.identity") IS NOT NULL THEN 'medium'
    WHEN "agentgateway.user" IS NOT NULL THEN 'low' END AS actor_confidence,
  CASE
    WHEN regexp_matches("jwt.sub", '^system:serviceaccount:[^:]+:[^:]+$') THEN concat('k8s:-:', split_part("jwt.sub", ':', 3), '/', split_part("jwt.sub", ':', 4))
    WHEN regexp_matches("src.identity", '^spiffe://[^/:]+/.') THEN regexp_replace("src.identity", '^spiffe://([^/:]+)/(.+)$', 'spiffe:\1:\2')
  END AS actor_identity_id,
  regexp_extract("src.addr", '^\[?([0-9a-fA-F.:]+?)\]?(?::\d+)?$', 1) AS source_ip,
  coalesce("mcp.method.name", "a2a.method", "gen_ai.operation.name", "http.method") AS operation,
  CASE
    WHEN "http.status" IN ('401', '403') OR regexp_matches(reason, '(?i)auth|jwt|oidc|apikey|guardrail') THEN 'denied'
    WHEN TRY_CAST("http.status" AS INTEGER) >= 400 OR "mcp.error.code" IS NOT NULL OR error IS NOT NULL THEN 'failed'
    ELSE 'ok' END AS outcome,
  to_json({'gateway': gateway, 'route': route, 'protocol': protocol, 'group': "agentgateway.group"}) AS detail
FROM records
-- The gateway writes of itself under the same name.
WHERE (scope IS NULL OR scope = 'request') AND ("src.addr" IS NOT NULL OR message IS NULL)
