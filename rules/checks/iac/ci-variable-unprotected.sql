/*---
id: ci-variable-unprotected
title: A secret variable is open to every branch
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'ci-variable'
controls:
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  Everybody who may push a branch reads the value with one changed line of the pipeline, and if it is not masked, so does
  everybody who may read a log.
fix: >
  Set `protected = true`, `masked = true` and an `environment_scope`; better let the job take a role by OIDC
  (`id_tokens`).
limits: >
  Only its name tells that it is a secret.
references:
  - https://docs.gitlab.com/ci/variables/#protect-a-cicd-variable
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(
    'The GitLab variable ', secret_name, ' (', (detail->>'$.address'), ') is not ',
    CASE WHEN NOT coalesce(TRY_CAST(detail->>'$.masked' AS BOOLEAN), false) THEN 'protected and not masked.' ELSE 'protected.' END) AS message,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'ci-variable' AND NOT coalesce(TRY_CAST(detail->>'$.protected' AS BOOLEAN), false)
  AND regexp_matches(lower(secret_name), '(^|_)(password|passwd|passphrase|pass|secret|token|pat|api_?key|private_?key|secret_?key|access_?key|access_key_id|credentials?|sa_?key)$')
