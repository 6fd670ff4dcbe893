/*---
id: personal-token-in-automation
title: The GitHub token of a person works in automation
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [repository, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND (detail->>'$.holds') = 'github-token'
controls:
  - owasp-nhi-2025:NHI10:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  A personal access token acts as its owner, in all repositories the owner may write to, and goes on doing so until
  somebody remembers it; when the owner leaves, the automation stops.
fix: |
  1. Within the repository the job's own `GITHUB_TOKEN` with `permissions:` is enough.
  2. For other repositories, or to start further workflows: a GitHub App and `actions/create-github-app-token`.
  3. Revoke the token (its owner: Settings, Developer settings), then `gh secret delete NAME`.
limits: >
  Told by the name of the secret and by what takes it. It may hold the token of a bot account, which is no better.
references:
  - https://docs.github.com/en/actions/tutorials/authenticate-with-github_token
  - https://docs.github.com/en/apps/creating-github-apps/about-creating-github-apps/deciding-when-to-build-a-github-app
platforms: [github-actions]
since: '0.1'
---*/
WITH uses AS (
  SELECT
    (location->>'$.repository') AS repository,
    secret_name,
    consumer_id,
    (detail->>'$.holdsBy') AS told_by,
    coalesce(from_json(detail->'$.githubUses', '["VARCHAR"]'), []) AS github_uses,
    strangers_start(trigger)
      AND NOT coalesce(TRY_CAST(detail->>'$.forksKeptOut' AS BOOLEAN), false)
      AND (TRY_CAST(detail->>'$.prHeadCheckout' AS BOOLEAN) OR TRY_CAST(detail->>'$.interpolates' AS BOOLEAN)) AS for_strangers,
    observation_id
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND (detail->>'$.holds') = 'github-token' AND fact IS NULL
)
SELECT
  coalesce(repository, '') AS repository,
  secret_name,
  concat(
    secret_name, coalesce(' of ' || repository, ''), ' works for a person or bot in ', counted(count(DISTINCT consumer_id), 'job'), ' (', listed(list(DISTINCT split_part(consumer_id, '#', -1) ORDER BY split_part(consumer_id, '#', -1))), ')',
    CASE WHEN len(flatten(list(github_uses))) > 0 THEN concat(', given to ', listed(list_sort(list_distinct(flatten(list(github_uses)))))) ELSE '' END, '.') AS message,
  CASE WHEN bool_or(for_strangers) THEN 'high' WHEN bool_or(told_by = 'use') THEN 'medium' ELSE 'low' END AS severity,
  CASE WHEN bool_or(told_by = 'use') THEN CASE WHEN regexp_matches(secret_name, '(^|_)(PAT|PERSONAL)(_|$)') THEN 'high' ELSE 'medium' END ELSE 'low' END AS confidence,
  list(DISTINCT observation_id) AS evidence
FROM uses
GROUP BY repository, secret_name
