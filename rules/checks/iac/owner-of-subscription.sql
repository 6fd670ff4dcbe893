/*---
id: owner-of-subscription
title: A machine identity rules a whole subscription
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@iac|grant:azure-role@entra]
population: entra_rights WHERE via_kind = 'binding'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever gets its secret or token has every resource of the subscription, and with Owner or User Access Administrator can
  give that to others.
fix: >
  Assign a role that names what it does, at the resource group it does it in; for roles it must assign itself use Role
  Based Access Control Administrator with a condition.
limits: >
  Conditions of an assignment are not judged: what has one is told with it, and of medium severity and confidence. A role that a group has is told of the
  applications in it where the members of the group were read.
references:
  - https://learn.microsoft.com/en-us/azure/role-based-access-control/best-practices
platforms: [terraform]
since: '0.1'
---*/
WITH roles AS (
  SELECT identity_id, permission, resource, confidence, condition, observation_id, coalesce(principal_type, 'ServicePrincipal') AS principal_type
  FROM entra_rights
  WHERE via_kind = 'binding' AND capability IN ('admin', 'escalates') AND NOT is_of_nobody
),
held AS (
  SELECT identity_id, permission, resource, confidence, condition, [observation_id] AS evidence FROM roles WHERE principal_type = 'ServicePrincipal'
  UNION ALL
  SELECT m.identity_id, r.permission, r.resource, r.confidence, r.condition, list_prepend(r.observation_id, m.evidence)
  FROM roles AS r
  JOIN entra_group_members AS m ON m.group_id = r.identity_id
  WHERE r.principal_type = 'Group'
)
SELECT
  identity_id,
  concat(identity_id, ' is ', listed(list(DISTINCT permission ORDER BY permission)), ' of ', listed(list(DISTINCT resource ORDER BY resource)), CASE WHEN bool_and(condition IS NOT NULL) THEN condition_note(min(condition)) ELSE '' END, '.') AS message,
  CASE WHEN bool_and(condition IS NOT NULL) THEN 'medium' ELSE 'high' END AS severity,
  CASE WHEN bool_or(coalesce(confidence, 'high') = 'high') THEN 'high' ELSE 'medium' END AS confidence,
  list_distinct(flatten(list(evidence))) AS evidence
FROM held
GROUP BY identity_id
