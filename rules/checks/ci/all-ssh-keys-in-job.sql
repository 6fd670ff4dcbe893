/*---
id: all-ssh-keys-in-job
title: A job gets every SSH key of its project
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'all-ssh-keys'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Without fingerprints `add_ssh_keys` hands over all keys: that of the test server and that of production.
fix: >
  Name the one key: `add_ssh_keys: fingerprints: ["SHA256:…"]`.
references:
  - https://circleci.com/docs/guides/integration/add-ssh-key/
platforms: [circleci]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' adds all SSH keys of its project.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'all-ssh-keys'
GROUP BY consumer_id
