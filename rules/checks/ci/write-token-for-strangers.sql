/*---
id: write-token-for-strangers
title: The code of a pull request runs beside a token that may write
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN'
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  `pull_request_target`, `workflow_run` and comments give the job the token of the base repository, and the job then
  fetches what the stranger wrote: whatever is built or run of it can use the token.
fix: |
  - Build pull requests on `pull_request`, whose token can only read for forks.
  - Or set `permissions: {}` on the job that fetches the code, and write in another job.
limits: >
  Jobs that have secrets besides the token are the matter of stranger-code-with-secrets. Whether the fetched code is run
  is not followed. Whether an environment asks for a reviewer stands in no file.
references:
  - https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/
platforms: [github-actions]
since: '0.1'
---*/
WITH other AS (
  SELECT DISTINCT consumer_id FROM consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name <> 'GITHUB_TOKEN'
)
SELECT
  c.consumer_id,
  concat(
    'The job ', c.consumer_id, ' is started by ', min(c.trigger), ', checks out the code of the pull request, and has a token that ',
    CASE WHEN bool_or((c.detail->>'$.permissionsSource') = 'default') THEN 'the repository''s setting may let write' ELSE concat('may write (', array_to_string(list_filter(from_json(min(c.detail->'$.permissions'), '["VARCHAR"]'), lambda scope: scope LIKE '%write%'), ', '), ')') END,
    CASE WHEN bool_and(TRY_CAST(c.detail->>'$.environmentDeclared' AS BOOLEAN)) THEN ', unless its environment waits for a reviewer' ELSE '' END, '.') AS message,
  CASE WHEN bool_and(TRY_CAST(c.detail->>'$.environmentDeclared' AS BOOLEAN)) THEN 'medium'
    WHEN bool_or(list_has_any(coalesce(from_json(c.detail->'$.permissions', '["VARCHAR"]'), []), ['contents:write', 'packages:write', 'actions:write', 'write-all'])) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
ANTI JOIN other AS o USING (consumer_id)
WHERE c.type = 'workflow-job' AND c.secret_name = 'GITHUB_TOKEN' AND c.fact IS NULL
  AND strangers_start(c.trigger)
  AND TRY_CAST(c.detail->>'$.prHeadCheckout' AS BOOLEAN)
  AND (TRY_CAST(c.detail->>'$.canWrite' AS BOOLEAN) OR (c.detail->>'$.permissionsSource') = 'default')
  AND NOT coalesce(TRY_CAST(c.detail->>'$.forksKeptOut' AS BOOLEAN), false)
  AND NOT coalesce(TRY_CAST(c.detail->>'$.trustedStarter' AS BOOLEAN), false)
GROUP BY c.consumer_id
