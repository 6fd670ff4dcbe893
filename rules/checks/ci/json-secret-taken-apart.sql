/*---
id: json-secret-taken-apart
title: A secret is taken apart, and its parts are not masked
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
  - nist-csf-2.0:PR.PS-04
why: >
  The CI system masks the secret as a whole in logs. `fromJSON(secrets.X).field` is another text: it is printed in the
  clear.
fix: >
  Keep each value as a secret of its own.
references:
  - https://docs.zizmor.sh/audits/#unredacted-secrets
platforms: [github-actions]
equivalents: [zizmor/unredacted-secrets]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The job ', consumer_id, ' takes ', secret_name, ' apart with fromJSON; the parts are not masked in its log.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND TRY_CAST(detail->>'$.parsesSecret' AS BOOLEAN)
GROUP BY consumer_id, secret_name
