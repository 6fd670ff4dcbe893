/*---
id: recording-incomplete
title: The recording of a session is cut off or lost
severity: medium
confidence: high
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.PS-04
  - nist-csf-2.0:DE.CM-09
  - csa-maestro:L5
why: >
  For this session there is no evidence of what was done. Whoever knows the limit of the recorder can hide behind it.
fix: >
  Look into the gateway's log for the time of the session (full disk, restart, size limit); split exports that exceed the limit of the recorder
  into smaller sessions; treat the target's own log as the record.
limits: >
  Sessions of native databases keep what was asked and not what came back: that is how they are recorded, and not reported.
since: '0.1'
---*/
SELECT
  s.session_id,
  s.caller_identity_id AS identity_id,
  concat(
    'The recording of ', session_name(s.session_id, s.used_at), ' (', s.caller, ' on ', s.connection, ') is ',
    CASE s.recorded WHEN 'truncated' THEN 'cut off' ELSE 'lost' END, '.') AS message,
  CASE WHEN is_production(s.environment) AND s.recorded = 'truncated' THEN 'high' ELSE 'medium' END AS severity,
  [s.observation_id] AS evidence
FROM gateway_sessions AS s
WHERE s.recorded IN ('truncated', 'none') AND s.status = 'done'
