/*---
id: non-production-becomes-production
title: An identity of a test environment can become one of production
severity: high
confidence: medium
about: identity
identityFields: [identity_id, becomes]
needs: [identity, trust]
population: (SELECT identity_id FROM may_become UNION ALL SELECT identity_id FROM trusts WHERE effect = 'allow' AND principal_type = 'account')
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  The wall between the environments has a door: who gets into the test system gets through.
fix: >
  Take the identity out of the trust policy of the production role; give production its own identity, started by its own
  pipeline behind an approval.
limits: >
  A service account whose name a role trusts is left alone where nothing tells that the role trusts its cluster. Environments are told by tags and by the names of projects and accounts. An identity without any is left alone; so is an account
  whose identities are of several environments, or most of them of none.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/8-environment-isolation/
since: '0.1'
---*/
WITH accounts AS (
  -- A trust in a whole account is one in everybody there who is allowed to ask.
  SELECT scope, min(environment) AS environment, flatten(list(evidence ORDER BY identity_id) FILTER (environment IS NOT NULL))[:3] AS evidence
  FROM identities
  WHERE provider = 'aws' AND type IN ('user', 'role') AND NOT managed AND scope IS NOT NULL
  GROUP BY scope
  HAVING count(DISTINCT environment) = 1 AND count(environment) * 2 > count(*)
)
SELECT
  m.identity_id,
  m.becomes,
  concat(
    m.identity_id, ' (', a.environment, ') can become ', m.becomes, ' (', b.environment, ')',
    coalesce('; ' || m.becomes || ' ' || min(admin.how), ''), '.') AS message,
  list_concat(list_concat(list(DISTINCT m.observation_id), min(a.evidence)), min(b.evidence)) AS evidence
FROM may_become AS m
JOIN identities AS a ON a.identity_id = m.identity_id
JOIN identities AS b ON b.identity_id = m.becomes
LEFT JOIN admin_identities AS admin ON admin.identity_id = m.becomes
WHERE is_production(b.environment) AND a.environment IS NOT NULL AND NOT is_production(a.environment) AND m.confidence <> 'low'
GROUP BY m.identity_id, m.becomes, a.environment, b.environment
UNION ALL
SELECT
  concat('aws:', t.principal, ':root'),
  t.identity_id,
  concat(
    'Whoever is allowed to in account ', t.principal, ' (', a.environment, ') can become ', t.identity_id, ' (', b.environment, ')',
    coalesce('; ' || t.identity_id || ' ' || min(admin.how), ''), '.') AS message,
  list_concat(list_concat(list(DISTINCT t.observation_id), min(a.evidence)), min(b.evidence)) AS evidence
FROM trusts AS t
JOIN accounts AS a ON a.scope = t.principal
JOIN identities AS b ON b.identity_id = t.identity_id
LEFT JOIN admin_identities AS admin ON admin.identity_id = t.identity_id
WHERE t.effect = 'allow' AND t.principal_type = 'account' AND t.principal <> coalesce(b.scope, '')
  AND is_production(b.environment) AND a.environment IS NOT NULL AND NOT is_production(a.environment)
GROUP BY t.principal, t.identity_id, a.environment, b.environment
