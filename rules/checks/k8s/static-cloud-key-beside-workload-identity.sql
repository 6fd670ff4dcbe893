/*---
id: static-cloud-key-beside-workload-identity
title: A workload has a cloud identity and still carries a static key
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, cloud]
needs: [consumer@k8s, trust@k8s]
population: consumers WHERE type = 'pod' AND platform = 'kubernetes'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The SDKs take the key first: the role is not used, and the key, which nobody needs, is live in every pod.
fix: >
  Take the variables out of the pod template, delete the key at the cloud, then the Secret.
limits: >
  A key for another account than the role's looks the same.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  (c.detail->>'$.cloud') AS cloud,
  concat('The ', any_value(c.detail->>'$.kind'), ' ', any_value(c.detail->>'$.namespace'), '/', any_value(c.detail->>'$.workload'), ' becomes ', listed(list(DISTINCT t.identity_id)),
    ' through its service account, and still carries a key (', listed(list(DISTINCT coalesce(c.detail->>'$.variable', c.secret_name))), ').') AS message,
  list_sort(list_distinct(flatten(list([c.observation_id, t.observation_id])))) AS evidence
FROM consumers AS c
JOIN trusts AS t ON t.principal = coalesce((SELECT a.identity_id FROM identity_aliases AS a WHERE a.alias = (c.detail->>'$.accountId') AND a.repository = alias_place(c.detail->>'$.accountId', c.location)), (c.detail->>'$.accountId'))
  AND (t.detail->>'$.cloud') = (c.detail->>'$.cloud')
WHERE c.type = 'pod' AND c.how = 'static-key' AND (c.detail->>'$.platform') = 'kubernetes'
GROUP BY c.consumer_id, (c.detail->>'$.cloud')
