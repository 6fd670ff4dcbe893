/*---
id: static-secret-store-login
title: A job opens a store of secrets with a lasting secret
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, store]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'secret-store-login'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
why: >
  The key to all other secrets is itself a secret that does not expire. The store takes the job's own word for who it
  is.
fix: |
  1. Let the job ask for an OIDC token (GitHub: `permissions: id-token: write`; GitLab: `id_tokens`).
  2. Log in with it: Vault by JWT with a role bound to this repository and environment; Infisical, Doppler, JFrog and Pulumi by OIDC.
  3. Revoke the secret, and delete what kept it.
references:
  - https://github.com/hashicorp/vault-action#jwt-with-github-oidc-tokens
platforms: [github-actions, gitlab-ci, circleci]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.store') AS store,
  concat('The job ', consumer_id, ' opens ', (detail->>'$.store'), ' with ', listed(list_sort(from_json(min(detail->'$.names'), '["VARCHAR"]'))), ' (', min(detail->>'$.method'), ').') AS message,
  CASE WHEN bool_or(is_production(environment)) THEN 'high' ELSE 'medium' END AS severity,
  CASE the_platform(platform)
    WHEN 'github-actions' THEN numbered(['`permissions: id-token: write` on the job.',
      'Vault: `method: jwt` with a role bound to this repository and environment. JFrog: `oidc-provider-name`. Pulumi: `pulumi/auth-actions`. Infisical: `method: oidc`. Doppler: `auth-method: oidc`.',
      'Revoke the secret, then ' || delete_ci_secret('github-actions') || '.'])
    WHEN 'gitlab-ci' THEN numbered(['Give the job a token for the store: `id_tokens: VAULT_ID_TOKEN: aud: https://vault.example`.',
      'Let Vault bind a JWT role to this project and its protected branches, and name the secrets with `secrets: NAME: vault:`; other stores by their OIDC login.',
      'Revoke the secret, then ' || delete_ci_secret('gitlab-ci') || '.'])
    WHEN 'circleci' THEN numbered(['Let the store trust the OIDC provider of the organisation for exactly this project.',
      'Log in with `CIRCLE_OIDC_TOKEN_V2` (Vault: a JWT role).', 'Revoke the secret, then ' || delete_ci_secret('circleci') || '.'])
  END AS fix,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'secret-store-login'
GROUP BY consumer_id, (detail->>'$.store')
