-- What subjects of RBAC may do beyond the usual, and pods with their accounts.

CREATE OR REPLACE MACRO rbac_subject(kind, subject, namespace) AS
  CASE kind WHEN 'ServiceAccount' THEN concat('The service account ', namespace, '/', subject)
    WHEN 'User' THEN concat('The user ', subject)
    ELSE concat('Every member of the group ', subject) END;
CREATE OR REPLACE MACRO is_everybody(subject) AS
  subject IN ('system:anonymous', 'system:unauthenticated', 'system:authenticated', 'system:serviceaccounts')
    OR starts_with(subject, 'system:serviceaccounts:');

-- Of what stands in no namespace a binding within one gives nothing.
CREATE OR REPLACE MACRO powers_within(powers, namespace) AS
  CASE WHEN namespace IS NULL THEN powers
    ELSE list_filter(powers, lambda power: power NOT IN ('proxies-nodes', 'writes-webhooks', 'creates-volumes', 'unschedules-nodes',
      'impersonates-users', 'creates-csr', 'updates-csr-approval', 'approves-signer')) END;

CREATE OR REPLACE MACRO is_all_resources(groups, resources, names) AS
  list_contains(groups, '*') AND list_contains(resources, '*') AND len(names) = 0;

-- What is worth a word: not what every cluster has of itself, not the built-in roles for people, and of an administrator only that.
CREATE OR REPLACE VIEW kubernetes_risks AS
WITH told AS (
  SELECT *, list_contains(powers, 'everything') AS is_all
  FROM kubernetes_rights
  WHERE NOT is_baseline AND NOT is_everybody(subject) AND subject <> 'system:masters'
    AND (role_kind <> 'ClusterRole' OR role NOT IN ('admin', 'edit', 'view'))
    -- Some verbs on all that there is: told as that, not once more for each kind of thing.
    AND (list_contains(powers, 'everything') OR NOT is_all_resources(groups, resources, names))
),
kept AS (
  SELECT * FROM told QUALIFY is_all OR NOT coalesce(bool_or(is_all AND namespace IS NULL) OVER (PARTITION BY identity_id), false)
)
SELECT
  identity_id,
  rbac_subject(subject_kind, subject, subject_namespace) AS who,
  subject_kind,
  unnest(CASE WHEN is_all THEN ['everything']
    -- A Secret by its name, in whatever namespace there is one.
    WHEN namespace IS NULL AND list_contains(named, 'reads-secrets') THEN list_append(powers, 'reads-named-secrets')
    ELSE powers_within(powers, namespace) END) AS power,
  names,
  namespace,
  place,
  concat(role_kind, ' ', role) AS role,
  concat(binding_kind, ' ', binding) AS binding,
  is_templated,
  binding_path,
  -- What cluster-admin is, no file of the repository has to tell.
  CASE WHEN role_kind = 'ClusterRole' AND role = 'cluster-admin' THEN [binding_id] ELSE [rule_id, binding_id] END AS evidence
FROM kept;
COMMENT ON VIEW kubernetes_risks IS 'Powers that subjects of Kubernetes RBAC have beyond what a cluster gives by itself';

-- The pod's word goes before its account's, and without either the token is there.
CREATE OR REPLACE VIEW kubernetes_workloads AS
SELECT
  c.consumer_id, c.identity_id, c.environment, c.location, c.place_text, c.observation_id,
  (c.detail->>'$.kind') AS kind,
  (c.detail->>'$.workload') AS workload,
  (c.detail->>'$.namespace') AS namespace,
  (c.detail->>'$.account') AS account,
  (c.detail->>'$.accountDeclared')::BOOLEAN AS account_declared,
  (c.detail->>'$.source') AS source,
  coalesce((c.detail->>'$.templated')::BOOLEAN, false) AS is_templated,
  (c.detail->>'$.app') AS app,
  (c.detail->>'$.partOf') AS part_of,
  coalesce((c.detail->>'$.namespaceDeclared')::BOOLEAN, false) AS namespace_declared,
  json_words(c.detail->'$.images') AS images,
  coalesce((c.detail->>'$.hostNetwork')::BOOLEAN, false) AS host_network,
  (c.detail->'$.projected') AS projected,
  (c.detail->>'$.automount')::BOOLEAN AS pod_automount,
  (i.detail->>'$.automount')::BOOLEAN AS account_automount,
  coalesce((c.detail->>'$.mounted')::BOOLEAN, (c.detail->>'$.automount')::BOOLEAN, (i.detail->>'$.automount')::BOOLEAN, true) AS has_token,
  json_words(i.detail->'$.cloud') AS clouds,
  json_words(i.detail->'$.becomes') AS becomes
FROM consumers AS c
LEFT JOIN identities AS i ON i.identity_id = c.identity_id
WHERE c.fact = 'service-account' AND c.platform = 'kubernetes';
COMMENT ON VIEW kubernetes_workloads IS 'Pods and what makes pods, with their service account and whether its token is in them';
