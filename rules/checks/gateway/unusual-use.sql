/*---
id: unusual-use
title: A machine does what it has not done before
severity: medium
confidence: low
about: usage
identityFields: [caller_key]
needs: [usage:session-list@gateway]
population: machine_calls
parameters:
  recentDays: 7
  minSessionsBefore: 20
  minDays: 30
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:DE.AE-02
  - nist-csf-2.0:DE.CM-03
  - csa-maestro:L5
why: >
  A job repeats itself. The first night on another connection, with another kind of data or with ten times the rows is a change of the job, or another user of its key.
fix: Ask the owner whether the job was changed; if not, rotate its key and read the sessions.
limits: >
  Compares the last recentDays with all before, for callers with minSessionsBefore sessions: new connections, new kinds of data, more rows than twice the
  99th percentile before, hours of the day of callers that keep to six of them at most on ten days and more, and networks (/24) that it never came from, where sources tell addresses. What a release changed on purpose looks the same.
inconclusive: >
  SELECT concat('sessions of ', counted(days, 'day'), ' were given; ', $minDays, ' are needed to know what is usual') FROM session_days WHERE days < $minDays
since: '0.1'
---*/
WITH calls AS (
  SELECT caller_key, caller, caller_identity_id, connection, seen_types, row_count, used_at, observation_id, source_ip, used_at >= run_now() - to_days($recentDays::INTEGER) AS is_recent
  FROM machine_calls
  WHERE caller_type <> 'static-admin-key'
),
usual AS (
  SELECT caller_key, count(row_count) AS counted_rows, quantile_cont(row_count, 0.99) AS usual_rows
  FROM calls WHERE NOT is_recent GROUP BY caller_key HAVING count(*) >= $minSessionsBefore
),
-- Connections and lists of kinds are few, and the same again and again: what is new is found for each once, not for each session.
new_connections AS (
  SELECT caller_key, connection FROM calls WHERE connection IS NOT NULL GROUP BY ALL HAVING bool_and(is_recent)
),
kinds AS (
  SELECT caller_key, list_distinct(flatten(list(seen_types))) AS kinds
  FROM (SELECT DISTINCT caller_key, seen_types FROM calls WHERE NOT is_recent AND seen_types IS NOT NULL)
  GROUP BY caller_key
),
new_kinds AS (
  SELECT r.caller_key, r.seen_types, list_filter(r.seen_types, lambda kind: NOT list_contains(coalesce(k.kinds, []), kind) AND NOT list_contains(g.not_personal, kind)) AS new_kinds
  FROM (SELECT DISTINCT caller_key, seen_types FROM calls WHERE is_recent AND seen_types IS NOT NULL) AS r
  LEFT JOIN kinds AS k USING (caller_key)
  CROSS JOIN gateway_settings AS g
),
news AS (
  SELECT c.caller_key, c.caller, c.caller_identity_id, c.used_at, c.observation_id, n.connection AS new_connection, coalesce(k.new_kinds, []) AS new_kinds,
    CASE WHEN b.counted_rows >= $minSessionsBefore AND c.row_count > 100 AND c.row_count > 2 * b.usual_rows THEN c.row_count END AS many_rows
  FROM calls AS c
  JOIN usual AS b USING (caller_key)
  LEFT JOIN new_connections AS n ON n.caller_key = c.caller_key AND n.connection = c.connection
  LEFT JOIN new_kinds AS k ON k.caller_key = c.caller_key AND k.seen_types = c.seen_types
  WHERE c.is_recent AND EXISTS (FROM session_days WHERE days >= $minDays)
),
-- Work by the clock keeps to few hours, an hour sooner or later; a host that moves stays in its network.
habits AS (
  SELECT caller_key, list(DISTINCT hour(used_at)) AS hours, count(DISTINCT used_at::DATE) AS days, list(DISTINCT network_of(source_ip)) FILTER (source_ip IS NOT NULL) AS networks
  FROM calls WHERE NOT is_recent GROUP BY caller_key HAVING count(*) >= $minSessionsBefore
),
other_news AS (
  SELECT c.caller_key, c.caller, c.caller_identity_id, c.used_at, c.observation_id,
    CASE WHEN h.days >= 10 AND len(h.hours) <= 6 AND len(list_filter(h.hours, lambda usual: (hour(c.used_at) - usual + 24) % 24 IN (0, 1, 23))) = 0 THEN strftime(c.used_at, '%H:%M') END AS new_hour,
    CASE WHEN NOT list_contains(h.networks, network_of(c.source_ip)) THEN c.source_ip END AS new_source
  FROM calls AS c
  JOIN habits AS h USING (caller_key)
  WHERE c.is_recent AND EXISTS (FROM session_days WHERE days >= $minDays)
)
SELECT
  caller_key,
  max(caller_identity_id) AS identity_id,
  concat(
    any_value(caller), ' in the last ', $recentDays, ' days: ',
    array_to_string(list_filter([
      CASE WHEN count(new_connection) > 0 THEN concat('first use of ', listed(list(DISTINCT new_connection ORDER BY new_connection) FILTER (new_connection IS NOT NULL))) END,
      CASE WHEN len(flatten(list(new_kinds))) > 0 THEN concat('first time with ', listed(list_sort(list_distinct(flatten(list(new_kinds)))))) END,
      CASE WHEN count(new_hour) > 0 THEN concat('at ', listed(list(DISTINCT new_hour ORDER BY new_hour) FILTER (new_hour IS NOT NULL)), ' UTC, when it never worked') END,
      CASE WHEN count(new_source) > 0 THEN concat('from ', listed(list(DISTINCT new_source ORDER BY new_source) FILTER (new_source IS NOT NULL)), ' for the first time') END,
      CASE WHEN max(many_rows) IS NOT NULL THEN concat(max(many_rows), ' rows in one session, more than twice of what is usual') END], lambda text: text IS NOT NULL), '; '), '.') AS message,
  CASE WHEN count(new_connection) > 0 AND (max(many_rows) IS NOT NULL OR len(flatten(list(new_kinds))) > 0) THEN 'medium' ELSE 'low' END AS confidence,
  list_distinct(arg_max(observation_id, (used_at, observation_id), 10)) AS evidence
FROM (FROM news UNION ALL BY NAME FROM other_news)
WHERE new_connection IS NOT NULL OR len(new_kinds) > 0 OR many_rows IS NOT NULL OR new_hour IS NOT NULL OR new_source IS NOT NULL
GROUP BY caller_key
