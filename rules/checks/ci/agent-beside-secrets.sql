/*---
id: agent-beside-secrets
title: A coding agent works where it can reach credentials
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, agent]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'ai-agent'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever can write the text that the agent reads (an issue, a comment, a file) can ask it to use or send what stands in
  its environment. An agent without brakes does.
fix: |
  1. Run the agent in a job of its own, with `permissions` that only read and no secret but the key of its model.
  2. Let a second job do what needs a credential, from the agent's result as data.
  3. Leave out what takes its brakes off, and list the tools it may use.
limits: >
  What the agent's own configuration forbids is not read. Keys of its model are not counted. An agent that only its
  maintainers can start, with nothing but its key, is left alone.
references:
  - https://github.com/anthropics/claude-code-action/blob/main/docs/security.md
platforms: [github-actions]
since: '0.1'
---*/
WITH agents AS (
  SELECT
    c.*,
    (c.detail->>'$.agent') AS agent,
    coalesce(from_json(c.detail->'$.reaches', '["VARCHAR"]'), []) AS reaches,
    coalesce(from_json(c.detail->'$.reachesKinds', '["VARCHAR"]'), []) AS kinds,
    coalesce(from_json(c.detail->'$.unrestrained', '["VARCHAR"]'), []) AS unrestrained,
    coalesce(from_json(c.detail->'$.openTo', '["VARCHAR"]'), []) AS open_to,
    coalesce(from_json(c.detail->'$.oidcClouds', '["VARCHAR"]'), []) AS clouds,
    coalesce(TRY_CAST(c.detail->>'$.canWrite' AS BOOLEAN), false) AS can_write,
    strangers_start(c.trigger)
      AND NOT coalesce(TRY_CAST(c.detail->>'$.forksKeptOut' AS BOOLEAN), false)
      AND NOT coalesce(TRY_CAST(c.detail->>'$.trustedStarter' AS BOOLEAN), false) AS reads_strangers
  FROM consumers AS c
  WHERE c.type = 'workflow-job' AND c.fact = 'ai-agent'
),
judged AS (
  SELECT
    *,
    list_has_any(kinds, ['cloud-key', 'github-token', 'app-key', 'ssh-key', 'package-token']) OR len(clouds) > 0 AS reaches_strong,
    len(unrestrained) > 0 OR len(open_to) > 0 AS is_loose
  FROM agents
)
SELECT
  consumer_id,
  agent,
  concat(
    agent, ' in job ', consumer_id,
    CASE WHEN bool_or(is_loose) THEN concat(' works without brakes (', listed(list_distinct(flatten(list(list_concat(unrestrained, open_to))))), ')') ELSE ' works' END,
    ' and can reach ',
    array_to_string(list_filter([
      CASE WHEN len(flatten(list(reaches))) > 0 THEN listed(list_sort(list_distinct(flatten(list(reaches))))) END,
      CASE WHEN len(flatten(list(clouds))) > 0 THEN concat('a login to ', array_to_string(list_sort(list_distinct(flatten(list(clouds)))), ', ')) END,
      CASE WHEN bool_or(can_write) THEN concat('a token with ', array_to_string(list_filter(coalesce(from_json(min(detail->'$.permissions'), '["VARCHAR"]'), []), lambda scope: scope LIKE '%write%' AND scope <> 'id-token:write'), ', ')) END],
      lambda part: part IS NOT NULL), '; '),
    CASE WHEN bool_or(reads_strangers) THEN concat('; strangers can address it (', min(trigger), ').') ELSE '.' END) AS message,
  CASE
    WHEN bool_or(reaches_strong AND reads_strangers AND is_loose) THEN 'critical'
    WHEN bool_or(reads_strangers AND (is_loose OR reaches_strong)) THEN 'high'
    ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM judged
-- Beside its model's key and a token, an agent that only colleagues address is what its makers tell people to set up.
WHERE (len(reaches) > 0 OR len(clouds) > 0 OR can_write) AND (reaches_strong OR is_loose AND (reads_strangers OR len(reaches) > 0))
GROUP BY consumer_id, agent
