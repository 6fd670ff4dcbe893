/*---
id: database-password-without-end
title: The password of a database role has no end
severity: low
confidence: medium
about: identity
identityFields: [identity_id]
needs: [credential@postgres]
population: credentials WHERE provider = 'postgres' AND type = 'password' AND (detail->>'$.method') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  PostgreSQL notes neither when a password was set nor when it was used: without VALID UNTIL, one from years ago opens the database
  today, and nothing says so.
fix: |
  1. `ALTER ROLE NAME VALID UNTIL '2027-01-01';`, with a new password, before that day each time.
  2. Better: no password. IAM authentication of the cloud, client certificates, or short-lived users of a secret store.
limits: >
  Where the source does not show how passwords are kept, a role that logs in by certificate or IAM alone is told too, with low confidence.
references:
  - https://www.postgresql.org/docs/current/sql-alterrole.html
since: '0.1'
---*/
SELECT
  c.identity_id,
  concat('The password of the database role ', i.name, ' has no end (no VALID UNTIL).') AS message,
  CASE WHEN (c.detail->>'$.method') = 'unknown' THEN 'low' ELSE 'medium' END AS confidence,
  concat('`ALTER ROLE ', word_or(i.name, 'ROLE'), ' VALID UNTIL ''DATE'';`, with a new password. Better: a login without one (IAM of the cloud, a certificate, a short-lived user of a secret store).') AS fix,
  list_distinct(list_concat(i.evidence, c.evidence)) AS evidence
FROM credentials AS c
JOIN identities AS i ON i.identity_id = c.identity_id
WHERE c.provider = 'postgres' AND c.type = 'password' AND (c.detail->>'$.method') IS NOT NULL AND c.never_expires
  AND c.status = 'active' AND NOT i.managed AND (i.detail->>'$.login') = 'true'
  AND NOT coalesce((i.detail->>'$.bootstrap') = 'true', false)
