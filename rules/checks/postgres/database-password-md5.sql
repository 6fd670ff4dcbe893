/*---
id: database-password-md5
title: The password of a database role is kept as MD5
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [credential@postgres]
population: credentials WHERE provider = 'postgres' AND type = 'password' AND (detail->>'$.method') IN ('md5', 'scram-sha-256', 'clear')
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
why: >
  Who reads the hash, in a backup or a dump, logs in with it: MD5 authentication needs no password, only the hash. And it is guessed at
  billions of tries a second. PostgreSQL 18 calls it deprecated.
fix: |
  1. `ALTER SYSTEM SET password_encryption = 'scram-sha-256'; SELECT pg_reload_conf();`
  2. Set the password anew (`\password ROLE`), and hand it out.
  3. When no role has MD5 any more, write scram-sha-256 in place of md5 in pg_hba.conf.
references:
  - https://www.postgresql.org/docs/current/auth-password.html
since: '0.1'
---*/
SELECT
  identity_id,
  concat('The password of the database role ', regexp_extract(identity_id, ':role/(.*)$', 1), ' is kept ',
    CASE detail->>'$.method' WHEN 'md5' THEN 'as MD5: whoever reads the hash logs in with it.' ELSE 'in clear.' END) AS message,
  CASE detail->>'$.method' WHEN 'md5' THEN 'medium' ELSE 'high' END AS severity,
  numbered([
    '`ALTER SYSTEM SET password_encryption = ''scram-sha-256''; SELECT pg_reload_conf();`',
    concat('`\password ', word_or(regexp_extract(identity_id, ':role/(.*)$', 1), 'ROLE'), '`, and hand the new one out.'),
    'When no role has MD5 any more, write scram-sha-256 in place of md5 in pg_hba.conf.']) AS fix,
  evidence
FROM credentials
WHERE provider = 'postgres' AND type = 'password' AND identity_id IS NOT NULL AND status = 'active' AND (detail->>'$.method') IN ('md5', 'clear')
