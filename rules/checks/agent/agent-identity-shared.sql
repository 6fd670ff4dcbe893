/*---
id: agent-identity-shared
title: An agent shares its identity with something else
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity, consumer@agent-config|identity:agent@gateway|identity@okta, consumer]
population: agent_identities
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.CM-03
why: >
  What the agent did and what the job did stand under one name: nobody can tell them apart, give the agent less, or stop it
  without stopping the job.
fix: Give the agent an identity of its own, with a name that says so, and no more rights than its task needs.
limits: >
  Counts what configuration, code and the gateway tell. Several clients of one person that hold the same credential are
  another check (agent-credential-in-several-clients).
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/9-nhi-reuse/
since: '0.1'
---*/
WITH others AS (
  SELECT identity_id, regexp_replace(consumer_id, '^hoop:[^:]*:', '') AS user_name, observation_id
  FROM identity_consumers
  WHERE type <> 'agent'
)
SELECT
  a.identity_id,
  concat(
    a.identity_id, ' is used by the agent ', listed(list(DISTINCT a.agent ORDER BY a.agent)), ' and by ',
    listed(list(DISTINCT o.user_name ORDER BY o.user_name)), '.') AS message,
  list_distinct(list_concat(flatten(list(a.evidence)), list(o.observation_id))) AS evidence
FROM agent_identities AS a
JOIN others AS o ON o.identity_id = a.identity_id
-- By the connection that it asked for, it uses the account on purpose.
WHERE NOT (a.by_gateway AND starts_with(o.user_name, 'connection/'))
GROUP BY a.identity_id
