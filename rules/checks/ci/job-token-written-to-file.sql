/*---
id: job-token-written-to-file
title: A job writes its token to a file
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND TRY_CAST(detail->>'$.jobToken' AS BOOLEAN) AND fact IS NULL
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
why: >
  Everything that the job runs reads the file while the token is valid, and caches, artifacts and machines that serve many jobs
  keep it for longer than anybody thinks of it.
fix: |
  1. Hand the token over where it is needed: `git -c http.extraHeader="Authorization: Basic ..." clone`, `npm_config_...`, `PIP_INDEX_URL` in the step's own environment.
  2. Where a tool wants a file, write it below `$(mktemp -d)` and delete it in the same step: `trap 'rm -f "$FILE"' EXIT`.
limits: >
  Told of the files in which tools look for logins. The script is read, not run: a file that a later command deletes is told
  all the same.
references:
  - https://docs.gitlab.com/ci/jobs/ci_job_token/
platforms: [gitlab-ci]
since: '0.1'
---*/
WITH written AS (
  SELECT
    *,
    -- Where tools look for logins: what a command got with the token is often written to a file too.
    list_filter(list_sort(json_words(detail->'$.secretFiles')), lambda file: regexp_matches(lower(file),
      '(^|/)([._]netrc|\.npmrc|\.yarnrc(\.yml)?|\.git-credentials|\.pypirc|pip\.(conf|ini)|poetry\.toml|auth\.(json|toml)|settings\.xml|gradle\.properties|nuget\.config|config\.json|credentials(\.toml|\.tfrc\.json)?|\.terraformrc|\.gitconfig|\.curlrc|\.wgetrc|\.env[^/]*)$')) AS files,
    coalesce(TRY_CAST(detail->>'$.selfHosted' AS BOOLEAN), false) AS self_hosted
  FROM consumers
  WHERE type = 'workflow-job' AND platform = 'gitlab-ci' AND TRY_CAST(detail->>'$.jobToken' AS BOOLEAN) AND fact IS NULL
)
SELECT
  consumer_id,
  concat(
    'The job ', consumer_id, ' writes ', secret_name, ' to ', listed(list_distinct(flatten(list(files)))),
    CASE WHEN bool_or(self_hosted) THEN ' on a machine of one''s own.' ELSE '.' END) AS message,
  CASE WHEN bool_or(self_hosted) THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM written
WHERE len(files) > 0
GROUP BY consumer_id, secret_name
