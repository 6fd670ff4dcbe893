/*---
id: service-without-password
title: A service asks for no password
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, setting]
needs: [consumer@iac|consumer@image]
population: consumers WHERE platform IN ('compose', 'dockerfile', 'image') OR fact = 'no-password'
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.PS-01
why: >
  Everybody who reaches the port is its administrator: every other container of the network, and the internet when the port is published.
fix: >
  Set a password from a secret and take the switch out.
limits: >
  A service that only its own machine reaches loses little by it: low in a development container and in tests.
platforms: [compose, dockerfile, image]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.setting') AS setting,
  concat(consumer_id, ' lets everybody in (', detail->>'$.setting', ').') AS message,
  CASE
    WHEN is_production(environment) THEN 'high'
    WHEN (detail->>'$.platform') = 'image' THEN 'high'
    -- What people start on their own machines, and tests.
    WHEN is_test_path(location->>'$.path') OR regexp_matches(location->>'$.path', '(^|/)\.?dev(container|env)s?/') THEN 'low'
    ELSE 'medium'
  END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'no-password'
GROUP BY consumer_id, environment, detail, location->>'$.path'
