-- Who may become whom, and what that amounts to.

-- IAM's wildcards in the words of LIKE.
CREATE OR REPLACE MACRO like_pattern(pattern) AS
  replace(replace(replace(replace(replace(pattern, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%'), '?', '_');

CREATE OR REPLACE MACRO is_of_pool(id) AS starts_with(id, 'k8s:') AND ends_with(identity_scope(id), '.svc.id.goog');

-- Of a subject that is a pattern itself, one of its kind is enough.
CREATE OR REPLACE MACRO is_like_one(subject, is_pattern, patterns) AS
  len(list_filter(coalesce(patterns, []), lambda pattern:
    subject LIKE pattern ESCAPE '\' OR is_pattern AND replace(pattern, '\', '') LIKE like_pattern(subject) ESCAPE '\')) > 0;

-- To StringEquals a star is a star: such a subject is nobody's.
CREATE OR REPLACE MACRO is_wildcard_read_plainly(subject, detail) AS
  contains(subject, '*') AND coalesce((detail->'$.claims')::VARCHAR, '') SIMILAR TO '.*"(ForAnyValue:)?StringEquals(IgnoreCase)? sub".*'
    AND NOT coalesce((detail->'$.claims')::VARCHAR, '') SIMILAR TO '.*"[A-Za-z:]*StringLike[A-Za-z]* sub".*';

-- Who presents a token: a CI job by its subject, a service account by its name. One of another cluster may have the same.
CREATE OR REPLACE VIEW token_subjects AS
SELECT
  identity_id,
  CASE provider WHEN 'k8s' THEN concat('system:serviceaccount:', replace(identity_local(identity_id), '/', ':'))
    ELSE substr(identity_local(identity_id), length('oidc/') + 1) END AS subject,
  provider = 'k8s' AS is_workload,
  -- What of a subject only the run tells stands as a wildcard: the branch of a job that any branch starts.
  coalesce(TRY_CAST(detail->>'$.isPattern' AS BOOLEAN), false) AS is_pattern,
  coalesce(detail->>'$.issuer', CASE provider WHEN 'github' THEN 'token.actions.githubusercontent.com' WHEN 'gitlab' THEN 'gitlab.com' END) AS issuer
FROM identities
WHERE provider = 'k8s' AND type = 'service-account' OR starts_with(identity_local(identity_id), 'oidc/');
COMMENT ON VIEW token_subjects IS 'Subjects of the OIDC tokens that CI jobs and service accounts present';

-- What a condition says, where it was not judged, or hangs on what only the moment tells.
CREATE OR REPLACE MACRO open_condition(condition, confidence) AS
  CASE WHEN condition IS NOT NULL AND confidence <> 'high' THEN left(coalesce(condition->>'$.expression', condition::VARCHAR), 300) END;
CREATE OR REPLACE MACRO condition_note(condition) AS coalesce(', if the condition of the role lets it: `' || replace(condition, '`', '''') || '`', '');

CREATE OR REPLACE VIEW entra_rights AS
SELECT DISTINCT ON (observation_id)
  g.observation_id,
  coalesce(a.identity_id, g.identity_id) AS identity_id,
  g.permission, g.resource, g.via_kind, g.capability, g.confidence, g.location, g.detail,
  (g.detail->>'$.principalType') AS principal_type,
  coalesce((g.detail->>'$.tier') = '0', false) AS is_tier_0,
  coalesce((g.detail->>'$.reach') = 'applications', false) AS reaches_applications,
  open_condition(g.condition, g.confidence) AS condition,
  -- Nobody has what is assigned to a service principal that the whole list of them does not have.
  coalesce((g.detail->>'$.principalType') = 'ServicePrincipal' AND starts_with(identity_local(coalesce(a.identity_id, g.identity_id)), 'object/'), false)
    AND (
      SELECT coalesce(bool_and(outcome = 'complete'), false) FROM coverage
      WHERE surface = 'entra' AND list_contains(covers, 'identity')
        AND ((detail->'$.types') IS NULL OR list_contains(json_words(detail->'$.types'), 'service-principal'))) AS is_of_nobody
FROM obs.grants AS g
SEMI JOIN current_parts USING (part_id)
LEFT JOIN identity_aliases AS a ON a.alias = g.identity_id AND a.repository = ''
WHERE starts_with(g.identity_id, 'entra:') AND g.effect = 'allow'
  -- What its principal may activate, it does not have.
  AND (g.detail->>'$.eligible') IS NULL;
COMMENT ON VIEW entra_rights IS 'Application permissions, directory roles and Azure roles, also of people and groups: tier 0 rules the tenant, or is one step away';

-- Groups may be in groups; two may be in each other.
CREATE OR REPLACE VIEW entra_group_members AS
WITH RECURSIVE
direct AS MATERIALIZED (
  SELECT identity_id AS group_id, principal AS identity_id, coalesce((detail->>'$.isGroup') = 'true', false) AS is_group, observation_id
  FROM trusts
  WHERE starts_with(identity_id, 'entra:') AND (detail->>'$.basis') = 'member of the group'
),
members AS (
  FROM direct
  UNION
  SELECT m.group_id, d.identity_id, d.is_group, d.observation_id
  FROM members AS m
  JOIN direct AS d ON d.group_id = m.identity_id
)
SELECT group_id, identity_id, list_sort(list(observation_id)) AS evidence
FROM members AS m
ANTI JOIN direct AS d ON d.group_id = m.identity_id
GROUP BY group_id, identity_id
HAVING NOT bool_or(is_group);
COMMENT ON VIEW entra_group_members IS 'Applications in each group of Entra ID, also by way of groups in it';

-- A registration in a directory says which tenant it is, where the export does not.
CREATE OR REPLACE VIEW entra_own_tenants AS
SELECT DISTINCT home AS tenant
FROM (
  SELECT max(i.detail->>'$.homeTenant') AS home, bool_or((i.detail->>'$.registration') = 'true') AS is_registered
  FROM obs.identities AS i
  SEMI JOIN current_parts USING (part_id)
  LEFT JOIN identity_aliases AS a ON a.alias = i.identity_id AND a.repository = alias_place(i.identity_id, i.location)
  WHERE i.provider = 'entra'
  GROUP BY coalesce(a.identity_id, i.identity_id))
WHERE is_registered AND home IS NOT NULL
UNION
SELECT DISTINCT identity_scope(identity_id) FROM identities WHERE provider = 'entra' AND identity_scope(identity_id) <> '-';
COMMENT ON VIEW entra_own_tenants IS 'Tenants of Entra ID that were read';

-- A function with SECURITY DEFINER runs with the rights of its owner, and PUBLIC may call it unless somebody took that away.
CREATE OR REPLACE VIEW database_doors AS
SELECT
  g.identity_id, g.resource, g.observation_id,
  (g.detail->>'$.owner') AS owner,
  substr(g.resource, length('function ') + 1) AS function,
  coalesce((g.detail->>'$.ownerIsSuperuser') = 'true', (o.detail->>'$.superuser') = 'true', false) AS is_superusers,
  (g.detail->>'$.hasSearchPath') = 'true' AS has_path,
  o.evidence AS owner_evidence
FROM grants AS g
LEFT JOIN identities AS o ON o.identity_id = regexp_replace(g.identity_id, ':role/PUBLIC$', '') || ':role/' || (g.detail->>'$.owner')
WHERE g.via_kind = 'definer' AND ends_with(g.identity_id, ':role/PUBLIC');
COMMENT ON VIEW database_doors IS 'Functions of PostgreSQL that every role may call and that run as their owner';

CREATE OR REPLACE VIEW may_become AS
-- That a trust of AWS names a caller is half of it: a Deny, a condition, a boundary or the caller's own side may stand in the
-- way. Where the caller's policies were in the input, the scanner has judged both sides, and its no holds.
SELECT DISTINCT
  t.principal AS identity_id,
  t.identity_id AS becomes,
  t.observation_id,
  coalesce(t.detail->>'$.basis', 'trust') AS basis,
  CASE WHEN NOT starts_with(t.identity_id, 'aws:') OR t.judged = 'allow' THEN 'high' ELSE 'medium' END AS confidence
FROM (
  SELECT
    *,
    (detail->>'$.judged') AS judged,
    list((detail->>'$.judged')) OVER (PARTITION BY principal, identity_id) AS verdicts
  FROM trusts
  WHERE effect = 'allow' AND principal_type = 'identity') AS t
WHERE t.judged IN ('allow', 'unknown') OR t.judged IS NULL AND NOT list_contains(t.verdicts, 'deny')
UNION
-- Whose service account it is: its cluster's issuer is the one trusted, or it names the role itself; else one of any cluster may
-- have the name.
SELECT
  s.identity_id,
  t.identity_id,
  t.observation_id,
  'subject of its token',
  CASE WHEN s.is_workload AND s.issuer IS NULL AND n.identity_id IS NULL THEN 'low'
    WHEN is_like_one(s.subject, s.is_pattern, t.tests.maybe) THEN 'medium' ELSE 'high' END
FROM (
  SELECT
    identity_id, observation_id, subject, coalesce(issuer, principal) AS issuer,
    from_json(detail->'$.subjects', '{"like": [["VARCHAR"]], "unlike": ["VARCHAR"], "maybe": ["VARCHAR"]}') AS tests
  FROM trusts
  WHERE effect = 'allow' AND principal_type = 'oidc') AS t
JOIN token_subjects AS s
  ON CASE WHEN s.is_workload AND s.issuer IS NULL THEN starts_with(t.subject, 'system:serviceaccount:') ELSE coalesce(s.issuer, '') = t.issuer END
  -- A trust of AWS was judged whole where it was read.
  AND CASE WHEN t.tests IS NULL THEN t.subject IS NULL OR is_like_one(s.subject, s.is_pattern, [like_pattern(t.subject)])
    ELSE len(list_filter(t.tests.like, lambda patterns: NOT is_like_one(s.subject, s.is_pattern, patterns))) = 0
      AND NOT is_like_one(s.subject, false, t.tests.unlike) END
LEFT JOIN (SELECT DISTINCT principal, identity_id FROM trusts WHERE effect = 'allow' AND starts_with(principal, 'k8s:')) AS n
  ON n.principal = s.identity_id AND n.identity_id = t.identity_id
UNION
-- The account of a workload pool is in some cluster of its project. Names of clusters that Google's tools write tell their project.
-- https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity
SELECT
  i.identity_id, p.becomes, p.observation_id, 'account of the workload pool',
  CASE WHEN starts_with(identity_scope(i.identity_id), 'gke_') THEN 'high' ELSE 'low' END
FROM (
  SELECT principal AS account, identity_id AS becomes, observation_id FROM trusts WHERE effect = 'allow' AND is_of_pool(principal)
  UNION ALL
  SELECT identity_id, identity_id, min(observation_id) FROM grants WHERE effect = 'allow' AND is_of_pool(identity_id) GROUP BY identity_id) AS p
JOIN identities AS i
  ON i.provider = 'k8s' AND i.type = 'service-account' AND identity_local(i.identity_id) = identity_local(p.account) AND NOT is_of_pool(i.identity_id)
  AND (NOT starts_with(identity_scope(i.identity_id), 'gke_')
    OR concat(split_part(identity_scope(i.identity_id), '_', 2), '.svc.id.goog') = identity_scope(p.account))
UNION
-- What PUBLIC may do every role may, also what has a door to a superuser in it.
SELECT i.identity_id, d.identity_id, min(d.observation_id), 'every role has what PUBLIC has', 'high'
FROM database_doors AS d
JOIN identities AS i ON i.provider = 'postgres' AND i.type = 'database-role' AND i.identity_id = regexp_replace(d.identity_id, ':role/PUBLIC$', ':') || identity_local(i.identity_id)
WHERE d.is_superusers AND NOT i.managed AND (i.detail->>'$.superuser') IS DISTINCT FROM 'true'
GROUP BY ALL
UNION
-- Every service account is in three groups. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
SELECT i.identity_id, b.identity_id, b.observation_id, 'member of the group', 'high'
FROM kubernetes_bindings AS b
JOIN identities AS i
  ON i.provider = 'k8s' AND identity_scope(i.identity_id) = b.cluster
  AND (b.subject = 'system:authenticated' AND i.type IN ('service-account', 'user')
    OR i.type = 'service-account'
      AND b.subject IN ('system:serviceaccounts', concat('system:serviceaccounts:', split_part(identity_local(i.identity_id), '/', 1))))
WHERE b.subject_kind = 'Group' AND starts_with(b.subject, 'system:')
UNION
-- Who may start pods in a namespace, or make tokens there, has each account of it.
SELECT r.role_id, i.identity_id, r.rule_id, 'pods or tokens in its namespace', 'high'
FROM (
  SELECT role_id, namespace, min(rule_id) AS rule_id
  FROM kubernetes_rights
  WHERE namespace IS NOT NULL AND list_contains(capabilities, 'impersonates')
  GROUP BY role_id, namespace) AS r
JOIN identities AS i
  ON i.provider = 'k8s' AND i.type = 'service-account' AND identity_scope(i.identity_id) = identity_scope(r.role_id)
  AND split_part(identity_local(i.identity_id), '/', 1) = r.namespace
UNION
-- A principal of a workload pool of Google that has rights itself is an identity; trust names it as Google writes it.
SELECT
  regexp_replace(principal, '^principal(?:Set)?://iam\.googleapis\.com/projects/(\d+)/locations/global/workloadIdentityPools/([^/]+)/(.+)$', 'gcp:\1:workloadIdentityPool/\2/\3'),
  identity_id, observation_id, coalesce(detail->>'$.role', 'principal of the workload pool'),
  CASE WHEN (detail->>'$.unknown') IS NULL THEN 'high' ELSE 'medium' END
FROM trusts
WHERE effect = 'allow' AND principal_type = 'oidc' AND regexp_matches(principal, '^principal(Set)?://iam\.googleapis\.com/projects/\d+/locations/global/workloadIdentityPools/[^/]+/.')
UNION
-- Domain-wide delegation of Google Workspace names a service account by its number.
SELECT s.identity_id, d.identity_id, d.observation_id, 'domain-wide delegation', 'high'
FROM (
  SELECT identity_id, min(observation_id) AS observation_id
  FROM obs.grants SEMI JOIN current_parts USING (part_id)
  WHERE via_kind = 'domain-wide' AND capability IS NULL
  GROUP BY identity_id) AS d
JOIN (
  SELECT DISTINCT identity_id, concat('oauth-client/', coalesce(detail->>'$.uniqueId', detail->>'$.oauth2ClientId')) AS client
  FROM obs.identities SEMI JOIN current_parts USING (part_id)
  WHERE provider = 'gcp' AND type = 'service-account') AS s ON s.client = identity_local(d.identity_id)
UNION
-- Who may add a secret to any application may become each that has more. Managed identities take none.
SELECT r.identity_id, p.identity_id, r.observation_id, 'adds a secret to it', 'high'
FROM (SELECT identity_id, min(observation_id) AS observation_id FROM entra_rights WHERE reaches_applications AND capability IS NULL AND NOT is_of_nobody GROUP BY identity_id) AS r
JOIN (SELECT DISTINCT identity_id FROM entra_rights WHERE capability IN ('admin', 'escalates')) AS p
  ON identity_scope(p.identity_id) = identity_scope(r.identity_id) AND p.identity_id <> r.identity_id
JOIN identities AS i ON i.identity_id = p.identity_id AND i.type <> 'managed-identity' AND NOT i.managed
UNION
-- Who may run code on a machine acts as its managed identity. Below which management group a subscription lies, nothing tells.
SELECT r.identity_id, i.identity_id, r.observation_id, 'acts as the identity of a resource', 'high'
FROM (
  SELECT identity_id, observation_id, lower(rtrim(resource, '/')) AS scope, json_words(detail->'$.on') AS kinds
  FROM entra_rights
  WHERE via_kind = 'binding' AND capability IS NULL AND NOT is_of_nobody AND (detail->'$.on') IS NOT NULL AND NOT contains(lower(resource), '/managementgroups/')) AS r
JOIN (SELECT identity_id, lower(detail->>'$.resource') AS resource FROM identities WHERE provider = 'entra' AND type = 'managed-identity') AS i
  ON starts_with(concat(i.resource, '/'), concat(r.scope, '/')) AND i.identity_id <> r.identity_id
  AND (list_contains(r.kinds, '*') OR len(list_filter(r.kinds, lambda kind: contains(i.resource, concat('/providers/', kind, '/')))) > 0);
COMMENT ON VIEW may_become IS 'Edges: this identity may become that one (role trust; impersonation; the subject of a token)';

-- As sure as the least sure of two; a doubt of 1 is none.
CREATE OR REPLACE MACRO less_sure(confidence, doubt) AS
  CASE WHEN doubt > coalesce(list_position(['high', 'medium', 'low'], coalesce(confidence, 'high')), 4) THEN ['high', 'medium', 'low'][doubt] ELSE confidence END;

-- From those who have a capability back to those who may become them, one step a round: a row for each identity and
-- capability, never one for each way. Of ways of the same length the surest stands, then the first by name.
CREATE OR REPLACE VIEW identity_reach AS
WITH RECURSIVE
edges AS MATERIALIZED (
  SELECT identity_id, becomes, min(list_position(['high', 'medium', 'low'], confidence)) AS doubt FROM may_become GROUP BY identity_id, becomes
),
held AS MATERIALIZED (
  SELECT
    identity_id,
    capability,
    arg_min_null({'confidence': confidence, 'detail': detail}, (coalesce(list_position(['high', 'medium', 'low'], confidence), 4), observation_id)) AS best,
    list_sort(list_distinct(list(observation_id))) AS evidence
  FROM (
    SELECT identity_id, capability, confidence, detail, observation_id FROM grants WHERE capability IS NOT NULL AND effect = 'allow'
    UNION ALL
    -- What the function does with the rights of a superuser was not read.
    SELECT identity_id, 'impersonates', 'medium', json_object('path', concat('every role may call ', function, ', which runs as ', owner, ', a superuser')), observation_id
    FROM database_doors
    WHERE is_superusers)
  GROUP BY identity_id, capability
),
walk(identity_id, capability, hops, path, doubt) USING KEY (identity_id, capability) AS (
  SELECT identity_id, capability, 0, [identity_id], 1 FROM held
  UNION
  SELECT e.identity_id, w.capability, w.hops + 1, list_prepend(e.identity_id, arg_min(w.path, (greatest(w.doubt, e.doubt), e.becomes))),
    min(greatest(w.doubt, e.doubt))
  FROM walk AS w
  JOIN edges AS e ON e.becomes = w.identity_id
  ANTI JOIN recurring.walk AS met ON met.identity_id = e.identity_id AND met.capability = w.capability
  GROUP BY e.identity_id, w.capability, w.hops
)
SELECT
  w.identity_id,
  w.capability,
  w.path,
  w.hops,
  less_sure(h.best.confidence, w.doubt) AS confidence,
  h.best.detail AS detail,
  h.evidence,
  w.doubt,
  w.doubt > 1 AS is_unsure
FROM walk AS w
SEMI JOIN identities AS i ON i.identity_id = w.identity_id
JOIN held AS h ON h.identity_id = w.path[-1] AND h.capability = w.capability;
COMMENT ON VIEW identity_reach IS 'What an identity amounts to, itself or by becoming others: capability, shortest path, evidence';
