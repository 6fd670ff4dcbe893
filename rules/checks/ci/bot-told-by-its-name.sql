/*---
id: bot-told-by-its-name
title: A job trusts whoever started it last to be a bot
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'actor-check'
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
why: >
  `github.actor` is who caused the last event, not who wrote the change: somebody who makes the bot comment on, or push
  to, their own pull request passes the test with their own code in it.
fix: >
  Ask who opened it: `github.event.pull_request.user.login == 'dependabot[bot]'`, and keep forks out:
  `github.event.pull_request.head.repo.full_name == github.repository`.
limits: >
  Said of jobs that have secrets or may write, and that pull requests, comments or other workflows start.
references:
  - https://docs.zizmor.sh/audits/#bot-conditions
platforms: [github-actions]
equivalents: [zizmor/bot-conditions]
since: '0.1'
---*/
WITH holds AS (
  SELECT consumer_id, list(DISTINCT secret_name ORDER BY secret_name) FILTER (secret_name NOT IN ('GITHUB_TOKEN', '*')) AS names
  FROM consumers
  WHERE type = 'workflow-job'
  GROUP BY consumer_id
)
SELECT
  c.consumer_id,
  concat(
    'The job ', c.consumer_id, ' goes by `', min(c.detail->>'$.context'), ' == ''', min(c.detail->>'$.bot'), '''` on ', min(c.trigger), ' and has ',
    CASE WHEN len(coalesce(min(h.names), [])) > 0 THEN listed(min(h.names)) ELSE 'a token that may write' END, '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
JOIN holds AS h USING (consumer_id)
WHERE c.type = 'workflow-job' AND c.fact = 'actor-check'
  AND strangers_start(c.trigger)
  AND NOT coalesce(TRY_CAST(c.detail->>'$.forksKeptOut' AS BOOLEAN), false)
  AND (len(coalesce(h.names, [])) > 0 OR TRY_CAST(c.detail->>'$.canWrite' AS BOOLEAN) OR (c.detail->>'$.permissionsSource') = 'default')
GROUP BY c.consumer_id
