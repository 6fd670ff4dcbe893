/*---
id: jenkins-user-password-in-configuration
title: The password of a Jenkins user stands in its configuration as code
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [identity_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'local-user-password'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.AA-01
why: >
  It opens the server, and with it every credential that pipelines use.
fix: >
  Refer to it (`password: ${ADMIN_PASSWORD}`) and change it; better, let people log in by the company's own login.
platforms: [jenkins]
since: '0.1'
---*/
SELECT
  identity_id,
  concat('The password of the Jenkins user ', min(secret_name), ' stands in ', min(split_part(consumer_id, '#', 1)), '.') AS message,
  CASE WHEN bool_and(is_test_path(location->>'$.path')) THEN 'low' ELSE 'high' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'local-user-password'
GROUP BY identity_id
