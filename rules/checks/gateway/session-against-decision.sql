/*---
id: session-against-decision
title: A session ran although its review was refused, revoked, still open, or for other hours
severity: critical
confidence: high
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE approval IN ('rejected', 'pending') OR review_status = 'REVOKED' OR approval_hours IS NOT NULL OR approval_kind = 'own' AND approval_ends_at IS NOT NULL
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
limits: >
  A session counts as run when it is done, has an end, or recorded something. Hours of a day are UTC, as the gateway reads them; a command that was asked for outside of them may have
  run later: it is told where no moment between its decision and its end lies within. Hours are known where the review was exported by itself or with a single session.
since: '0.1'
---*/
SELECT
  s.session_id,
  s.caller_identity_id AS identity_id,
  concat(
    s.caller, ' ran ', session_name(s.session_id, s.used_at), ' on ', s.connection, ' although its review ',
    CASE WHEN s.approval = 'rejected' THEN 'was rejected'
      WHEN s.approval = 'pending' THEN 'was still pending'
      WHEN s.is_over THEN concat(CASE WHEN s.review_status = 'REVOKED' THEN 'was revoked, and its approval had ended at ' ELSE 'approved it until ' END, strftime(s.approval_ends_at, '%Y-%m-%d %H:%M'), ' UTC')
      ELSE concat('approved it for the time from ', left(s.approval_hours.from::VARCHAR, 5), ' to ', left(s.approval_hours.until::VARCHAR, 5), ' UTC alone') END, '.') AS message,
  list_concat([s.observation_id], s.approval_evidence) AS evidence
FROM (
  SELECT s.*,
    -- When one was revoked is not told; what began after its end had no leave either way.
    coalesce((s.review_status = 'REVOKED' OR s.approval_kind = 'own') AND s.used_at - s.approval_ends_at > t.clock_tolerance, false) AS is_over,
    coalesce(CASE s.approval_kind
      -- It waited for its review, and then for its runner.
      WHEN 'own' THEN is_outside_hours(
        greatest(s.used_at, s.decided_at) - t.clock_tolerance, greatest(s.ended_at, s.used_at, s.decided_at) + t.clock_tolerance, s.approval_hours.from, s.approval_hours.until) AND s.ended_at IS NOT NULL
      ELSE is_outside_hours(s.used_at - t.clock_tolerance, s.used_at + t.clock_tolerance, s.approval_hours.from, s.approval_hours.until) END, false) AS is_outside
  FROM gateway_sessions AS s
  CROSS JOIN gateway_settings AS t
  WHERE s.ran) AS s
WHERE s.approval IN ('rejected', 'pending') OR s.is_over OR s.approval = 'approved' AND s.is_outside
