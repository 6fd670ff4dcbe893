/*---
id: static-registry-password
title: A job logs in to a registry of images with a lasting password
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'registry-login'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The registries of clouds, and GitHub's own, give a job a login of minutes. A password that is kept instead can push
  images from anywhere, for as long as nobody changes it.
fix: |
  - ghcr.io: the job's own token and `permissions: packages: write`.
  - Amazon ECR: log in by OIDC, then `aws ecr get-login-password`, or `aws-actions/amazon-ecr-login`.
  - Google: log in by OIDC, then `gcloud auth configure-docker` or its access token.
  - Azure: log in by OIDC, then `az acr login`.
limits: >
  A package that another repository owns may need a token at ghcr.io. Static cloud keys used as a password are the
  matter of static-cloud-key-in-ci.
references:
  - https://github.com/docker/login-action#usage
platforms: [github-actions, gitlab-ci]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat(
    'The job ', consumer_id, ' logs in to ', CASE min(detail->>'$.registry') WHEN 'ecr' THEN 'Amazon ECR' WHEN 'acr' THEN 'Azure Container Registry' WHEN 'ghcr' THEN 'GitHub''s registry' ELSE 'Google''s registry' END,
    ' with ', secret_name, CASE min(detail->>'$.registry') WHEN 'ghcr' THEN '; the job''s own token would do.' ELSE '.' END) AS message,
  CASE min(detail->>'$.registry') WHEN 'ghcr' THEN 'low' ELSE 'medium' END AS severity,
  CASE min(detail->>'$.registry')
    WHEN 'ghcr' THEN 'Use the job''s own token: `password: ${{ secrets.GITHUB_TOKEN }}`, with `permissions: packages: write`.'
    ELSE concat(
      CASE the_platform(platform) WHEN 'gitlab-ci' THEN 'Ask for a token (`id_tokens`) and log in to the cloud with it; then ' ELSE 'Log in to the cloud by OIDC; then ' END,
      CASE min(detail->>'$.registry')
        WHEN 'ecr' THEN CASE the_platform(platform) WHEN 'github-actions' THEN '`aws-actions/amazon-ecr-login`.' ELSE '`aws ecr get-login-password | docker login -u AWS --password-stdin REGISTRY`.' END
        WHEN 'acr' THEN '`az acr login -n REGISTRY`.'
        ELSE '`gcloud auth configure-docker`, or its access token.' END) END AS fix,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'registry-login' AND NOT TRY_CAST(detail->>'$.staticKey' AS BOOLEAN)
GROUP BY consumer_id, secret_name
