/*---
id: rbac-impersonates
title: A subject may act as other users, groups or accounts
severity: critical
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@k8s, trust@k8s]
population: kubernetes_bindings WHERE NOT is_baseline
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Impersonating the group system:masters is being the administrator; nothing asks for a password.
fix: >
  Name whom it may act as (`resourceNames`), and keep groups out unless each one is named.
limits: >
  To act as somebody by the name is told where the name is one of an administrator.
  Judged through the bindings that were given: a role that is bound elsewhere says nothing. Admission policies that
  narrow what a role allows are not known.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
equivalents: [checkov/CKV2_K8S_3]
since: '0.1'
---*/
SELECT
  r.identity_id,
  concat(any_value(r.who), ' may impersonate ', by_name('others', list(r.names)), ' ', listed(list(DISTINCT r.place ORDER BY r.place)), ' (', listed(list(DISTINCT concat(r.role, ' by ', r.binding) ORDER BY concat(r.role, ' by ', r.binding))), ').') AS message,
  CASE WHEN bool_and(r.is_templated) THEN 'medium' WHEN bool_or(r.namespace IS NULL) THEN 'critical' ELSE 'high' END AS severity,
  CASE WHEN bool_and(r.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list_distinct(flatten(list(r.evidence)))) AS evidence
FROM kubernetes_risks AS r
WHERE r.power IN ('impersonates-users', 'impersonates-accounts')
GROUP BY r.identity_id
