/*---
id: cloud-admin-from-cluster
title: A service account becomes an administrator of a cloud
severity: high
confidence: high
about: identity
identityFields: [identity_id, becomes]
needs: [trust@k8s, grant@aws|grant@gcp|grant@iac]
population: trusts WHERE (detail->>'$.platform') = 'kubernetes' AND (detail->>'$.cloud') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever may start a pod in that namespace, or read the token of one, is administrator of the cloud account.
fix: >
  Give the role the actions that the workload uses; where it builds infrastructure, keep its namespace to the pipeline
  alone.
limits: >
  The cloud's side must be given too: an export, a live account, or the code that makes the role.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  t.principal AS identity_id,
  t.identity_id AS becomes,
  concat('The service account ', identity_local(t.principal), ' becomes ', t.identity_id, ' (', any_value(t.detail->>'$.basis'), '), which ', any_value(a.how), '.') AS message,
  any_value(a.confidence) AS confidence,
  list_sort(list_distinct(list_concat(list(t.observation_id), flatten(list(a.evidence))))) AS evidence
FROM trusts AS t
JOIN admin_identities AS a ON a.identity_id = t.identity_id
WHERE (t.detail->>'$.platform') = 'kubernetes' AND (t.detail->>'$.cloud') IS NOT NULL
GROUP BY t.principal, t.identity_id
