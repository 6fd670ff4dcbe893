/*---
id: revoked-key-used
title: A key of the gateway worked after it was revoked, or was made active again
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:api-key@gateway|identity:agent@gateway, 'usage:session-list@gateway', 'usage:admin-audit@gateway?']
population: identities WHERE provider = 'hoop' AND type IN ('api-key', 'agent')
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:RS.MI-01
why: >
  Revoking is the one act that should end an incident. Where the same secret comes back to life, whoever had copied it is in again.
fix: >
  Revoke the key and make a new one for the job; never make one active again that may have been seen. Read what the sessions did.
limits: >
  That a key was made active again is told by the log of administrators only, which older gateways do not have. Sessions that were open when the key was
  revoked may go on, and are not counted: those that began afterwards are.
since: '0.1'
---*/
WITH revoked AS (
  SELECT identity_id, name, TRY_CAST(detail->>'$.deactivatedAt' AS TIMESTAMP) AS at, (detail->>'$.userId') AS user_id, coalesce(enabled, true) AS enabled, evidence
  FROM identities
  WHERE provider = 'hoop' AND type IN ('api-key', 'agent')
),
used AS (
  SELECT r.identity_id, count(*) AS sessions, max(s.used_at) AS last, arg_max(s.observation_id, (s.used_at, s.observation_id), 10) AS evidence
  FROM revoked AS r
  JOIN gateway_sessions AS s ON s.caller_identity_id = r.identity_id
  WHERE s.ran AND s.used_at > r.at + (SELECT clock_tolerance FROM gateway_settings) AND NOT r.enabled
  GROUP BY r.identity_id
),
revived AS (
  SELECT r.identity_id, max(l.used_at) AS at, arg_max(l.caller, l.used_at) AS by_whom, list(l.observation_id) AS evidence
  FROM revoked AS r
  JOIN gateway_admin_log AS l ON regexp_matches(l.operation, '/reactivate$') AND coalesce(l.outcome, 'ok') = 'ok' AND (contains(l.operation, '/' || r.user_id || '/') OR contains(l.operation, '/' || r.name || '/'))
  GROUP BY r.identity_id
)
SELECT
  r.identity_id,
  concat(
    'The key ', r.name, ' of the gateway ',
    CASE WHEN u.sessions IS NOT NULL THEN concat('was revoked on ', day_text(r.at), ' and opened ', counted(u.sessions, 'session'), ' since, the last on ', day_text(u.last))
      ELSE concat('had been revoked and was made active again on ', day_text(v.at), coalesce(' by ' || v.by_whom, ''), ', with the same secret') END, '.') AS message,
  CASE WHEN u.sessions IS NOT NULL THEN 'critical' ELSE 'medium' END AS severity,
  list_distinct(list_concat(r.evidence, list_concat(coalesce(u.evidence, []), coalesce(v.evidence, [])))) AS evidence
FROM revoked AS r
LEFT JOIN used AS u USING (identity_id)
LEFT JOIN revived AS v USING (identity_id)
WHERE u.sessions IS NOT NULL OR (v.at IS NOT NULL AND r.enabled)
