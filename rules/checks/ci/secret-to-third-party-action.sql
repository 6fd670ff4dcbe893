/*---
id: secret-to-third-party-action
title: Secrets that actions of other owners are given
severity: info
confidence: high
persona: auditor
about: consumer
identityFields: [repository, action]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name <> 'GITHUB_TOKEN'
controls:
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:GV.SC-07
why: >
  Each of these actions could send the secret anywhere; the list is what an auditor asks for, and where to look when one
  of them is taken over.
fix: >
  Nothing, while each is needed and its code was read at the commit it is pinned to. Otherwise take it out, or give it a
  token that can only do what it does.
limits: >
  Counts what a step hands to the action itself. Unpinned actions are the matter of secret-to-unpinned-action.
references:
  - https://docs.github.com/en/actions/reference/security/secure-use
platforms: [github-actions]
since: '0.1'
---*/
WITH given AS (
  SELECT
    (location->>'$.repository') AS repository,
    secret_name,
    consumer_id,
    observation_id,
    fact,
    unnest(CASE WHEN fact = 'secret-to-action' THEN [detail->>'$.action'] ELSE list_filter(
      coalesce(from_json(detail->'$.thirdParty', '["VARCHAR"]'), []),
      lambda action: NOT list_contains(coalesce(from_json(detail->'$.unpinned', '["VARCHAR"]'), []), action)
        AND list_contains(list_transform(coalesce(from_json(detail->'$.steps', '["JSON"]'), []), lambda step: step->>'$.uses'), action)) END) AS action
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name NOT IN ('GITHUB_TOKEN', '*')
    AND (fact IS NULL OR fact = 'secret-to-action' AND TRY_CAST(detail->>'$.pinned' AS BOOLEAN))
    AND NOT coalesce(TRY_CAST(detail->>'$.public' AS BOOLEAN), false)
)
SELECT
  coalesce(repository, '') AS repository,
  split_part(action, '@', 1) AS action,
  concat(
    split_part(action, '@', 1), coalesce(' is given secrets of ' || repository, ' is given secrets'), ': ', listed(list(DISTINCT secret_name ORDER BY secret_name)),
    ' (', counted(count(DISTINCT consumer_id), 'job'), ').') AS message,
  coalesce(list(DISTINCT observation_id) FILTER (fact = 'secret-to-action'), []) AS first,
  list(DISTINCT observation_id) AS evidence
FROM given
GROUP BY repository, split_part(action, '@', 1)
HAVING bool_or(fact IS NULL)
