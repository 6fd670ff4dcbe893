/*---
id: secret-on-any-branch
title: A push to any branch starts a job that has a lasting credential
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name <> 'GITHUB_TOKEN'
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  Everybody who may push a branch can change the pipeline in that branch, read the credential, and delete the branch: no
  review sees it.
fix: |
  1. Keep the credential at an environment, or make it protected, so that only branches under rules have it.
  2. Name the environment on the job.
  3. Start the job from the branches that need it.
limits: >
  Said of cloud keys, SSH keys, keys of Apps, tokens of GitHub and of package registries. In a repository where only one
  person can push it does not matter.
references:
  - https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/control-deployments
platforms: [github-actions, gitlab-ci]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('A push to any branch starts the job ', consumer_id, ', which has ', listed(list(DISTINCT secret_name ORDER BY secret_name)), ' and names no environment.') AS message,
  CASE WHEN bool_or(is_production(environment)) THEN 'high' ELSE 'medium' END AS severity,
  CASE the_platform(platform)
    WHEN 'github-actions' THEN numbered([
      'Keep the credential at an environment with a rule for branches: ' || keep_at_environment('github-actions') || '.', 'Name the environment on the job.',
      'Start the job from the branches that need it: `on: push: branches: [main]`.'])
    WHEN 'gitlab-ci' THEN numbered([
      'Make the variable a protected one, which only protected branches have, for one environment: ' || keep_at_environment('gitlab-ci') || '.',
      'Name the environment on the job: `environment: production`.',
      'Start the job from the branches that need it: `rules: - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH`.'])
  END AS fix,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name NOT IN ('GITHUB_TOKEN', '*') AND fact IS NULL
  AND TRY_CAST(detail->>'$.pushAnyBranch' AS BOOLEAN)
  AND NOT coalesce(TRY_CAST(detail->>'$.environmentDeclared' AS BOOLEAN), false)
  AND ((detail->>'$.holds') IN ('cloud-key', 'ssh-key', 'app-key', 'package-token') OR (detail->>'$.holds') = 'github-token' AND (detail->>'$.holdsBy') = 'use')
GROUP BY consumer_id
