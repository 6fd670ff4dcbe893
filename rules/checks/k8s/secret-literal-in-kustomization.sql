/*---
id: secret-literal-in-kustomization
title: A kustomization makes a Secret from a literal
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, variable]
needs: [consumer@k8s]
population: consumers WHERE platform = 'kubernetes' OR fact = 'secret-generator-literal'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
why: >
  The value lies in the repository and in its history; the Secret that is made of it only looks like one.
fix: >
  Generate from a file that is not checked in, or that SOPS encrypts; or let External Secrets fill the Secret. Replace
  the value where it opens.
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
  concat('The kustomization makes the Secret ', (c.detail->>'$.secret'), ' with a literal value for ', (c.detail->>'$.variable'), '.') AS message,
  CASE WHEN is_test_path(c.location->>'$.path') THEN 'low' WHEN is_production(c.environment) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN is_test_path(c.location->>'$.path') THEN 'low' ELSE 'medium' END AS confidence,
  [any_value(c.observation_id)] AS evidence
FROM consumers AS c
WHERE c.fact IN ('secret-generator-literal') AND c.credential_id IS NOT NULL AND c.how <> 'static-key'
  -- What is surely a credential is told as that; a guess is told here, where its name and place are known.
  AND NOT EXISTS (FROM sightings AS s WHERE s.confidence <> 'low' AND (s.location->>'$.path') = (c.location->>'$.path') AND (s.location->>'$.repository') IS NOT DISTINCT FROM (c.location->>'$.repository') AND (s.location->>'$.line')::INTEGER = (c.location->>'$.line')::INTEGER)
GROUP BY c.consumer_id, coalesce(c.detail->>'$.variable', c.secret_name), c.credential_id, c.location, c.environment, c.secret_name, c.detail
