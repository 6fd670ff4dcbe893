/*---
id: static-cloud-key-in-ci
title: A CI job logs in to a cloud with a static key
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, cloud]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND how IN ('static-key', 'oidc')
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-03
why: >
  The key never expires, works from anywhere, and every step and action of the job can read it. The CI system can prove
  who the job is instead, with a token of minutes.
fix: |
  1. Make a role (AWS), a workload identity provider (Google Cloud) or a federated credential (Azure) that trusts the tokens of the
     CI system for exactly this repository and branch or environment.
  2. Let the job ask for such a token, and log in with it.
  3. Delete the key at the cloud, then the secret that kept it.
limits: >
  Told by the inputs and variables that take a key, and by names like AWS_SECRET_ACCESS_KEY. Jobs that use both ways
  are the matter of half-migrated-to-oidc. Stores of others that speak S3 (R2, B2, MinIO) are left alone where the name of the
  secret tells.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
platforms: [github-actions, gitlab-ci, circleci, jenkins, azure-pipelines, bitbucket-pipelines, buildkite, travis, drone, argo, codebuild]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  (c.detail->>'$.cloud') AS cloud,
  concat(
    'The job ', c.consumer_id, ' logs in to ', CASE (c.detail->>'$.cloud') WHEN 'aws' THEN 'AWS' WHEN 'gcp' THEN 'Google Cloud' ELSE 'Azure' END,
    ' with a static key (', listed(list(DISTINCT c.secret_name ORDER BY c.secret_name)), ')',
    CASE WHEN bool_or(TRY_CAST(c.detail->>'$.oidcAvailable' AS BOOLEAN)) THEN ', although it may ask for an OIDC token' ELSE '' END, '.') AS message,
  -- A key that only takes a role, or that itself ends soon, is less; strangers beside it are worse.
  CASE
    WHEN bool_or(strangers_start(c.trigger)
      AND NOT coalesce(TRY_CAST(c.detail->>'$.forksKeptOut' AS BOOLEAN), false)) THEN 'critical'
    WHEN bool_or(TRY_CAST(c.detail->>'$.temporaryKey' AS BOOLEAN)) THEN 'low'
    WHEN bool_and(list_contains(coalesce(from_json(c.detail->'$.chainedClouds', '["VARCHAR"]'), []), (c.detail->>'$.cloud'))) THEN 'medium'
    ELSE 'high' END AS severity,
  CASE coalesce(min(c.detail->>'$.platform'), 'github-actions')
    WHEN 'github-actions' THEN numbered([
      'AWS: a role that trusts `token.actions.githubusercontent.com` for exactly this repository and branch or environment; `aws-actions/configure-aws-credentials` with `role-to-assume`. Google Cloud: `google-github-actions/auth` with `workload_identity_provider`. Azure: `azure/login` with `client-id` and a federated credential.',
      '`permissions: id-token: write` on the job.',
      'Delete the key at the cloud, then the secret: ' || delete_ci_secret('github-actions') || '.'])
    WHEN 'gitlab-ci' THEN 'Ask for a token (`id_tokens: AWS_TOKEN: aud: https://…`), let a role or account trust this project and branch, log in with it (`aws sts assume-role-with-web-identity`, `gcloud iam workload-identity-pools create-cred-config`, `az login --federated-token`); then delete the key at the cloud and the variable in GitLab.'
    WHEN 'circleci' THEN 'Let a role or account trust the OIDC provider of the organisation for this project, log in with `role_arn` of the orb `circleci/aws-cli` (`use_oidc` of `circleci/gcp-cli`); then delete the key at the cloud and in the context.'
    WHEN 'bitbucket-pipelines' THEN 'Set `oidc: true` on the step, let a role trust the identity provider of the workspace for this repository, hand `AWS_OIDC_ROLE_ARN` to the pipe or the image; then delete the key at the cloud and the variable.'
    WHEN 'buildkite' THEN 'Use the plugin `aws-assume-role-with-web-identity` (`gcp-workload-identity-federation`) with a role that trusts this pipeline; then delete the key.'
    WHEN 'azure-pipelines' THEN 'Make the service connection one of workload identity federation (Azure), or of OIDC (`AWS Toolkit`, Use OIDC); then delete the key.'
    WHEN 'jenkins' THEN 'Give the agent a role of its own and take the deployment role from there (`withAWS(role: …)`), or use the plugin OpenID Connect Provider; then delete the credential and the key.'
    WHEN 'argo' THEN 'Set `useSDKCreds: true` at the artifact, and give the service account of the workflow a role of the cloud (IRSA, workload identity); then delete the secret and the key.'
    WHEN 'codebuild' THEN 'Give the role of the build project the rights: the tools use it by themselves; then delete the key and the parameter.'
    ELSE 'Give the runners an identity of the cloud (instance profile, workload identity), or log in by OIDC where the CI system makes tokens; then delete the key.'
  END AS fix,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'workflow-job' AND c.how = 'static-key' AND c.secret_name IS NOT NULL AND c.fact IS NULL AND (c.detail->>'$.cloud') IS NOT NULL
  AND NOT list_contains(coalesce(from_json(c.detail->'$.oidcClouds', '["VARCHAR"]'), []), (c.detail->>'$.cloud'))
GROUP BY c.consumer_id, (c.detail->>'$.cloud')
