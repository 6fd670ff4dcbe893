/*---
id: secrets-inherited-with-surplus
title: A called workflow is handed secrets that it does not use
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [repository, callee]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name = '*'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:PR.AA-05
why: >
  `secrets: inherit` hands over every secret of the repository and organisation, also those of next year. What the
  called workflow runs can read them all.
fix: >
  Pass the secrets that the called workflow uses, by name: `secrets: NAME: ${{ secrets.NAME }}`.
limits: >
  Counts the secrets that workflows of the calling repository name; there may be more. Said where the called workflow
  was scanned, too, and belongs to the same owner; others are the matter of secrets-inherited-by-other-owner.
references:
  - https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows
platforms: [github-actions]
equivalents: [zizmor/secrets-inherit]
since: '0.1'
---*/
WITH calls AS (
  SELECT
    consumer_id, observation_id, (location->>'$.repository') AS repository,
    (detail->>'$.calleeRepository') AS callee_repository, (detail->>'$.calleePath') AS callee_path
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name = '*' AND TRY_CAST(detail->>'$.secretsInherit' AS BOOLEAN)
    AND len(coalesce(from_json(detail->'$.thirdParty', '["VARCHAR"]'), [])) = 0
),
named AS (
  SELECT DISTINCT
    lower(location->>'$.repository') AS repository, (location->>'$.path') AS path, secret_name,
    coalesce(TRY_CAST(detail->>'$.public' AS BOOLEAN), false) AS public
  FROM consumers
  WHERE secret_name IS NOT NULL AND secret_name <> 'GITHUB_TOKEN' AND type = 'workflow-job' AND fact IS NULL
    AND (detail->>'$.platform') = 'github-actions'
),
callees AS (
  SELECT repository, path, list(DISTINCT secret_name) AS used
  FROM named
  GROUP BY repository, path
),
-- What is scanned and names no secret at all has its own token still.
scanned AS (SELECT DISTINCT lower(location->>'$.repository') AS repository, (location->>'$.path') AS path FROM consumers WHERE secret_name = 'GITHUB_TOKEN'),
held AS (
  SELECT repository, list(DISTINCT secret_name ORDER BY secret_name) FILTER (secret_name <> '*' AND NOT public) AS names FROM named GROUP BY repository
)
SELECT
  coalesce(c.repository, '') AS repository,
  concat(c.callee_repository, ':', c.callee_path) AS callee,
  concat(
    CASE WHEN count(DISTINCT c.consumer_id) = 1 THEN concat('The job ', min(c.consumer_id), ' hands')
      ELSE concat(count(DISTINCT c.consumer_id), ' jobs of ', coalesce(c.repository, 'the repository'), ' hand') END,
    ' all secrets to ', c.callee_path, ', which uses ',
    CASE WHEN len(coalesce(min(k.used), [])) = 0 THEN 'none' ELSE listed(list_sort(min(k.used))) END, '; it also gets ',
    listed(list_filter(min(h.names), lambda name: NOT list_contains(coalesce(min(k.used), []), name))), '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM calls AS c
JOIN scanned AS s ON s.repository = c.callee_repository AND s.path = c.callee_path
LEFT JOIN callees AS k ON k.repository = s.repository AND k.path = s.path
JOIN held AS h ON h.repository = lower(c.repository)
WHERE NOT list_contains(coalesce(k.used, []), '*')
  AND len(list_filter(h.names, lambda name: NOT list_contains(coalesce(k.used, []), name))) > 0
GROUP BY c.repository, c.callee_repository, c.callee_path
