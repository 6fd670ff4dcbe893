/*---
id: session-outlives-approval
title: A session went on after its approval had ended
severity: medium
confidence: high
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE approval_ends_at IS NOT NULL
parameters:
  graceMinutes: 10
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.CM-03
why: >
  The approval was for a time. Whoever was inside when it ended stayed inside: access did not end with the job.
fix: >
  Limit the time of a session on the connection to that of an approval, and end sessions when their window closes.
limits: Ends of sessions that were never closed are not known; session-left-open tells of those.
since: '0.1'
---*/
SELECT
  s.session_id,
  s.caller_identity_id AS identity_id,
  concat(
    s.caller, ' stayed in ', s.connection, ' for ', date_diff('minute', s.approval_ends_at, s.ended_at), ' minutes after the approval had ended: ',
    session_name(s.session_id, s.used_at), '.') AS message,
  list_concat([s.observation_id], s.approval_evidence) AS evidence,
  {'approval': s.approval_id, 'ended': strftime(s.approval_ends_at, '%Y-%m-%dT%H:%M:%SZ')} AS detail
FROM gateway_sessions AS s
CROSS JOIN gateway_settings AS t
-- Differences, not comparisons of times: by those the engine would join each session with each approval, before it looks at their ids.
WHERE s.approval = 'approved' AND s.approval_ends_at - s.used_at > to_seconds(0)
  AND s.ended_at - s.approval_ends_at > t.clock_tolerance + to_minutes($graceMinutes::BIGINT)
