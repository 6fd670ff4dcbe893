/*---
id: machine-blocked-repeatedly
title: The gateway stopped a machine again and again
severity: medium
confidence: high
about: usage
identityFields: [caller_key]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE is_machine(caller_type)
parameters:
  minBlocks: 3
  days: 30
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:DE.AE-02
  - nist-csf-2.0:DE.CM-03
  - csa-maestro:L5
why: >
  A job does the same every night. One that is stopped at what it never needed before has a fault, was told something by somebody
  else, or is not the job any more.
fix: >
  Read the sessions, ask the owner of the job what it was to do, and rotate its key if nobody knows.
limits: >
  Counts what the gateway calls a refusal: a guardrail's hit, or the analyzer's no. Attempts that were never approved are not counted.
since: '0.1'
---*/
WITH blocked AS (
  SELECT coalesce(caller_identity_id, 'caller ' || caller) AS caller_key, caller_identity_id, caller, caller_type, connection, used_at, coalesce(records, 1) AS times, observation_id, session_id
  FROM gateway_sessions
  WHERE is_machine(caller_type) AND outcome = 'denied' AND days_since(used_at) <= $days
)
SELECT
  caller_key,
  max(caller_identity_id) AS identity_id,
  concat(
    'The gateway stopped ', any_value(caller), ' (', any_value(replace(caller_type, '-', ' ')), ') ', sum(times)::BIGINT, ' times in ', $days, ' days, on ',
    listed(list(DISTINCT connection ORDER BY connection)), '; last in ', arg_max(session_name(coalesce(session_id, 'of a log'), used_at), used_at), '.') AS message,
  arg_max(observation_id, (used_at, observation_id), 10) AS evidence
FROM blocked
GROUP BY caller_key
HAVING sum(times) >= $minBlocks
