/*---
id: rbac-runs-in-pods
title: A subject may run commands in others' pods
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@k8s, trust@k8s]
population: kubernetes_bindings WHERE NOT is_baseline
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A command in a pod reads its token, its Secrets and its environment: every identity of the namespace in one right.
fix: >
  Give it for the time of an incident, and to people; no pipeline needs it.
limits: >
  Judged through the bindings that were given: a role that is bound elsewhere says nothing. Admission policies that
  narrow what a role allows are not known.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  r.identity_id,
  concat(any_value(r.who), ' may run commands in every pod ', listed(list(DISTINCT r.place ORDER BY r.place)), ' (', listed(list(DISTINCT concat(r.role, ' by ', r.binding) ORDER BY concat(r.role, ' by ', r.binding))), ').') AS message,
  CASE WHEN bool_and(r.is_templated) THEN 'medium' WHEN bool_or(r.namespace IS NULL) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN bool_and(r.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list_distinct(flatten(list(r.evidence)))) AS evidence
FROM kubernetes_risks AS r
WHERE r.power IN ('execs-in-pods', 'adds-containers')
GROUP BY r.identity_id
