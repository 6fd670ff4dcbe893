-- Grants, trusts, consumers, coverage and people of the run, under the ids that hold in it.

CREATE OR REPLACE VIEW grants AS
SELECT DISTINCT ON (observation_id) g.* EXCLUDE (part_id) REPLACE (coalesce(a.identity_id, g.identity_id) AS identity_id)
FROM obs.grants AS g
SEMI JOIN current_parts USING (part_id)
LEFT JOIN identity_aliases AS a ON a.alias = g.identity_id AND a.repository = alias_place(g.identity_id, g.location)
UNION ALL BY NAME
-- What a Kubernetes role amounts to depends on where it is bound.
SELECT
  arg_min(rule_id, rule_id) AS observation_id, role_id AS identity_id, 'allow' AS effect, arg_min(permission, rule_id) AS permission,
  arg_min(resource, rule_id) AS resource, arg_min(via, rule_id) AS via, 'rule' AS via_kind, capability,
  CASE WHEN is_templated THEN 'low' ELSE 'high' END AS confidence, arg_min(location, rule_id) AS location,
  json_object('path', concat(arg_min(permission, rule_id), ' on ', arg_min(resource, rule_id), ' ', any_value(place))) AS detail
FROM (SELECT *, unnest(capabilities) AS capability FROM kubernetes_rights)
GROUP BY role_id, capability, is_templated;
COMMENT ON VIEW grants IS 'What identities may do; rows with a capability are derived';

CREATE OR REPLACE VIEW trusts AS
SELECT DISTINCT ON (observation_id) t.* EXCLUDE (part_id) REPLACE (
  coalesce(a.identity_id, t.identity_id) AS identity_id,
  coalesce(p.identity_id, t.principal) AS principal)
FROM obs.trusts AS t
SEMI JOIN current_parts USING (part_id)
LEFT JOIN identity_aliases AS a ON a.alias = t.identity_id AND a.repository = alias_place(t.identity_id, t.location)
LEFT JOIN identity_aliases AS p ON p.alias = t.principal AND p.repository = alias_place(t.principal, t.location);
COMMENT ON VIEW trusts IS 'Who may become which identity';

CREATE OR REPLACE VIEW consumers AS
SELECT DISTINCT ON (observation_id) c.* EXCLUDE (part_id) REPLACE (coalesce(a.identity_id, c.identity_id) AS identity_id), place_text(location) AS place_text,
  -- Asked by half of the checks of consumers: read out of the JSON once.
  (c.detail->>'$.fact') AS fact,
  (c.detail->>'$.platform') AS platform
FROM obs.consumers AS c
SEMI JOIN current_parts USING (part_id)
LEFT JOIN identity_aliases AS a ON a.alias = c.identity_id AND a.repository = alias_place(c.identity_id, c.location);
COMMENT ON VIEW consumers IS 'What is set up to use which identity, credential or secret';

-- Each page of a list says that more follow. Where pages of one folder hold as many sessions as the whole has, nothing is missing.
CREATE OR REPLACE VIEW whole_lists AS
WITH pages AS (
  SELECT c.part_id, p.target, regexp_replace(p.unit, '[^/]*$', '') AS folder, TRY_CAST(c.detail->>'$.page.total' AS BIGINT) AS total
  FROM obs.coverage AS c
  SEMI JOIN current_parts USING (part_id)
  JOIN parts AS p USING (part_id)
  WHERE c.surface = 'gateway' AND (c.detail->'$.page') IS NOT NULL AND list_contains(json_words(c.detail->'$.types'), 'session-list')
),
held AS (
  SELECT g.target, g.folder, g.total, min(g.part_id) AS list_id, count(DISTINCT u.session_id) AS sessions
  FROM pages AS g
  JOIN obs.usages AS u USING (part_id)
  WHERE u.via = 'gateway'
  GROUP BY ALL
)
SELECT g.part_id, h.list_id
FROM pages AS g
JOIN held AS h ON h.target = g.target AND h.folder = g.folder AND h.total = g.total
WHERE h.sessions >= h.total;
COMMENT ON VIEW whole_lists IS 'Files that are the pages of one list of sessions, which together hold all of it: list_id is the same for all of them';

CREATE OR REPLACE VIEW coverage AS
SELECT DISTINCT ON (observation_id) c.* EXCLUDE (part_id) REPLACE (
    CASE WHEN w.part_id IS NOT NULL AND (c.detail->>'$.page.onlyGap') = 'true' THEN 'complete' ELSE c.outcome END AS outcome,
    CASE WHEN w.part_id IS NOT NULL AND (c.detail->>'$.page.onlyGap') = 'true' THEN NULL ELSE c.why END AS why),
  p.scanner, p.target
FROM obs.coverage AS c
JOIN parts AS p USING (part_id)
LEFT JOIN whole_lists AS w USING (part_id)
SEMI JOIN current_parts USING (part_id)
-- A log that was imported again: what was missing of it then says nothing now.
ANTI JOIN log_files_replaced USING (part_id);
COMMENT ON VIEW coverage IS 'What was looked at and with what outcome';

CREATE OR REPLACE VIEW people AS
SELECT
  email,
  max(name) AS name,
  max(handle) AS handle,
  max(team) AS team,
  max(left_at) AS left_at,
  coalesce(bool_or(TRY_CAST(detail->>'$.left' AS BOOLEAN)), false) OR coalesce(max(left_at) <= run_now(), false) AS has_left,
  max(relation) AS relation,
  flatten(list(owns) FILTER (owns IS NOT NULL)) AS owns,
  list_sort(list_distinct(list(observation_id))) AS evidence
FROM obs.people
SEMI JOIN current_parts USING (part_id)
GROUP BY email;
COMMENT ON VIEW people IS 'One row a person, roster and CODEOWNERS merged';

-- The newest word on each: a rule that is seen alone and in a list is one.
CREATE OR REPLACE VIEW policies AS
SELECT
  policy_id,
  any_value(provider) AS provider,
  arg_max(type, length(settings::VARCHAR)) AS type,
  max(name) AS name,
  max(scope) AS scope,
  max(environment) AS environment,
  bool_and(enabled) AS enabled,
  arg_max(applies_to, length(settings::VARCHAR)) AS applies_to,
  min(created_at) AS created_at,
  max(changed_at) AS changed_at,
  arg_max(settings, length(settings::VARCHAR)) AS settings,
  arg_max(detail, length(settings::VARCHAR)) AS detail,
  list_sort(list_distinct(list(observation_id))) AS evidence
FROM obs.policies
SEMI JOIN current_parts USING (part_id)
GROUP BY policy_id;
COMMENT ON VIEW policies IS 'Rules and settings of gateways: access request rules, masking rules, guardrails, open approvals; one row each';
