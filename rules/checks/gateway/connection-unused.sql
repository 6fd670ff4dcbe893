/*---
id: connection-unused
title: A gateway connection is not used
severity: low
confidence: medium
about: consumer
identityFields: [consumer_id]
needs: [consumer@gateway, usage:session-list@gateway]
population: gateway_connections
parameters:
  unusedDays: 90
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-05
why: >
  The account behind it is kept alive for nobody; whoever may use the connection can still get in.
fix: Remove the connection and the account behind it.
limits: >
  Said only where sessions of unusedDays days were given; days between two exports do not count, and the end of what was given is the day that counts, whenever that was.
inconclusive: >
  SELECT concat('sessions of ', counted(days, 'day'), ' were given; ', $unusedDays, ' are needed to tell that a connection is not used') FROM session_days WHERE days < $unusedDays
since: '0.1'
---*/
WITH reach AS (
  FROM session_days
),
last_session AS (
  SELECT connection, org, max(used_at) AS last FROM gateway_sessions WHERE ran GROUP BY connection, org
)
SELECT
  g.consumer_id,
  g.identity_id,
  concat(
    'The connection ', g.connection, ' has had no session ',
    CASE WHEN l.last IS NULL THEN concat('since ', day_text(reach.first)) ELSE concat('since ', day_text(l.last)) END,
    CASE WHEN days_since(reach.last) > 30 THEN concat(' up to ', day_text(reach.last), ', the end of what was given') ELSE '' END,
    coalesce('; it keeps ' || g.identity_id || ' alive', ''), '.') AS message,
  g.evidence
FROM gateway_connections AS g
CROSS JOIN reach
-- Where one side does not tell its organisation, the session may be of this connection.
LEFT JOIN LATERAL (
  SELECT max(s.last) AS last FROM last_session AS s
  WHERE s.connection = g.connection AND (s.org = g.org OR s.org IS NULL OR g.org IS NULL)) AS l ON true
WHERE reach.days >= $unusedDays
  -- Of what came after the last that was given, nobody knows.
  AND (l.last IS NULL OR date_diff('day', l.last, reach.last) > $unusedDays)
