/*---
id: rbac-creates-pods
title: A subject may start pods under any account
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
  Whoever starts a pod chooses its service account and mounts every Secret of the namespace: it has all that any account
  there has, cloud roles included.
fix: >
  Bind it in the namespaces that it deploys to, keep strong accounts out of them, and enforce Pod Security admission.
limits: >
  Deploying is what deployment tools are for: accept it with a reason for those.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  r.identity_id,
  concat(any_value(r.who), ' may start pods ', listed(list(DISTINCT r.place ORDER BY r.place)), ' (', listed(list(DISTINCT concat(r.role, ' by ', r.binding) ORDER BY concat(r.role, ' by ', r.binding))), ').') AS message,
  CASE WHEN bool_and(r.is_templated) THEN 'medium' WHEN bool_or(r.namespace IS NULL) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN bool_and(r.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list_distinct(flatten(list(r.evidence)))) AS evidence
FROM kubernetes_risks AS r
WHERE r.power IN ('creates-pods', 'writes-workloads', 'writes-jobs')
GROUP BY r.identity_id
