/*---
id: long-lived-key-made-by-playbook
title: A playbook makes a key that never expires
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, account]
needs: [consumer@iac]
population: consumers WHERE platform = 'ansible'
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The key is written to the output of the run and to whatever keeps it, works from anywhere, and nobody takes it back.
fix: >
  Give the workload a role instead (instance profile, workload identity federation); where a key must be, write it to a secret store with `no_log: true` and
  rotate it by a second task.
platforms: [ansible]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.user') AS account,
  min(identity_id) AS identity_id,
  concat('The task ', consumer_id, ' makes a long-lived key for ', detail->>'$.user', ' (', detail->>'$.module', ').') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'long-lived-key' AND (detail->>'$.platform') = 'ansible'
GROUP BY consumer_id, detail
