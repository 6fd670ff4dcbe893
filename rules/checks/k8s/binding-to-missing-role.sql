/*---
id: binding-to-missing-role
title: A binding names a role that is not there
severity: low
confidence: medium
persona: auditor
about: trust
identityFields: [binding]
needs: [grant@k8s, trust@k8s]
population: kubernetes_bindings
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  It gives nothing today. Whoever makes a role of this name gives its subjects whatever is in it.
fix: >
  Delete the binding: `kubectl delete rolebinding NAME -n NS`.
limits: >
  Told only of a dump or a live cluster in which roles and accounts of all namespaces were read.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
WITH whole AS (
  SELECT coalesce(bool_or(coalesce((detail->>'$.wholeCluster')::BOOLEAN, false) AND (detail->'$.kinds.ClusterRole') IS NOT NULL AND (detail->'$.kinds.Role') IS NOT NULL), false) AS is_read
  FROM coverage WHERE surface = 'k8s'
)
SELECT
  concat(b.kind, '/', b.namespace, '/', b.binding) AS binding,
  any_value(b.identity_id) AS identity_id,
  concat('The ', b.kind, ' ', b.binding, ' names the ', b.role_kind, ' ', b.role, ', which is not there.') AS message,
  list_sort(list(DISTINCT b.observation_id)) AS evidence
FROM kubernetes_bindings AS b
WHERE (SELECT is_read FROM whole) AND b.source IN ('list', 'live') AND b.key NOT IN (SELECT key FROM kubernetes_rules)
  AND NOT (b.role_kind = 'ClusterRole' AND (b.role IN ('cluster-admin', 'admin', 'edit', 'view') OR starts_with(b.role, 'system:')))
GROUP BY b.kind, b.namespace, b.binding, b.role_kind, b.role
