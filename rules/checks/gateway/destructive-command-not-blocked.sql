/*---
id: destructive-command-not-blocked
title: Nothing blocks destructive commands on a connection of production
severity: medium
confidence: medium
about: consumer
identityFields: [connection]
needs: [policy:connection@gateway, policy:guardrail@gateway, 'policy:attribute@gateway?']
population: connection_settings WHERE is_production(environment) AND (type = 'database' OR type = 'httpproxy' OR starts_with(subtype, 'kubernetes'))
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.PS-01
  - nist-csf-2.0:PR.AA-05
why: >
  An agent that was talked into it, or a job with a fault, drops a table or gives itself rights in one statement; an approval of the
  connection does not look at what is typed afterwards.
fix: >
  Give the connection a guardrail that denies DROP, TRUNCATE, DELETE without WHERE, GRANT, REVOKE and ALTER ROLE (deny words, or a pattern),
  and take those rights from the account behind it.
limits: >
  A guardrail counts where one of its words or patterns of the input meets a plain statement of the kind. Rights of the account at the target,
  which may make the statement fail anyway, are not looked at. The open edition of hoop allows one guardrail in all.
since: '0.1'
---*/
WITH guards AS (
  SELECT connection_policy, flatten(list(coalesce(from_json(settings->'$.input', '[{"type": "VARCHAR", "words": ["VARCHAR"], "pattern": "VARCHAR"}]'), []))) AS rules,
    list(DISTINCT name ORDER BY name) AS names, flatten(list(evidence)) AS evidence
  FROM connection_rules
  WHERE type = 'guardrail'
  GROUP BY connection_policy
),
tried AS (
  SELECT c.policy_id, t.name, t.position,
    bool_or(list_contains(list_transform(r.rule.words, lambda word: contains(lower(t.statement), lower(word)) AND trim(word) <> ''), true)
      OR coalesce(TRY(regexp_matches(t.statement, r.rule.pattern)), false) OR coalesce(TRY(regexp_matches(lower(t.statement), r.rule.pattern)), false)) AS is_met
  FROM connection_settings AS c
  CROSS JOIN (VALUES
    (1, 'DROP', 'DROP TABLE customers;'), (2, 'TRUNCATE', 'TRUNCATE TABLE customers;'), (3, 'DELETE without WHERE', 'DELETE FROM customers;'),
    (4, 'GRANT', 'GRANT ALL ON customers TO etl;'), (5, 'REVOKE', 'REVOKE ALL ON customers FROM etl;'), (6, 'ALTER ROLE', 'ALTER ROLE etl SUPERUSER;')) AS t(position, name, statement)
  LEFT JOIN (SELECT connection_policy, unnest(rules) AS rule FROM guards) AS r ON r.connection_policy = c.policy_id AND coalesce(r.rule.pattern, '') || coalesce(array_to_string(r.rule.words, ''), '') <> ''
  WHERE c.type = 'database'
  GROUP BY ALL
),
open_ways AS (
  SELECT policy_id, list(name ORDER BY position) AS ways FROM tried WHERE NOT coalesce(is_met, false) GROUP BY policy_id
)
SELECT
  c.connection,
  c.identity_id,
  concat(
    c.connection, ' (', c.environment, ') ',
    CASE WHEN g.names IS NULL THEN 'has no guardrail'
      ELSE concat('is guarded by ', listed(g.names)) END,
    CASE WHEN o.ways IS NULL THEN ': any request passes' ELSE concat(': ', array_to_string(o.ways, ', '), ' ', CASE WHEN len(o.ways) = 1 THEN 'passes' ELSE 'pass' END) END, '.') AS message,
  list_distinct(list_concat(c.evidence, coalesce(g.evidence, []))) AS evidence,
  {'passes': coalesce(o.ways, [])} AS detail
FROM connection_settings AS c
LEFT JOIN guards AS g ON g.connection_policy = c.policy_id
LEFT JOIN open_ways AS o ON o.policy_id = c.policy_id
WHERE is_production(c.environment) AND CASE
    WHEN c.type = 'database' THEN o.ways IS NOT NULL
    ELSE (c.type = 'httpproxy' OR starts_with(c.subtype, 'kubernetes')) AND g.names IS NULL END
