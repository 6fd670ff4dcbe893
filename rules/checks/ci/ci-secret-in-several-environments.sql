/*---
id: ci-secret-in-several-environments
title: One CI secret is used for production and another environment
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [repository, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND environment IS NOT NULL
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  A job that everybody may start on a test branch holds what opens production.
fix: >
  Keep the secret at the environment, not at the repository, protect that environment with reviewers and a branch rule, and give
  each environment an identity of its own.
limits: >
  Files do not tell where a secret is kept. Where every job names its GitHub environment, the two may hold different
  values under one name; the confidence is low then.
references:
  - https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
platforms: [github-actions, gitlab-ci, circleci, azure-pipelines, bitbucket-pipelines]
since: '0.1'
---*/
WITH uses AS (
  SELECT
    *,
    coalesce(location->>'$.repository', split_part(consumer_id, '#', 1)) AS repository,
    -- A context or group is kept once, whatever environments the jobs name.
    ((detail->>'$.githubEnvironment') IS NOT NULL OR (detail->>'$.declaredEnvironment') IS NOT NULL)
      AND (detail->>'$.context') IS NULL AND (detail->>'$.group') IS NULL AND (detail->>'$.connection') IS NULL AS is_declared
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name NOT IN ('GITHUB_TOKEN', '*') AND environment IS NOT NULL
    AND NOT coalesce(TRY_CAST(detail->>'$.public' AS BOOLEAN), false)
    AND NOT coalesce(TRY_CAST(detail->>'$.jobToken' AS BOOLEAN), false) AND fact IS NULL
)
SELECT
  repository,
  secret_name,
  concat(
    secret_name, ' of ', repository, ' is used for ', array_to_string(list(DISTINCT environment ORDER BY environment), ' and '), ' (',
    listed(list(DISTINCT split_part(consumer_id, '#', -1) ORDER BY split_part(consumer_id, '#', -1))), ')',
    CASE WHEN bool_and(is_declared) THEN ', unless each environment keeps a value of its own.' ELSE '.' END) AS message,
  CASE WHEN bool_and(is_declared) THEN 'low' ELSE 'high' END AS confidence,
  concat('Keep the secret at the environment, not at the repository: ', keep_at_environment(the_platform(platform)),
    '; protect that environment with reviewers and a branch rule, and give each environment an identity of its own.') AS fix,
  list(DISTINCT observation_id) AS evidence
FROM uses
GROUP BY repository, secret_name
HAVING bool_or(is_production(environment)) AND NOT bool_and(is_production(environment))
