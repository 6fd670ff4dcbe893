/*---
id: secret-in-wide-scope
title: A secret stands in the environment of jobs or actions that do not read it
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [repository, path, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name <> 'GITHUB_TOKEN'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  What stands in the environment of a job is handed to every action and program that the job starts; what stands in that
  of the workflow, to all of its jobs.
fix: >
  Move it to the `env` of the step that reads it.
limits: >
  A program may read a variable that its step does not name: variables which tools read by themselves (AWS_…, GH_TOKEN,
  TF_VAR_…) are only told where another's action gets them. Actions that are not pinned are the matter of
  secret-to-unpinned-action.
references:
  - https://docs.github.com/en/actions/reference/security/secure-use
platforms: [github-actions]
since: '0.1'
---*/
WITH wide AS (
  SELECT
    (location->>'$.repository') AS repository,
    (location->>'$.path') AS path,
    secret_name,
    (detail->>'$.job') AS job,
    (detail->>'$.position') AS position,
    len(coalesce(from_json(detail->'$.steps', '["JSON"]'), [])) AS readers,
    TRY_CAST(detail->>'$.stepsInScope' AS INTEGER) AS steps,
    coalesce(from_json(detail->'$.variables', '["VARCHAR"]'), []) AS variables,
    list_filter(
      coalesce(from_json(detail->'$.thirdParty', '["VARCHAR"]'), []),
      -- `SNYK_TOKEN` is for `snyk/actions`, which reads it from the environment.
      lambda action: NOT list_contains(list_transform(coalesce(from_json(detail->'$.steps', '["JSON"]'), []), lambda step: step->>'$.uses'), action)
        AND NOT (length(split_part(secret_name, '_', 1)) > 3 AND split_part(secret_name, '_', 1) <> 'GITHUB' AND contains(lower(action), lower(split_part(secret_name, '_', 1))))
    ) AS strangers,
    coalesce(from_json(detail->'$.unpinned', '["VARCHAR"]'), []) AS unpinned,
    observation_id
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name NOT IN ('GITHUB_TOKEN', '*') AND fact IS NULL
    AND NOT coalesce(TRY_CAST(detail->>'$.public' AS BOOLEAN), false)
    AND (detail->>'$.position') IN ('workflow-env', 'job-env') AND NOT coalesce(TRY_CAST(detail->>'$.composite' AS BOOLEAN), false)
),
judged AS (
  SELECT
    *,
    NOT list_has_any(strangers, unpinned) AND len(strangers) > 0 AS reaches_strangers,
    position = 'workflow-env' AND readers = 0 AND steps > 0
      AND len(list_filter(variables, lambda name: regexp_matches(name, '^(AWS|GH|GITHUB|NODE|NPM|CARGO|TF|ARM|AZURE|GOOGLE|GCP|CLOUDSDK|DOCKER|SENTRY|CODECOV|PULUMI|VAULT|ACTIONS|TURBO|NX|GRADLE|DEVELOCITY|ORG_GRADLE|SONAR|COVERALLS|PIP|UV|TWINE|MAVEN|JF|SLACK|CI|CYPRESS|PERCY|OPENAI|ANTHROPIC)_|TOKEN$'))) = 0 AS is_idle
  FROM wide
)
SELECT
  coalesce(repository, '') AS repository,
  path,
  secret_name,
  concat(
    secret_name, ' stands in the environment of ', CASE WHEN bool_or(position = 'workflow-env') THEN 'the workflow ' ELSE 'a job of ' END, coalesce(repository || ':', ''), path,
    CASE WHEN bool_or(reaches_strangers) THEN concat(' and is handed to ', listed(list_sort(list_distinct(flatten(list(strangers) FILTER (reaches_strangers)))))) ELSE '' END,
    CASE WHEN bool_or(is_idle) AND bool_or(readers > 0) THEN concat(CASE WHEN bool_or(reaches_strangers) THEN ', and' ELSE ';' END, ' no step of ', listed(list(DISTINCT job ORDER BY job) FILTER (is_idle)), ' reads it') ELSE '' END, '.') AS message,
  -- Makers of clouds and of the tools that log in to them are not strangers.
  CASE WHEN bool_or(len(list_filter(strangers, lambda action: NOT regexp_matches(lower(action), '^(aws-actions|google-github-actions|azure|docker|hashicorp|microsoft)/'))) > 0) THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) FILTER (reaches_strangers OR is_idle) AS evidence
FROM judged
GROUP BY repository, path, secret_name
-- What no job reads by name, programs or actions of the repository itself read.
HAVING bool_or(reaches_strangers) OR (bool_or(is_idle) AND bool_or(readers > 0))
