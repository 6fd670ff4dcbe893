/*---
id: non-production-becomes-production
title: An identity of a test environment can become one of production
severity: high
confidence: medium
about: identity
identityFields: [identity_id, becomes]
needs: [identity, trust]
population: may_become
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
  Environments are told by tags and by the names of projects. An identity without any is left alone.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/8-environment-isolation/
since: '0.1'
---*/
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
WHERE is_production(b.environment) AND a.environment IS NOT NULL AND NOT is_production(a.environment)
GROUP BY m.identity_id, m.becomes, a.environment, b.environment
