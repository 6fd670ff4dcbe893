/*---
id: database-superuser-declared
title: A database role that may log in is a superuser
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@iac|identity@postgres]
population: identities WHERE type = 'database-role'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A superuser passes over every grant and row policy, reads files of the server and runs programs on it: one injection in
  the application is the whole database.
fix: >
  Set `superuser = false` and grant what the application does; keep one superuser that nobody logs in with.
references:
  - https://www.postgresql.org/docs/current/role-attributes.html
platforms: [terraform]
since: '0.1'
---*/
SELECT
  identity_id,
  concat('The database role ', name, ' (', (detail->>'$.address'), ') may log in and is a superuser.') AS message,
  evidence
FROM identities
WHERE type = 'database-role' AND coalesce(TRY_CAST(detail->>'$.superuser' AS BOOLEAN), false) AND coalesce(TRY_CAST(detail->>'$.login' AS BOOLEAN), false)
  AND (detail->>'$.address') IS NOT NULL
