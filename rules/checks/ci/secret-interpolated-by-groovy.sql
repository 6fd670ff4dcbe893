/*---
id: secret-interpolated-by-groovy
title: Groovy writes a secret into a command
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE fact = 'secret-interpolated'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
  - nist-csf-2.0:PR.PS-04
why: >
  In double quotes Groovy puts the secret in before the shell starts: it stands in the process list of the agent, and a value with special characters runs as part of the command.
fix: >
  Write the command in single quotes, so that the shell reads the variable: `sh 'curl -H "Authorization: $TOKEN" …'`.
references:
  - https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#string-interpolation
platforms: [jenkins]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  min(identity_id) AS identity_id,
  concat('The stage ', consumer_id, ' puts ', secret_name, ' into a command by Groovy (', min(detail->>'$.variable'), ' in double quotes).') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'secret-interpolated'
GROUP BY consumer_id, secret_name
