/*---
id: secret-in-last-applied
title: An annotation keeps a copy of a Secret
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s]
population: consumers WHERE fact = 'secret-object'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
why: >
  `kubectl apply` writes what it was given into an annotation: the values stand there in base64, in every list of
  metadata, and the old ones stay until the next apply.
fix: >
  `kubectl annotate secret NAME -n NS kubectl.kubernetes.io/last-applied-configuration-`, and write Secrets with
  `kubectl apply --server-side`.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The annotation last-applied-configuration of the Secret ', (c.detail->>'$.namespace'), '/', c.secret_name, ' keeps a copy of its values.') AS message,
  [c.observation_id] AS evidence
FROM consumers AS c
WHERE c.fact = 'secret-object' AND (c.detail->>'$.lastApplied')::BOOLEAN
