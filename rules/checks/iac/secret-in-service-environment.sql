/*---
id: secret-in-service-environment
title: A service gets its secrets as plain environment variables
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE platform = 'compose'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
why: >
  `docker inspect`, crash reports, child processes and every library of the service see the variables; a secret mounted as a file is read by
  whoever opens it.
fix: >
  Declare them under `secrets:` and name the file to the program (`POSTGRES_PASSWORD_FILE: /run/secrets/db_password`).
limits: >
  A service that cannot read files has no other way; accept it there.
references:
  - https://docs.docker.com/compose/how-tos/use-secrets/
platforms: [compose]
since: '0.1'
---*/
WITH services AS (
  SELECT
    consumer_id,
    list(DISTINCT secret_name ORDER BY secret_name) AS names,
    list(DISTINCT place_text ORDER BY place_text) AS places,
    list(DISTINCT observation_id ORDER BY observation_id) AS seen
  FROM consumers
  WHERE (detail->>'$.platform') = 'compose' AND fact = 'service-variable' AND (detail->>'$.valueFrom') IN ('variable', 'passed', 'default')
    AND (detail->>'$.cloud') IS NULL
  GROUP BY consumer_id
)
-- Services that share an anchor share its lines: one mistake.
SELECT
  min(consumer_id) AS consumer_id,
  concat(services_text(list(consumer_id)), CASE WHEN count(*) = 1 THEN ' gets ' ELSE ' get ' END, listed(names), ' as plain environment variables.') AS message,
  arg_min(seen, consumer_id) AS evidence,
  {'services': list(consumer_id ORDER BY consumer_id)} AS detail
FROM services
GROUP BY names, places
