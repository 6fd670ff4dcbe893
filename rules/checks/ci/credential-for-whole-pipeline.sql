/*---
id: credential-for-whole-pipeline
title: A credential is bound for a whole pipeline that reads it in few stages
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE fact = 'pipeline-wide-credential'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Every program that any stage starts, of every dependency it tests, finds the credential in its environment.
fix: >
  Move the `environment { … credentials(…) }` block into the stage, or bind it around the steps with `withCredentials`.
limits: >
  Credentials that no stage reads by name are left alone: tools may read them by themselves.
platforms: [jenkins]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  min(identity_id) AS identity_id,
  concat(
    secret_name, ' is bound for all ', min(detail->>'$.stages'), ' stages of ', split_part(consumer_id, '#', 1), ' and read in ', listed(from_json(min(detail->'$.readers'), '["VARCHAR"]')), ' alone.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'pipeline-wide-credential'
GROUP BY consumer_id, secret_name
