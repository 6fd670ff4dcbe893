/*---
id: binding-to-missing-account
title: A binding names a service account that is not there
severity: low
confidence: medium
about: trust
identityFields: [identity_id, binding]
needs: [identity@k8s, trust@k8s]
population: kubernetes_bindings WHERE subject_kind = 'ServiceAccount'
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  Whoever may create accounts in that namespace makes one of this name, and has the rights.
fix: >
  Delete the binding, or the subject from it: `kubectl delete rolebinding NAME -n NS`.
limits: >
  Told only of a dump or a live cluster in which the accounts of all namespaces were read.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
WITH whole AS (
  SELECT coalesce(bool_or(coalesce((detail->>'$.wholeCluster')::BOOLEAN, false) AND (detail->'$.kinds.ServiceAccount') IS NOT NULL), false) AS is_read
  FROM coverage WHERE surface = 'k8s'
)
SELECT
  b.identity_id,
  concat(b.kind, '/', b.namespace, '/', b.binding) AS binding,
  concat('The ', b.kind, ' ', b.binding, ' gives the role ', b.role, ' to the service account ', b.subject_namespace, '/', b.subject, ', which is not there.') AS message,
  CASE WHEN bool_or(len(r.capabilities) > 0) THEN 'medium' ELSE 'low' END AS severity,
  [any_value(b.observation_id)] AS evidence
FROM kubernetes_bindings AS b
LEFT JOIN kubernetes_rights AS r ON r.binding_id = b.observation_id
WHERE (SELECT is_read FROM whole) AND b.subject_kind = 'ServiceAccount' AND b.source IN ('list', 'live') AND NOT b.is_baseline
  AND b.identity_id NOT IN (SELECT identity_id FROM identities WHERE provider = 'k8s' AND (detail->>'$.declared') = 'true')
GROUP BY b.identity_id, b.kind, b.namespace, b.binding, b.role, b.subject_namespace, b.subject
