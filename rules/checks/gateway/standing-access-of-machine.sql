/*---
id: standing-access-of-machine
title: A machine has standing access where others ask
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity:api-key@gateway, usage:session-list@gateway, 'policy:approval@gateway?', 'identity:agent@gateway?', 'identity:machine-identity@gateway?']
population: identities WHERE provider = 'hoop' AND type IN ('api-key', 'agent', 'machine-identity', 'service-account')
inconclusive: SELECT 'the sessions that were given span fewer than the days asked for' WHERE (SELECT days FROM session_days) < $windowDays
parameters:
  windowDays: 90
  minSessions: 3
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Its key never ends, and in three months nobody was asked once before it went into production. Whoever gets the key has all of that, for as long.
fix: >
  Let it ask for its time (an access request rule of type jit that binds its group), or give it credentials that end with the job.
limits: >
  Said of machines that went into production or to personal data in the windowDays before the run, as far as sessions were given. Keys, agents and machine identities of hoop have no
  end. Where the sessions span less, silence tells nothing.
since: '0.1'
---*/
WITH recent AS (
  SELECT caller_identity_id AS identity_id, count(*) AS sessions, count(*) FILTER (approval = 'approved') AS approved, max(used_at) AS last,
    list(DISTINCT connection ORDER BY connection) AS connections, list(observation_id ORDER BY used_at DESC)[1:5] AS evidence
  FROM gateway_sessions
  WHERE days_since(used_at) <= $windowDays AND ran AND caller_identity_id IS NOT NULL AND records IS NULL AND (tagged_sensitive OR is_production(environment))
  GROUP BY caller_identity_id
),
reach AS (FROM session_days)
SELECT
  i.identity_id,
  concat(
    i.type, ' ', i.name, ' opened ', counted(r.sessions, 'session'), ' of ', listed(r.connections), ' in the ', least($windowDays, days_since(reach.first)), ' days before ', day_text(run_now()),
    ', and no approval covers one of them; its key has no end.') AS message,
  CASE WHEN reach.days >= $windowDays THEN 'medium' ELSE 'low' END AS confidence,
  list_distinct(list_concat(i.evidence, r.evidence)) AS evidence
FROM identities AS i
JOIN recent AS r USING (identity_id)
CROSS JOIN reach
WHERE i.provider = 'hoop' AND i.type IN ('api-key', 'agent', 'machine-identity') AND coalesce(i.enabled, true) AND r.approved = 0 AND r.sessions >= $minSessions
