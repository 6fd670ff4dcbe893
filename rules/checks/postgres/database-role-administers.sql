/*---
id: database-role-administers
title: A database role that logs in is a superuser, or can become one
severity: critical
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@postgres, grant@postgres]
population: identities WHERE provider = 'postgres' AND type = 'database-role' AND (detail->>'$.catalog') IS NOT NULL AND (detail->>'$.login') = 'true'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A superuser passes over every grant and row policy, reads the files of the server and runs programs on it: one injection in the
  application, or one leaked connection string, is the whole cluster and the machine below it.
fix: |
  1. See what it really uses: its tables and schemas (`\dp`), the objects in the audit log.
  2. Grant that to a role of its own, and take the attribute or the membership away.
  3. Keep one superuser for emergencies, whose password nobody and no service has.
limits: >
  The role that initdb made (postgres, or number 10) is left alone: somebody must administer. In a dump it is known by that name only.
  What a superuser could do by functions of extensions is not looked at. A membership that gives neither INHERIT, SET nor ADMIN counts for nothing.
references:
  - https://www.postgresql.org/docs/current/role-attributes.html
  - https://www.postgresql.org/docs/current/predefined-roles.html
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(
    'The database role ', i.name, ' may log in and ',
    CASE
      WHEN a.is_admin THEN 'is a superuser'
      ELSE a.how END, '.') AS message,
  CASE WHEN coalesce(a.confidence, 'high') = 'high' THEN 'critical' ELSE 'high' END AS severity,
  coalesce(a.confidence, 'high') AS confidence,
  numbered([
    'See what it really uses: `\dp` and the objects in the audit log.',
    'Grant that to a role of its own.',
    CASE
      WHEN a.is_admin THEN concat('`ALTER ROLE ', word_or(i.name, 'ROLE'), ' NOSUPERUSER;`')
      WHEN a.hops = 0 THEN concat('`ALTER ROLE ', word_or(i.name, 'ROLE'), ' NOCREATEROLE;`')
      ELSE concat('`REVOKE ', word_or(regexp_extract(w.path[2], ':role/(.*)$', 1), 'GROUP'), ' FROM ', word_or(i.name, 'ROLE'), ';`') END]) AS fix,
  list_concat(i.evidence, a.evidence) AS evidence,
  {'hops': a.hops} AS detail
FROM identities AS i
JOIN admin_identities AS a USING (identity_id)
LEFT JOIN (
  SELECT identity_id, arg_min(path, (hops, capability)) AS path FROM identity_reach WHERE capability IN ('admin', 'escalates') GROUP BY identity_id) AS w
  USING (identity_id)
WHERE i.provider = 'postgres' AND i.type = 'database-role' AND (i.detail->>'$.catalog') IS NOT NULL AND (i.detail->>'$.login') = 'true'
  AND NOT i.managed AND coalesce((i.detail->>'$.bootstrap') = 'true', false) = false
