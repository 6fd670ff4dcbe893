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
-- Few connections of many sessions: names are told of those.
WITH places AS (
  SELECT caller_key, connection, lower(environment) AS environment, is_production(lower(environment)) AS is_prod, any_value(caller) AS caller, max(caller_identity_id) AS identity_id,
    arg_max(observation_id, (used_at, observation_id), 5) AS evidence
  FROM machine_calls
  WHERE environment IS NOT NULL AND caller_type <> 'static-admin-key'
  GROUP BY caller_key, connection, lower(environment)
)
SELECT
  caller_key,
  max(identity_id) AS identity_id,
  concat(
    min(caller), ' worked in ', array_to_string(list(DISTINCT environment ORDER BY environment), ' and '), ': ',
    listed(list(concat(connection, ' (', environment, ')') ORDER BY connection, environment)), '.') AS message,
  list_sort(flatten(list(evidence)))[1:20] AS evidence
FROM places
GROUP BY caller_key
HAVING bool_or(is_prod) AND NOT bool_and(is_prod)
