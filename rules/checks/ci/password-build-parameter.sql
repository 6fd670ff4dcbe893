/*---
id: password-build-parameter
title: People type a password into a build
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE fact = 'password-parameter'
controls:
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Somebody's own password, or one that many know, becomes the job's. It is kept with the build, and nobody can say later who used it.
fix: >
  Keep it as a credential of the server and bind it (`withCredentials`), with an account that belongs to the job.
platforms: [jenkins]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat(split_part(consumer_id, '#', 1), ' asks whoever starts it for ', secret_name, CASE WHEN bool_or(TRY_CAST(detail->>'$.hasDefault' AS BOOLEAN)) THEN ', and has one written in for those who leave it empty.' ELSE '.' END) AS message,
  CASE WHEN bool_or(TRY_CAST(detail->>'$.hasDefault' AS BOOLEAN)) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'password-parameter'
GROUP BY consumer_id, secret_name
