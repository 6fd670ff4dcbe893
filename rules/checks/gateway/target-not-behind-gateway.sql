/*---
id: target-not-behind-gateway
title: A database is not behind the gateway
severity: medium
confidence: medium
about: identity
identityFields: [protocol, host]
needs: [consumer@gateway, 'sighting|usage@audit-log']
population: target_hosts
inconclusive: SELECT 'connections of the gateway do not tell their hosts, which single exports do' WHERE EXISTS (FROM target_hosts WHERE len(connections) = 0 AND untold > 0) OR NOT EXISTS (FROM gateway_connections WHERE (detail->>'$.host') IS NOT NULL)
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:ID.AM-03
  - nist-csf-2.0:PR.IR-01
why: >
  What the gateway approves, masks and records is what goes through it. Secrets in the code lead straight to this host: none of that happens there.
fix: >
  Make a gateway connection to the host, move the workloads in the evidence to it, and let the host accept the gateway's addresses alone.
limits: >
  Hosts of databases, as connection strings, workloads and logs name them; the same host under another name looks like another one. Nothing is said where a connection of the kind does not tell its host
  (lists of connections do not; single exports do), and of containers beside the workload.
since: '0.1'
---*/
WITH covered AS (
  SELECT protocol, count(*) AS hosts, count(*) FILTER (len(connections) > 0) AS behind FROM target_hosts GROUP BY protocol
)
SELECT
  h.protocol,
  h.host,
  h.identity_id,
  concat(
    h.host, ' (', spoken(h.protocol), ') is used by ', CASE WHEN h.identities = 1 THEN '1 account' ELSE concat(h.identities, ' accounts') END, ' past the gateway, by ', listed(h.places),
    '; of ', counted(c.hosts, 'host'), ' of the kind, ', c.behind, CASE WHEN c.behind = 1 THEN ' is' ELSE ' are' END, ' behind it.') AS message,
  CASE WHEN is_production(h.environment) THEN 'high' ELSE 'medium' END AS severity,
  h.evidence
FROM target_hosts AS h
JOIN covered AS c USING (protocol)
WHERE len(h.connections) = 0 AND h.untold = 0
  AND EXISTS (FROM gateway_connections AS g WHERE (g.detail->>'$.host') IS NOT NULL)
