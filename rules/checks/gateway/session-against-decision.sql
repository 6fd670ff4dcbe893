/*---
id: session-against-decision
title: A session ran although its review was refused or still open
severity: critical
confidence: high
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE approval IN ('rejected', 'pending')
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
    s.caller, ' ran ', session_name(s.session_id, s.used_at), ' on ', s.connection, ' although its review was ',
    CASE s.approval WHEN 'rejected' THEN 'rejected' ELSE 'still pending' END, '.') AS message,
  [s.observation_id] AS evidence
FROM gateway_sessions AS s
WHERE s.approval IN ('rejected', 'pending') AND s.ran
