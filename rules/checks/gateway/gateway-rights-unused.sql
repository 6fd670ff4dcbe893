/*---
id: gateway-rights-unused
title: A machine may use connections of the gateway that it never uses
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity@gateway, consumer@gateway, usage:session-list@gateway, 'policy:access-control@gateway|identity:machine-identity@gateway']
population: gateway_reach
parameters:
  minDays: 30
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - csa-maestro:Cross-Layer
why: >
  What a key can open and never does is of use to a thief alone.
fix: Take the connections in the message from the groups of the machine, or give it a group of its own.
limits: >
  What is granted is told by access control, attributes and the connections of machine identities; administrators reach every connection, and all reach those that nothing restricts. The static admin key is told by static-admin-key-used. Work that is due once a quarter needs sessions of that long (minDays).
inconclusive: >
  SELECT concat('sessions of ', counted(days, 'day'), ' were given; ', $minDays, ' are needed to tell what is not used') FROM session_days WHERE days < $minDays
since: '0.1'
---*/
WITH used AS (
  SELECT caller_identity_id AS identity_id, connection, count(*) AS sessions FROM gateway_sessions WHERE caller_identity_id IS NOT NULL AND ran GROUP BY ALL
),
sums AS (
  SELECT r.identity_id,
    list(DISTINCT r.connection ORDER BY r.connection) FILTER (u.sessions IS NULL) AS unused,
    list(DISTINCT r.connection ORDER BY r.connection) FILTER (u.sessions IS NOT NULL) AS used,
    coalesce(bool_or(is_production(r.environment)) FILTER (u.sessions IS NULL), false) AS opens_production,
    list_distinct(flatten(list(r.evidence) FILTER (u.sessions IS NULL))) AS evidence
  FROM gateway_reach AS r
  LEFT JOIN used AS u ON u.identity_id = r.identity_id AND u.connection = r.connection
  GROUP BY r.identity_id
)
SELECT
  s.identity_id,
  concat(
    i.name, ' may use ', len(s.unused) + len(s.used), ' connections and used ', len(s.used), ' of them (', listed(s.used), ') since ', day_text(d.first), ': ', listed(s.unused), ' could go.') AS message,
  CASE WHEN s.opens_production THEN 'medium' ELSE 'low' END AS severity,
  list_concat(i.evidence, s.evidence)[1:20] AS evidence,
  {'unused': s.unused} AS detail
FROM sums AS s
JOIN identities AS i USING (identity_id)
CROSS JOIN session_days AS d
WHERE d.days >= $minDays AND len(s.unused) > 0 AND len(s.used) > 0 AND i.type <> 'static-admin-key'
