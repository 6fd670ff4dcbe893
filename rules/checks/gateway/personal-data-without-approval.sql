/*---
id: personal-data-without-approval
title: A person looked at personal data in production and nobody approved it
severity: high
confidence: medium
about: usage
identityFields: [connection, caller]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE tagged_sensitive OR analyzed IS NOT NULL
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.DS-10
why: >
  Access to personal data needs a reason that somebody can be asked for later; here there is only the fact that the
  connection was open.
fix: >
  Put an access request rule on the connection (type jit, a few hours), with reviewers who answer for the data.
limits: >
  Sensitive is what the connection's tag `data` or the gateway's own analysis says. Own reviews, open windows and issued credentials count as approval.
since: '0.1'
---*/
SELECT
  s.connection,
  s.caller,
  max(s.identity_id) AS identity_id,
  concat(
    s.caller, ' opened ', s.connection, ', which holds personal data, without an approval: ',
    listed(list(session_name(s.session_id, s.used_at) ORDER BY s.used_at)), '.') AS message,
  CASE WHEN bool_and(s.caller_confidence = 'high') THEN 'high' ELSE 'medium' END AS confidence,
  list(DISTINCT s.observation_id) AS evidence
FROM gateway_sessions AS s
WHERE s.caller_type = 'human' AND s.ran AND s.approval = 'none' AND is_production(s.environment)
  AND (s.tagged_sensitive OR len(json_keys(coalesce(s.analyzed, '{}'))) > 0)
GROUP BY s.connection, s.caller
