/*---
id: static-cloud-key-in-workload
title: A workload logs in to a cloud with a static key
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, cloud]
needs: [consumer@k8s]
population: consumers WHERE type = 'pod' AND platform = 'kubernetes'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The key never expires, works from anywhere, and every container of the pod and every reader of Secrets in the
  namespace has it. The cluster can prove who the pod is instead.
fix: >
  EKS: an association of EKS Pod Identity or the annotation eks.amazonaws.com/role-arn. GKE: workload identity. AKS:
  workload identity. Then delete the key.
limits: >
  Told by the names of variables and keys of Secrets. Clusters outside of the clouds need federation set up first. With
  a cloud identity beside it, static-cloud-key-beside-workload-identity tells it.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  (c.detail->>'$.cloud') AS cloud,
  concat('The ', any_value(c.detail->>'$.kind'), ' ', any_value(c.detail->>'$.namespace'), '/', any_value(c.detail->>'$.workload'), ' logs in to ',
    CASE (c.detail->>'$.cloud') WHEN 'aws' THEN 'AWS' WHEN 'gcp' THEN 'Google Cloud' ELSE 'Azure' END, ' with a static key (',
    listed(list(DISTINCT coalesce(c.detail->>'$.variable', c.secret_name) ORDER BY coalesce(c.detail->>'$.variable', c.secret_name))), ')',
    CASE WHEN bool_or((c.detail->>'$.literal')::BOOLEAN) THEN ' written into the manifest' ELSE '' END, '.') AS message,
  CASE WHEN bool_or((c.detail->>'$.literal')::BOOLEAN) THEN 'high' ELSE 'medium' END AS severity,
  list_sort(list(DISTINCT c.observation_id)) AS evidence
FROM consumers AS c
WHERE c.type = 'pod' AND c.how = 'static-key' AND (c.detail->>'$.platform') = 'kubernetes' AND (c.detail->>'$.cloud') IS NOT NULL
  AND NOT EXISTS (
    FROM trusts AS t WHERE t.principal = coalesce((SELECT a.identity_id FROM identity_aliases AS a WHERE a.alias = (c.detail->>'$.accountId') AND a.repository = alias_place(c.detail->>'$.accountId', c.location)), (c.detail->>'$.accountId'))
      AND (t.detail->>'$.cloud') = (c.detail->>'$.cloud'))
GROUP BY c.consumer_id, (c.detail->>'$.cloud')
