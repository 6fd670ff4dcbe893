/*---
id: key-file-opened-by-ci
title: A key file lies encrypted in the repository and CI opens it
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE fact = 'key-file-in-repository'
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
why: >
  The file was encrypted once, with a key and start value that never change. Everybody has it, for ever; whoever reads one log or one environment of a build opens it.
fix: >
  Make a new key, keep it in a secret store or let the job log in by itself, and delete the old one at its provider.
references:
  - https://docs.travis-ci.com/user/encrypting-files/
platforms: [travis]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The job ', consumer_id, ' opens ', min(detail->>'$.file'), ' with ', secret_name, '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'key-file-in-repository'
GROUP BY consumer_id, secret_name
