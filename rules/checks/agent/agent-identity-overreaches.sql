/*---
id: agent-identity-overreaches
title: An agent acts with an identity that administers
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity, consumer@agent-config|identity:agent@gateway|identity@okta, grant]
population: agent_identities
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  An agent does what it reads: a sentence in a page, an issue or a row is enough to turn it. With such rights that is the
  whole account, and the log says that the agent was allowed to.
fix: >
  Give the agent an identity of its own with what its task needs, read-only where that will do, and let what must change
  something go through an approval.
limits: >
  Knows agents by the configuration of their clients, by the gateway and by inventories that call them agents. An agent that
  runs as its person, with the person's login, is another check (agent-uses-personal-login).
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/5-overprivileged-nhi/
since: '0.1'
---*/
WITH rights AS (
  SELECT identity_id, how, confidence, evidence FROM admin_identities
  UNION ALL
  SELECT identity_id, 'may make and change identities', coalesce(confidence, 'high'), evidence
  FROM identity_reach
  WHERE capability = 'manages-identities' AND identity_id NOT IN (SELECT identity_id FROM admin_identities)
)
SELECT
  a.identity_id,
  concat('The agent ', listed(list(DISTINCT a.agent ORDER BY a.agent)), ' acts as ', a.identity_id, ', which ', min(r.how), '.') AS message,
  arg_min(r.confidence, list_position(['high', 'medium', 'low'], r.confidence)) AS confidence,
  list_distinct(list_concat(flatten(list(a.evidence)), flatten(list(r.evidence)))) AS evidence,
  list_distinct(flatten(list(a.evidence))) AS first
FROM agent_identities AS a
JOIN rights AS r ON r.identity_id = a.identity_id
GROUP BY a.identity_id
