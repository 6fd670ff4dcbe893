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
  - Vault: `method: jwt` with a role bound to this repository and environment.
  - JFrog: `oidc-provider-name`. Pulumi: `pulumi/auth-actions`. Infisical: `method: oidc`. Doppler: `auth-method: oidc`.
  - `permissions: id-token: write` on the job; then revoke the secret, and `gh secret delete NAME`.
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
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'secret-store-login'
GROUP BY consumer_id, (detail->>'$.store')
