/*---
id: registry-admin-account
title: The admin account of a container registry is on
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'admin-account'
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-05
why: >
  One user name and two passwords that all share, with the right to push and delete, and nobody can tell who did it.
fix: >
  Set `admin_enabled = false`; give pullers AcrPull and pushers AcrPush with managed identities or federated tokens.
references:
  - https://learn.microsoft.com/en-us/azure/container-registry/container-registry-authentication
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The container registry ', (detail->>'$.address'), ' has its shared admin account on.') AS message,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'admin-account'
