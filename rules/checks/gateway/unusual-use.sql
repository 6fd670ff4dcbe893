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
  Compares the last recentDays with all before, for callers with minSessionsBefore sessions: new connections, new kinds of data, and more rows than twice the
  99th percentile before. What a release changed on purpose looks the same.
inconclusive: >
  SELECT concat('sessions of ', counted(days, 'day'), ' were given; ', $minDays, ' are needed to know what is usual') FROM session_days WHERE days < $minDays
since: '0.1'
---*/
WITH calls AS (
  SELECT caller_key, caller, caller_identity_id, connection, seen_types, row_count, used_at, observation_id, used_at >= run_now() - to_days($recentDays::INTEGER) AS is_recent
  FROM machine_calls
  WHERE caller_type <> 'static-admin-key'
),
-- The lists of kinds are few, and the same again and again.
kinds AS (
  SELECT caller_key, list_distinct(flatten(list(seen_types))) AS kinds
  FROM (SELECT DISTINCT caller_key, seen_types FROM calls WHERE NOT is_recent AND seen_types IS NOT NULL)
  GROUP BY caller_key
),
before AS (
  SELECT c.*, coalesce(k.kinds, []) AS kinds
  FROM (
    SELECT caller_key, count(*) AS sessions, list(DISTINCT connection) AS connections, count(row_count) AS counted_rows, quantile_cont(row_count, 0.99) AS usual_rows
    FROM calls WHERE NOT is_recent GROUP BY caller_key) AS c
  LEFT JOIN kinds AS k USING (caller_key)
),
news AS (
  SELECT c.caller_key, c.caller, c.caller_identity_id, c.connection, c.used_at, c.observation_id,
    CASE WHEN NOT list_contains(b.connections, c.connection) THEN c.connection END AS new_connection,
    list_filter(coalesce(c.seen_types, []), lambda kind: NOT list_contains(b.kinds, kind) AND NOT list_contains(g.not_personal, kind)) AS new_kinds,
    CASE WHEN b.counted_rows >= $minSessionsBefore AND c.row_count > 100 AND c.row_count > 2 * b.usual_rows THEN c.row_count END AS many_rows
  FROM calls AS c
  JOIN before AS b USING (caller_key)
  CROSS JOIN session_days AS d
  CROSS JOIN gateway_settings AS g
  WHERE c.is_recent AND b.sessions >= $minSessionsBefore AND d.days >= $minDays
)
SELECT
  caller_key,
  max(caller_identity_id) AS identity_id,
  concat(
    any_value(caller), ' in the last ', $recentDays, ' days: ',
    array_to_string(list_filter([
      'first use of ' || listed(list(DISTINCT new_connection ORDER BY new_connection) FILTER (new_connection IS NOT NULL)),
      'first time with ' || listed(nullif(list_sort(list_distinct(flatten(list(new_kinds)))), [])),
      CASE WHEN max(many_rows) IS NOT NULL THEN concat(max(many_rows), ' rows in one session, more than twice of what is usual') END], lambda text: text IS NOT NULL), '; '), '.') AS message,
  CASE WHEN count(new_connection) > 0 AND (max(many_rows) IS NOT NULL OR len(flatten(list(new_kinds))) > 0) THEN 'medium' ELSE 'low' END AS confidence,
  arg_max(observation_id, (used_at, observation_id), 10) AS evidence
FROM news
WHERE new_connection IS NOT NULL OR len(new_kinds) > 0 OR many_rows IS NOT NULL
GROUP BY caller_key
