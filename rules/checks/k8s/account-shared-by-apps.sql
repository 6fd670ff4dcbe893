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
  Applications are told apart by their labels (part-of, instance or chart, else name or app), where all workloads of the
  account have them.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  identity_id,
  concat('Several applications run as the service account ', namespace, '/', account, ': ',
    listed(CASE WHEN count(part_of) = count(*) THEN list(DISTINCT part_of ORDER BY part_of) ELSE list(DISTINCT app ORDER BY app) END), '.') AS message,
  list_sort(list(DISTINCT observation_id)) AS evidence
FROM kubernetes_workloads
WHERE account <> 'default' AND NOT is_templated
GROUP BY identity_id, namespace, account
HAVING CASE WHEN count(part_of) = count(*) THEN count(DISTINCT part_of) WHEN count(app) = count(*) THEN count(DISTINCT app) ELSE 1 END >= 2
