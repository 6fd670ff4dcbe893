/*---
id: session-after-approval-ended
title: A session began after the approval of its user had ended
severity: high
confidence: high
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran
parameters:
  withinHours: 24
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.AE-02
why: >
  The approval was for a time, and the access outlived it: either the gateway lets the connection be used without one, or a credential
  issued in the window was not withdrawn.
fix: >
  Require an approval on the connection for every session (an access request rule of type jit), and issue credentials that end with the
  window.
limits: >
  A window whose own session was not exported is not known. Sessions later than withinHours are told only where they used a credential that was issued for the approval.
since: '0.1'
---*/
SELECT
  s.session_id,
  s.identity_id,
  concat(
    s.caller, ' opened ', s.connection, ' ', date_diff('minute', s.window_closed_at, s.used_at), ' minutes after ',
    CASE WHEN s.issued_until = s.window_closed_at THEN 'the approval of the credential that it used had ended: ' ELSE 'the approved window had closed: ' END,
    session_name(s.session_id, s.used_at), '.') AS message,
  [s.observation_id] AS evidence,
  {'window_closed_at': strftime(s.window_closed_at, '%Y-%m-%dT%H:%M:%SZ')} AS detail
FROM gateway_sessions AS s
WHERE s.ran AND s.approval = 'none' AND s.window_closed_at IS NOT NULL
  AND (date_diff('minute', s.window_closed_at, s.used_at) <= $withinHours * 60 OR s.issued_until = s.window_closed_at)
