/*---
id: jenkins-credential-in-configuration
title: A credential of Jenkins stands in its configuration as code
severity: critical
confidence: medium
persona: dev
about: consumer
identityFields: [identity_id, field]
needs: [consumer@ci]
population: consumers WHERE fact = 'credential-in-configuration'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.AA-01
why: >
  Whoever reads the repository has what all pipelines of the server deploy with.
fix: >
  Refer to it (`password: ${DEPLOY_PASSWORD}`) and let a secret store hand it over; change the credential.
references:
  - https://github.com/jenkinsci/configuration-as-code-plugin/blob/master/docs/features/secrets.adoc
platforms: [jenkins]
since: '0.1'
---*/
SELECT
  identity_id,
  (detail->>'$.field') AS field,
  concat('The ', (detail->>'$.field'), ' of the Jenkins credential ', min(secret_name), ' stands in ', min(split_part(consumer_id, '#', 1)), '.') AS message,
  CASE WHEN bool_and(is_test_path(location->>'$.path')) THEN 'low' ELSE 'critical' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'credential-in-configuration'
GROUP BY identity_id, (detail->>'$.field')
