/*---
id: jenkins-global-key
title: Every pipeline of a Jenkins can use an SSH key
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [identity_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'global-credential'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A credential of scope GLOBAL is at hand in every job of the server, also in one that somebody makes tomorrow.
fix: >
  Keep it in the folder of the jobs that deploy with it, or as `scope: SYSTEM` where only the server itself needs it.
references:
  - https://www.jenkins.io/doc/book/using/using-credentials/
platforms: [jenkins]
since: '0.1'
---*/
SELECT
  identity_id,
  concat('The SSH key ', min(secret_name), ' is global in ', min(split_part(consumer_id, '#', 1)), ': every pipeline of the server can use it.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'global-credential'
GROUP BY identity_id
