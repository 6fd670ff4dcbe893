/*---
id: machine-changed-rights
title: A machine changed rights
severity: high
confidence: high
about: usage
identityFields: [actor_key, place]
needs: [usage@gateway|usage@audit-log, 'usage:session-list@gateway?']
population: usages WHERE (action = 'privilege' OR via = 'gateway' AND action = 'unknown' AND coalesce(detail->>'$.verb', '') = 'exec') AND is_use
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:DE.AE-02
  - nist-csf-2.0:PR.AA-05
why: >
  Who may give rights has all of them: a grant to itself, or to an account of its own, outlives the session and is seen by no masking or
  approval.
fix: >
  Was it meant? Keep such changes in a migration that people approve. If not: take the right back, and take the power to grant from the account.
limits: >
  Statements whose class could not be told are not counted; a function that grants inside is not seen. Where an approval covered the
  session it is told with a lower severity. Tools that manage rights by trade (infrastructure code) are told once a target.
inconclusive: >
  SELECT concat('what ', counted(count(*), 'session'), ' of machines that ran commands did is not known: the export holds no scripts of theirs, or they are not understood')
  FROM gateway_sessions WHERE action = 'unknown' AND verb = 'exec' AND ran AND is_machine(caller_type) HAVING count(*) > 0
since: '0.1'
---*/
WITH around AS MATERIALIZED (SELECT DISTINCT observation_id FROM direct_uses WHERE why_not IS NULL),
changes AS (
  SELECT coalesce(caller_identity_id, 'caller ' || caller) AS actor_key, coalesce(caller_identity_id, identity_id) AS identity_id, caller AS actor, connection AS place, used_at, approval = 'approved' AS is_approved,
    coalesce(objects, []) AS objects, operation, coalesce(records, 1) AS times, observation_id, true AS by_gateway, false AS is_around
  FROM gateway_sessions
  WHERE is_machine(caller_type) AND action = 'privilege' AND ran AND outcome IS DISTINCT FROM 'denied' AND outcome IS DISTINCT FROM 'failed'
  UNION ALL
  SELECT coalesce(u.actor_identity_id, u.identity_id), coalesce(u.identity_id, u.actor_identity_id), coalesce(u.actor_identity_id, u.identity_id), coalesce(u.target, 'its target'), u.used_at, false,
    coalesce(u.objects, []), u.operation, coalesce(u.records, 1), u.observation_id, false, a.observation_id IS NOT NULL
  FROM usages AS u
  LEFT JOIN identities AS i ON i.identity_id = u.identity_id
  LEFT JOIN around AS a ON a.observation_id = u.observation_id
  WHERE u.via <> 'gateway' AND u.action = 'privilege' AND NOT coalesce(u.bookkeeping, false) AND coalesce(u.outcome, 'ok') = 'ok'
    AND coalesce(u.actor_type, '') <> 'human' AND NOT coalesce(i.human, false) AND NOT coalesce(i.managed, false) AND coalesce(u.actor_identity_id, u.identity_id) IS NOT NULL
)
SELECT
  actor_key,
  place,
  max(identity_id) AS identity_id,
  concat(
    any_value(actor), ' changed rights in ', place, CASE WHEN sum(times) > 1 THEN concat(' ', sum(times)::BIGINT, ' times') ELSE '' END,
    CASE WHEN bool_and(is_around) THEN ', past the gateway' ELSE '' END,
    coalesce(': ' || nullif(listed(coalesce(list(DISTINCT operation ORDER BY operation) FILTER (operation IS NOT NULL), [])), ''), ''),
    coalesce(' on ' || nullif(listed(list_sort(list_distinct(flatten(list(objects))))), ''), ''),
    ', last at ', strftime(max(used_at), '%Y-%m-%d %H:%M'), ' UTC', CASE WHEN bool_and(is_approved) THEN ', approved' ELSE '' END, '.') AS message,
  CASE WHEN bool_and(is_approved) THEN 'low' WHEN bool_or(by_gateway AND NOT is_approved) THEN 'high' ELSE 'medium' END AS severity,
  arg_max(observation_id, (used_at, observation_id), 10) AS evidence
FROM changes
GROUP BY actor_key, place
