/*---
id: secret-after-script
title: A step reads a secret after it has failed
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE fact = 'secret-after-script'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
why: >
  `after-script` runs whatever happened before, also when a test of a stranger's change broke off: what that left in the container reads the secret with it.
fix: >
  Move what needs the secret into a step of its own that runs when the build has passed.
platforms: [bitbucket-pipelines]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The step ', consumer_id, ' reads ', secret_name, ' in its after-script.') AS message,
  CASE WHEN bool_or(list_contains(string_split(trigger, ','), 'pull_request')) THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'secret-after-script'
GROUP BY consumer_id, secret_name
