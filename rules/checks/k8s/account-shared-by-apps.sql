/*---
id: account-shared-by-apps
title: Workloads of several applications share one service account
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [consumer@k8s]
population: kubernetes_workloads WHERE account <> 'default'
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Its rights are the sum of what all of them need, and what it did cannot be ascribed to one.
fix: >
  An account for each application, with a binding of its own.
limits: >
  Applications are told apart by their labels (part-of, instance, chart, name) or, without any, by their images.
platforms: [kubernetes]
since: '0.1'
---*/
WITH apps AS (
  SELECT identity_id, namespace, account, observation_id, consumer_id, coalesce(app, array_to_string(images, ' ')) AS app
  FROM kubernetes_workloads
  WHERE account <> 'default' AND NOT is_templated
)
SELECT
  identity_id,
  concat(count(DISTINCT app), ' applications run as the service account ', namespace, '/', account, ': ', listed(list(DISTINCT app ORDER BY app)), '.') AS message,
  list_sort(list(DISTINCT observation_id)) AS evidence
FROM apps
WHERE app <> ''
GROUP BY identity_id, namespace, account
HAVING count(DISTINCT app) >= 2 AND count(DISTINCT consumer_id) >= 2
