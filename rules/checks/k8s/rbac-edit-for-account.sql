/*---
id: rbac-edit-for-account
title: A service account has a built-in role made for people
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [trust@k8s]
population: kubernetes_bindings WHERE subject_kind = 'ServiceAccount'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  edit and admin are made for people who run a namespace: all Secrets, commands in all pods, tokens of all accounts. No
  workload needs all that.
fix: >
  Write a Role of what the workload does, and bind that: `kubectl auth can-i --list --as=system:serviceaccount:NS:NAME
  -n NS` shows what it has now.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  b.identity_id,
  concat('The service account ', b.subject_namespace, '/', b.subject, ' has the built-in role ', listed(list(DISTINCT b.role ORDER BY b.role)), ' ',
    listed(list(DISTINCT coalesce('in the namespace ' || b.namespace, 'in the whole cluster'))), ': with it all Secrets, and commands in all pods.') AS message,
  CASE WHEN bool_or(b.namespace IS NULL) THEN 'critical' WHEN bool_or(b.namespace = 'kube-system') THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN bool_and(b.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list(DISTINCT b.observation_id)) AS evidence
FROM kubernetes_bindings AS b
WHERE b.subject_kind = 'ServiceAccount' AND b.role_kind = 'ClusterRole' AND b.role IN ('edit', 'admin') AND NOT b.is_baseline
GROUP BY b.identity_id, b.subject_namespace, b.subject
