/*---
id: fallback-identity-used
title: Sessions ran as a fallback account in place of their caller's own
severity: medium
confidence: high
about: usage
identityFields: [connection, caller]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND federation IS NOT NULL
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-04
why: >
  The connection is set up so that each caller has an account of their own at the target. Here none was found, and a shared one was taken: the target's log
  shows the fallback, and its rights are those of all.
fix: >
  Map the callers in the message to accounts of their own, and switch the fallback off.
limits: What the gateway notes with the session. The owner of a session can overwrite its metadata.
since: '0.1'
---*/
SELECT
  s.connection,
  s.caller,
  max(s.caller_identity_id) AS identity_id,
  concat(
    counted(count(*), 'session'), ' of ', s.caller, ' on ', s.connection, ' ran as the fallback account',
    coalesce(' ' || max(coalesce(s.federation->>'$.admin_principal', s.federation->>'$.adminPrincipal')), ''), ': ',
    listed(list(session_name(s.session_id, s.used_at) ORDER BY s.used_at)), '.') AS message,
  list(s.observation_id ORDER BY s.used_at DESC)[1:10] AS evidence
FROM gateway_sessions AS s
WHERE coalesce(s.federation->>'$.fallback_applied', s.federation->>'$.fallbackApplied') = 'true' AND s.ran
GROUP BY s.connection, s.caller
