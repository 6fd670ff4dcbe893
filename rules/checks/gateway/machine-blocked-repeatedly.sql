/*---
id: machine-blocked-repeatedly
title: The gateway stopped a machine again and again, or by a rule that it never met
severity: medium
confidence: high
about: usage
identityFields: [caller_key]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND is_machine(caller_type)
parameters:
  minBlocks: 3
  days: 30
  minSessionsBefore: 20
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:DE.AE-02
  - nist-csf-2.0:DE.CM-03
  - csa-maestro:L5
why: >
  A job does the same every night. One that is stopped at what it never needed before has a fault, was told something by somebody
  else, or is not the job any more.
fix: >
  Read the sessions, ask the owner of the job what it was to do, and rotate its key if nobody knows.
limits: >
  Counts what the gateway calls a refusal: a guardrail's hit, or the analyzer's no. Attempts that were never approved are not counted. One hit is enough of a guardrail that a machine
  with minSessionsBefore sessions, over as many days as are looked at, never met before; not of a guardrail that was made in that time.
since: '0.1'
---*/
WITH refused AS MATERIALIZED (
  SELECT coalesce(caller_identity_id, 'caller ' || caller) AS caller_key, caller_identity_id, caller, caller_type, connection, used_at, coalesce(records, 1) AS times, observation_id, session_id
  FROM gateway_sessions
  WHERE is_machine(caller_type) AND outcome = 'denied'
),
blocked AS (
  SELECT * FROM refused WHERE days_since(used_at) <= $days
),
hits AS (
  SELECT c.caller_key, c.used_at, c.observation_id, unnest(words_of(u.detail->'$.guardrails')) AS rule
  FROM refused AS c
  JOIN usages AS u USING (observation_id)
),
first_hits AS (
  SELECT caller_key, rule, min(used_at) AS used_at, arg_min(observation_id, (used_at, observation_id)) AS observation_id
  FROM hits
  GROUP BY ALL
  HAVING days_since(min(used_at)) <= $days
),
-- What was usual before: as long as is looked at now, and of a guardrail that was there all that time.
usual AS (
  SELECT h.caller_key, h.rule, h.used_at, h.observation_id, min(c.used_at) AS since, count(*) FILTER (c.used_at < h.used_at) AS sessions
  FROM first_hits AS h
  JOIN machine_calls AS c USING (caller_key)
  GROUP BY ALL
),
new_rules AS (
  SELECT u.caller_key, list(u.rule ORDER BY u.rule) AS rules, list(u.observation_id ORDER BY u.used_at DESC)[1:10] AS evidence
  FROM usual AS u
  LEFT JOIN (SELECT name, max(created_at) AS created_at FROM policies WHERE type = 'guardrail' GROUP BY name) AS p ON p.name = u.rule
  WHERE u.sessions >= $minSessionsBefore AND u.since <= u.used_at - to_days($days::INTEGER) AND coalesce(p.created_at <= u.used_at - to_days($days::INTEGER), true)
  GROUP BY u.caller_key
),
sums AS (
  SELECT caller_key, sum(times)::BIGINT AS times, max(caller_identity_id) AS identity_id, any_value(caller) AS caller, any_value(replace(caller_type, '-', ' ')) AS kind,
    listed(list(DISTINCT connection ORDER BY connection)) AS connections, arg_max(session_name(coalesce(session_id, 'of a log'), used_at), used_at) AS last,
    arg_max(observation_id, (used_at, observation_id), 10) AS evidence
  FROM blocked
  GROUP BY caller_key
)
SELECT
  s.caller_key,
  s.identity_id,
  concat(
    'The gateway stopped ', s.caller, ' (', s.kind, ') ', CASE WHEN s.times = 1 THEN 'once' ELSE concat(s.times, ' times') END, ' in ', $days, ' days, on ', s.connections, '; last in ', s.last,
    CASE WHEN n.rules IS NOT NULL THEN concat('; for the first time by ', listed(n.rules)) ELSE '' END, '.') AS message,
  CASE WHEN s.times < $minBlocks THEN 'medium' END AS confidence,
  list_distinct(list_concat(s.evidence, coalesce(n.evidence, []))) AS evidence
FROM sums AS s
LEFT JOIN new_rules AS n USING (caller_key)
WHERE s.times >= $minBlocks OR n.rules IS NOT NULL
