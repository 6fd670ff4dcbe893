-- What guards a connection of the gateway: access request rules, who they bind, who may use it.

CREATE OR REPLACE MACRO words_of(list) AS coalesce(from_json(list, '["VARCHAR"]'), []);

-- Rules by the connections that they apply to: named, or by an attribute that both have.
CREATE OR REPLACE VIEW access_rules AS
WITH rules AS (
  SELECT policy_id, name, scope AS org, lower(settings->>'$.accessType') AS access_type, applies_to, words_of(settings->'$.attributes') AS attributes,
    words_of(settings->'$.requiredGroups') AS required_groups, words_of(settings->'$.skipGroups') AS skip_groups, words_of(settings->'$.reviewers') AS reviewers,
    TRY_CAST(settings->>'$.maxDuration' AS BIGINT) AS max_seconds, evidence
  FROM policies
  WHERE type = 'access-rule' AND coalesce(enabled, true)
),
attributed AS (
  SELECT name AS attribute, scope AS org, words_of(settings->'$.connections') AS connections, words_of(settings->'$.accessRules') AS rules FROM policies WHERE type = 'attribute'
  UNION ALL
  SELECT unnest(words_of(settings->'$.attributes')), scope, [name], [] FROM policies WHERE type = 'connection'
),
named AS (
  SELECT policy_id, unnest(applies_to) AS connection FROM rules
  UNION
  SELECT r.policy_id, unnest(a.connections) FROM rules AS r JOIN attributed AS a ON list_contains(r.attributes, a.attribute) AND (a.org = r.org OR a.org IS NULL OR r.org IS NULL)
  UNION
  SELECT r.policy_id, unnest(a.connections) FROM rules AS r JOIN attributed AS a ON list_contains(a.rules, r.name) AND (a.org = r.org OR a.org IS NULL OR r.org IS NULL)
)
SELECT n.connection, r.* EXCLUDE (applies_to, attributes), r.access_type IN ('jit', 'jit_command', 'legacy') AS gates_connects, r.access_type IN ('command', 'jit_command') AS gates_commands
FROM named AS n
JOIN rules AS r USING (policy_id);
COMMENT ON VIEW access_rules IS 'Access request rules of the gateway, one row a connection that each applies to';

-- A connection, what it holds and what stands before it. Where nothing tells how it may be used, all ways are open.
CREATE OR REPLACE VIEW connection_gates AS
WITH rules AS (
  SELECT connection, org, bool_or(gates_connects) AS gates_connects, bool_or(gates_commands) AS gates_commands, list(DISTINCT name ORDER BY name) AS rules, flatten(list(evidence)) AS evidence
  FROM access_rules
  GROUP BY ALL
),
told AS (
  SELECT g.*, coalesce(p.settings->'$.tags', g.detail->'$.tags') AS tags, coalesce(p.settings->'$.modes', g.detail->'$.modes') AS modes,
    words_of(coalesce(p.settings->'$.reviewers', g.detail->'$.reviewers')) AS reviewers, p.evidence AS settings_evidence
  FROM gateway_connections AS g
  LEFT JOIN (SELECT DISTINCT ON (name, scope) * FROM policies WHERE type = 'connection' ORDER BY name, scope, policy_id) AS p
    ON p.name = g.connection AND (p.scope = g.org OR p.scope IS NULL OR g.org IS NULL)
),
sensitive AS (
  SELECT DISTINCT t.connection, t.org
  FROM (SELECT connection, org, unnest(map_entries(TRY_CAST(tags AS MAP(VARCHAR, VARCHAR)))) AS own FROM told) AS t
  JOIN (SELECT unnest(map_entries(personal_data)) AS wanted FROM gateway_settings) AS w
    ON lower(w.wanted.key) = lower(t.own.key) AND list_contains(list_transform(w.wanted.value, lambda word: lower(word)), lower(t.own.value))
)
SELECT
  t.connection, t.org, t.consumer_id, t.identity_id, t.credential_id, t.environment,
  s.connection IS NOT NULL AS is_sensitive,
  coalesce((t.modes->>'$.connect') <> 'disabled', true) AS allows_connects,
  coalesce((t.modes->>'$.exec') <> 'disabled', true) AS allows_commands,
  coalesce(bool_or(r.gates_connects), false) OR len(any_value(t.reviewers)) > 0 OR coalesce((any_value(t.detail)->>'$.jitRule') = 'true', false) AS gates_connects,
  coalesce(bool_or(r.gates_commands), false) OR len(any_value(t.reviewers)) > 0 OR coalesce((any_value(t.detail)->>'$.commandRule') = 'true', false) AS gates_commands,
  coalesce(flatten(list(r.rules) FILTER (r.rules IS NOT NULL)), []) AS rules,
  list_distinct(list_concat(list_concat(any_value(t.evidence), coalesce(any_value(t.settings_evidence), [])), coalesce(flatten(list(r.evidence) FILTER (r.evidence IS NOT NULL)), []))) AS evidence
FROM told AS t
LEFT JOIN sensitive AS s ON s.connection = t.connection AND s.org IS NOT DISTINCT FROM t.org
LEFT JOIN rules AS r ON r.connection = t.connection AND (r.org = t.org OR r.org IS NULL OR t.org IS NULL)
GROUP BY t.connection, t.org, t.consumer_id, t.identity_id, t.credential_id, t.environment, s.connection, t.modes;
COMMENT ON VIEW connection_gates IS 'Connections of the gateway: what they hold, which ways to use them are open, and which of those need an approval';

-- Groups of those who call. Machine identities run with the group of administrators alone, whatever their owner is in.
CREATE OR REPLACE VIEW caller_groups AS
SELECT i.identity_id, i.type,
  CASE WHEN i.type IN ('machine-identity', 'static-admin-key') THEN ['admin'] ELSE coalesce(list(DISTINCT g.via ORDER BY g.via) FILTER (g.via IS NOT NULL), []) END AS groups,
  list_distinct(list_concat(any_value(i.evidence), coalesce(list(DISTINCT g.observation_id) FILTER (g.observation_id IS NOT NULL), []))) AS evidence
FROM identities AS i
LEFT JOIN grants AS g ON g.identity_id = i.identity_id AND g.via_kind = 'group'
WHERE i.provider = 'hoop'
GROUP BY i.identity_id, i.type;
COMMENT ON VIEW caller_groups IS 'Groups of the gateway''s machine callers';

-- Which groups may use a connection: by the access control of the gateway, and by what the configuration says should hold.
-- No row for a connection where neither says anything.
CREATE OR REPLACE VIEW connection_groups AS
WITH controlled AS (
  SELECT c.value->>'$.name' AS connection, scope AS org, words_of(c.value->'$.groups') AS groups, evidence
  FROM (SELECT scope, evidence, settings FROM policies WHERE type = 'access-control' OR (settings->>'$.plugin') = 'access_control') AS p, json_each(p.settings->'$.connections') AS c
  UNION ALL
  SELECT unnest(words_of(settings->'$.connections')), scope, words_of(settings->'$.groups'), evidence
  FROM policies
  WHERE type = 'attribute' AND len(words_of(settings->'$.groups')) > 0
)
SELECT g.connection, g.org, 'gateway' AS basis, list_sort(list_distinct(flatten(list(c.groups)))) AS groups, list_distinct(flatten(list(c.evidence))) AS evidence
FROM gateway_connections AS g
JOIN controlled AS c ON c.connection = g.connection AND (c.org = g.org OR c.org IS NULL OR g.org IS NULL)
GROUP BY g.connection, g.org
UNION ALL
SELECT g.connection, g.org, 'configuration', list_sort(list_distinct(flatten(list(w.wanted.value)))), any_value(g.evidence)
FROM gateway_connections AS g
JOIN (SELECT unnest(map_entries(groups)) AS wanted FROM gateway_settings) AS w ON g.connection GLOB w.wanted.key
GROUP BY g.connection, g.org;
COMMENT ON VIEW connection_groups IS 'Groups that may use each connection: as the gateway has it (basis gateway), and as the configuration says it should be';

-- Rules and settings of this run and of the one before that had any of their kind.
CREATE OR REPLACE VIEW policy_changes AS
WITH dated AS (
  SELECT r.run_id, r.sequence, r.started_at, p.policy_id, p.type, p.name, p.scope, p.settings::VARCHAR AS settings, p.enabled, p.applies_to, p.changed_at, p.observation_id
  FROM obs.policies AS p
  JOIN run_parts AS k ON k.part_id = p.part_id
  JOIN runs AS r ON r.run_id = k.run_id
  -- Reviews come and go: that is their work.
  WHERE r.status IN ('loaded', 'complete') AND r.sequence <= (SELECT sequence FROM current_run) AND p.type <> 'approval'
),
runs_of_kind AS (
  SELECT type, coalesce(scope, '') AS scope, sequence AS after, lag(sequence) OVER (PARTITION BY type, coalesce(scope, '') ORDER BY sequence) AS before
  FROM (SELECT DISTINCT type, scope, sequence FROM dated)
  QUALIFY sequence = (SELECT sequence FROM current_run) AND before IS NOT NULL
),
one AS (
  SELECT k.type, d.policy_id, d.sequence = k.after AS is_after, any_value(d.name) AS name, any_value(d.scope) AS org, list_sort(list(DISTINCT concat(d.settings, d.enabled, d.applies_to::VARCHAR))) AS said,
    max(d.changed_at) AS changed_at, min(d.started_at) AS seen_at, list(DISTINCT d.observation_id) AS evidence
  FROM dated AS d
  JOIN runs_of_kind AS k ON k.type = d.type AND k.scope = coalesce(d.scope, '') AND d.sequence IN (k.before, k.after)
  GROUP BY ALL
)
SELECT
  coalesce(a.policy_id, b.policy_id) AS policy_id, coalesce(a.type, b.type) AS type, coalesce(a.name, b.name) AS name, coalesce(a.org, b.org) AS org,
  CASE WHEN b.policy_id IS NULL THEN 'added' WHEN a.policy_id IS NULL THEN 'removed' ELSE 'changed' END AS change,
  coalesce(b.seen_at, (SELECT max(started_at) FROM dated WHERE sequence < (SELECT sequence FROM current_run))) AS after_time,
  coalesce(a.seen_at, (SELECT started_at FROM current_run)) AS before_time,
  a.changed_at,
  list_distinct(list_concat(coalesce(a.evidence, []), coalesce(b.evidence, []))) AS evidence
FROM (FROM one WHERE is_after) AS a
FULL JOIN (FROM one WHERE NOT is_after) AS b ON b.policy_id = a.policy_id
WHERE a.said IS DISTINCT FROM b.said;
COMMENT ON VIEW policy_changes IS 'Rules and settings that differ from the run before that had their kind: added, changed or removed between after_time and before_time';

-- What administrators did at the gateway, as its own log says.
CREATE OR REPLACE VIEW gateway_admin_log AS
SELECT u.observation_id, u.used_at, r.caller, r.caller_identity_id, r.caller_type, r.org, replace(u.target, 'admin:', '') AS resource_type, u.operation, u.outcome, u.source_ip
FROM gateway_rows AS r
JOIN obs.usages AS u ON u.rowid = r.row_id
WHERE r.is_admin_audit;
COMMENT ON VIEW gateway_admin_log IS 'Entries of the gateway''s log of what administrators changed';
