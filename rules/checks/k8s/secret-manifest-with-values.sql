/*---
id: secret-manifest-with-values
title: A manifest of a Secret holds its values
severity: low
confidence: medium
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s]
population: consumers WHERE fact = 'secret-object'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
why: >
  Base64 is no encryption: who reads the repository reads the Secret, today and in its history.
fix: >
  Encrypt it (SOPS, Sealed Secrets) or let External Secrets fill it, and replace the values where they open.
limits: >
  Told where nothing in it has the form of a credential, so that no other check speaks: a person has to look.
  Certificates and tokens of accounts are told by other checks.
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The manifest of the Secret ', (c.detail->>'$.namespace'), '/', c.secret_name, ' holds values for ', listed(json_words(c.detail->'$.keys')), '.') AS message,
  CASE WHEN path_kind(c.location->>'$.path') IS NOT NULL THEN 'info' WHEN is_production(c.environment) THEN 'medium' ELSE 'low' END AS severity,
  CASE WHEN path_kind(c.location->>'$.path') IS NOT NULL THEN 'low' ELSE 'medium' END AS confidence,
  [c.observation_id] AS evidence
FROM consumers AS c
WHERE c.fact = 'secret-object' AND (c.detail->>'$.source') = 'manifest' AND (c.detail->>'$.filled')::INTEGER > 0
  AND (c.detail->>'$.secretType') NOT IN ('kubernetes.io/service-account-token', 'helm.sh/release.v1') AND (c.detail->>'$.sealed') IS NULL
  -- What is surely a credential is told as that; a guess is told here, where its name and place are known.
  AND NOT EXISTS (FROM sightings AS s WHERE s.confidence <> 'low' AND (s.location->>'$.path') = (c.location->>'$.path') AND (s.location->>'$.repository') IS NOT DISTINCT FROM (c.location->>'$.repository') AND (s.location->>'$.line')::INTEGER BETWEEN (c.location->>'$.line')::INTEGER AND coalesce((c.location->>'$.endLine')::INTEGER, (c.location->>'$.line')::INTEGER))
  AND NOT EXISTS (FROM consumers AS d WHERE d.consumer_id = c.consumer_id AND d.fact = 'default-credential')
