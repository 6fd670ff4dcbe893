/*---
id: default-credential-in-manifest
title: A manifest or chart sets a password that everybody knows
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, variable]
needs: [consumer@k8s]
population: consumers WHERE platform = 'kubernetes' OR fact = 'default-credential'
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Passwords like admin and changeme are the first that an attacker tries, and values of charts are what runs where
  nobody sets another.
fix: >
  Leave the value empty and let the chart make a random one, or refer to an existing Secret.
limits: >
  Examples and tests are told as low.
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  coalesce(c.detail->>'$.variable', c.secret_name) AS variable,
  concat(
    CASE (c.detail->>'$.position') WHEN 'values' THEN concat('The values of the chart set ', (c.detail->>'$.variable'))
      WHEN 'secret' THEN concat('The Secret ', (c.detail->>'$.namespace'), '/', c.secret_name, ' sets ', (c.detail->>'$.variable'))
      WHEN 'config-map' THEN concat('The ConfigMap ', (c.detail->>'$.configMap'), ' sets ', (c.detail->>'$.variable'))
      WHEN 'secret-generator' THEN concat('The kustomization sets ', (c.detail->>'$.variable'))
      ELSE concat('The ', (c.detail->>'$.kind'), ' ', (c.detail->>'$.workload'), ' sets ', (c.detail->>'$.variable')) END,
    ' to a password that everybody knows.') AS message,
  CASE WHEN path_kind(c.location->>'$.path') IS NOT NULL THEN 'low' WHEN is_production(c.environment) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN path_kind(c.location->>'$.path') IS NOT NULL THEN 'low' ELSE 'medium' END AS confidence,
  [c.observation_id] AS evidence
FROM consumers AS c
WHERE c.fact = 'default-credential'
