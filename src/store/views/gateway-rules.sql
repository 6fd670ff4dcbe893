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
-- How much of a kind a run was given: a list that was cut off, or one rule by itself, tells of no rule that it is not there.
looks AS (
  SELECT r.sequence, json_words(c.detail->'$.types') AS types,
    c.outcome = 'complete' AND (c.detail->>'$.single') IS NULL AS is_list,
    c.outcome <> 'complete' AS is_gap
  FROM obs.coverage AS c
  JOIN run_parts AS k ON k.part_id = c.part_id
  JOIN runs AS r ON r.run_id = k.run_id
  WHERE c.surface = 'gateway' AND list_contains(c.covers, 'policy')
),
runs_of_kind AS (
  SELECT type, coalesce(scope, '') AS scope, sequence AS after, lag(sequence) OVER (PARTITION BY type, coalesce(scope, '') ORDER BY sequence) AS before
  FROM (
    SELECT type, scope, sequence FROM dated
    UNION
    -- A list that is empty now names no rule.
    SELECT d.type, d.scope, c.sequence FROM dated AS d CROSS JOIN current_run AS c
    WHERE EXISTS (FROM looks AS l WHERE l.sequence = c.sequence AND l.is_list AND list_contains(l.types, d.type)))
  QUALIFY sequence = (SELECT sequence FROM current_run) AND before IS NOT NULL
),
one AS (
  SELECT k.type, d.policy_id, d.sequence = k.after AS is_after, k.before, k.after,
    -- As coverage names it.
    any_value(CASE
      WHEN k.type = 'access-control' THEN ['plugin', 'access-control']
      WHEN (d.settings->>'$.plugin') IS NOT NULL THEN ['plugin']
      WHEN k.type = 'server' AND ends_with(d.policy_id, '/groups') THEN ['groups']
      ELSE [k.type] END) AS look,
    any_value(d.name) AS name, any_value(d.scope) AS org, list_sort(list(DISTINCT concat(d.settings, d.enabled, d.applies_to::VARCHAR))) AS said,
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
  -- What is new, or gone, may be so because the one export or the other did not hold it.
  CASE
    WHEN a.policy_id IS NOT NULL AND b.policy_id IS NOT NULL THEN true
    WHEN a.policy_id IS NULL THEN EXISTS (FROM looks AS l WHERE l.sequence = b.after AND l.is_list AND (len(l.types) = 0 OR list_has_any(l.types, b.look)))
      AND NOT EXISTS (FROM looks AS l WHERE l.sequence = b.after AND l.is_gap AND (len(l.types) = 0 OR list_has_any(l.types, b.look)))
    ELSE EXISTS (FROM looks AS l WHERE l.sequence = a.before AND l.is_list AND (len(l.types) = 0 OR list_has_any(l.types, a.look)))
      AND NOT EXISTS (FROM looks AS l WHERE l.sequence = a.before AND l.is_gap AND (len(l.types) = 0 OR list_has_any(l.types, a.look))) END AS is_sure,
  list_distinct(list_concat(coalesce(a.evidence, []), coalesce(b.evidence, []))) AS evidence
FROM (FROM one WHERE is_after) AS a
FULL JOIN (FROM one WHERE NOT is_after) AS b ON b.policy_id = a.policy_id
WHERE a.said IS DISTINCT FROM b.said;
COMMENT ON VIEW policy_changes IS 'Rules and settings that differ from the run before that had their kind: added, changed or removed between after_time and before_time; is_sure: both runs were given all of the kind';

-- What administrators did at the gateway, as its own log says.
CREATE OR REPLACE VIEW gateway_admin_log AS
SELECT u.observation_id, u.used_at, r.caller, r.caller_identity_id, r.caller_type, r.org, replace(u.target, 'admin:', '') AS resource_type, u.objects, u.operation, u.outcome, u.source_ip
FROM gateway_rows AS r
JOIN obs.usages AS u ON u.rowid = r.row_id
WHERE r.is_admin_audit;
COMMENT ON VIEW gateway_admin_log IS 'Entries of the gateway''s log of what administrators changed';

-- hoop writes no entry of rules for access, plugins, attributes and reviews.
CREATE OR REPLACE MACRO is_unlogged(policy_type) AS policy_type IN ('access-rule', 'access-control', 'attribute', 'forwarding');

-- Changes, and the entries that speak of each: of that very rule, by its id or its name, and in that time.
CREATE OR REPLACE VIEW policy_changes_logged AS
WITH log AS MATERIALIZED (
  SELECT *, split_part(operation, ' ', 1) AS method,
    list_transform(list_filter(string_split(split_part(operation, ' ', 2), '/'), lambda part: part <> ''), lambda part: url_decode(part)) AS path
  FROM gateway_admin_log
),
given AS (SELECT org, min(used_at) AS first, max(used_at) AS last FROM log GROUP BY org),
entries AS (
  SELECT c.policy_id, c.change, list(l.observation_id ORDER BY l.used_at) AS entries
  FROM policy_changes AS c
  CROSS JOIN gateway_settings AS t
  JOIN log AS l ON l.used_at BETWEEN c.after_time - t.clock_tolerance AND c.before_time + t.clock_tolerance
    AND same_org(l.org, c.org) AND coalesce(l.outcome, 'ok') = 'ok' AND (l.method = 'DELETE') = (c.change = 'removed')
    AND (list_has_any(list_concat(l.path, coalesce(l.objects, [])), [url_decode(regexp_extract(c.policy_id, '[^/]*$')), c.name])
      -- What was sent is not in every export.
      OR c.change = 'added' AND l.method = 'POST' AND len(list_filter(coalesce(l.objects, []), lambda name: NOT list_contains(l.path, name))) = 0 AND CASE c.type
        WHEN 'masking-rule' THEN l.resource_type IN ('data_masking', 'datamasking-rules')
        WHEN 'guardrail' THEN l.resource_type = 'guardrails'
        WHEN 'connection' THEN l.resource_type IN ('connections', 'resources')
        WHEN 'workload-mapping' THEN l.resource_type = 'agent_spiffe_mappings'
        WHEN 'agent' THEN l.resource_type = 'agents'
        ELSE false END
      OR c.type = 'server' AND l.resource_type IN ('server_config', 'auth_config', 'feature_flags', 'org_keys', 'serverconfig'))
  GROUP BY c.policy_id, c.change
)
SELECT c.*, coalesce(e.entries, []) AS entries,
  -- A log that begins later, or ends before, says nothing of that time.
  EXISTS (FROM given AS g WHERE same_org(g.org, c.org) AND g.first <= c.after_time AND g.last >= c.after_time) AS is_spanned
FROM policy_changes AS c
LEFT JOIN entries AS e ON e.policy_id = c.policy_id AND e.change = c.change;
COMMENT ON VIEW policy_changes_logged IS 'policy_changes with the entries of the gateway''s log of administrators that speak of them; is_spanned: the log was given of that time';

-- Counts by kind in one order; none is as nothing.
CREATE OR REPLACE MACRO counts_text(counts) AS nullif(list_sort(map_entries(TRY_CAST(counts AS MAP(VARCHAR, BIGINT))))::VARCHAR, '[]');

-- Sessions as an earlier run was given them, and as this one is: a session that is done does not change any more. Vanished is said where this run
-- was given other sessions of that day, before it and after it.
CREATE OR REPLACE VIEW session_changes AS
WITH earlier AS (
  SELECT u.session_id, arg_max({'used_at': u.used_at, 'ended_at': u.ended_at, 'target': u.target, 'actor': u.actor, 'job': u.job, 'masked': u.masked, 'detail': u.detail, 'observation_id': u.observation_id}, r.sequence) AS was
  FROM obs.usages AS u
  JOIN run_parts AS k ON k.part_id = u.part_id
  JOIN runs AS r ON r.run_id = k.run_id
  ANTI JOIN current_parts AS c ON c.part_id = u.part_id
  WHERE u.via = 'gateway' AND u.records IS NULL AND u.session_id IS NOT NULL AND NOT coalesce(u.bookkeeping, false) AND r.status IN ('loaded', 'complete')
    AND r.sequence < (SELECT sequence FROM current_run) AND (u.detail->>'$.status') = 'done' AND (u.detail->>'$.depth') IS DISTINCT FROM 'metrics'
  GROUP BY u.session_id
),
-- Twins of one session are all known to this run: none of them has vanished.
here AS (
  SELECT u.session_id, u.used_at, u.ended_at, u.target, u.actor, u.job, u.masked, u.detail, u.observation_id
  FROM obs.usages AS u SEMI JOIN current_parts USING (part_id) SEMI JOIN earlier ON earlier.session_id = u.session_id
  WHERE u.via = 'gateway' AND u.records IS NULL AND (u.detail->>'$.depth') IS DISTINCT FROM 'metrics'
),
days AS (
  SELECT r.org, u.used_at::DATE AS day, min(u.used_at) AS first, max(u.used_at) AS last
  FROM gateway_rows AS r JOIN obs.usages AS u ON u.rowid = r.row_id
  WHERE NOT r.is_admin_audit AND EXISTS (FROM earlier)
  GROUP BY ALL
),
-- What a row of a list does not tell, and one by itself did, is not gone.
paired AS (
  SELECT e.session_id, e.was, h,
    (h.detail->>'$.depth') IS NOT DISTINCT FROM (e.was.detail->>'$.depth') AS is_alike,
    e.was.detail->'$.review' AS review_was, h.detail->'$.review' AS review,
    words_of(e.was.detail->'$.review.reviewers') AS reviewers_was, words_of(h.detail->'$.review.reviewers') AS reviewers
  FROM earlier AS e
  JOIN here AS h ON h.session_id = e.session_id
),
compared AS (
  SELECT session_id, was, h.observation_id AS observation_id,
    list_filter([
      CASE WHEN h.used_at <> was.used_at THEN 'its start' END,
      CASE WHEN h.ended_at <> was.ended_at THEN 'its end' END,
      CASE WHEN h.target <> was.target THEN 'its connection' END,
      CASE WHEN h.actor <> was.actor OR (h.detail->>'$.userId') <> (was.detail->>'$.userId') THEN 'who opened it' END,
      CASE WHEN h.job <> was.job OR (h.job IS NULL AND was.job IS NOT NULL AND is_alike) THEN 'the job it names' END,
      CASE WHEN TRY_CAST(h.detail->>'$.eventSize' AS DOUBLE) < TRY_CAST(was.detail->>'$.eventSize' AS DOUBLE) THEN 'the size of its recording' END,
      CASE WHEN (h.detail->>'$.exitCode') <> (was.detail->>'$.exitCode') THEN 'how it ended' END,
      CASE WHEN h.masked <> was.masked
          OR TRY_CAST(h.detail->>'$.redactions' AS BIGINT) <> TRY_CAST(was.detail->>'$.redactions' AS BIGINT)
          OR coalesce(TRY_CAST(h.detail->>'$.maskErrors' AS BIGINT), CASE WHEN is_alike THEN 0 END) <> TRY_CAST(was.detail->>'$.maskErrors' AS BIGINT)
          OR coalesce(counts_text(h.detail->'$.infoTypes'), CASE WHEN is_alike THEN '' END) <> counts_text(was.detail->'$.infoTypes')
        THEN 'what was masked' END,
      CASE WHEN coalesce(counts_text(h.detail->'$.analyzed'), CASE WHEN is_alike THEN '' END) <> counts_text(was.detail->'$.analyzed') THEN 'what personal data was found in it' END,
      -- A review goes on after the session: it is carried out, or revoked. It does not become another, or one where there was none.
      CASE WHEN (review->>'$.id') <> (review_was->>'$.id')
          OR coalesce(json_type(review_was), '') = 'OBJECT' AND coalesce(json_type(review), '') <> 'OBJECT' AND is_alike
          OR json_type(review_was) = 'NULL' AND json_type(review) = 'OBJECT'
          OR (review_was->>'$.status') = 'REJECTED' AND (review->>'$.status') <> 'REJECTED'
        THEN 'its review' END,
      CASE WHEN len(reviewers) > 0 AND NOT list_has_all(reviewers, reviewers_was) THEN 'who approved it' END,
      CASE WHEN NOT list_has_all(words_of(h.detail->'$.guardrails'), words_of(was.detail->'$.guardrails')) AND (is_alike OR len(words_of(h.detail->'$.guardrails')) > 0) THEN 'which guardrails it met' END,
      CASE WHEN (h.detail->>'$.risk') <> (was.detail->>'$.risk') OR (h.detail->>'$.riskAction') <> (was.detail->>'$.riskAction') THEN 'what the analyzer said of it' END,
      CASE WHEN (h.detail->>'$.status') <> 'done' THEN 'that it was done' END], lambda what: what IS NOT NULL) AS what
  FROM paired
)
SELECT session_id, 'changed' AS change, what, was.used_at AS used_at, was.target AS connection, was.actor AS caller, [was.observation_id, observation_id] AS evidence
FROM compared
WHERE len(what) > 0
QUALIFY row_number() OVER (PARTITION BY session_id ORDER BY len(what), observation_id) = 1
UNION ALL
SELECT e.session_id, 'vanished', [], e.was.used_at, e.was.target, e.was.actor, [e.was.observation_id]
FROM earlier AS e
ANTI JOIN here AS h ON h.session_id = e.session_id
WHERE EXISTS (FROM days AS d WHERE d.day = e.was.used_at::DATE AND (d.org = (e.was.detail->>'$.org') OR d.org IS NULL OR (e.was.detail->>'$.org') IS NULL)
  AND e.was.used_at > d.first AND e.was.used_at < d.last);
COMMENT ON VIEW session_changes IS 'Sessions that an earlier run was given done, and that are gone or say something else now; what: the fields';

-- Hosts of databases that secrets, settings and logs name, and the connections of the gateway that lead to them.
CREATE OR REPLACE VIEW target_hosts AS
WITH told AS (
  SELECT identity_id, observation_id, environment, sighting_place(place, location) AS place FROM sightings WHERE identity_id IS NOT NULL AND place <> 'session-log' AND confidence <> 'low'
  UNION ALL
  SELECT identity_id, observation_id, environment, consumer_id FROM consumers WHERE identity_id IS NOT NULL AND type <> 'gateway-connection'
  UNION ALL
  SELECT k.identity_id, u.observation_id, u.environment, 'a log of it' FROM direct_usage_rows AS k JOIN obs.usages AS u ON u.rowid = k.row_id WHERE k.identity_id IS NOT NULL
),
named AS (
  SELECT split_part(identity_id, ':', 1) AS protocol, lower(split_part(split_part(url_decode(identity_scope(identity_id)), '/', 1), ':', 1)) AS host, *
  FROM told
  WHERE split_part(identity_id, ':', 1) IN ('postgres', 'mysql', 'mariadb', 'mongodb', 'mssql', 'oracle', 'oracledb', 'redis', 'clickhouse')
),
led_to AS (
  SELECT lower(split_part(detail->>'$.host', ':', 1)) AS host, detail->>'$.subtype' AS subtype, connection, evidence FROM gateway_connections
)
SELECT
  n.protocol, n.host,
  count(DISTINCT n.identity_id) AS identities, min(n.identity_id) AS identity_id, list(DISTINCT n.place ORDER BY n.place) AS places, max(n.environment) AS environment,
  list(DISTINCT n.observation_id ORDER BY n.observation_id)[1:20] AS evidence,
  (SELECT coalesce(list(DISTINCT l.connection ORDER BY l.connection), []) FROM led_to AS l WHERE l.host = n.host) AS connections,
  -- One whose host is not told may lead anywhere.
  (SELECT count(*) FROM led_to AS l WHERE l.host IS NULL AND (l.subtype = n.protocol OR l.subtype IS NULL)) AS untold
FROM named AS n
WHERE n.host NOT IN ('', '-', 'localhost', '::1', 'host.docker.internal') AND NOT regexp_matches(n.host, '^127\.|^0\.0\.0\.0$|\.(test|example|invalid|local|localhost)$|[{$<]')
  -- A name without a dot is that of a container beside it.
  AND (contains(n.host, '.') OR is_production(n.environment))
GROUP BY n.protocol, n.host;
COMMENT ON VIEW target_hosts IS 'Hosts of databases that secrets, workloads and logs name, and the gateway connections that lead there; untold: connections of the kind whose host is not known';
