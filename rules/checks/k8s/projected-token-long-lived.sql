/*---
id: projected-token-long-lived
title: A pod asks for a token of long life
severity: low
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s]
population: kubernetes_workloads WHERE projected IS NOT NULL
parameters:
  maxHours: 25
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The kubelet renews the token by itself; a long life only serves who copies it.
fix: >
  `expirationSeconds: 3600`.
limits: >
  Clusters may cap the life of tokens below what a pod asks for.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
WITH asked AS (
  SELECT *, unnest(from_json(projected, '[{"audience":"VARCHAR","seconds":"BIGINT"}]')) AS token FROM kubernetes_workloads WHERE projected IS NOT NULL
)
SELECT
  consumer_id,
  any_value(identity_id) AS identity_id,
  concat('The ', any_value(kind), ' ', any_value(namespace), '/', any_value(workload), ' asks for a token of ', max(token.seconds) // 3600, ' hours', coalesce(' for ' || any_value(token.audience), ''), '.') AS message,
  list_sort(list(DISTINCT observation_id)) AS evidence
FROM asked
WHERE token.seconds > $maxHours * 3600
GROUP BY consumer_id
