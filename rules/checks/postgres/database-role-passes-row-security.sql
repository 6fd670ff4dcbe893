/*---
id: database-role-passes-row-security
title: A database role of a service copies the cluster or passes over row security
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@postgres]
population: identities WHERE provider = 'postgres' AND type = 'database-role' AND (detail->>'$.catalog') IS NOT NULL AND (detail->>'$.login') = 'true'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  REPLICATION streams every table of every database, with the verifiers of all passwords; BYPASSRLS makes the policies that keep
  tenants apart not count. Neither is asked for by an application that reads and writes its own tables.
fix: |
  1. `ALTER ROLE NAME NOREPLICATION NOBYPASSRLS;`
  2. For change data capture: a role of its own that replicates and does nothing else, let in by pg_hba.conf from one address.
limits: Roles that are superusers, or that the vendor of a managed service runs, are the matter of others.
references:
  - https://www.postgresql.org/docs/current/role-attributes.html
  - https://www.postgresql.org/docs/current/ddl-rowsecurity.html
since: '0.1'
---*/
WITH attributes AS (
  SELECT *, coalesce((detail->>'$.replication') = 'true', false) AS copies, coalesce((detail->>'$.bypassRls') = 'true', false) AS passes
  FROM identities
  WHERE provider = 'postgres' AND type = 'database-role' AND (detail->>'$.catalog') IS NOT NULL AND (detail->>'$.login') = 'true'
    AND NOT managed AND (detail->>'$.superuser') IS DISTINCT FROM 'true'
)
SELECT
  identity_id,
  concat(
    'The database role ', name, ' may log in and ',
    CASE
      WHEN copies AND passes THEN 'copy the whole cluster (REPLICATION), and passes over row security (BYPASSRLS)'
      WHEN copies THEN 'copy the whole cluster (REPLICATION)'
      ELSE 'passes over row security (BYPASSRLS)' END, '.') AS message,
  -- A role that is called after what it does does it by intent.
  CASE WHEN NOT passes AND regexp_matches(lower(name), 'repl|standby|barman|wal|cdc|debezium|logical|backup|patroni|repmgr') THEN 'low' ELSE 'high' END AS severity,
  concat('`ALTER ROLE ', word_or(name, 'ROLE'), CASE WHEN copies THEN ' NOREPLICATION' ELSE '' END, CASE WHEN passes THEN ' NOBYPASSRLS' ELSE '' END,
    ';` Where it must replicate, let it do nothing else, and in from one address only.') AS fix,
  evidence
FROM attributes
WHERE copies OR passes
