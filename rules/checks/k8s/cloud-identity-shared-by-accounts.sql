/*---
id: cloud-identity-shared-by-accounts
title: Service accounts of several namespaces become one cloud identity
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [trust@k8s]
population: trusts WHERE (detail->>'$.platform') = 'kubernetes' AND (detail->>'$.cloud') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Its rights are the sum of what all of them need, and the cloud's audit log names one role for all.
fix: >
  A cloud role for each workload; its trust names the one account (`system:serviceaccount:NS:NAME`).
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  t.identity_id,
  concat('The service accounts ', listed(list(DISTINCT identity_local(t.principal) ORDER BY identity_local(t.principal))), ' all become ', t.identity_id, '.') AS message,
  list_sort(list(DISTINCT t.observation_id)) AS evidence
FROM trusts AS t
WHERE (t.detail->>'$.platform') = 'kubernetes' AND (t.detail->>'$.cloud') IS NOT NULL AND coalesce(t.detail->>'$.templated', 'false') <> 'true'
GROUP BY t.identity_id
HAVING count(DISTINCT concat(identity_scope(t.principal), '/', split_part(identity_local(t.principal), '/', 1))) >= 2
