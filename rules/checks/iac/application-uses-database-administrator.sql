/*---
id: application-uses-database-administrator
title: An application logs in as the administrator of its database
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE platform = 'compose'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever takes over the application owns the whole database server: other databases, its users, often the files of the host.
fix: >
  Make a role for the application that owns its database and nothing else, and keep the administrator for maintenance.
limits: >
  Told by the user's name: root, postgres, sa.
platforms: [compose]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The service ', consumer_id, ' logs in to its database as ', detail->>'$.user', ' (', detail->>'$.variable', ').') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'administrator-login' AND (detail->>'$.platform') = 'compose'
GROUP BY consumer_id, detail
