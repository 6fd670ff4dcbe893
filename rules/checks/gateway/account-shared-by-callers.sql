/*---
id: account-shared-by-callers
title: Several callers use one account behind the gateway
severity: medium
confidence: high
about: identity
identityFields: [account]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND is_machine(caller_type)
parameters:
  minCallers: 2
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:DE.AE-03
  - nist-csf-2.0:DE.CM-03
  - csa-maestro:L7
why: >
  The target's own log shows one name for all of them. Once somebody gets around the gateway, or its log is lost, nobody
  can say who did what; and the account has the rights of all its callers together.
fix: >
  One connection and one account for each workload, with the rights of that workload.
limits: >
  Counts machine callers. Sessions tell the connection, not the account; connections without a known account count by themselves. Callers that the gateway signs in at the target as principals of their own do not share one.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/9-nhi-reuse/
since: '0.1'
---*/
WITH calls AS (
  SELECT
    CASE WHEN s.principal IS NOT NULL THEN concat('the principal ', s.principal) ELSE coalesce(s.identity_id, 'connection ' || s.connection || CASE WHEN o.orgs > 1 THEN coalesce(' of ' || s.org, '') ELSE '' END) END AS account,
    CASE WHEN s.principal IS NULL THEN s.identity_id END AS identity_id,
    s.caller,
    s.connection,
    s.used_at,
    s.observation_id
  FROM (
    -- Signed in at the target as itself, a caller stands in its log by itself.
    SELECT *, CASE WHEN coalesce(federation->>'$.fallback_applied', 'false') <> 'true' THEN nullif(federation->>'$.resolved_principal', '') END AS principal FROM gateway_sessions) AS s
  LEFT JOIN connection_orgs AS o ON o.connection = s.connection
  WHERE is_machine(s.caller_type) AND s.caller_type <> 'static-admin-key' AND s.connection IS NOT NULL AND s.ran
),
last_of_caller AS (
  SELECT account, caller, count(*) AS sessions, arg_max(observation_id, (used_at, observation_id)) AS latest FROM calls GROUP BY account, caller
)
SELECT
  c.account,
  max(c.identity_id) AS identity_id,
  concat(
    count(DISTINCT c.caller), ' callers share ', c.account, ' through ', listed(list(DISTINCT c.connection ORDER BY c.connection)), ': ',
    (SELECT listed(list(concat(l.caller, ' (', counted(l.sessions, 'session'), ')') ORDER BY l.sessions DESC, l.caller)) FROM last_of_caller AS l WHERE l.account = c.account),
    '.') AS message,
  (SELECT list(l.latest ORDER BY l.latest) FROM last_of_caller AS l WHERE l.account = c.account) AS evidence
FROM calls AS c
GROUP BY c.account
HAVING count(DISTINCT c.caller) >= $minCallers
