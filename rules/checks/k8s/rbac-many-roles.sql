/*---
id: rbac-many-roles
title: A service account gathers many roles
severity: low
confidence: high
persona: auditor
about: identity
identityFields: [identity_id]
needs: [trust@k8s]
population: kubernetes_bindings WHERE NOT is_baseline AND subject_kind = 'ServiceAccount'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Nobody sees any more what it may do: each role was given for a reason of its own, and few were taken back.
fix: |
  1. `kubectl auth can-i --list --as=system:serviceaccount:NS:NAME` shows what it has; the audit log, what it uses.
  2. Put that into one role, or give each of its tasks an account of its own, and delete the bindings.
limits: >
  Counted are roles by their names, four and more; how much they give, other checks tell.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  b.identity_id,
  concat(any_value(rbac_subject(b.subject_kind, b.subject, b.subject_namespace)), ' has ', count(DISTINCT b.key), ' roles (',
    listed(list(DISTINCT concat(b.role_kind, ' ', b.role) ORDER BY concat(b.role_kind, ' ', b.role))), ').') AS message,
  list_sort(list(DISTINCT b.observation_id)) AS evidence
FROM kubernetes_bindings AS b
WHERE b.subject_kind = 'ServiceAccount' AND NOT b.is_baseline AND NOT b.is_templated
GROUP BY b.identity_id
HAVING count(DISTINCT b.key) >= 4
