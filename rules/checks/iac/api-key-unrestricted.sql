/*---
id: api-key-unrestricted
title: An API key works for every API and from everywhere
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'api-key'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.AA-03
why: >
  Whoever sees the key once, in an app or a page, uses it for all APIs of the project, at the project's cost.
fix: >
  Add `restrictions { api_targets { service = "…" } }` and the addresses, referrers or apps that may use it.
references:
  - https://cloud.google.com/docs/authentication/api-keys#api_key_restrictions
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The API key ', (detail->>'$.address'), ' has no restrictions.') AS message,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'api-key' AND NOT coalesce(TRY_CAST(detail->>'$.restricted' AS BOOLEAN), false)
