-- What identities were granted, at the gateway and at the target, against what they used.

-- First and last use by each path. `around`: of a log, what no session of the gateway covers, though the gateway holds the account.
CREATE OR REPLACE VIEW identity_use AS
WITH around AS (SELECT DISTINCT observation_id FROM direct_uses WHERE why_not IS NULL),
-- Both sides of a session, of rows that are read once.
sessions AS (
  SELECT r.identity_id, r.caller_identity_id, u.used_at, coalesce(u.ended_at, u.used_at) AS ended_at, coalesce(u.records, 1) AS records, u.observation_id, u.session_id, u.action
  FROM gateway_rows AS r
  JOIN obs.usages AS u ON u.rowid = r.row_id
  WHERE r.ran AND NOT r.is_bookkeeping AND NOT r.is_admin_audit AND (r.identity_id IS NOT NULL OR r.caller_identity_id IS NOT NULL)
),
uses AS (
  SELECT CASE side WHEN 'account' THEN s.identity_id ELSE s.caller_identity_id END AS identity_id, 'gateway' AS path, side, s.used_at, s.ended_at, s.records, s.observation_id, s.session_id, s.action, false AS is_around
  FROM sessions AS s
  CROSS JOIN (VALUES ('account'), ('caller')) AS sides(side)
  WHERE CASE side WHEN 'account' THEN s.identity_id ELSE s.caller_identity_id END IS NOT NULL
  UNION ALL
  SELECT k.identity_id, u.via, 'account', u.used_at, coalesce(u.ended_at, u.used_at), coalesce(u.records, 1), u.observation_id, u.session_id, u.action, a.observation_id IS NOT NULL
  FROM direct_usage_rows AS k
  JOIN obs.usages AS u ON u.rowid = k.row_id
  LEFT JOIN around AS a ON a.observation_id = u.observation_id
  WHERE k.identity_id IS NOT NULL AND NOT k.is_bookkeeping
)
SELECT
  identity_id, path, side, is_around,
  sum(records)::BIGINT AS uses,
  min(used_at) AS first_used, max(ended_at) AS last_used,
  list_sort(list(DISTINCT action) FILTER (action IS NOT NULL)) AS actions,
  coalesce(arg_min(session_id, (used_at, observation_id)), arg_min(observation_id, (used_at, observation_id))) AS first_event,
  coalesce(arg_max(session_id, (ended_at, observation_id)), arg_max(observation_id, (ended_at, observation_id))) AS last_event,
  list_distinct([arg_min(observation_id, (used_at, observation_id)), arg_max(observation_id, (ended_at, observation_id))]) AS evidence
FROM uses
GROUP BY identity_id, path, side, is_around;
COMMENT ON VIEW identity_use IS 'First and last use of each identity by path: gateway (as the account, or as its caller), direct (the log of a target), cloud; counts and evidence';

-- What a privilege of a database is used by: https://www.postgresql.org/docs/current/ddl-priv.html
CREATE OR REPLACE MACRO uses_of_privilege(privilege) AS CASE
  WHEN privilege IN ('SELECT', 'EXECUTE', 'USAGE') THEN ['read', 'write']
  WHEN privilege IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') THEN ['write']
  WHEN privilege IN ('CREATE', 'REFERENCES', 'TRIGGER', 'TEMPORARY') THEN ['ddl']
  WHEN privilege = 'CONNECT' THEN ['read', 'write', 'ddl', 'connect', 'privilege', 'admin', 'unknown'] END;
CREATE OR REPLACE MACRO schema_of(object) AS CASE WHEN contains(object, '.') THEN replace(split_part(object, '.', -2), '"', '') ELSE 'public' END;

-- Which machine may use which connection of the gateway, and by what: one answer for all who ask.
CREATE OR REPLACE VIEW gateway_rights AS
WITH callers AS (
  SELECT i.identity_id, i.type, url_decode(nullif(identity_scope(i.identity_id), '-')) AS org, g.groups,
    CASE WHEN i.type = 'machine-identity' THEN from_json(i.detail->'$.connections', '["VARCHAR"]') END AS named, list_distinct(list_concat(i.evidence, g.evidence)) AS evidence
  FROM identities AS i
  JOIN caller_groups AS g USING (identity_id)
  WHERE i.provider = 'hoop' AND coalesce(i.enabled, true) AND is_machine(CASE i.type WHEN 'machine-identity' THEN 'machine' ELSE i.type END)
),
controlled AS (
  SELECT count(*) > 0 AS is_told FROM policies WHERE type = 'access-control' OR (settings->>'$.plugin') = 'access_control'
),
guards AS (SELECT connection, org, groups, evidence FROM connection_groups WHERE basis = 'gateway')
SELECT c.identity_id, c.type, c.org, n.connection, n.org AS connection_org, n.environment, c.evidence,
  CASE
    WHEN c.named IS NOT NULL THEN CASE WHEN list_contains(c.named, n.connection) THEN 'it is provisioned for it' END
    WHEN list_contains(c.groups, 'admin') THEN 'group admin, which reaches every connection'
    WHEN g.connection IS NOT NULL THEN CASE WHEN list_has_any(c.groups, g.groups) THEN concat('group ', listed(list_sort(list_intersect(c.groups, g.groups)))) END
    WHEN t.is_told THEN 'nothing restricts the connection'
    ELSE 'not known: no access control of the gateway was read' END AS granted_by,
  c.named IS NOT NULL OR list_contains(c.groups, 'admin') OR g.connection IS NOT NULL OR t.is_told AS is_known,
  list_concat(n.evidence, coalesce(g.evidence, [])) AS connection_evidence
FROM callers AS c
JOIN gateway_connections AS n ON n.org = c.org OR n.org IS NULL OR c.org IS NULL
CROSS JOIN controlled AS t
LEFT JOIN guards AS g ON g.connection = n.connection AND g.org IS NOT DISTINCT FROM n.org;
COMMENT ON VIEW gateway_rights IS 'Each machine of the gateway and each of its connections: by what it may use it (granted_by, NULL: it may not), and whether that is known';

CREATE OR REPLACE VIEW granted_used AS
WITH pairs AS (FROM gateway_rights),
used AS (
  SELECT r.caller_identity_id AS identity_id, u.target AS connection, sum(coalesce(u.records, 1))::BIGINT AS uses, min(u.used_at) AS first_used, max(u.used_at) AS last_used,
    list_sort(list(DISTINCT u.action) FILTER (u.action IS NOT NULL)) AS actions,
    list_sort(list_distinct(flatten(list(u.objects) FILTER (u.objects IS NOT NULL))))[1:20] AS objects,
    list_sort(list(DISTINCT r.verb) FILTER (r.verb IS NOT NULL)) AS verbs,
    list_distinct([arg_min(u.observation_id, (u.used_at, u.observation_id)), arg_max(u.observation_id, (u.used_at, u.observation_id))]) AS evidence
  FROM gateway_rows AS r
  JOIN obs.usages AS u ON u.rowid = r.row_id
  WHERE r.caller_identity_id IS NOT NULL AND r.ran AND NOT r.is_bookkeeping AND NOT r.is_admin_audit AND u.target IS NOT NULL
  GROUP BY ALL
),
at_gateway AS (
  SELECT coalesce(p.identity_id, u.identity_id) AS identity_id, coalesce(p.connection, u.connection) AS resource, 'use the connection' AS permission,
    coalesce(p.granted_by, 'no grant that is known') AS granted_by, coalesce(p.is_known, true) AS is_known, p.granted_by IS NOT NULL AS is_granted,
    coalesce(u.uses, 0) AS uses, u.actions, u.objects, u.verbs, u.first_used, u.last_used,
    list_concat(list_concat(coalesce(p.evidence, []), coalesce(p.connection_evidence, [])), coalesce(u.evidence, [])) AS evidence,
    coalesce(p.org, url_decode(nullif(identity_scope(u.identity_id), '-'))) AS org
  FROM pairs AS p
  FULL JOIN used AS u ON u.identity_id = p.identity_id AND u.connection = p.connection
  WHERE p.granted_by IS NOT NULL OR u.uses > 0
),
sessions_given AS (SELECT scope AS org, days, first, last FROM observed_days WHERE surface = 'gateway'),
spans AS (FROM session_days),
gateway_side AS (
  SELECT a.* EXCLUDE (org), 'gateway' AS side, coalesce(d.days, s.days, 0) AS window_days, coalesce(d.first, s.first) AS window_first, coalesce(d.last, s.last) AS window_last, 0::BIGINT AS untold, NULL::VARCHAR AS caution
  FROM at_gateway AS a
  CROSS JOIN spans AS s
  LEFT JOIN sessions_given AS d ON d.org = a.org
),
rights AS (
  SELECT identity_id, permission, resource, any_value(via) AS via, list(DISTINCT observation_id ORDER BY observation_id) AS evidence,
    regexp_extract(resource, '^(?:table|sequence|function|schema) (.+?)(?:\.[^.]*)?$', 1) AS schema
  FROM grants
  WHERE starts_with(identity_id, 'postgres:') AND effect = 'allow' AND capability IS NULL AND via_kind = 'acl'
  GROUP BY identity_id, permission, resource
),
touched AS (
  SELECT coalesce(u.outcome, 'ok') = 'ok' AS is_done, k.identity_id, k.row_id, u.used_at, coalesce(u.action, 'unknown') AS action, u.objects, coalesce(u.records, 1) AS records, u.observation_id, u.via,
    list_distinct(list_transform(coalesce(u.objects, []), lambda name: schema_of(name))) AS schemas
  FROM usage_rows AS k
  JOIN obs.usages AS u ON u.rowid = k.row_id
  SEMI JOIN rights AS r ON r.identity_id = k.identity_id
  WHERE k.is_use
),
works AS (FROM touched WHERE is_done),
accounts AS (
  SELECT w.identity_id, count(*) FILTER (w.is_done AND w.action IN ('unknown', 'privilege', 'admin')) AS untold, bool_or(w.via = 'direct') AS has_log FROM touched AS w GROUP BY w.identity_id
),
held AS (
  SELECT g.identity_id, max(d.days) AS days, min(d.first) AS first, max(d.last) AS last
  FROM gateway_connections AS g
  JOIN sessions_given AS d ON d.org = g.org OR d.org IS NULL OR g.org IS NULL
  WHERE g.identity_id IS NOT NULL
  GROUP BY g.identity_id
),
target_side AS (
  SELECT r.identity_id, r.resource, r.permission, coalesce(r.via, 'a grant of the database') AS granted_by, true AS is_known, true AS is_granted,
    coalesce(sum(w.records), 0)::BIGINT AS uses, list_sort(list(DISTINCT w.action) FILTER (w.action IS NOT NULL)) AS actions,
    list_sort(list_distinct(flatten(list(w.objects) FILTER (w.objects IS NOT NULL))))[1:20] AS objects, NULL::VARCHAR[] AS verbs,
    min(w.used_at) AS first_used, max(w.used_at) AS last_used,
    list_concat(any_value(r.evidence), CASE WHEN count(w.row_id) = 0 THEN [] ELSE list_distinct([arg_min(w.observation_id, (w.used_at, w.observation_id)), arg_max(w.observation_id, (w.used_at, w.observation_id))]) END) AS evidence,
    'target' AS side,
    greatest(coalesce(any_value(l.days), 0), coalesce(any_value(h.days), 0)) AS window_days,
    least(any_value(l.first), any_value(h.first)) AS window_first, greatest(any_value(l.last), any_value(h.last)) AS window_last,
    coalesce(any_value(a.untold), 0) AS untold,
    CASE WHEN NOT coalesce(any_value(a.has_log), false) AND any_value(l.days) IS NULL THEN 'what went around the gateway is on no record: no log of the database was read' END AS caution
  FROM rights AS r
  LEFT JOIN works AS w ON w.identity_id = r.identity_id AND list_contains(uses_of_privilege(r.permission), w.action)
    AND (len(w.schemas) = 0 OR r.schema = '' OR list_contains(w.schemas, r.schema))
  LEFT JOIN accounts AS a ON a.identity_id = r.identity_id
  LEFT JOIN held AS h ON h.identity_id = r.identity_id
  LEFT JOIN observed_days AS l ON l.surface = 'audit-log' AND l.provider = 'postgres' AND l.scope = identity_scope(r.identity_id)
  GROUP BY r.identity_id, r.resource, r.permission, r.via
)
SELECT
  identity_id, side, permission, resource, granted_by, is_granted, uses, coalesce(actions, []) AS actions, coalesce(objects, []) AS objects, coalesce(verbs, []) AS verbs,
  first_used, last_used, window_days, window_first, window_last,
  CASE
    WHEN uses > 0 THEN 'used'
    WHEN window_days < 30 OR NOT is_known OR untold > 0 OR caution IS NOT NULL THEN 'inconclusive'
    ELSE 'unused' END AS verdict,
  CASE
    WHEN uses > 0 THEN caution
    WHEN NOT is_known THEN 'whether it may use it is not known: no access control of the gateway was read'
    WHEN window_days < 30 THEN concat('logs of ', counted(window_days, 'day'), ' were read, and 30 are needed')
    WHEN untold > 0 THEN concat('of ', counted(untold, 'use'), ' it is not known what they did')
    ELSE caution END AS why,
  list_distinct(evidence) AS evidence
FROM (SELECT * FROM gateway_side UNION ALL BY NAME SELECT * FROM target_side);
COMMENT ON VIEW granted_used IS 'What each identity was granted at the gateway (connections) and at the target (privileges of a database), and whether it used it: used, unused, or inconclusive and why';
