/*---
id: rbac-default-account-bound
title: Rights are given to a namespace's default account
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [trust@k8s]
population: kubernetes_bindings WHERE subject = 'default'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Every pod that names no account runs as default: the rights are those of whatever anybody starts there.
fix: >
  Make an account for the workload that needs the rights (`kubectl create serviceaccount NAME`), bind that, and set
  `automountServiceAccountToken: false` on default.
fixtures: lowered
platforms: [kubernetes]
equivalents: [checkov/CKV_K8S_42]
since: '0.1'
---*/
SELECT
  b.identity_id,
  concat('The default service account of the namespace ', b.subject_namespace, ' has ',
    listed(list(DISTINCT concat(b.role_kind, ' ', b.role, coalesce(' in ' || b.namespace, ' in the whole cluster')))), ': every pod there that names no account has it.') AS message,
  CASE WHEN bool_or(b.namespace IS NULL) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN bool_and(b.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list(DISTINCT b.observation_id)) AS evidence
FROM kubernetes_bindings AS b
WHERE b.subject_kind = 'ServiceAccount' AND b.subject = 'default' AND NOT b.is_baseline
GROUP BY b.identity_id, b.subject_namespace
