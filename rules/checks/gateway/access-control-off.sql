/*---
id: access-control-off
title: Nothing limits who may use connections of the gateway
severity: high
confidence: high
about: consumer
identityFields: [connection]
needs: [consumer@gateway, policy:access-control@gateway, 'policy:attribute@gateway?']
population: gateway_connections
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Every user and every key of the gateway reaches it: the key of a test job opens the database of production.
fix: >
  Switch on the plugin for access control (`access_control`) and give each connection the groups that need it, by name or by an attribute.
limits: >
  A connection that access control does not name may be closed to all but administrators, depending on the release of the gateway: that is said with medium confidence.
since: '0.1'
---*/
WITH bound AS (
  SELECT connection, org FROM connection_groups WHERE basis = 'gateway' AND len(groups) > 0
),
plugin AS (
  SELECT count(*) > 0 AS is_on, flatten(list(evidence)) AS evidence FROM policies WHERE provider = 'hoop' AND (type = 'access-control' OR (settings->>'$.plugin') = 'access_control') AND coalesce(enabled, true)
),
open_to_all AS (
  SELECT g.*, p.is_on, coalesce(p.evidence, []) AS plugin_evidence
  FROM gateway_connections AS g
  CROSS JOIN plugin AS p
  ANTI JOIN bound AS b ON b.connection = g.connection AND b.org IS NOT DISTINCT FROM g.org
)
SELECT
  '*' AS connection,
  NULL::VARCHAR AS identity_id,
  concat('The gateway has no access control: everybody who may sign in, and every key, may use all ', counted(count(*), 'connection'), ' (', listed(list(connection ORDER BY connection)), ').') AS message,
  'high' AS severity,
  'high' AS confidence,
  list_distinct(flatten(list(evidence)))[1:20] AS evidence
FROM open_to_all
WHERE NOT is_on
HAVING count(*) > 0
UNION ALL
SELECT
  connection,
  identity_id,
  concat('Access control names no group for the connection ', connection, '.'),
  CASE WHEN is_production(environment) THEN 'high' ELSE 'medium' END,
  'medium',
  list_concat(evidence, plugin_evidence)
FROM open_to_all
WHERE is_on
