-- RBAC across files: rules, bindings, and what a role amounts to where it is bound.

-- RBAC spans files: rules stand with their role, subjects with a binding, and a role may be made of others by their labels.
-- What a binding gives is the role within its namespace, if it has one; the id of the trust says so (`view@shop`).
CREATE OR REPLACE MACRO json_words(list) AS coalesce(from_json(list, '["VARCHAR"]'), []);
-- Of a cluster that nobody names, each repository has its own.
CREATE OR REPLACE MACRO role_key(cluster, location, kind, namespace, role) AS
  concat_ws('|', cluster, CASE WHEN cluster = '-' THEN coalesce(location->>'$.repository', '') ELSE '' END, kind,
    CASE WHEN kind = 'Role' THEN coalesce(namespace, '') ELSE '' END, role);

CREATE OR REPLACE VIEW kubernetes_rules AS
WITH RECURSIVE told AS (
  SELECT DISTINCT ON (observation_id)
    observation_id,
    identity_scope(identity_id) AS cluster,
    (detail->>'$.kind') AS kind,
    (detail->>'$.namespace') AS namespace,
    (detail->>'$.role') AS role,
    coalesce((detail->>'$.baseline')::BOOLEAN, false) AS is_baseline,
    coalesce((detail->>'$.builtIn')::BOOLEAN, false) AS is_built_in,
    coalesce((detail->>'$.templated')::BOOLEAN, false) AS is_templated,
    json_words(detail->'$.labels') AS labels,
    json_words(detail->'$.feeds') AS feeds,
    json_words(detail->'$.selector') AS selector,
    json_words(detail->'$.verbs') AS verbs,
    json_words(detail->'$.groups') AS groups,
    json_words(detail->'$.resources') AS resources,
    json_words(detail->'$.names') AS names,
    json_words(detail->'$.powers') AS powers,
    json_words(detail->'$.named') AS named,
    json_words(detail->'$.cluster') AS cluster_wide,
    json_words(detail->'$.namespaced') AS in_namespace,
    permission, resource, via, via_kind, location,
    location->>'$.path' AS path,
    CASE WHEN identity_scope(identity_id) = '-' THEN coalesce(location->>'$.repository', '') ELSE '' END AS repository
  FROM obs.grants
  SEMI JOIN current_parts USING (part_id)
  WHERE via_kind IN ('rule', 'aggregation') AND starts_with(identity_id, 'k8s:')
),
own AS (
  SELECT *, role_key(cluster, location, kind, namespace, role) AS key
  FROM told
  WHERE via_kind = 'rule'
  -- Each file that binds a built-in role tells its rules.
  QUALIFY NOT is_built_in OR row_number() OVER (PARTITION BY is_built_in, cluster, repository, role, permission, resource ORDER BY observation_id) = 1
),
-- A role that gathers others may itself be gathered: as often as it takes.
gathers AS (
  SELECT DISTINCT a.cluster, a.repository, a.role AS whole, o.role AS part
  FROM told AS a
  JOIN told AS o ON o.cluster = a.cluster AND o.repository = a.repository AND o.kind = 'ClusterRole' AND o.role <> a.role
    AND list_has_all(o.labels, a.selector)
  WHERE a.via_kind = 'aggregation'
),
gathered AS (
  FROM gathers
  UNION
  SELECT g.cluster, g.repository, g.whole, n.part
  FROM gathered AS g
  JOIN gathers AS n ON n.cluster = g.cluster AND n.repository = g.repository AND n.whole = g.part
),
wholes AS (
  SELECT cluster, repository, role, bool_and(is_baseline) AS is_baseline, min(path) AS path
  FROM told WHERE via_kind = 'aggregation' GROUP BY ALL
),
parts AS (
  SELECT w.cluster, w.role, w.is_baseline, w.path, o AS part
  FROM gathered AS g
  JOIN wholes AS w ON w.cluster = g.cluster AND w.repository = g.repository AND w.role = g.whole
  JOIN own AS o ON o.cluster = g.cluster AND o.repository = g.repository AND o.kind = 'ClusterRole' AND o.role = g.part
  WHERE g.part <> g.whole
  UNION ALL
  SELECT o.cluster, o.fed, false, o.path, o
  FROM (SELECT *, unnest(feeds) AS fed FROM own WHERE kind = 'ClusterRole' AND NOT is_baseline) AS o
)
SELECT
  key, cluster, kind, namespace, role, is_baseline, is_templated, verbs, groups, resources, names, powers, named, cluster_wide, in_namespace,
  permission, resource, via, location, CASE WHEN NOT is_built_in THEN path END AS path, observation_id, NULL::VARCHAR AS part_of
FROM own
WHERE NOT is_built_in OR key NOT IN (SELECT key FROM own WHERE NOT is_built_in)
UNION ALL
SELECT
  role_key(cluster, part.location, 'ClusterRole', NULL, role), cluster, 'ClusterRole', NULL, role, part.is_baseline, part.is_templated, part.verbs, part.groups,
  part.resources, part.names, part.powers, part.named, part.cluster_wide, part.in_namespace, part.permission, part.resource, part.via, part.location,
  path, part.observation_id, part.role
FROM parts;
COMMENT ON VIEW kubernetes_rules IS 'Rules of Kubernetes roles, those that aggregation adds included';

CREATE OR REPLACE VIEW kubernetes_bindings AS
SELECT DISTINCT ON (t.observation_id)
  t.observation_id,
  coalesce(a.identity_id, t.identity_id) AS role_id,
  coalesce(p.identity_id, t.principal) AS identity_id,
  identity_scope(t.identity_id) AS cluster,
  (t.detail->>'$.kind') AS kind,
  (t.detail->>'$.binding') AS binding,
  (t.detail->>'$.namespace') AS namespace,
  (t.detail->>'$.roleKind') AS role_kind,
  (t.detail->>'$.role') AS role,
  (t.detail->>'$.subjectKind') AS subject_kind,
  (t.detail->>'$.subject') AS subject,
  (t.detail->>'$.subjectNamespace') AS subject_namespace,
  coalesce((t.detail->>'$.baseline')::BOOLEAN, false) AS is_baseline,
  coalesce((t.detail->>'$.templated')::BOOLEAN, false) AS is_templated,
  (t.detail->>'$.source') AS source,
  role_key(identity_scope(t.identity_id), t.location, t.detail->>'$.roleKind', t.detail->>'$.namespace', t.detail->>'$.role') AS key,
  t.location,
  t.location->>'$.path' AS path
FROM obs.trusts AS t
SEMI JOIN current_parts USING (part_id)
LEFT JOIN identity_aliases AS a ON a.alias = t.identity_id AND a.repository = alias_place(t.identity_id, t.location)
LEFT JOIN identity_aliases AS p ON p.alias = t.principal AND p.repository = alias_place(t.principal, t.location)
WHERE (t.detail->>'$.basis') = 'role binding';
COMMENT ON VIEW kubernetes_bindings IS 'Subjects of Kubernetes role bindings, one row each';

-- Two charts of one repository may have roles of the same name: the one in the binding's file, or else in its directory, is meant.
CREATE OR REPLACE VIEW kubernetes_rights AS
WITH ways AS (
  SELECT
    b.identity_id, b.role_id, b.subject_kind, b.subject, b.subject_namespace, b.kind AS binding_kind, b.binding, b.namespace, b.role_kind, b.role,
    b.is_baseline,
    b.is_templated OR r.is_templated AS is_templated,
    r.verbs, r.groups, r.resources, r.names, r.powers, r.named, r.cluster_wide, r.in_namespace, r.permission, r.resource, r.via, r.location, r.part_of,
    b.path AS binding_path,
    b.observation_id AS binding_id,
    r.observation_id AS rule_id,
    CASE WHEN r.path IS NULL OR r.path = b.path THEN 0 WHEN parent_path(r.path) = parent_path(b.path) THEN 1 ELSE 2 END AS distance
  FROM kubernetes_bindings AS b
  JOIN kubernetes_rules AS r ON r.key = b.key AND NOT (b.cluster = '-' AND in_other_fixtures(b.path, r.path))
)
SELECT * EXCLUDE (distance, cluster_wide, in_namespace),
  CASE WHEN namespace IS NULL THEN cluster_wide
    WHEN namespace = 'kube-system' AND list_has_any(in_namespace, ['reads-secrets', 'impersonates']) THEN list_append(in_namespace, 'escalates')
    ELSE in_namespace END AS capabilities,
  CASE WHEN namespace IS NULL THEN 'in the whole cluster' ELSE concat('in the namespace ', namespace) END AS place
FROM ways
QUALIFY distance = min(distance) OVER (PARTITION BY binding_id);
COMMENT ON VIEW kubernetes_rights IS 'What each subject of Kubernetes RBAC may do, one row a binding and rule';
