/*---
id: caller-in-no-inventory
title: A caller of the gateway is in no inventory
severity: high
confidence: medium
about: usage
identityFields: [caller, org]
needs: [usage@gateway, identity:service-account@gateway, identity:api-key@gateway, person:user@gateway, 'identity:agent@gateway?', 'identity:machine-identity@gateway?', 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND user_id IS NOT NULL AND caller_type <> 'static-admin-key'
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-02
  - nist-csf-2.0:PR.AA-01
why: >
  Somebody came through whom the gateway's own lists do not know: deleted since, or never listed. Nobody owns it, nobody reviews it, and what it was
  cannot be told any more.
fix: >
  Look for the id in the gateway's log of administrators (`/audit/logs`); where it was deleted, note whose it was. Withdraw what was issued to it.
limits: >
  A kind of caller whose list was not given in whole (AI agents and API keys need an administrator's key) is not judged. Static admin key: see static-admin-key-used.
since: '0.1'
---*/
WITH lists AS (
  SELECT
    bool_or(c.is_whole AND (t.types IS NULL OR list_contains(t.types, 'agent'))) AS agents,
    bool_or(c.is_whole AND (t.types IS NULL OR list_contains(t.types, 'machine-identity'))) AS machines,
    -- In the rest of one of these may be any.
    bool_and(c.is_whole OR NOT coalesce(list_has_any(t.types, ['user', 'service-account', 'api-key']), true)) AS others
  FROM (
    SELECT words_of(detail->'$.types') AS given, detail->'$.types' AS told, outcome = 'complete' AS is_whole
    FROM coverage WHERE surface = 'gateway' AND list_has_any(covers, ['identity', 'person']) AND outcome IN ('complete', 'partial')) AS c,
    LATERAL (SELECT CASE WHEN c.told IS NOT NULL THEN c.given END AS types) AS t
)
SELECT
  s.caller,
  s.org,
  max(s.caller_identity_id) AS identity_id,
  concat(
    coalesce(s.caller, 'Somebody'), ' opened ', counted(count(*), 'session'), ' (', listed(list(DISTINCT s.connection ORDER BY s.connection)), '), last on ',
    day_text(max(s.used_at)), ', and is in no list of users, service accounts, API keys, agents or machine identities.') AS message,
  list(s.observation_id ORDER BY s.used_at DESC)[1:10] AS evidence
FROM gateway_sessions AS s
CROSS JOIN lists AS l
WHERE NOT s.caller_is_known AND s.ran AND s.user_id IS NOT NULL AND s.caller_type <> 'static-admin-key' AND s.records IS NULL AND coalesce(l.others, false)
  -- An agent looks like an API key until its list is read.
  AND (coalesce(l.agents, false) OR s.caller_type NOT IN ('api-key', 'agent', 'unknown'))
  AND (coalesce(l.machines, false) OR s.caller_type NOT IN ('machine-identity', 'machine', 'unknown'))
GROUP BY s.caller, s.org
