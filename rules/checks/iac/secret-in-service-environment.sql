/*---
id: secret-in-service-environment
title: A service gets its secrets as plain environment variables
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [declared_in]
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
    bool_or((detail->>'$.declaredIn') IS NULL) AS is_own,
    array_to_string(list(DISTINCT (detail->>'$.declaredIn') ORDER BY (detail->>'$.declaredIn')), ' ') AS elsewhere,
    list(DISTINCT secret_name ORDER BY secret_name) AS names,
    list(DISTINCT place_text ORDER BY place_text) AS places,
    list(DISTINCT observation_id ORDER BY observation_id) AS seen
  FROM consumers
  WHERE (detail->>'$.platform') = 'compose' AND fact = 'service-variable' AND (detail->>'$.valueFrom') IN ('variable', 'passed', 'default')
    AND (detail->>'$.cloud') IS NULL
  GROUP BY consumer_id
),
-- Services that share an anchor share its lines: one mistake, known by where it stands, for services come and go.
shared AS (
  SELECT
    names,
    list(consumer_id ORDER BY consumer_id) AS ids,
    bool_or(is_own) AS is_own,
    coalesce(min(consumer_id) FILTER (WHERE is_own), min(elsewhere)) AS declared_in,
    arg_min(seen, consumer_id) AS evidence
  FROM services
  GROUP BY names, places
)
SELECT
  ids[1] AS consumer_id,
  -- Who takes only some of the lines is told apart from who takes them all.
  CASE WHEN row_number() OVER (PARTITION BY declared_in ORDER BY is_own DESC, len(names) DESC, ids[1]) = 1 THEN declared_in ELSE ids[1] END AS declared_in,
  concat(services_text(ids), CASE WHEN len(ids) = 1 THEN ' gets ' ELSE ' get ' END, listed(names), ' as plain environment variables.') AS message,
  evidence,
  {'services': ids} AS detail
FROM shared
