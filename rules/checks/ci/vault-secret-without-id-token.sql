/*---
id: vault-secret-without-id-token
title: A job fetches secrets of a vault without a token of its own
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE platform = 'gitlab-ci' AND (detail->>'$.store') = 'vault'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
why: >
  Without `id_tokens` the job logs in with the token that all jobs once had, or with one that somebody keeps in a variable: the vault cannot tell which job asks.
fix: >
  Give the job a token for the vault (`id_tokens: VAULT_ID_TOKEN: aud: https://vault.harbour.example`) and name it in the secret (`token: $VAULT_ID_TOKEN`).
references:
  - https://docs.gitlab.com/ci/yaml/#secretsvault
platforms: [gitlab-ci]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' fetches ', listed(list(DISTINCT secret_name ORDER BY secret_name)), ' from Vault and asks for no token of its own.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND platform = 'gitlab-ci' AND (detail->>'$.store') = 'vault' AND fact IS NULL
  AND NOT TRY_CAST(detail->>'$.oidcAvailable' AS BOOLEAN)
GROUP BY consumer_id
