/*---
id: database-definer-open-to-all
title: Every role may call a function that runs with the rights of another
severity: medium
confidence: high
about: identity
identityFields: [identity_id, resource]
needs: [grant@postgres]
population: grants WHERE starts_with(identity_id, 'postgres:') AND via_kind = 'definer'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  SECURITY DEFINER is a door between roles, and PostgreSQL leaves it open: EXECUTE is PUBLIC's by itself. Of a superuser's function each
  mistake is superuser's; without a search_path of its own its caller decides which tables and operators its names mean.
fix: |
  1. `REVOKE EXECUTE ON FUNCTION s.f FROM PUBLIC;`, and grant it to those who call it.
  2. `ALTER FUNCTION s.f SET search_path = s, pg_temp;`
  3. Give it to an owner that has only what it needs: `ALTER FUNCTION s.f OWNER TO …;`
limits: >
  What the function does is not read. Whether its owner is a superuser is known where the roles were read from the same source, or from
  another one of the run.
references:
  - https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
since: '0.1'
---*/
SELECT
  identity_id,
  resource,
  concat(
    'Every role may call ', function, ', which runs as ', owner, CASE WHEN is_superusers THEN ', a superuser' ELSE '' END,
    CASE WHEN has_path THEN '' ELSE ', with the search_path of its caller' END, '.') AS message,
  CASE WHEN is_superusers AND NOT has_path THEN 'high' ELSE 'medium' END AS severity,
  list_concat([observation_id], coalesce(owner_evidence, [])) AS evidence
FROM database_doors
WHERE is_superusers OR NOT has_path
