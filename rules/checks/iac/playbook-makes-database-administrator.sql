/*---
id: playbook-makes-database-administrator
title: A playbook makes an account with all rights to a database server
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, account]
needs: [consumer@iac]
population: consumers WHERE platform = 'ansible' OR fact = 'database-administrator'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  An application that logs in with it owns the server: every database, every user, and often the files of the host.
fix: >
  Grant what the account is for: `priv: 'shop.*:SELECT,INSERT,UPDATE,DELETE'`, `postgresql_privs` on one database, no `SUPERUSER`.
limits: >
  An administrator's own account looks the same; accept it with a reason.
platforms: [ansible]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.user') AS account,
  min(identity_id) AS identity_id,
  concat('The task ', consumer_id, ' gives ', detail->>'$.user', ' all rights to the database server (', detail->>'$.module', ').') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'database-administrator'
GROUP BY consumer_id, detail
