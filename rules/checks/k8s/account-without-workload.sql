/*---
id: account-without-workload
title: A service account has rights and no workload uses it
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity@k8s, consumer@k8s, trust@k8s]
population: kubernetes_bindings WHERE subject_kind = 'ServiceAccount'
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  Nobody misses it, so nobody watches it; whoever may start a pod or make a token in its namespace has its rights.
fix: >
  Delete the bindings, then the account: `kubectl delete serviceaccount NAME -n NS`. A pipeline outside the cluster that
  uses a token of it is a workload too: say so in an exception.
limits: >
  Told only of a dump or a live cluster in which pods and accounts of all namespaces were read. Jobs that run now and
  then, and users outside, are not seen.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
WITH whole AS (
  SELECT coalesce(bool_or(coalesce((detail->>'$.wholeCluster')::BOOLEAN, false) AND (detail->'$.kinds.ServiceAccount') IS NOT NULL
    AND ((detail->'$.kinds.Pod') IS NOT NULL OR (detail->'$.kinds.Deployment') IS NOT NULL)), false) AS is_read
  FROM coverage WHERE surface = 'k8s'
)
SELECT
  b.identity_id,
  concat('No workload uses the service account ', b.subject_namespace, '/', b.subject, ', which has ', listed(list(DISTINCT concat(b.role_kind, ' ', b.role) ORDER BY concat(b.role_kind, ' ', b.role))), '.') AS message,
  CASE WHEN any_value(r.identity_id) IS NOT NULL THEN 'high' ELSE 'medium' END AS severity,
  list_sort(list_distinct(list_concat(list(b.observation_id), any_value(i.evidence)))) AS evidence
FROM kubernetes_bindings AS b
JOIN identities AS i ON i.identity_id = b.identity_id AND (i.detail->>'$.declared') = 'true' AND (i.detail->>'$.source') IN ('list', 'live')
LEFT JOIN (SELECT DISTINCT identity_id FROM identity_reach WHERE capability IN ('admin', 'escalates', 'reads-secrets')) AS r ON r.identity_id = b.identity_id
WHERE (SELECT is_read FROM whole) AND b.subject_kind = 'ServiceAccount' AND NOT b.is_baseline AND b.subject_namespace NOT IN ('kube-system', 'kube-public', 'kube-node-lease')
  AND b.identity_id NOT IN (SELECT identity_id FROM kubernetes_workloads WHERE identity_id IS NOT NULL)
GROUP BY b.identity_id, b.subject_namespace, b.subject
