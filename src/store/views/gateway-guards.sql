-- What rules of masks and guardrails come to for each connection of the gateway.

CREATE OR REPLACE VIEW connection_settings AS
WITH said AS (
  SELECT
    policy_id, name AS connection, scope AS org, environment, applies_to, evidence,
    (settings->>'$.id') AS connection_id, lower(settings->>'$.type') AS type, lower(settings->>'$.subtype') AS subtype,
    TRY_CAST(settings->'$.tags' AS MAP(VARCHAR, VARCHAR)) AS tags,
    coalesce((settings->>'$.modes.connect') = 'enabled', false) AS may_connect, coalesce((settings->>'$.modes.exec') = 'enabled', false) AS may_execute,
    words_of(settings->'$.reviewers') AS reviewers, words_of(settings->'$.redactTypes') AS redact_types,
    words_of(settings->'$.guardrails') AS guardrail_ids, words_of(settings->'$.attributes') AS attributes
  FROM policies
  WHERE provider = 'hoop' AND type = 'connection'
),
data AS (
  SELECT t.policy_id, list_sort(list(DISTINCT lower(t.own.value))) AS data_tags
  FROM (SELECT policy_id, unnest(map_entries(tags)) AS own FROM said WHERE tags IS NOT NULL) AS t
  JOIN (SELECT unnest(map_entries(personal_data)) AS wanted FROM gateway_settings) AS w ON lower(w.wanted.key) = lower(t.own.key)
  WHERE list_contains(list_transform(w.wanted.value, lambda word: lower(word)), lower(t.own.value))
  GROUP BY t.policy_id
)
SELECT
  s.* EXCLUDE (environment), coalesce(s.environment, g.environment) AS environment, coalesce(d.data_tags, []) AS data_tags, d.policy_id IS NOT NULL AS is_sensitive,
  g.identity_id, g.credential_id
FROM said AS s
LEFT JOIN data AS d USING (policy_id)
LEFT JOIN gateway_connections AS g ON g.connection = s.connection AND coalesce(g.org, '') = coalesce(s.org, g.org, '');
COMMENT ON VIEW connection_settings IS 'Connections of the gateway as their settings tell: kind, tags, how they may be used, whether they hold personal data';

-- A rule names a connection by its id, by its name, or by an attribute that both have.
CREATE OR REPLACE VIEW connection_rules AS
WITH rules AS (
  SELECT policy_id, type, name, scope AS org, settings, evidence, regexp_extract(policy_id, '[^/:]*$') AS rule_id, (settings->>'$.plugin') AS plugin,
    words_of(settings->'$.connectionIds') AS ids, words_of(settings->'$.attributes') AS attributes,
    CASE WHEN (settings->>'$.plugin') IS NULL THEN words_of(settings->'$.connections')
      ELSE list_transform(coalesce(from_json(settings->'$.connections', '[{"name": "VARCHAR"}]'), []), lambda one: one.name) END AS connections
  FROM policies
  WHERE provider = 'hoop' AND type IN ('access-rule', 'masking-rule', 'guardrail') AND coalesce(enabled, true)
),
attributes AS (
  SELECT name, scope AS org, evidence, words_of(settings->'$.connections') AS connections,
    list_concat(words_of(settings->'$.maskingRules'), list_concat(words_of(settings->'$.guardrails'), words_of(settings->'$.accessRules'))) AS rules
  FROM policies
  WHERE provider = 'hoop' AND type = 'attribute'
),
marked AS (
  SELECT c.policy_id AS connection_policy, a.name AS attribute, a.rules, a.evidence
  FROM connection_settings AS c
  JOIN attributes AS a ON same_org(a.org, c.org) AND (list_contains(c.attributes, a.name) OR list_contains(a.connections, c.connection))
  UNION ALL
  SELECT policy_id, unnest(attributes), [], [] FROM connection_settings
),
pairs AS (
  SELECT c.policy_id AS connection_policy, r.policy_id, []::VARCHAR[] AS because
  FROM connection_settings AS c
  JOIN rules AS r ON same_org(r.org, c.org)
    AND (list_contains(r.ids, c.connection_id) OR list_contains(r.connections, c.connection) OR list_contains(r.connections, c.connection_id) OR list_contains(c.guardrail_ids, r.rule_id))
  UNION ALL
  SELECT m.connection_policy, r.policy_id, m.evidence
  FROM marked AS m
  JOIN rules AS r ON list_contains(r.attributes, m.attribute) OR list_contains(m.rules, r.name)
)
SELECT c.connection, c.org, c.policy_id AS connection_policy, r.policy_id, r.type, r.name, r.settings, list_distinct(list_concat(min(r.evidence), flatten(list(p.because)))) AS evidence
FROM pairs AS p
JOIN rules AS r USING (policy_id)
JOIN connection_settings AS c ON c.policy_id = p.connection_policy
GROUP BY ALL;
COMMENT ON VIEW connection_rules IS 'Rules of the gateway that hold for a connection: by its id, its name or an attribute';

-- What is masked on a connection: by rules, by the older plugin, and by what the connection itself lists.
CREATE OR REPLACE VIEW connection_masks AS
WITH rules AS (
  SELECT connection_policy, list(DISTINCT name ORDER BY name) AS rules, flatten(list(evidence)) AS evidence,
    flatten(list(CASE
      WHEN (settings->>'$.plugin') IS NULL
        THEN list_concat(words_of(settings->'$.entityTypes'), list_transform(coalesce(from_json(settings->'$.customTypes', '[{"name": "VARCHAR"}]'), []), lambda one: one.name))
      ELSE flatten(list_transform(
        list_filter(coalesce(from_json(settings->'$.connections', '[{"name": "VARCHAR", "groups": ["VARCHAR"]}]'), []), lambda one: one.name = connection), lambda one: coalesce(one.groups, []))) END)) AS types
  FROM connection_rules
  WHERE type = 'masking-rule'
  GROUP BY connection_policy
)
SELECT c.*, coalesce(r.rules, []) AS rules, list_distinct(list_transform(list_concat(coalesce(r.types, []), c.redact_types), lambda one: upper(one))) AS masked_types,
  list_distinct(list_concat(c.evidence, coalesce(r.evidence, []))) AS all_evidence
FROM connection_settings AS c
LEFT JOIN rules AS r ON r.connection_policy = c.policy_id;
COMMENT ON VIEW connection_masks IS 'Kinds of data that rules mask on each connection; masked_types empty: none';

-- Machines that called, and what they did.
CREATE OR REPLACE VIEW machine_calls AS
SELECT
  coalesce(r.caller_identity_id, concat('caller ', r.caller)) AS caller_key, r.caller, r.caller_type, r.caller_identity_id, r.identity_id, r.org, r.environment, r.tagged_sensitive,
  u.observation_id, u.used_at, u.target AS connection, u.job,
  CASE WHEN r.counts IS NULL THEN u.info_types ELSE list_sort(list_distinct(list_concat(u.info_types, r.counts.seen))) END AS seen_types, u.row_count, u.action, u.objects, u.operation, u.outcome, u.records, u.source_ip
FROM gateway_rows AS r
JOIN obs.usages AS u ON u.rowid = r.row_id
WHERE is_machine(r.caller_type) AND r.caller IS NOT NULL AND r.ran AND NOT r.is_bookkeeping AND NOT r.is_admin_audit;
COMMENT ON VIEW machine_calls IS 'Sessions of machines that ran';

-- Which connections a machine of the gateway is known to be let use.
CREATE OR REPLACE VIEW gateway_reach AS
SELECT identity_id, connection, connection_org AS org, environment, granted_by, list_distinct(list_concat(evidence, connection_evidence)) AS evidence
FROM gateway_rights
WHERE granted_by IS NOT NULL AND is_known;
COMMENT ON VIEW gateway_reach IS 'Connections that each machine may use: by access control, by its own list, as an administrator, or because nothing restricts them (gateway_rights)';
