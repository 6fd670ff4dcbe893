/*---
id: removed-job-jwt
title: A job still reads a token that GitLab no longer makes
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE secret_name LIKE 'CI_JOB_JWT%'
controls:
  - owasp-nhi-2025:NHI1:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:ID.AM-08
why: >
  `CI_JOB_JWT` was removed with GitLab 17.0: the login fails, or falls back to something older. It had no audience: every service that got it could use it elsewhere.
fix: >
  Ask for a token of its own: `id_tokens: VAULT_ID_TOKEN: aud: https://vault.harbour.example`, and read that variable.
references:
  - https://docs.gitlab.com/update/deprecations/#hashicorp-vault-integration-will-no-longer-use-the-ci_job_jwt-cicd-job-token-by-default
platforms: [gitlab-ci]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' reads ', listed(list(DISTINCT secret_name ORDER BY secret_name)), ', which GitLab removed in version 17.0.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name LIKE 'CI_JOB_JWT%'
GROUP BY consumer_id
