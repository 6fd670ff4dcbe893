/*---
id: session-against-decision
title: A session ran although its review was refused, revoked or still open
severity: critical
confidence: high
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE approval IN ('rejected', 'pending') OR review_status = 'REVOKED'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.AE-02
  - nist-csf-2.0:PR.PS-05
why: >
  The control was there, said no, and did not hold. Every approval of this gateway is in doubt until it is known why.
fix: >
  Look at the session's review and at the gateway's version and rules; ask the vendor with the session id. Look for other sessions of the
  same user and connection.
limits: A session counts as run when it is done, has an end, or recorded something.
since: '0.1'
---*/
SELECT
  s.session_id,
  s.caller_identity_id AS identity_id,
  concat(
    s.caller, ' ran ', session_name(s.session_id, s.used_at), ' on ', s.connection, ' although its review ',
    CASE WHEN s.review_status = 'REVOKED' THEN concat('was revoked, and its approval had ended at ', strftime(s.approval_ends_at, '%Y-%m-%d %H:%M'), ' UTC')
      WHEN s.approval = 'rejected' THEN 'was rejected' ELSE 'was still pending' END, '.') AS message,
  list_concat([s.observation_id], s.approval_evidence) AS evidence
FROM gateway_sessions AS s
CROSS JOIN gateway_settings AS t
WHERE s.ran AND (s.approval IN ('rejected', 'pending')
  -- When one was revoked is not told; what began after its end had no leave either way.
  OR s.review_status = 'REVOKED' AND s.used_at > s.approval_ends_at + t.clock_tolerance)
