/*---
id: all-vault-secrets-fetched
title: A job fetches every secret of a key vault
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, vault]
needs: [consumer@ci]
population: consumers WHERE fact = 'all-vault-secrets'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Every secret of the vault, also those of next year, becomes a variable of the job, for every later step to read.
fix: >
  Name the secrets: `SecretsFilter: 'db-password,api-key'`.
references:
  - https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/azure-key-vault-v2
platforms: [azure-pipelines]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.vault') AS vault,
  concat('The job ', consumer_id, ' fetches every secret of the vault ', (detail->>'$.vault'), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'all-vault-secrets'
GROUP BY consumer_id, (detail->>'$.vault')
