/*---
id: access-token-kept-in-checkout
title: A job leaves its access token in the checkout
severity: low
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'persisted-credentials'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
why: >
  `persistCredentials` writes the token into `.git/config`, where every later step, and every tool that it starts, finds it.
fix: >
  Take `persistCredentials: true` out; where a step pushes, hand the token to that step alone (`git -c http.extraheader="AUTHORIZATION: bearer $SYSTEM_ACCESSTOKEN" push`).
references:
  - https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-checkout
platforms: [azure-pipelines]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' leaves its access token in the checkout.') AS message,
  CASE WHEN bool_or(TRY_CAST(detail->>'$.selfHosted' AS BOOLEAN)) THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'persisted-credentials' AND (detail->>'$.platform') = 'azure-pipelines'
GROUP BY consumer_id
