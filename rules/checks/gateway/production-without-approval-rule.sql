/*---
id: production-without-approval-rule
title: A connection to production or personal data asks nobody
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@gateway, policy:access-rule@gateway, 'policy:connection@gateway?', 'policy:attribute@gateway?', 'policy:plugin@gateway?']
population: connection_gates WHERE is_sensitive OR is_production(environment)
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever is in a group that may use it is in production, at any hour, for any length of time, and nobody decided that this once.
fix: >
  Put an access request rule on the connection: type jit for sessions (a few hours), type command for scripts, with reviewers who answer for the data; or switch
  the way in the message off.
limits: >
  Rules by name and by attribute count, and so do reviewers of the connection. The open edition of hoop has one rule for all connections: there a missing one may be a limit of the edition.
since: '0.1'
---*/
WITH open_ways AS (
  SELECT g.*, list_filter([
      CASE WHEN g.allows_connects AND NOT g.gates_connects THEN 'sessions' END,
      CASE WHEN g.allows_commands AND NOT g.gates_commands THEN 'scripts' END], lambda way: way IS NOT NULL) AS ways,
    EXISTS (FROM policies AS p WHERE p.type = 'server' AND (p.settings->>'$.licence') = 'oss') AS is_open_edition
  FROM connection_gates AS g
  WHERE g.is_sensitive OR is_production(g.environment)
)
SELECT
  o.consumer_id,
  o.identity_id,
  concat(
    'The connection ', o.connection, ' (', array_to_string(list_filter([CASE WHEN is_production(o.environment) THEN o.environment END, CASE WHEN o.is_sensitive THEN 'personal data' END], lambda word: word IS NOT NULL), ', '),
    ') asks for no approval of ', array_to_string(o.ways, ' and '),
    CASE WHEN len(o.rules) > 0 THEN concat('; its rules (', listed(o.rules), ') are for the other way') ELSE '' END,
    CASE WHEN o.is_open_edition THEN '. The open edition has one rule only' ELSE '' END, '.') AS message,
  CASE WHEN len(o.ways) = 2 OR len(o.rules) = 0 THEN 'high' ELSE 'medium' END AS severity,
  o.evidence
FROM open_ways AS o
WHERE len(o.ways) > 0
