/*---
id: host-credentials-mounted
title: A service uses the login files of a person
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac]
population: consumers WHERE platform = 'compose' OR fact = 'host-credentials'
controls:
  - owasp-nhi-2025:NHI10:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
why: >
  A machine acts as a person: with all that person may do, in logs under that person's name, and until that person's login ends.
fix: >
  Give the service an identity of its own with the rights that it needs, and mount that as a secret.
limits: >
  On a developer's machine it may be what is meant; accept it there with a reason.
platforms: [compose]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The service ', consumer_id, ' mounts ', detail->>'$.file', ' (', detail->>'$.kind', ') of whoever starts it.') AS message,
  CASE WHEN is_production(environment) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'host-credentials'
GROUP BY consumer_id, secret_name, environment, detail
