/*---
id: write-permission-for-whole-workflow
title: Every job of a workflow may write, though one of them would do
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [repository, path]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Write scopes at the top of a workflow go to all of its jobs: the one that only runs tests, with all the packages it
  installs, can push commits or publish packages as well.
fix: >
  Set `permissions: contents: read` at the top, and the single write scope on the job that needs it.
limits: >
  Workflows of one job are left alone: there, the place makes no difference. write-all is the matter of
  job-token-write-all.
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
    (detail->>'$.job') AS job,
    list_sort(list_filter(from_json(detail->'$.permissions', '["VARCHAR"]'), lambda scope: ends_with(scope, ':write') AND scope <> 'id-token:write')) AS scopes,
    observation_id
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN' AND fact IS NULL
    AND (detail->>'$.permissionsSource') = 'workflow' AND TRY_CAST(detail->>'$.jobs' AS INTEGER) > 1
)
SELECT
  coalesce(repository, '') AS repository,
  path,
  concat(
    count(*), ' jobs of ', coalesce(repository || ':', ''), path, ' have ', array_to_string(min(scopes), ', '), ' from the top of the workflow.') AS message,
  CASE
    WHEN list_has_any(min(scopes), ['contents:write', 'packages:write', 'actions:write', 'deployments:write', 'attestations:write', 'pages:write']) THEN 'medium'
    ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM jobs
WHERE len(scopes) > 0
GROUP BY repository, path
HAVING count(*) > 1
