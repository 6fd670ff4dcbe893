/*---
id: account-in-several-environments
title: Connections of production and of another environment use one account
severity: high
confidence: high
about: identity
identityFields: [account]
needs: [consumer@gateway]
population: gateway_connections WHERE identity_id IS NOT NULL AND environment IS NOT NULL
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever may use the connection of the test environment holds the account of production, under rules that were made for tests.
fix: Make an account for each environment, with rights to its own data only, and give each connection its own.
limits: The environment of a connection is told by its tags, so a wrong tag misleads.
since: '0.1'
---*/
SELECT
  identity_id AS account,
  identity_id,
  concat(
    'The connections ', listed(list(DISTINCT concat(connection, ' (', lower(environment), ')') ORDER BY concat(connection, ' (', lower(environment), ')'))),
    ' use one account, ', identity_id, '.') AS message,
  list_distinct(flatten(list(evidence))) AS evidence
FROM gateway_connections
WHERE identity_id IS NOT NULL AND environment IS NOT NULL
GROUP BY identity_id
HAVING bool_or(is_production(environment)) AND NOT bool_and(is_production(environment))
