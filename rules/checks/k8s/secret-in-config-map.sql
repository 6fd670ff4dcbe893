/*---
id: secret-in-config-map
title: A ConfigMap holds a secret
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, variable]
needs: [consumer@k8s]
population: consumers WHERE platform = 'kubernetes' OR fact = 'secret-in-config-map'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
why: >
  Rights to read ConfigMaps are given freely (the built-in role view has them), and encryption of Secrets at rest does
  not cover them.
fix: >
  Move the value to a Secret that a secret store fills, and replace it where it opens.
limits: >
  Told by the name that the value stands under, where no detector knows its form; what a detector knows is told as a
  credential in the file.
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  coalesce(c.detail->>'$.variable', c.secret_name) AS variable,
  c.credential_id,
  concat('The ConfigMap ', (c.detail->>'$.namespace'), '/', (c.detail->>'$.configMap'), ' holds a value for ', c.secret_name, ': ConfigMaps are not kept from readers of the namespace, nor encrypted at rest.') AS message,
  CASE WHEN is_test_path(c.location->>'$.path') THEN 'low' WHEN is_production(c.environment) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN is_test_path(c.location->>'$.path') THEN 'low' ELSE 'medium' END AS confidence,
  [any_value(c.observation_id)] AS evidence
FROM consumers AS c
WHERE c.fact IN ('secret-in-config-map') AND c.credential_id IS NOT NULL AND c.how <> 'static-key'
  -- What is surely a credential is told as that; a guess is told here, where its name and place are known.
  AND NOT EXISTS (FROM sightings AS s WHERE s.confidence <> 'low' AND (s.location->>'$.path') = (c.location->>'$.path') AND (s.location->>'$.repository') IS NOT DISTINCT FROM (c.location->>'$.repository') AND (s.location->>'$.line')::INTEGER = (c.location->>'$.line')::INTEGER)
GROUP BY c.consumer_id, coalesce(c.detail->>'$.variable', c.secret_name), c.credential_id, c.location, c.environment, c.secret_name, c.detail
