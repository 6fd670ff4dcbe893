/*---
id: default-password
title: A service runs with a password that everybody knows
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac|consumer@image]
population: consumers WHERE platform IN ('compose', 'dockerfile', 'ansible', 'image') OR fact = 'default-password'
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Default passwords are tried first, by people and by worms, and the port is open sooner or later.
fix: >
  Ask for the value instead of falling back: `${DB_PASSWORD:?set it}`, no default in the image, a vaulted variable in the playbook.
limits: >
  Throw-away databases of a developer's machine have such passwords by custom: low there, high for production.
platforms: [compose, dockerfile, ansible, image]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat(consumer_id, CASE WHEN (detail->>'$.isFallback') = 'true' THEN ' falls back to a well-known password for ' ELSE ' sets a well-known password for ' END, secret_name, '.') AS message,
  CASE
    WHEN is_production(environment) THEN 'high'
    WHEN (detail->>'$.platform') IN ('dockerfile', 'image') THEN 'medium'
    ELSE 'low'
  END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'default-password'
GROUP BY consumer_id, secret_name, environment, detail
