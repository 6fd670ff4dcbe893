/*---
id: database-login-without-password
title: A database lets clients of the network in without a password, or takes it in clear
severity: high
confidence: high
about: identity
identityFields: [identity_id, rule]
needs: [trust@postgres]
population: trusts WHERE (detail->>'$.basis') = 'pg_hba.conf'
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
why: >
  `trust` asks for nothing: whoever reaches the port is whatever role they name. `password` sends the password as it is, for anybody on the
  way to read, unless the line asks for TLS.
fix: |
  1. Write scram-sha-256 (or cert) in place of trust and password in pg_hba.conf; for password, `hostssl` in place of `host`.
  2. `SELECT pg_reload_conf();`, and try each client.
limits: >
  The server shows pg_hba.conf to superusers only: the check is not assessed where it was denied. Lines are judged one by one; one that
  comes before may keep a client from this one. Lines for the local socket and for loopback addresses are left alone.
references:
  - https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
since: '0.1'
---*/
SELECT
  identity_id,
  concat(t.detail->>'$.type', ' ', t.principal, ' ', t.detail->>'$.method') AS rule,
  concat(
    'Line ', t.detail->>'$.hbaLine', ' of pg_hba.conf lets ',
    CASE WHEN ends_with(identity_id, ':role/PUBLIC') THEN 'any role' ELSE regexp_extract(identity_id, ':role/(.*)$', 1) END,
    ' in from ', t.principal,
    CASE t.detail->>'$.method' WHEN 'trust' THEN ' without a password.' ELSE ' with a password sent in clear.' END) AS message,
  CASE WHEN (t.detail->>'$.method') = 'password' THEN 'medium' WHEN regexp_matches(t.principal, '^(0\.0\.0\.0|::|all)') THEN 'critical' ELSE 'high' END AS severity,
  [t.observation_id] AS evidence
FROM trusts AS t
WHERE (t.detail->>'$.basis') = 'pg_hba.conf' AND (t.detail->>'$.isLocal') = 'false'
  AND ((t.detail->>'$.method') = 'trust' OR (t.detail->>'$.method') = 'password' AND (t.detail->>'$.type') <> 'hostssl')
