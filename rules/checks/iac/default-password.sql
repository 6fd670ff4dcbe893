/*---
id: default-password
title: A service runs with a password that everybody knows
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [declared_in, secret_name]
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
WITH settings AS (
  SELECT
    consumer_id,
    secret_name,
    coalesce(detail->>'$.declaredIn', consumer_id) AS declared_in,
    environment,
    (detail->>'$.platform') AS platform,
    (detail->>'$.isFallback') = 'true' AS falls_back,
    list(DISTINCT place_text ORDER BY place_text) AS places,
    list(DISTINCT observation_id ORDER BY observation_id) AS seen
  FROM consumers
  WHERE fact = 'default-password'
  GROUP BY consumer_id, secret_name, environment, detail
)
-- Services that share an anchor share its lines: one mistake, known by where it stands, for services come and go.
SELECT
  min(consumer_id) AS consumer_id,
  declared_in,
  secret_name,
  concat(CASE WHEN count(*) = 1 THEN min(consumer_id) ELSE services_text(list(consumer_id)) END,
    CASE WHEN falls_back THEN concat(' fall', CASE WHEN count(*) = 1 THEN 's' ELSE '' END, ' back to') ELSE concat(' set', CASE WHEN count(*) = 1 THEN 's' ELSE '' END) END,
    ' a well-known password for ', secret_name, '.') AS message,
  CASE
    WHEN bool_or(is_production(environment)) THEN 'high'
    WHEN platform IN ('dockerfile', 'image') THEN 'medium'
    ELSE 'low'
  END AS severity,
  arg_min(seen, consumer_id) AS evidence
FROM settings
GROUP BY declared_in, secret_name, platform, falls_back, places
