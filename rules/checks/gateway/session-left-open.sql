/*---
id: session-left-open
title: A session has been open for days
severity: medium
confidence: medium
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran
parameters:
  maxOpenHours: 24
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.CM-03
why: >
  Access should end with the job. An open session is a way in that nobody closes, or a crash that left its recording unfinished.
fix: Close it in the gateway; set a limit for the time of a session on the connection.
limits: A gateway that crashed leaves sessions open that are not.
since: '0.1'
---*/
SELECT
  s.session_id,
  s.caller_identity_id AS identity_id,
  concat(
    s.caller, '''s session on ', s.connection, ' has been open since ', strftime(s.used_at, '%Y-%m-%d %H:%M'), ' UTC, for ',
    days_since(s.used_at), ' days (session ', left(s.session_id, 8), ').') AS message,
  [s.observation_id] AS evidence
FROM gateway_sessions AS s
WHERE s.status = 'open' AND s.ended_at IS NULL AND s.ran
  AND date_diff('hour', s.used_at, run_now()) > $maxOpenHours
