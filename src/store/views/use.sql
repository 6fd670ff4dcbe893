-- What uses an identity, and whether anybody needs it.

-- Which secret of GitHub a workflow means: that of the job's environment, else of the repository, else of the organisation, as far as
-- an inventory has them. To which repositories a secret for chosen ones is handed is known where they were asked for; all secrets at once are each of them.
-- https://docs.github.com/en/actions/reference/security/secrets#naming-your-secrets
CREATE OR REPLACE VIEW ci_secret_consumers AS
WITH kept AS (
  SELECT DISTINCT
    identity_id, split_part(identity_scope(identity_id), '/', 1) AS owner, identity_scope(identity_id) AS scope,
    upper(detail->>'$.secretName') AS name, lower(detail->>'$.githubEnvironment') AS github_environment,
    CASE detail->>'$.level' WHEN 'environment' THEN 1 WHEN 'repository' THEN 2 ELSE 3 END AS rank,
    coalesce((detail->>'$.store') = 'dependabot', false) AS is_dependabots,
    (detail->>'$.repositories') IS NULL AS for_any, json_words(detail->'$.repositories') AS repositories
  FROM obs.credentials
  SEMI JOIN current_parts USING (part_id)
  WHERE provider = 'github' AND type = 'ci-secret'
),
wanted AS (
  SELECT
    *, lower(location->>'$.repository') AS repository, split_part(lower(location->>'$.repository'), '/', 1) AS owner, upper(secret_name) AS name,
    list_append(json_words(lower((detail->'$.environments')::VARCHAR)), lower(detail->>'$.githubEnvironment')) AS github_environments,
    coalesce((detail->>'$.environmentDynamic') = 'true', false) AS is_any_environment
  FROM consumers
  WHERE platform = 'github-actions' AND contains(location->>'$.repository', '/') AND (secret_name = '*' OR starts_with(identity_id, 'github:'))
    AND coalesce(secret_name, 'GITHUB_TOKEN') <> 'GITHUB_TOKEN'
)
SELECT
  k.identity_id, w.consumer_id, w.type, w.how, w.secret_name, w.environment, w.trigger, w.place_text, w.location, w.observation_id, w.repository, k.name, k.rank, k.is_dependabots
FROM wanted AS w
JOIN kept AS k ON k.owner = w.owner AND (k.name = w.name OR w.name = '*')
WHERE CASE k.rank
    WHEN 3 THEN k.for_any OR list_contains(k.repositories, w.repository)
    WHEN 2 THEN k.scope = w.repository
    ELSE k.scope = w.repository AND (w.is_any_environment OR list_contains(w.github_environments, k.github_environment)) END
  -- What Dependabot starts is handed its own secrets in the place of the others.
  AND CASE WHEN w.fact = 'dependabot-registry' THEN k.is_dependabots
    ELSE NOT k.is_dependabots OR regexp_matches(w.trigger, '(^|,)(pull_request|push)') END
QUALIFY k.rank = min(k.rank) OVER (PARTITION BY w.observation_id, k.name, k.is_dependabots)
  OR w.is_any_environment AND k.rank = 1;
COMMENT ON VIEW ci_secret_consumers IS 'Jobs of GitHub Actions that each secret of an inventory is handed to';

-- Trusts are there to be used: a role for its pod, an account for its job. What somebody could take over, and was not made for, is no use.
CREATE OR REPLACE MACRO is_meant_for_use(basis) AS
  basis NOT IN ('owner', 'adds a secret to it', 'acts as the identity of a resource', 'pods or tokens in its namespace', 'may grant itself the role', 'every role has what PUBLIC has')
    -- A role on a whole project reaches each account in it.
    AND NOT regexp_matches(basis, '^\S+ on (projects|folders|organizations)/');

-- What uses an identity: by name, by its credential, or as an identity that becomes it (a pod by its service account), by a trust that is there for that. One row a consumer and way.
CREATE OR REPLACE VIEW identity_consumers AS
WITH named AS (
  SELECT coalesce(c.identity_id, ci.identity_id) AS identity_id, c.* EXCLUDE (identity_id)
  FROM consumers AS c LEFT JOIN credential_identities AS ci USING (credential_id)
  WHERE coalesce(c.identity_id, ci.identity_id) IS NOT NULL
),
all_ways AS (
  SELECT *, NULL::VARCHAR AS through FROM named
  UNION ALL
  SELECT n.* REPLACE (b.becomes AS identity_id), n.identity_id AS through
  FROM named AS n
  JOIN (SELECT DISTINCT identity_id, becomes FROM may_become WHERE is_meant_for_use(basis)) AS b ON b.identity_id = n.identity_id
  -- What a subject could become by a trust that takes many is not what its job is set up to use.
  WHERE NOT starts_with(identity_local(n.identity_id), 'oidc/')
  UNION ALL BY NAME
  SELECT * EXCLUDE (repository, name, rank, is_dependabots) FROM ci_secret_consumers
)
SELECT DISTINCT ON (identity_id, consumer_id, how, secret_name)
  identity_id, consumer_id, type, how, secret_name, environment, trigger, through, place_text, location, observation_id
FROM all_ways
ORDER BY identity_id, consumer_id, how, secret_name, through NULLS FIRST, place_text;
COMMENT ON VIEW identity_consumers IS 'What uses each identity: by its name, its credential, or by becoming it';

-- As whom agents act: an inventory calls the identity one, an agent is set up with it, or asked the gateway for its account.
CREATE OR REPLACE VIEW agent_identities AS
SELECT identity_id, name AS agent, evidence, false AS by_gateway
FROM identities
WHERE type = 'agent'
UNION ALL
SELECT identity_id, consumer_id, list(DISTINCT observation_id), false
FROM identity_consumers
WHERE type = 'agent'
GROUP BY ALL
UNION ALL
SELECT s.identity_id, i.name, list(DISTINCT s.observation_id), true
FROM gateway_sessions AS s
JOIN identities AS i ON i.identity_id = s.caller_identity_id
WHERE i.type = 'agent' AND s.identity_id IS NOT NULL AND s.ran
GROUP BY ALL;
COMMENT ON VIEW agent_identities IS 'Identities that agents act as, one row an agent and way';

CREATE OR REPLACE VIEW identity_overview AS
WITH
  held AS (SELECT identity_id, count(*) AS n FROM credentials WHERE identity_id IS NOT NULL GROUP BY ALL),
  seen AS (
    SELECT ci.identity_id, count(*) AS n
    FROM sightings AS s JOIN credential_identities AS ci USING (credential_id) GROUP BY ALL),
  used_by AS (
    SELECT identity_id, count(DISTINCT consumer_id) AS n,
      list(DISTINCT concat(consumer_id, ' (', how, ')') ORDER BY concat(consumer_id, ' (', how, ')')) AS list
    FROM identity_consumers GROUP BY identity_id),
  -- Both sides: sessions with the rights of the account, and sessions that a caller of the gateway opened.
  took_part AS (
    SELECT unnest(CASE WHEN k.actor_identity_id = k.identity_id THEN [k.identity_id] ELSE [k.identity_id, k.actor_identity_id] END) AS identity_id, u.used_at
    FROM usage_rows AS k JOIN obs.usages AS u ON u.rowid = k.row_id
    WHERE k.is_use),
  sessions AS (SELECT identity_id, count(*) AS n, max(used_at) AS last FROM took_part WHERE identity_id IS NOT NULL GROUP BY ALL),
  reach AS (SELECT identity_id, list_sort(list(DISTINCT capability)) AS capabilities FROM identity_reach GROUP BY ALL),
  wrong AS (
    SELECT identity_id, count(*) AS n,
      arg_max(severity, list_position(['info', 'low', 'medium', 'high', 'critical'], severity)) AS worst
    FROM current_findings WHERE status IN ('new', 'open') AND identity_id IS NOT NULL GROUP BY ALL),
  key_use AS (SELECT identity_id, max(last_used_at) AS last FROM credentials GROUP BY ALL)
SELECT
  i.identity_id, i.provider, i.type, i.name, i.scope, i.environment,
  o.owner, o.ownership, i.enabled, i.created_at,
  greatest(i.last_used_at, sessions.last, key_use.last) AS last_used_at,
  coalesce(held.n, 0) AS credentials,
  coalesce(seen.n, 0) AS sightings,
  coalesce(used_by.n, 0) AS consumers,
  coalesce(used_by.list, []) AS used_by,
  coalesce(reach.capabilities, []) AS capabilities,
  coalesce(sessions.n, 0) AS sessions,
  coalesce(wrong.n, 0) AS findings,
  wrong.worst
FROM identities AS i
JOIN identity_owners AS o USING (identity_id)
LEFT JOIN held USING (identity_id)
LEFT JOIN seen USING (identity_id)
LEFT JOIN used_by USING (identity_id)
LEFT JOIN sessions USING (identity_id)
LEFT JOIN reach USING (identity_id)
LEFT JOIN wrong USING (identity_id)
LEFT JOIN key_use USING (identity_id);
COMMENT ON VIEW identity_overview IS 'One row a machine identity with everything known of it';

-- Machines that somebody made and could take away again: not the vendor's own, not groups, roles that others become in a cluster
-- or a database, or what a job is given for its time.
CREATE OR REPLACE MACRO may_be_orphaned(provider, type) AS
  CASE WHEN provider = 'k8s' THEN type = 'service-account'
    ELSE type IN ('user', 'role', 'service-account', 'service-principal', 'app', 'managed-identity', 'api-key', 'api-token', 'api-service', 'agent',
      'deploy-key', 'app-installation', 'pat', 'token', 'ssh-key', 'database-role', 'oauth-client', 'access-token') END;

-- Does anybody need it? No use on record is only something where a source tells of use at all.
CREATE OR REPLACE VIEW identity_lifecycle AS
WITH keys AS (
  SELECT
    coalesce(c.identity_id, ci.identity_id) AS identity_id,
    count(*) AS credentials,
    count(*) FILTER (coalesce(c.status, 'active') = 'active' AND (c.expires_at IS NULL OR c.expires_at > run_now())) AS live_credentials,
    max(c.last_used_at) AS last_used_at,
    min(c.created_at) AS created_at,
    bool_or(c.use_is_told) AS use_is_told
  FROM credentials AS c
  LEFT JOIN credential_identities AS ci USING (credential_id)
  GROUP BY ALL
),
used AS (
  SELECT identity_id, max(used_at) AS last_used_at
  FROM (
    -- Whoever had a credential issued, or asked for a session, was there; the account behind the connection was not used by that.
    SELECT unnest([CASE WHEN k.ran AND NOT k.is_bookkeeping THEN k.identity_id END, k.actor_identity_id]) AS identity_id, u.used_at
    FROM usage_rows AS k JOIN obs.usages AS u ON u.rowid = k.row_id)
  WHERE identity_id IS NOT NULL
  GROUP BY identity_id
),
wanted AS (SELECT identity_id, count(DISTINCT consumer_id) AS consumers FROM identity_consumers GROUP BY identity_id),
-- A report of all sign-ins tells of those who had none.
reports AS (
  SELECT CASE surface WHEN 'gateway' THEN 'hoop' ELSE surface END AS provider
  FROM coverage
  WHERE surface IN ('entra', 'gateway') AND list_contains(covers, 'usage')
  GROUP BY ALL
  HAVING bool_and(outcome = 'complete')
)
SELECT
  i.identity_id, i.provider, i.type, i.environment, i.enabled,
  o.owner, o.owner_basis, o.strength, o.ownership,
  coalesce(i.created_at, k.created_at) AS created_at,
  greatest(i.last_used_at, k.last_used_at, u.last_used_at) AS last_used_at,
  i.last_used_at IS NOT NULL OR u.last_used_at IS NOT NULL OR coalesce(k.use_is_told, false)
    OR coalesce((i.detail->>'$.useIsTold') = 'true', false) OR r.provider IS NOT NULL
    -- Authorization details tell a role's last use, or that it had none in 400 days.
    OR (i.provider = 'aws' AND i.type = 'role' AND i.created_at IS NOT NULL AND (i.detail->>'$.platform') IS NULL)
    -- Within the time on record silence is an answer too.
    OR i.observed.since IS NOT NULL AND i.observed.until IS NOT NULL AS use_is_told,
  i.observed.since AS observed_from,
  i.observed.until AS observed_until,
  coalesce(w.consumers, 0) AS consumers,
  coalesce(k.credentials, 0) AS credentials,
  coalesce(k.live_credentials, 0) AS live_credentials,
  may_be_orphaned(i.provider, i.type) AND NOT i.managed AND NOT coalesce(i.human, false) AND coalesce(i.enabled, true)
    AND NOT contains(i.identity_id, '{{') AS is_judged
FROM (
  SELECT *, {'since': TRY_CAST(detail->>'$.observedFrom' AS TIMESTAMP), 'until': TRY_CAST(detail->>'$.observedUntil' AS TIMESTAMP)} AS observed
  FROM identities
) AS i
JOIN identity_owners AS o USING (identity_id)
LEFT JOIN keys AS k USING (identity_id)
LEFT JOIN used AS u USING (identity_id)
LEFT JOIN wanted AS w USING (identity_id)
LEFT JOIN reports AS r USING (provider);
COMMENT ON VIEW identity_lifecycle IS 'Whether anybody needs an identity: owner, consumers, last use, whether any source tells of its use, and of which time';

-- A key in a file, a job that signs in and a trust name a provider that nobody may have asked. What a workflow is given for its
-- run is no account of GitHub.
CREATE OR REPLACE VIEW named_providers AS
WITH told AS (
  SELECT 'sighting' AS kind, coalesce(split_part(identity_id, ':', 1), nullif(split_part(credential_id, ':', 1), 'secret'), provider) AS provider
  FROM leaked_credentials
  UNION
  SELECT 'consumer', split_part(identity_id, ':', 1) FROM consumers WHERE NOT starts_with(identity_id, 'github:')
  UNION
  SELECT 'consumer', split_part(credential_id, ':', 1) FROM consumers
  UNION
  SELECT 'trust', unnest([split_part(identity_id, ':', 1), (detail->>'$.cloud')]) FROM trusts WHERE (detail->>'$.platform') = 'kubernetes'
  UNION
  SELECT 'agent', split_part(identity_id, ':', 1) FROM agent_identities
  UNION
  SELECT 'identity', provider FROM identities WHERE provider <> 'github' OR may_be_orphaned(provider, type)
)
SELECT DISTINCT kind, CASE provider WHEN 'hoop' THEN 'gateway' WHEN 'azure' THEN 'entra' ELSE provider END AS surface
FROM told
WHERE provider IN ('aws', 'gcp', 'entra', 'azure', 'github', 'hoop', 'okta', 'google-workspace', 'postgres', 'k8s');
COMMENT ON VIEW named_providers IS 'Providers whose accounts and keys the run speaks of, and in what: credentials seen, consumers, trusts of a cluster, agents, identities';
