-- Who is an administrator, and the ways to become one.

CREATE OR REPLACE VIEW admin_identities AS
WITH ways AS (
  SELECT
    r.identity_id,
    r.hops,
    r.path[-1] AS reached,
    g.capability,
    less_sure(g.confidence, r.doubt) AS confidence,
    (g.detail->>'$.method') IS NULL AND g.capability = 'admin' AS outright,
    (g.detail->>'$.path') AS path,
    open_condition(g.condition, g.confidence) AS condition,
    g.observation_id
  FROM identity_reach AS r
  JOIN grants AS g ON g.identity_id = r.path[-1] AND g.capability = r.capability AND g.effect = 'allow'
  WHERE r.capability IN ('admin', 'escalates')
),
told AS (
  SELECT
    *,
    CASE
      WHEN hops = 0 AND outright THEN CASE WHEN coalesce(confidence, 'high') = 'high' THEN 'is an administrator' ELSE 'is probably an administrator' END
      WHEN outright THEN concat('can become ', reached, ', an administrator')
      WHEN hops = 0 THEN concat('can make itself an administrator', coalesce(' (' || path || ')', ''))
      ELSE concat('can become ', reached, ', which can make itself an administrator', coalesce(' (' || path || ')', ''))
    END || condition_note(condition) AS how,
    row_number() OVER (
      PARTITION BY identity_id
      ORDER BY condition IS NOT NULL, hops, NOT outright, list_position(['high', 'medium', 'low'], coalesce(confidence, 'high')), length(path), path, observation_id
    ) AS rank
  FROM ways
)
SELECT
  identity_id,
  max(how) FILTER (rank = 1) AS how,
  coalesce(bool_or(outright AND hops = 0), false) AS is_admin,
  bool_and(condition IS NOT NULL) AS is_conditional,
  min(hops) AS hops,
  max(coalesce(confidence, 'high')) FILTER (rank = 1) AS confidence,
  list(DISTINCT observation_id ORDER BY observation_id) AS evidence
FROM told
GROUP BY identity_id;
COMMENT ON VIEW admin_identities IS 'Identities that are administrators, or can become one, and how in words; is_conditional: only by roles under a condition';

-- The ways that the evaluator found, by whose rights they go: its own boundary, its own rights, a role that it passes, others.
CREATE OR REPLACE VIEW escalation_ways AS
SELECT
  identity_id,
  kind,
  ['high', 'medium', 'low'][sure] AS confidence,
  best,
  concat(
    ' (', best->>'$.path', ')',
    ', or ' || (best->>'$.targetsNotNamed') || ' more that no row names',
    CASE WHEN (best->'$.unknown') IS NULL THEN '' ELSE '; hangs on ' || listed(from_json(best->'$.unknown', '["VARCHAR"]')) END,
    '.', ' Take away first: ' || (best->>'$.cut.text') || '.') AS told,
  evidence
FROM (
  SELECT
    g.identity_id,
    CASE
      WHEN (g.detail->>'$.category') = 'self-escalation' AND contains(coalesce(g.detail->>'$.method', ''), 'permissions-boundary') THEN 'own-boundary'
      WHEN (g.detail->>'$.category') IN ('self-escalation', 'new-passrole') THEN (g.detail->>'$.category')
      ELSE 'through-others'
    END AS kind,
    min(list_position(['high', 'medium', 'low'], coalesce(g.confidence, 'high'))) AS sure,
    arg_min(g.detail, (list_position(['high', 'medium', 'low'], coalesce(g.confidence, 'high')), json_array_length(g.detail, '$.hops'), length(g.detail->>'$.path'), g.observation_id)) AS best,
    list(DISTINCT g.observation_id ORDER BY g.observation_id) AS evidence
  FROM grants AS g
  WHERE g.capability = 'escalates' AND g.effect = 'allow'
  GROUP BY g.identity_id, kind
);
COMMENT ON VIEW escalation_ways IS 'Ways to raise its own rights, one row an identity and kind: the surest and shortest, in words with what to take away first';

CREATE OR REPLACE VIEW entra_tenant_rulers AS
WITH tier_0 AS (
  SELECT identity_id, via_kind, permission, (detail->>'$.path') AS path, false AS by_group, [observation_id] AS evidence
  FROM entra_rights WHERE is_tier_0
  UNION ALL
  SELECT m.identity_id, r.via_kind, r.permission, (r.detail->>'$.path'), true, list_prepend(r.observation_id, m.evidence)
  FROM entra_rights AS r
  JOIN entra_group_members AS m ON m.group_id = r.identity_id
  WHERE r.is_tier_0
),
told AS (
  SELECT
    identity_id,
    via_kind,
    list(DISTINCT permission ORDER BY permission) AS permissions,
    arg_min(regexp_extract(path, ': it (.*)$', 1), (length(path), path)) FILTER (path LIKE '%: it %') AS how,
    bool_and(by_group) AS by_group,
    list_distinct(flatten(list(evidence))) AS evidence
  FROM tier_0
  GROUP BY identity_id, via_kind
),
secrets AS (
  SELECT identity_id, count(*) AS secrets, list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE provider = 'entra' AND type = 'client-secret' AND coalesce(status, 'active') = 'active' AND (expires_at IS NULL OR expires_at > run_now())
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  t.via_kind,
  concat(
    i.identity_id, ' has ', listed(t.permissions), CASE WHEN t.by_group THEN ' by its group' ELSE '' END,
    coalesce(': it ' || t.how, ''),
    CASE WHEN s.secrets IS NULL THEN '' ELSE concat('; ', counted(s.secrets, 'client secret'), CASE WHEN s.secrets = 1 THEN ' opens it' ELSE ' open it' END) END,
    '.') AS message,
  CASE WHEN s.secrets IS NULL THEN 'high' ELSE 'critical' END AS severity,
  list_concat(list_concat(i.evidence, t.evidence), coalesce(s.evidence, [])) AS evidence
FROM identities AS i
JOIN told AS t ON t.identity_id = i.identity_id
LEFT JOIN secrets AS s ON s.identity_id = i.identity_id
WHERE i.provider = 'entra' AND NOT i.managed AND coalesce(i.enabled, true);
COMMENT ON VIEW entra_tenant_rulers IS 'Applications that rule their tenant or are one step from it, by what kind of right, and how: worse where a client secret works';
