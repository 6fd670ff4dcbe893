/*---
id: app-token-too-wide
title: A job makes a token of a GitHub App with all the App may do
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, identity_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'app-token'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
why: >
  An installation token that is not narrowed has every permission of the App, often in all repositories of the
  organisation; whoever gets it from this one job has them all.
fix: >
  Name what the job needs: `permission-contents: read`, `repositories: shop`. Leave `skip-token-revoke` out.
limits: >
  What the App itself may do is not seen here: an App with one permission loses nothing by this.
references:
  - https://github.com/actions/create-github-app-token#inputs
  - https://docs.zizmor.sh/audits/#github-app
platforms: [github-actions]
equivalents: [zizmor/github-app]
since: '0.1'
---*/
WITH tokens AS (
  SELECT
    consumer_id,
    identity_id,
    secret_name,
    TRY_CAST(detail->>'$.limited' AS BOOLEAN) AS limited,
    TRY_CAST(detail->>'$.allRepositories' AS BOOLEAN) AS all_repositories,
    TRY_CAST(detail->>'$.kept' AS BOOLEAN) AS kept,
    TRY_CAST(detail->>'$.canLimit' AS BOOLEAN) AS can_limit,
    strangers_start(trigger)
      AND NOT coalesce(TRY_CAST(detail->>'$.forksKeptOut' AS BOOLEAN), false)
      AND (TRY_CAST(detail->>'$.prHeadCheckout' AS BOOLEAN) OR TRY_CAST(detail->>'$.interpolates' AS BOOLEAN)) AS for_strangers,
    observation_id
  FROM consumers
  WHERE type = 'workflow-job' AND fact = 'app-token'
)
SELECT
  consumer_id,
  identity_id,
  concat(
    'The job ', consumer_id, ' makes a token of ', CASE WHEN contains(identity_id, ':app/unknown/') THEN 'an App' ELSE identity_id END, ' ',
    array_to_string(list_filter([
      CASE WHEN NOT bool_and(limited) THEN CASE WHEN bool_and(can_limit) THEN 'with all permissions of the App' ELSE 'with an action that cannot narrow its permissions' END END,
      CASE WHEN bool_or(all_repositories) THEN 'for all repositories of the owner' END,
      CASE WHEN bool_or(kept) THEN 'that outlives the job' END], lambda part: part IS NOT NULL), ', '), '.') AS message,
  CASE
    WHEN NOT bool_and(limited) AND (bool_or(all_repositories) OR bool_or(for_strangers)) THEN 'high'
    WHEN bool_or(all_repositories) OR bool_or(kept) THEN 'medium'
    ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM tokens
GROUP BY consumer_id, identity_id
HAVING NOT bool_and(limited) OR bool_or(all_repositories) OR bool_or(kept)
