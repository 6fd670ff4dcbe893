/*---
id: all-secrets-in-one-expression
title: A CI job takes all secrets at once
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-05
why: >
  `toJSON(secrets)` or a secret chosen by name at run time loads every secret of the repository and organisation into the memory of the runner,
  where the next malicious package finds them all.
fix: Name the secrets that the job needs, one by one.
references:
  - https://docs.zizmor.sh/audits/#overprovisioned-secrets
platforms: [github-actions]
equivalents: [zizmor/overprovisioned-secrets]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' takes all secrets of its repository in one expression.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name = '*' AND coalesce(TRY_CAST(detail->>'$.secretsAll' AS BOOLEAN), false)
GROUP BY consumer_id
