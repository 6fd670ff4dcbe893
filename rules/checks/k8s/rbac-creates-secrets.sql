/*---
id: rbac-creates-secrets
title: A subject may create Secrets, and so tokens of any account
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
  The cluster fills a Secret of type kubernetes.io/service-account-token with a token that never ends, for whichever
  account of the namespace its annotation names.
fix: >
  Let a controller (External Secrets, Sealed Secrets, cert-manager) make the Secrets, or bind the role in a namespace of
  its own that has no strong account.
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
  concat(any_value(r.who), ' may create Secrets ', listed(list(DISTINCT r.place ORDER BY r.place)), ' (', listed(list(DISTINCT concat(r.role, ' by ', r.binding) ORDER BY concat(r.role, ' by ', r.binding))), ').') AS message,
  CASE WHEN bool_and(r.is_templated) THEN 'medium' WHEN bool_or(r.namespace IS NULL) THEN 'critical' ELSE 'high' END AS severity,
  CASE WHEN bool_and(r.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list_distinct(flatten(list(r.evidence)))) AS evidence
FROM kubernetes_risks AS r
WHERE r.power IN ('creates-secrets')
GROUP BY r.identity_id
