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
  Which tools the server has, and whether its credential can do harm, the file does not tell.
references:
  - https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat(
    'Every tool of the server ', c.detail->>'$.server', ' of ', c.detail->>'$.client', ' runs without a question, with ', listed(list(DISTINCT coalesce(c.secret_name, c.detail->>'$.held') ORDER BY coalesce(c.secret_name, c.detail->>'$.held'))),
    CASE WHEN bool_or((c.detail->>'$.approvesAll') = 'true') THEN ' (all servers of projects are enabled)' ELSE '' END, '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND ((c.detail->>'$.approved') = 'all' OR (c.detail->>'$.approvesAll') = 'true')
  AND NOT coalesce(TRY_CAST(c.detail->>'$.disabled' AS BOOLEAN), false)
GROUP BY c.consumer_id, c.detail->>'$.server', c.detail->>'$.client'
