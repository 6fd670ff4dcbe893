/*---
id: job-token-permissions-undeclared
title: Workflows leave to a setting what their job tokens may do
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [repository]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.PS-01
why: >
  Without `permissions` the setting of the repository or organisation decides. In repositories from before 2023 that is
  write access to everything, and nobody sees in a review when it changes.
fix: >
  Begin each workflow with `permissions: contents: read`, and add to single jobs what they need. Then set the default to
  read: Settings, Actions, Workflow permissions.
limits: >
  The setting itself cannot be seen in files. Workflows that only others call are left alone: their callers decide.
references:
  - https://docs.github.com/en/actions/tutorials/authenticate-with-github_token
platforms: [github-actions]
equivalents: [zizmor/excessive-permissions]
since: '0.1'
---*/
WITH jobs AS (
  SELECT
    (location->>'$.repository') AS repository,
    (location->>'$.path') AS path,
    strangers_start(trigger) AS for_strangers,
    observation_id
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN' AND fact IS NULL
    AND (detail->>'$.permissionsSource') = 'default' AND NOT coalesce(TRY_CAST(detail->>'$.onlyCalled' AS BOOLEAN), false)
)
SELECT
  coalesce(repository, '') AS repository,
  concat(
    CASE WHEN count(DISTINCT path) = 1 THEN 'A workflow' ELSE concat(count(DISTINCT path), ' workflows') END,
    coalesce(' of ' || repository, ''), ' with ', counted(count(*), 'job'), ' set no permissions: ', listed(list(DISTINCT path ORDER BY path)),
    CASE WHEN bool_or(for_strangers) THEN concat('; strangers start ', listed(list(DISTINCT path ORDER BY path) FILTER (for_strangers))) ELSE '' END, '.') AS message,
  CASE WHEN bool_or(for_strangers) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM jobs
GROUP BY repository
