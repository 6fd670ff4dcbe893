/*---
id: credential-over-unverified-tls
title: A credential is sent to whoever answers
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac]
population: consumers WHERE platform IN ('ansible', 'dockerfile')
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.DS-02
  - nist-csf-2.0:PR.AA-03
why: >
  Without the check of the certificate anyone between the two can answer in the server's place, and is handed the credential.
fix: >
  Leave the check on; where the server's certificate is of a private CA, name that CA (`ca_path`, `--cacert`).
platforms: [ansible, dockerfile]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat(consumer_id, ' sends ', secret_name, ' without checking the certificate of the server.') AS message,
  CASE WHEN bool_or(is_production(environment)) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'unverified-tls' AND (detail->>'$.platform') IN ('ansible', 'dockerfile')
GROUP BY consumer_id, secret_name
