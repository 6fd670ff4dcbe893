/*---
id: high-risk-let-through
title: The gateway judged a session risky and let it through
severity: medium
confidence: medium
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND risk IS NOT NULL
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:DE.AE-02
why: >
  The one moment at which something saw the danger before the statement ran, and nobody was asked.
fix: >
  Let the analyzer ask for an access request, or block, at high risk; read what the session did.
limits: >
  The risk is the judgement of the gateway's analyzer, which of scripts only single exports of a session tell (lists leave it out); of HTTP sessions it is that of the gravest request.
since: '0.1'
---*/
SELECT
  s.session_id,
  coalesce(s.caller_identity_id, s.identity_id) AS identity_id,
  concat(
    'The gateway''s analyzer called a session of ', s.caller, ' on ', s.connection, ' a high risk, and it ran without an approval: ', session_name(s.session_id, s.used_at), '.') AS message,
  CASE WHEN is_production(s.environment) THEN 'high' ELSE 'medium' END AS severity,
  [s.observation_id] AS evidence
FROM gateway_sessions AS s
WHERE lower(s.risk) = 'high' AND coalesce(lower(s.risk_action), '') NOT IN ('block_execution', 'require_access_request')
  AND s.ran AND s.approval NOT IN ('approved') AND s.outcome IS DISTINCT FROM 'denied'
