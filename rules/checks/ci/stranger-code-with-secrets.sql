/*---
id: stranger-code-with-secrets
title: A workflow that strangers can start has secrets at hand
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job'
controls:
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.PS-06
why: >
  `pull_request_target`, `workflow_run` and comments start the workflow with the secrets of the base repository, whoever
  opened the pull request. If it then builds or runs what that person wrote, they have the secrets.
fix: |
  - Build and test pull requests on `pull_request`, which has no secrets for forks.
  - Do what needs a secret in a second workflow that only reads the first one's result as data.
  - Or put the job behind an environment with required reviewers.
limits: >
  Keys in plain text are told too; a guess at one only beside a secret or a key. Critical where the job
  checks out the head of the pull request or puts a stranger's text into a script, high where it takes an artifact. Low where no such way is seen: then a person
  must look whether what the job calls runs anything of the stranger's.
references:
  - https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/
platforms: [github-actions]
equivalents: [zizmor/dangerous-triggers]
since: '0.1'
---*/
WITH started AS (
  SELECT *
  FROM consumers
  WHERE type = 'workflow-job'
    AND strangers_start(trigger)
    AND NOT coalesce(TRY_CAST(detail->>'$.forksKeptOut' AS BOOLEAN), false)
),
-- What a called workflow does counts for its caller.
callees AS (
  SELECT
    lower(location->>'$.repository') AS repository,
    (location->>'$.path') AS path,
    bool_or(TRY_CAST(detail->>'$.prHeadCheckout' AS BOOLEAN)) AS runs_theirs,
    bool_or(TRY_CAST(detail->>'$.interpolates' AS BOOLEAN)) AS runs_text,
    bool_or(TRY_CAST(detail->>'$.takesArtifact' AS BOOLEAN)) AS takes_artifact
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN'
  GROUP BY ALL
),
jobs AS (
  SELECT
    consumer_id,
    min(trigger) AS trigger,
    coalesce(bool_or(TRY_CAST(detail->>'$.prHeadCheckout' AS BOOLEAN) OR k.runs_theirs), false) AS runs_theirs,
    coalesce(bool_and(TRY_CAST(detail->>'$.environmentDeclared' AS BOOLEAN) OR TRY_CAST(detail->>'$.trustedStarter' AS BOOLEAN)), false) AS guarded,
    coalesce(bool_or(TRY_CAST(detail->>'$.interpolates' AS BOOLEAN) OR k.runs_text), false) AS runs_text,
    coalesce(bool_or(TRY_CAST(detail->>'$.takesArtifact' AS BOOLEAN) OR k.takes_artifact), false) AS takes_artifact,
    -- Where a scanner looked for a way in and saw none.
    coalesce(bool_and((detail->>'$.interpolates') IS NOT NULL), false) AS is_searched,
    min(detail->>'$.job') AS job,
    min(location->>'$.repository') AS repository,
    min(location->>'$.path') AS path
  FROM started
  LEFT JOIN callees AS k ON k.repository = (detail->>'$.calleeRepository') AND k.path = (detail->>'$.calleePath')
  GROUP BY consumer_id
),
held AS (
  SELECT consumer_id, CASE secret_name WHEN '*' THEN 'all secrets' ELSE secret_name END AS words, false AS plain, true AS certain, observation_id
  FROM started
  WHERE secret_name IS NOT NULL AND secret_name <> 'GITHUB_TOKEN' AND NOT coalesce(TRY_CAST(detail->>'$.public' AS BOOLEAN), false)
  UNION ALL
  SELECT j.consumer_id, concat(credential_kind(s.provider, s.type, s.detector), ' ', s.masked, ' in plain text'), true, s.confidence <> 'low', s.observation_id
  FROM jobs AS j
  JOIN sightings AS s
    ON s.location->>'$.path' = j.path
    AND coalesce(s.location->>'$.repository', '') = coalesce(j.repository, '')
    AND (starts_with(s.location->>'$.pointer', 'env.') OR starts_with(s.location->>'$.pointer', concat('jobs.', j.job, '.')))
  WHERE s.place = 'ci' AND at_head(s.place, s.location) AND j.job IS NOT NULL
  UNION ALL
  -- What the job is known to use, wherever in the file it stands.
  SELECT c.consumer_id, concat(credential_kind(s.provider, s.type, s.detector), ' ', s.masked, ' in plain text'), true, s.confidence <> 'low', c.observation_id
  FROM started AS c
  JOIN sightings AS s ON s.credential_id = c.credential_id AND s.place = 'ci' AND at_head(s.place, s.location)
  WHERE coalesce(s.location->>'$.path', '') = coalesce(c.location->>'$.path', '')
)
SELECT
  j.consumer_id,
  concat(
    'The job ', j.consumer_id, ' is started by ', min(j.trigger), ', so by strangers, and has ',
    listed(list_concat(
      coalesce(list(DISTINCT h.words ORDER BY h.words) FILTER (h.plain), []),
      coalesce(list(DISTINCT h.words ORDER BY h.words) FILTER (NOT h.plain), []))),
    CASE
      WHEN bool_or(j.runs_theirs) THEN '; it checks out the code of the pull request.'
      WHEN bool_or(j.runs_text) THEN '; it puts their text into a script.'
      WHEN bool_or(j.takes_artifact) THEN '; it takes what another run made.'
      ELSE '.' END) AS message,
  CASE
    WHEN bool_or(j.runs_theirs OR j.runs_text) AND NOT bool_and(j.guarded) THEN 'critical'
    WHEN bool_and(j.guarded) THEN 'medium'
    WHEN bool_or(j.takes_artifact OR NOT j.is_searched OR h.plain) THEN 'high'
    WHEN bool_or(h.words = 'all secrets') THEN 'medium'
    ELSE 'low' END AS severity,
  CASE WHEN bool_or(j.runs_theirs OR j.runs_text) THEN 'high' WHEN bool_or(j.takes_artifact OR NOT j.is_searched) THEN 'medium' ELSE 'low' END AS confidence,
  list(DISTINCT h.observation_id) AS evidence
FROM jobs AS j
JOIN held AS h USING (consumer_id)
GROUP BY j.consumer_id
HAVING bool_or(h.certain)
