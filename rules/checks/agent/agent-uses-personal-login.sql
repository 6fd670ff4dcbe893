/*---
id: agent-uses-personal-login
title: An agent works with a person's own login
severity: high
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI10:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-05
why: >
  What the agent does stands in the logs as that person, with all that the person may do: nobody can tell the two
  apart, and the agent loses its access when the person leaves.
fix: >
  Give the agent an identity of its own: a role or service account with the few rights its tools need, an App in
  place of a personal access token, a read-only database role.
limits: >
  A profile may be one made for the agent: its name alone does not tell. Tokens that stand for a person are told by
  their form.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/10-human-use-of-nhi/
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat(
    'The server ', coalesce(c.detail->>'$.server', split_part(c.consumer_id, '#', -1)), ' of ', c.detail->>'$.client', ' works with ',
    listed(list(DISTINCT CASE WHEN (c.detail->>'$.personal') = 'true' THEN 'the personal token ' || (c.detail->>'$.held') ELSE c.secret_name END)), '.') AS message,
  CASE WHEN bool_or((c.detail->>'$.personal') = 'true') THEN 'high' ELSE 'medium' END AS confidence,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent'
  AND ((c.detail->>'$.personal') = 'true'
    OR (c.fact IN ('personal-login', 'home-mount') AND NOT regexp_matches(lower(coalesce(c.secret_name, '')), 'agent|mcp|bot|readonly|read-only')))
GROUP BY c.consumer_id, c.detail->>'$.server', c.detail->>'$.client'
