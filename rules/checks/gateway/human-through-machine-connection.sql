/*---
id: human-through-machine-connection
title: A person works by hand through the connection of a machine
severity: medium
confidence: medium
about: usage
identityFields: [connection, caller]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND caller_type = 'human'
controls:
  - owasp-nhi-2025:NHI10:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.CM-03
  - nist-csf-2.0:PR.PS-04
why: >
  At the target the person is the service: its rights were made for a program, and an alert on "the program did something odd"
  is lost among what people do by hand.
fix: >
  Give people a connection of their own with an account that can do less, behind an approval; keep this one for the
  machines (access control by group).
limits: >
  Said of production connections that machines use too, and of sessions that no approval covered: an approved look at production
  is not this. Approvals of windows and of issued credentials are honoured where their sessions were exported.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/10-human-use-of-nhi/
since: '0.1'
---*/
WITH machine_connections AS (
  SELECT connection, org, count(*) AS sessions
  FROM gateway_sessions
  WHERE is_machine(caller_type) AND caller_type <> 'static-admin-key' AND ran
  GROUP BY connection, org
)
SELECT
  s.connection,
  s.caller,
  max(s.identity_id) AS identity_id,
  concat(
    s.caller, ' worked by hand through ', s.connection, ', a connection of machines',
    coalesce(' (account ' || max(s.identity_id) || ')', ''), ', without an approval: ',
    listed(list(session_name(s.session_id, s.used_at) ORDER BY s.used_at)), '.') AS message,
  CASE WHEN bool_and(s.caller_confidence = 'high') THEN 'high' ELSE 'medium' END AS confidence,
  list(DISTINCT s.observation_id) AS evidence
FROM gateway_sessions AS s
JOIN machine_connections AS m ON m.connection = s.connection AND m.org IS NOT DISTINCT FROM s.org
WHERE s.caller_type = 'human' AND s.ran AND s.approval = 'none' AND is_production(s.environment)
GROUP BY s.connection, s.caller
