/*---
id: secret-exported-from-build
title: A build hands a secret on in the clear
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE fact = 'secret-exported'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
why: >
  Exported variables stand in the console, in the answers of the API and in every later action of the pipeline, unmasked.
fix: >
  Take it out of `exported-variables`; let the later action fetch it from Secrets Manager by itself.
references:
  - https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
platforms: [codebuild]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The build ', split_part(consumer_id, '#', 1), ' exports ', secret_name, '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'secret-exported'
GROUP BY consumer_id, secret_name
