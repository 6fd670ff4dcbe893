/*---
id: database-public-may-write
title: Every role of a database may write
severity: medium
confidence: high
about: identity
identityFields: [identity_id, resource]
needs: [grant@postgres]
population: grants WHERE starts_with(identity_id, 'postgres:') AND capability IS NULL AND via_kind IN ('acl', 'default', 'definer')
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  What PUBLIC may, each role may, those that are made tomorrow too: a leaked password of the least service writes to these tables. Who may
  make objects in a schema that others look names up in can have them run his.
fix: |
  1. `REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA s FROM PUBLIC;`, `REVOKE CREATE ON SCHEMA s FROM PUBLIC;`
  2. `GRANT` what is used to a group role, and the group to its members.
  3. `ALTER DEFAULT PRIVILEGES … REVOKE … FROM PUBLIC;`, or new tables will be as open.
limits: Rights are summed up by schema; which tables these are, `\dp s.*` tells.
references:
  - https://www.postgresql.org/docs/current/ddl-priv.html
since: '0.1'
---*/
SELECT
  identity_id,
  resource,
  concat(
    'Every role may ', string_agg(DISTINCT permission, ', ' ORDER BY permission), ' on ',
    CASE WHEN via_kind = 'default' THEN '' WHEN starts_with(resource, 'table ') THEN concat(counted(max((detail->>'$.objects')::INTEGER), 'table'), ' (') ELSE '' END,
    regexp_replace(resource, '^table ', ''),
    CASE WHEN via_kind = 'acl' AND starts_with(resource, 'table ') THEN ')' ELSE '' END, '.') AS message,
  concat('`REVOKE ', string_agg(DISTINCT permission, ', ' ORDER BY permission),
    CASE
      WHEN via_kind = 'default' THEN concat(' ON TABLES FROM PUBLIC;` by ALTER DEFAULT PRIVILEGES')
      WHEN starts_with(resource, 'schema ') THEN concat(' ON SCHEMA ', word_or(substr(resource, 8), 'SCHEMA'), ' FROM PUBLIC;`')
      ELSE concat(' ON ALL TABLES IN SCHEMA ', word_or(regexp_extract(resource, '^table (.*)\.\*$', 1), 'SCHEMA'), ' FROM PUBLIC;`') END,
    '. Grant what is used to a group role, and the group to its members.') AS fix,
  list(DISTINCT observation_id ORDER BY observation_id) AS evidence
FROM grants
WHERE starts_with(identity_id, 'postgres:') AND ends_with(identity_id, ':role/PUBLIC') AND capability IS NULL AND effect = 'allow'
  AND (permission IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') AND (starts_with(resource, 'table ') OR starts_with(resource, 'new table '))
    OR permission = 'CREATE' AND starts_with(resource, 'schema '))
GROUP BY identity_id, resource, via_kind
