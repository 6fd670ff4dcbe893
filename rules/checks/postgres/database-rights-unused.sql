/*---
id: database-rights-unused
title: A database role may write where it only reads
severity: low
confidence: medium
about: identity
identityFields: [identity_id, resource]
needs: [grant@postgres, usage@gateway|usage@postgres]
population: usages WHERE starts_with(identity_id, 'postgres:') AND is_use
parameters:
  minWindowDays: 30
  minSessions: 5
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A leaked password is worth what its role may. Rights that nobody used in weeks can go without anybody missing them.
fix: >
  Review the statements, try them in staging, and run them in one transaction.
limits: >
  Rests on the sessions that were given (of the gateway, or of an audit log): what goes past them is not seen. Nothing is said where they
  cover less than the window, are too few, or where one of them could not be told reading from writing. Privileges that the role has by a
  membership are not looked at; a job that runs once a year is not seen in a month.
references:
  - https://www.postgresql.org/docs/current/ddl-priv.html
since: '0.1'
---*/
WITH used AS (
  SELECT
    identity_id,
    count(*) AS sessions,
    min(used_at) AS since,
    max(used_at) AS until,
    bool_and(coalesce(action = 'read' OR action = 'connect', false)) AS only_reads,
    bool_or(action = 'read') AS has_read,
    list_sort(list_distinct(flatten(list(objects) FILTER (objects IS NOT NULL)))) AS objects,
    list(observation_id ORDER BY used_at DESC)[1:10] AS evidence
  FROM usages
  WHERE starts_with(identity_id, 'postgres:') AND is_use
  GROUP BY identity_id
),
granted AS (
  SELECT
    identity_id, resource,
    list(DISTINCT permission ORDER BY permission) AS permissions,
    max(TRY_CAST(detail->>'$.objects' AS INTEGER)) AS tables,
    list(DISTINCT observation_id ORDER BY observation_id) AS evidence
  FROM grants
  WHERE starts_with(identity_id, 'postgres:') AND capability IS NULL AND via_kind = 'acl' AND starts_with(resource, 'table ')
    AND permission IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
  GROUP BY identity_id, resource
),
words AS (
  SELECT
    g.*, u.sessions, u.since, u.until, u.objects, u.evidence AS seen,
    database_role_word(g.identity_id) AS role,
    word_or(regexp_extract(g.resource, '^table (.*)\.\*$', 1), 'SCHEMA') AS schema
  FROM granted AS g
  JOIN used AS u USING (identity_id)
  WHERE u.only_reads AND u.has_read AND u.sessions >= $minSessions AND date_diff('day', u.since, u.until) >= $minWindowDays
)
SELECT
  identity_id,
  resource,
  concat(
    'The database role ', role, ' may ', array_to_string(permissions, ', '), ' on ', counted(coalesce(tables, 1), 'table'), ' of ', schema,
    ', and only read in ', sessions, ' sessions from ', day_text(since), ' to ', day_text(until), '.') AS message,
  numbered([
    concat('`REVOKE ', array_to_string(permissions, ', '), ' ON ALL TABLES IN SCHEMA ', schema, ' FROM ', role, ';`'),
    CASE WHEN len(list_filter(objects, lambda name: regexp_matches(name, '^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$'))) > 0
      THEN concat('What it read: `GRANT SELECT ON ',
        array_to_string(list_filter(objects, lambda name: regexp_matches(name, '^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$'))[1:20], ', '), ' TO ', role, ';` is enough.') END,
    'Try it in staging first: a job that runs once a year was not seen.']) AS fix,
  list_concat(evidence, seen) AS evidence,
  {'sessions': sessions, 'windowDays': date_diff('day', since, until)} AS detail
FROM words
