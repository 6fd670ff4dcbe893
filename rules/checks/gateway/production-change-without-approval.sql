/*---
id: production-change-without-approval
title: Production was changed and nobody approved it
severity: high
confidence: high
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND (action IN ('write', 'ddl', 'privilege', 'admin') OR action = 'unknown' AND verb = 'exec')
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.AE-02
  - csa-maestro:L7
why: >
  Rows deleted, tables altered or rights granted in production, and one identity alone decided it.
fix: >
  Put an access request rule on the connection for commands that write, with reviewers from the team that owns the data; block what
  is never needed (`DROP`, `GRANT`) with a guardrail.
limits: >
  The kind of action is read off the recorded statements; a change inside a function or a script file is not seen. Own reviews, open windows and reviews of
  issued credentials count as approval, where their sessions were exported.
inconclusive: >
  SELECT concat('whether ', listed(list(DISTINCT connection ORDER BY connection)), CASE WHEN count(DISTINCT connection) = 1 THEN ' is' ELSE ' are' END, ' production is not known, and ',
    counted(count(*), 'change'), CASE WHEN count(*) = 1 THEN ' was' ELSE ' were' END, ' made there without an approval')
  FROM gateway_sessions WHERE action IN ('write', 'ddl', 'privilege', 'admin') AND ran AND approval = 'none' AND environment IS NULL HAVING count(*) > 0
  UNION ALL
  SELECT concat('what ', counted(count(*), 'session'), ' that ran commands did is not known: the export holds no scripts of theirs, or they are not understood')
  FROM gateway_sessions WHERE action = 'unknown' AND verb = 'exec' AND ran AND approval = 'none' AND coalesce(is_production(environment), true) HAVING count(*) > 0
since: '0.1'
---*/
SELECT
  s.session_id,
  s.caller_identity_id AS identity_id,
  concat(
    s.caller, ' ',
    CASE s.action WHEN 'write' THEN 'changed data' WHEN 'ddl' THEN 'changed the schema' WHEN 'privilege' THEN 'changed rights' ELSE 'administered' END,
    ' in ', s.connection, ' (', s.environment, ') without an approval: ', session_name(s.session_id, s.used_at),
    CASE WHEN len(s.objects) > 0 THEN concat(', ', listed(s.objects)) ELSE '' END, '.') AS message,
  list_concat([s.observation_id], s.caller_evidence) AS evidence
FROM gateway_sessions AS s
WHERE s.action IN ('write', 'ddl', 'privilege', 'admin') AND s.ran AND s.approval = 'none' AND is_production(s.environment)
