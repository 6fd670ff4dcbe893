/*---
id: login-key-in-repository
title: The key that automation logs in with lies in the repository
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, file]
needs: [consumer@iac]
population: consumers WHERE platform = 'ansible' OR fact = 'private-key-file'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
why: >
  Everyone who can read the repository can log in to the hosts.
fix: >
  Keep the key in an agent or a secret store, or sign short-lived certificates for it; replace the key on all hosts.
limits: >
  Told by the path: a file that is brought there only for the run looks the same.
platforms: [ansible]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.file') AS file,
  concat(consumer_id, ' logs in with the key ', detail->>'$.file', ' of the repository.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'private-key-file' AND (detail->>'$.inRepository') = 'true'
GROUP BY consumer_id, detail
