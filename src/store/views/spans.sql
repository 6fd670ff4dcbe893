-- Of which time sessions and logs were given: outside of it, that there was no use says nothing.

-- Each by itself: an export or a log from its first to its last record, a gateway that was asked itself from the first to the last day
-- that was read. An end of a session is no end of an export: what began meanwhile may not be in it. Times that cannot be are left out.
CREATE OR REPLACE VIEW observed_exports AS
WITH live AS (
  SELECT part_id, target FROM parts SEMI JOIN current_parts USING (part_id) WHERE starts_with(target, 'hoop:')
),
-- Rows that a fuller one of the same session beats are in their export all the same.
sessions AS (
  SELECT u.part_id, CASE WHEN r.row_id IS NULL THEN (u.detail->>'$.org') ELSE r.org END AS org, u.target, u.used_at,
    CASE WHEN r.row_id IS NULL OR u.records IS NULL THEN u.used_at ELSE coalesce(u.ended_at, u.used_at) END AS last_at,
    CASE WHEN r.row_id IS NULL THEN 0 ELSE 1 END AS stands
  FROM obs.usages AS u
  SEMI JOIN current_parts USING (part_id)
  LEFT JOIN gateway_rows AS r ON r.row_id = u.rowid
  WHERE u.via = 'gateway' AND CASE WHEN r.row_id IS NULL THEN coalesce((u.detail->>'$.depth') <> 'metrics', true) ELSE NOT r.is_admin_audit AND NOT r.is_counts_only END
),
of_sessions AS (
  SELECT coalesce(w.list_id, s.part_id) AS part_id, any_value(l.target) AS asked, s.org, min(s.used_at) AS first, sum(s.stands)::BIGINT AS records,
    -- What is ahead of now has not been, but for where most is: then it is the clock here that is wrong.
    CASE WHEN count(*) FILTER (s.used_at > t.latest) * 2 > count(*) THEN max(s.last_at) ELSE max(s.last_at) FILTER (s.used_at <= t.latest) END AS last,
    CASE WHEN min(s.target) = max(s.target) THEN min(s.target) END AS only_target
  FROM sessions AS s
  LEFT JOIN live AS l USING (part_id)
  -- Pages of one list touch, whatever lies between the last of the one and the first of the next.
  LEFT JOIN whole_lists AS w ON w.part_id = s.part_id
  CROSS JOIN (SELECT run_now() + INTERVAL 1 DAY AS latest) AS t
  WHERE s.used_at > TIMESTAMP '2000-01-01' AND s.used_at < TIMESTAMP '2100-01-01'
  GROUP BY coalesce(w.list_id, s.part_id), s.org
),
asked AS (
  SELECT l.target, TRY_CAST(c.detail->>'$.from' AS TIMESTAMP) AS first, least(TRY_CAST(c.detail->>'$.until' AS TIMESTAMP), run_now()) AS last,
    json_words(c.detail->'$.unread') AS unread
  FROM obs.coverage AS c
  JOIN live AS l USING (part_id)
  WHERE c.surface = 'gateway' AND list_contains(json_words(c.detail->'$.types'), 'session-list')
    AND c.outcome IN ('complete', 'partial') AND (c.detail->>'$.isShownAll') IS DISTINCT FROM 'false'
),
-- Of a gateway that was asked, each day that was read.
days AS (
  SELECT target, unread, unnest(generate_series(first, last, INTERVAL 1 DAY)) AS since, last FROM asked
),
told AS (
  SELECT asked, CASE WHEN count(DISTINCT org) = 1 THEN max(org) END AS org, min(first) AS first, sum(records)::BIGINT AS records
  FROM of_sessions WHERE asked IS NOT NULL GROUP BY asked
),
logs AS (
  SELECT u.part_id, split_part(k.identity_id, ':', 1) AS provider, identity_scope(k.identity_id) AS scope, min(u.used_at) AS first,
    max(coalesce(u.ended_at, u.used_at)) AS last, sum(u.records)::BIGINT AS records
  FROM direct_usage_rows AS k
  JOIN obs.usages AS u ON u.rowid = k.row_id
  -- A provider's answer about the last use is no log.
  WHERE k.identity_id IS NOT NULL AND u.records IS NOT NULL AND u.used_at > TIMESTAMP '2000-01-01' AND u.used_at <= run_now() + INTERVAL 1 DAY
  GROUP BY ALL
)
SELECT 'gateway' AS surface, 'hoop' AS provider, s.org AS scope, s.only_target AS connection, p.unit AS source, s.first, s.last, s.records, NULL::TIMESTAMP AS asked_from
FROM of_sessions AS s
JOIN parts AS p USING (part_id)
WHERE s.asked IS NULL
UNION ALL
SELECT 'gateway', 'hoop', t.org, NULL, d.target, d.since, least(d.since + INTERVAL 1 DAY, d.last),
  CASE WHEN d.since = min(d.since) OVER (PARTITION BY d.target) THEN coalesce(t.records, 0) ELSE 0 END, min(d.since) OVER (PARTITION BY d.target)
FROM days AS d
LEFT JOIN told AS t ON t.asked = d.target
WHERE NOT list_contains(d.unread, strftime(d.since, '%Y-%m-%d'))
UNION ALL
SELECT 'audit-log', l.provider, l.scope, NULL, p.unit, l.first, l.last, l.records, NULL
FROM logs AS l
JOIN parts AS p USING (part_id);
COMMENT ON VIEW observed_exports IS 'Exports of sessions and logs of targets, and the time that each was given of; connection: the only one that an export of sessions names';

-- Exports that overlap or touch are one stretch of time; between two that do not, nobody looked.
CREATE OR REPLACE VIEW observed_spans AS
WITH marked AS (
  SELECT *, coalesce(first > max(last) OVER earlier, true) AS begins
  FROM observed_exports
  WINDOW earlier AS (PARTITION BY surface, provider, scope, connection ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
numbered AS (
  SELECT *, count(*) FILTER (begins) OVER (PARTITION BY surface, provider, scope, connection ORDER BY first, last ROWS UNBOUNDED PRECEDING) AS stretch FROM marked
)
SELECT surface, provider, scope, connection, min(first) AS since, max(last) AS until, sum(records)::BIGINT AS records, list(DISTINCT source ORDER BY source) AS sources,
  min(asked_from) AS asked_from
FROM numbered
GROUP BY surface, provider, scope, connection, stretch;
COMMENT ON VIEW observed_spans IS 'Stretches of time that sessions of each organisation (surface gateway) and logs of each account or server (surface audit-log) were given of, without the gaps between exports; connection: an export that names this one alone tells nothing of others';

CREATE OR REPLACE VIEW observed_days AS
SELECT surface, provider, scope, count(DISTINCT day) AS days, min(since) AS first, max(until) AS last, sum(records)::BIGINT AS records, min(asked_from) AS asked_from
FROM (
  SELECT surface, provider, scope, since, until, unnest(generate_series(since::DATE, until::DATE, INTERVAL 1 DAY)) AS day, asked_from,
    -- Once for each span.
    CASE WHEN generate_subscripts(generate_series(since::DATE, until::DATE, INTERVAL 1 DAY), 1) = 1 THEN records ELSE 0 END AS records
  FROM observed_spans)
GROUP BY surface, provider, scope;
COMMENT ON VIEW observed_days IS 'Of how many days sessions or logs were given, and the first and last moment of all: days between two exports do not count';

-- Over all organisations.
CREATE OR REPLACE VIEW session_days AS
SELECT min(first) AS first, max(last) AS last, coalesce(max(days), 0) AS days FROM observed_days WHERE surface = 'gateway';
COMMENT ON VIEW session_days IS 'Of how many days sessions were given, of the organisation with the most, and the first and last moment of all';
