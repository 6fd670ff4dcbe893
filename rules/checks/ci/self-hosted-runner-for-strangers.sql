/*---
id: self-hosted-runner-for-strangers
title: Pull requests run on a machine of your own
severity: high
confidence: medium
persona: security
about: consumer
identityFields: [repository, path]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN'
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  What a pull request runs stays on the machine unless that is thrown away after each job: it can read the credentials
  of the machine and of the jobs that run there later.
fix: >
  Run pull requests on hosted runners, or on ones that are made for a single job (`--ephemeral`); ask for approval of
  outside contributors' runs (Settings, Actions).
limits: >
  Files do not tell whether a runner is thrown away after the job, nor whether the repository is private: then only
  colleagues can open pull requests.
references:
  - https://docs.github.com/en/actions/reference/security/secure-use
platforms: [github-actions]
equivalents: [zizmor/self-hosted-runner]
since: '0.1'
---*/
SELECT
  coalesce(location->>'$.repository', '') AS repository,
  (location->>'$.path') AS path,
  concat(
    'Jobs of ', min(split_part(consumer_id, '#', 1)), ' run on self-hosted machines and are started by ',
    array_to_string(list_sort(list_intersect(string_split(min(trigger), ','), ['pull_request', 'pull_request_target', 'issue_comment', 'workflow_run'])), ', '), ': ',
    listed(list(DISTINCT (detail->>'$.job') ORDER BY (detail->>'$.job'))), '.') AS message,
  CASE WHEN bool_or(list_has_any(string_split(trigger, ','), ['pull_request_target', 'issue_comment'])) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN bool_or(list_has_any(string_split(trigger, ','), ['pull_request_target', 'issue_comment'])) THEN 'medium' ELSE 'low' END AS confidence,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN' AND fact IS NULL
  AND TRY_CAST(detail->>'$.selfHosted' AS BOOLEAN)
  AND list_has_any(string_split(trigger, ','), ['pull_request', 'pull_request_target', 'issue_comment', 'workflow_run'])
  AND NOT coalesce(TRY_CAST(detail->>'$.forksKeptOut' AS BOOLEAN), false)
  AND NOT coalesce(TRY_CAST(detail->>'$.trustedStarter' AS BOOLEAN), false)
GROUP BY location->>'$.repository', location->>'$.path'
