/*---
id: caller-in-several-environments
title: One machine works in production and in another environment
severity: medium
confidence: high
about: usage
identityFields: [caller_key]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: machine_calls WHERE environment IS NOT NULL
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  The key lies where the test job runs, which more people reach, and opens production.
fix: Give the job of each environment a key of its own, in groups that may use its connections only.
limits: >
  The environment of a session is that of its connection's tags when it began. The static admin key has a check of its own.
since: '0.1'
---*/
SELECT
  caller_key,
  max(caller_identity_id) AS identity_id,
  concat(
    any_value(caller), ' worked in ', array_to_string(list(DISTINCT lower(environment) ORDER BY lower(environment)), ' and '), ': ',
    listed(list(DISTINCT concat(connection, ' (', lower(environment), ')') ORDER BY concat(connection, ' (', lower(environment), ')'))), '.') AS message,
  list_distinct(flatten([list(observation_id ORDER BY used_at DESC) FILTER (is_production(environment))[1:5], list(observation_id ORDER BY used_at DESC) FILTER (NOT is_production(environment))[1:5]])) AS evidence
FROM machine_calls
WHERE environment IS NOT NULL AND caller_type <> 'static-admin-key'
GROUP BY caller_key
HAVING bool_or(is_production(environment)) AND NOT bool_and(is_production(environment))
