/*---
id: secret-becomes-plain-variable
title: A secret becomes a variable that is not secret
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE fact = 'secret-unmasked'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.PS-04
  - nist-csf-2.0:PR.DS-10
why: >
  A variable that `task.setvariable` makes is not masked, and is in the environment of every later step.
fix: >
  Set `issecret=true`: `##vso[task.setvariable variable=X;issecret=true]`, or hand the secret to the step that needs it by `env:`.
references:
  - https://learn.microsoft.com/azure/devops/pipelines/process/set-secret-variables
platforms: [azure-pipelines]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The job ', consumer_id, ' makes ', secret_name, ' the plain variable ', min(detail->>'$.variable'), CASE WHEN bool_or(TRY_CAST(detail->>'$.output' AS BOOLEAN)) THEN ', an output that other jobs read.' ELSE '.' END) AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'secret-unmasked'
GROUP BY consumer_id, secret_name
