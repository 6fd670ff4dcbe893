/*---
id: personal-data-without-approval
title: Personal data was looked at and nobody approved it
severity: high
confidence: medium
about: usage
identityFields: [connection, caller]
needs: [usage@gateway, 'usage:session-list@gateway?', 'policy:access-rule@gateway?']
population: gateway_sessions WHERE ran AND (tagged_sensitive OR analyzed IS NOT NULL)
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.DS-10
why: >
  Access to personal data needs a reason that somebody can be asked for later; here there is only the fact that the
  connection was open.
fix: >
  Put an access request rule on the connection (type jit, a few hours), with reviewers who answer for the data.
limits: >
  Sensitive is what the connection's tag `data` or the gateway's own analysis says. Own reviews, open windows and issued credentials count as approval.
  People are told in production; machines where an access request rule binds them, which is as it was at their session.
inconclusive: >
  SELECT concat('whether ', listed(list(DISTINCT s.connection ORDER BY s.connection)), CASE WHEN count(DISTINCT s.connection) = 1 THEN ' is' ELSE ' are' END, ' production is not known')
  FROM gateway_sessions AS s
  WHERE s.caller_type = 'human' AND s.ran AND s.approval = 'none' AND s.environment IS NULL AND (s.tagged_sensitive OR len(s.personal_kinds) > 0)
  HAVING count(*) > 0
since: '0.1'
---*/
WITH looked AS (
  FROM gateway_sessions AS s
  WHERE s.ran AND s.approval = 'none' AND (s.tagged_sensitive OR len(s.personal_kinds) > 0)
),
-- Those that bind: their groups are those of the rule, and none is let past it.
bound AS (
  SELECT s.observation_id, list(DISTINCT r.name ORDER BY r.name) AS rules, list_distinct(list_concat(flatten(list(r.evidence)), flatten(list(g.evidence)))) AS evidence
  FROM looked AS s
  JOIN caller_groups AS g ON g.identity_id = s.caller_identity_id
  JOIN access_rules AS r ON r.connection = s.connection AND (r.org = s.org OR r.org IS NULL OR s.org IS NULL)
    AND (s.verb = 'connect' AND r.gates_connects OR s.verb = 'exec' AND r.gates_commands)
  JOIN policies AS p ON p.policy_id = r.policy_id
  WHERE is_machine(s.caller_type) AND coalesce(coalesce(p.changed_at, p.created_at) <= s.used_at, true)
    AND NOT list_has_any(r.skip_groups, g.groups) AND (len(r.required_groups) = 0 OR list_has_any(r.required_groups, g.groups))
  GROUP BY s.observation_id
)
SELECT
  s.connection,
  s.caller,
  max(s.identity_id) AS identity_id,
  concat(
    s.caller, ' opened ', s.connection, ', which holds personal data, without an approval',
    CASE WHEN count(b.observation_id) > 0 THEN concat(', though ', listed(list_sort(list_distinct(flatten(list(b.rules))))), ' demands one: ') ELSE ': ' END,
    listed(list(session_name(s.session_id, s.used_at) ORDER BY s.used_at)), '.') AS message,
  CASE WHEN bool_and(s.caller_confidence = 'high') THEN 'high' ELSE 'medium' END AS confidence,
  list_distinct(list_concat(list(s.observation_id), coalesce(flatten(list(b.evidence)), []))) AS evidence
FROM looked AS s
LEFT JOIN bound AS b USING (observation_id)
WHERE s.caller_type = 'human' AND is_production(s.environment) OR b.observation_id IS NOT NULL
GROUP BY s.connection, s.caller
