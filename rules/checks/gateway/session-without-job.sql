/*---
id: session-without-job
title: A machine was where personal data is, and no job can be named
severity: medium
confidence: high
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND caller_type <> 'human'
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:DE.AE-03
  - nist-csf-2.0:DE.CM-03
  - nist-csf-2.0:RS.AN-03
  - csa-maestro:L7
why: >
  "Which job looked at customers' data that night?" has no answer: many jobs may use this identity, and the session names none.
fix: >
  Let jobs pass their run id as correlation id (`hoop exec --correlation-id "$GITHUB_RUN_ID" …`), and require it on the connection
  (mandatory metadata).
limits: >
  Sensitive is what the connection's tag `data` or the gateway's analysis says. Sessions of the static admin key are the matter of
  static-admin-key-used. A machine identity that serves one connection only names its workload by itself.
since: '0.1'
---*/
WITH spread AS (
  SELECT caller, count(DISTINCT connection) AS connections FROM gateway_sessions WHERE ran GROUP BY caller
)
SELECT
  s.session_id,
  s.caller_identity_id AS identity_id,
  concat(
    s.caller, ' worked in ', s.connection, ', which holds personal data, without naming a job: ', session_name(s.session_id, s.used_at), '.') AS message,
  list_concat([s.observation_id], s.caller_evidence) AS evidence
FROM gateway_sessions AS s
JOIN spread USING (caller)
WHERE is_machine(s.caller_type) AND s.caller_type <> 'static-admin-key'
  AND NOT (s.caller_type IN ('machine-identity', 'machine') AND spread.connections = 1)
  AND s.ran AND coalesce(trim(s.job), '') = ''
  AND is_production(s.environment)
  AND (s.tagged_sensitive OR len(s.personal_kinds) > 0)
