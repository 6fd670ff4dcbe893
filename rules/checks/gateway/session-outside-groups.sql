/*---
id: session-outside-groups
title: Somebody used a connection that their groups should not reach
severity: high
confidence: high
about: usage
identityFields: [caller, connection]
needs: [usage@gateway, 'grant@gateway|person:user@gateway', consumer@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.AE-02
why: >
  The separation that was decided (training reads training data) does not hold at the gateway.
fix: Correct the groups of the connection in access control; move the caller to a group of its own where it needs the connection.
limits: >
  What should hold is what the configuration says (gateway.groups). Groups are those of today. Administrators reach all, by what the gateway is; machine identities
  have no groups of their own and are not judged.
inconclusive: >
  SELECT 'the configuration does not say which groups may use which connection (gateway.groups)' FROM gateway_settings WHERE cardinality(groups) = 0
since: '0.1'
---*/
WITH members AS (
  SELECT (detail->>'$.userId') AS user_id, list_distinct(flatten(list(words_of(detail->'$.groups')))) AS groups, list(observation_id)[1:3] AS evidence
  FROM obs.people SEMI JOIN current_parts USING (part_id)
  WHERE (detail->>'$.userId') IS NOT NULL
  GROUP BY ALL
),
placed AS (
  SELECT s.caller, s.connection, s.caller_identity_id, s.used_at, s.observation_id, s.caller_confidence, w.groups AS wanted, coalesce(g.groups, m.groups) AS groups, coalesce(g.evidence, m.evidence) AS caller_evidence
  FROM gateway_sessions AS s
  JOIN connection_groups AS w ON w.basis = 'configuration' AND w.connection = s.connection AND same_org(w.org, s.org)
  LEFT JOIN caller_groups AS g ON g.identity_id = s.caller_identity_id AND g.type NOT IN ('machine-identity', 'static-admin-key')
  LEFT JOIN members AS m ON m.user_id = s.user_id AND s.caller_type = 'human'
  WHERE s.ran AND coalesce(g.groups, m.groups) IS NOT NULL
)
SELECT
  caller,
  connection,
  max(caller_identity_id) AS identity_id,
  concat(
    caller, ' (', CASE WHEN len(any_value(groups)) = 0 THEN 'in no group' ELSE listed(any_value(groups)) END, ') opened ', counted(count(*), 'session'), ' on ', connection, ', which is for ',
    listed(any_value(wanted)), ', last on ', day_text(max(used_at)), '.') AS message,
  list_distinct(list_concat(arg_max(observation_id, (used_at, observation_id), 10), any_value(caller_evidence))) AS evidence
FROM placed
WHERE NOT list_has_any(groups, wanted) AND NOT list_contains(groups, 'admin')
GROUP BY caller, connection
