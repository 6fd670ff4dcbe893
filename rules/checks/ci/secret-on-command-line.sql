/*---
id: secret-on-command-line
title: A CI job passes a secret as a command-line argument
severity: low
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
why: >
  Arguments stand in the process list, in `set -x` output, in image layers (`--build-arg`) and in error messages of the tool.
fix: >
  Use what the tool offers instead: `--password-stdin`, an environment variable, `docker build --secret`.
limits: >
  The job's own token, which ends with the job, and names of accounts are left alone. Addresses of repositories are the matter of
  secret-in-git-url.
platforms: [github-actions, gitlab-ci, circleci, azure-pipelines, bitbucket-pipelines, cloud-build]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The job ', consumer_id, ' passes ', secret_name, ' as an argument of a command.') AS message,
  coalesce(list(DISTINCT observation_id) FILTER (fact = 'secret-in-argument'), []) AS first,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name NOT IN ('*', 'GITHUB_TOKEN') AND NOT coalesce(TRY_CAST(detail->>'$.jobToken' AS BOOLEAN), false) AND NOT coalesce(TRY_CAST(detail->>'$.public' AS BOOLEAN), false)
  AND (fact = 'secret-in-argument' OR coalesce(TRY_CAST(detail->>'$.secretInArgument' AS BOOLEAN), false))
GROUP BY consumer_id, secret_name
-- Where only its lines are left, it is the name of an account.
HAVING bool_or(coalesce(TRY_CAST(detail->>'$.secretInArgument' AS BOOLEAN), false))
