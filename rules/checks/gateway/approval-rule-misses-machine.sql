/*---
id: approval-rule-misses-machine
title: An approval rule does not bind the machine that uses the connection
severity: high
confidence: high
about: identity
identityFields: [identity_id, connection]
needs: [policy:access-rule@gateway, usage@gateway, grant@gateway, 'identity:api-key@gateway?', 'identity:service-account@gateway?', 'usage:session-list@gateway?']
population: access_rules
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A rule asks for the approval of those in the groups it names. Whoever is in none of them passes without a word: the rule is there, the review shows it, and it does
  not hold the machine.
fix: >
  Name a group of the machine in the rule (approval required groups), or move the machine into one that is named. Machine identities run with the group `admin`: name it too,
  or take the connection from them.
limits: >
  Groups are those of the inventory, today's; groups that skip the review count as not bound. Callers that used the connection, and those that machine identities are set up for, are looked at.
since: '0.1'
---*/
WITH callers AS (
  SELECT caller_identity_id AS identity_id, connection, org, verb, list(observation_id ORDER BY used_at DESC)[1:5] AS evidence, count(*) AS sessions, bool_or(is_production(environment)) AS in_production
  FROM gateway_sessions
  WHERE is_machine(caller_type) AND caller_type <> 'static-admin-key' AND caller_identity_id IS NOT NULL AND ran AND approval <> 'approved'
  GROUP BY ALL
),
unbound AS (
  SELECT c.*, r.name, r.required_groups, g.groups, list_has_any(r.skip_groups, g.groups) AS skips, r.evidence AS rule_evidence, g.evidence AS group_evidence
  FROM callers AS c
  JOIN caller_groups AS g USING (identity_id)
  JOIN access_rules AS r ON r.connection = c.connection AND (r.org = c.org OR r.org IS NULL OR c.org IS NULL)
    AND (c.verb IS NULL OR c.verb = 'connect' AND r.gates_connects OR c.verb = 'exec' AND r.gates_commands)
  WHERE list_has_any(r.skip_groups, g.groups) OR (len(r.required_groups) > 0 AND NOT list_has_any(r.required_groups, g.groups))
)
SELECT
  u.identity_id,
  u.connection,
  concat(
    u.identity_id, ' used ', u.connection, ' in ', counted(sum(u.sessions), 'session'), ' without an approval: ',
    CASE WHEN bool_or(u.skips) THEN concat('its group is let past the rule ', listed(list(DISTINCT u.name ORDER BY u.name)))
      ELSE concat('the rule ', listed(list(DISTINCT u.name ORDER BY u.name)), ' binds ', listed(list_sort(list_distinct(flatten(list(u.required_groups))))),
        ', and it is in ', CASE WHEN len(any_value(u.groups)) = 0 THEN 'no group' ELSE listed(any_value(u.groups)) END) END, '.') AS message,
  CASE WHEN bool_or(u.in_production) THEN 'high' ELSE 'medium' END AS severity,
  list_distinct(list_concat(flatten(list(u.evidence)), list_concat(flatten(list(u.rule_evidence)), flatten(list(u.group_evidence))))) AS evidence
FROM unbound AS u
-- Bound by another rule of the connection, it is bound.
WHERE NOT EXISTS (
  FROM access_rules AS r
  JOIN caller_groups AS g ON g.identity_id = u.identity_id
  WHERE r.connection = u.connection AND (r.org = u.org OR r.org IS NULL OR u.org IS NULL)
    AND (u.verb IS NULL OR u.verb = 'connect' AND r.gates_connects OR u.verb = 'exec' AND r.gates_commands)
    AND NOT list_has_any(r.skip_groups, g.groups) AND (len(r.required_groups) = 0 OR list_has_any(r.required_groups, g.groups)))
GROUP BY u.identity_id, u.connection
