/*---
id: agent-approves-without-asking
title: An agent uses a server with a credential without asking
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.PS-01
why: >
  Every tool of the server runs at once, with all rights of its credential, whenever a text that the agent reads
  talks it into it. Nobody sees the call before it is made.
fix: >
  Approve the tools that only read, by name, and leave the rest to a question; give the server a credential with
  less rights.
limits: >
  Which tools the server has, and whether its credential can do harm, the file does not tell. Settings of a person and of a
  project add up where both are used; here only those that lie together are joined.
references:
  - https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices
platforms: [agent]
since: '0.1'
---*/
WITH unasked AS (
  SELECT *, json_words(detail->'$.servers') AS servers FROM consumers WHERE type = 'agent' AND fact = 'unasked'
),
pairs AS (
  SELECT c.consumer_id, u.observation_id AS setting_id, (u.detail->>'$.because') AS because
  FROM consumers AS c
  JOIN unasked AS u
    ON (u.detail->>'$.project') = (c.detail->>'$.project')
    AND (u.location->>'$.repository') IS NOT DISTINCT FROM (c.location->>'$.repository')
    AND ((c.detail->>'$.client') = (u.detail->>'$.client')
      -- The file in a project that several clients read, Claude Code first of all.
      OR (u.detail->>'$.client') = 'Claude Code' AND (c.detail->>'$.client') = 'an MCP client' AND (c.location->>'$.path') LIKE '%.mcp.json')
    AND (list_contains(u.servers, '*') OR list_contains(u.servers, c.detail->>'$.server'))
  WHERE c.type = 'agent' AND (c.detail->>'$.server') IS NOT NULL
),
told AS (
  SELECT consumer_id, list(DISTINCT setting_id) AS settings, min(because) AS because FROM pairs GROUP BY consumer_id
)
SELECT
  c.consumer_id,
  concat(
    'Every tool of the server ', c.detail->>'$.server', ' of ', c.detail->>'$.client', ' runs without a question, with ', listed(list(DISTINCT coalesce(c.secret_name, c.detail->>'$.held') ORDER BY coalesce(c.secret_name, c.detail->>'$.held'))),
    CASE WHEN bool_or((c.detail->>'$.approvesAll') = 'true') THEN ' (all servers of projects are enabled)' ELSE coalesce(' (' || any_value(t.because) || ')', '') END, '.') AS message,
  list_distinct(list(DISTINCT c.observation_id) || coalesce(any_value(t.settings), [])) AS evidence
FROM consumers AS c
LEFT JOIN told AS t ON t.consumer_id = c.consumer_id
WHERE c.type = 'agent' AND (c.detail->>'$.server') IS NOT NULL AND (t.consumer_id IS NOT NULL OR (c.detail->>'$.approved') = 'all' OR (c.detail->>'$.approvesAll') = 'true')
  AND NOT coalesce(TRY_CAST(c.detail->>'$.disabled' AS BOOLEAN), false)
GROUP BY c.consumer_id, c.detail->>'$.server', c.detail->>'$.client'
