-- One identity by whatever id its sources give it.

-- The same account by whatever id: hosts are written in any case, databases and roles are not.
CREATE OR REPLACE MACRO identity_key(id) AS
  lower(regexp_extract(id, '^[^:]*:[^:/]*')) || substr(id, length(regexp_extract(id, '^[^:]*:[^:/]*')) + 1);
CREATE OR REPLACE MACRO identity_scope(id) AS regexp_extract(id, '^[^:]*:([^:]*):', 1);
CREATE OR REPLACE MACRO identity_local(id) AS regexp_extract(id, '^[^:]*:[^:]*:(.*)$', 1, 's');

-- A list of access keys names users without their account, and a key id of the old form (fifth character A to P) tells
-- a wrong one: both are the user of the only account in which an inventory has it. An account that an inventory tells of
-- keeps its own. An e-mail address names one Google account in all projects. Code names roles without their account and
-- service accounts without their cluster: they are those of the only account or cluster that has one of the name. Where no
-- inventory tells which, two repositories that have a name in common do not mean one identity: each has its own.
-- Roles of PostgreSQL are those of a cluster, whichever of its databases a connection names. A dump does not tell its host:
-- a role of it is that of the only host that an inventory, else a connection string, has it at.
CREATE OR REPLACE MACRO is_of_no_account(id) AS
  coalesce(starts_with(id, 'k8s:-:') OR starts_with(id, 'aws:-:user/') OR starts_with(id, 'aws:-:role/') OR starts_with(id, 'postgres:-:role/'), false);
CREATE OR REPLACE MACRO alias_place(id, location) AS
  CASE WHEN is_of_no_account(id) THEN coalesce(location->>'$.repository', '') ELSE '' END;

CREATE OR REPLACE VIEW identity_aliases_of_run AS
WITH told AS (
  SELECT part_id, identity_id, true AS known, NULL::BOOLEAN AS guessed FROM obs.identities WHERE provider IN ('aws', 'gcp', 'k8s', 'entra', 'okta', 'google-workspace')
  UNION ALL
  SELECT part_id, identity_id, false, coalesce((detail->>'$.accountFrom') = 'key id' AND regexp_matches(public_id, '^A[A-Z0-9]{3}[A-P]'), false)
  FROM obs.credentials WHERE starts_with(identity_id, 'aws:')
  -- An ARN in a workflow or an annotation tells the account too.
  UNION ALL
  SELECT part_id, identity_id, true, NULL FROM obs.consumers WHERE regexp_matches(identity_id, '^aws:[0-9]+:(user|role)/')
  UNION ALL
  SELECT part_id, identity_id, true, NULL FROM obs.trusts WHERE regexp_matches(identity_id, '^aws:[0-9]+:(user|role)/')
  -- A secret with its tenant and client id beside it tells the tenant of an export that does not say it.
  UNION ALL
  SELECT part_id, identity_id, true, NULL FROM obs.consumers WHERE regexp_matches(identity_id, '^entra:[0-9a-f-]{36}:app/')
  UNION ALL
  SELECT part_id, identity_id, true, NULL FROM obs.sightings WHERE regexp_matches(identity_id, '^entra:[0-9a-f-]{36}:app/')
),
by_id AS (
  SELECT
    identity_id,
    split_part(identity_id, ':', 1) AS provider,
    identity_scope(identity_id) AS scope,
    identity_local(identity_id) AS local,
    bool_or(known) AND scope <> '-' AS known,
    coalesce(bool_and(guessed), false) AND NOT coalesce(bool_or(bool_or(known)) OVER (PARTITION BY scope), false) AS guessed
  FROM told
  SEMI JOIN current_parts USING (part_id)
  GROUP BY identity_id
),
proven AS (
  SELECT
    unnest(list_append(coalesce(list(identity_id) FILTER (guessed AND scope <> '-'), []), provider || ':-:' || local)) AS alias,
    max(identity_id) FILTER (known) AS identity_id
  FROM by_id
  WHERE provider = 'aws' AND (starts_with(local, 'user/') OR starts_with(local, 'role/'))
    OR provider = 'gcp' AND starts_with(local, 'serviceAccount/')
    OR provider = 'entra' AND starts_with(local, 'app/')
    OR provider IN ('k8s', 'okta', 'google-workspace')
  GROUP BY provider, local
  HAVING count(*) FILTER (known) = 1
),
-- Roles, owners and federated credentials name the object of an application, the application itself has its client id.
entra_keys AS (
  SELECT coalesce(p.identity_id, i.identity_id) AS identity_id, unnest(i.keys) AS key
  FROM (
    SELECT identity_id, [lower(detail->>'$.objectId'), lower(detail->>'$.resource'), substr(identity_local(identity_id), 5)] AS keys
    FROM obs.identities SEMI JOIN current_parts USING (part_id)
    WHERE provider = 'entra' AND starts_with(identity_local(identity_id), 'app/')) AS i
  LEFT JOIN proven AS p ON p.alias = i.identity_id
),
entra_objects AS (
  SELECT key, min(identity_id) AS identity_id FROM entra_keys WHERE key IS NOT NULL GROUP BY key HAVING count(DISTINCT identity_id) = 1
),
entra_scopes AS (SELECT '-' AS scope UNION SELECT scope FROM by_id WHERE provider = 'entra'),
database_roles AS MATERIALIZED (
  SELECT
    identity_id,
    identity_local(identity_id) AS local,
    lower(split_part(identity_scope(identity_id), '/', 1)) AS server,
    split_part(server, '%3a', 1) AS host,
    -- The name of a container or of this machine says nothing to others.
    contains(host, '.') AND NOT regexp_matches(host, '^(127\.|0\.0\.0\.0$)') AS is_name,
    regexp_matches(server, '^(localhost|127\.|\[%3a%3a1\])') AS is_own,
    bool_or(known) AS known,
    bool_or(live) AS live,
    count(DISTINCT repository) FILTER (known) AS repositories
  FROM (
    SELECT part_id, identity_id, coalesce(location->>'$.repository', '') AS repository, (detail->>'$.catalog') IS NOT NULL AS known,
      coalesce((detail->>'$.catalog') = 'live', false) AS live
    FROM obs.identities
    WHERE provider = 'postgres'
    UNION ALL SELECT part_id, identity_id, '', false, false FROM obs.sightings WHERE starts_with(identity_id, 'postgres:'))
  SEMI JOIN current_parts USING (part_id)
  WHERE starts_with(identity_local(identity_id), 'role/')
  GROUP BY identity_id
),
database_servers AS (
  SELECT
    local,
    count(DISTINCT server) FILTER (known AND server <> '-') AS servers,
    min(identity_id) FILTER (known AND server <> '-') AS known_id,
    coalesce(max(repositories) FILTER (known AND server = '-'), 0) AS dumps,
    count(DISTINCT server) FILTER (is_name) AS named,
    min(server) FILTER (is_name) AS named_server,
    min(identity_id) FILTER (is_name) AS named_id
  FROM database_roles
  GROUP BY local
),
database_hosts AS (
  SELECT local, host, count(DISTINCT server) AS servers, min(server) AS server, min(identity_id) AS identity_id
  FROM database_roles
  WHERE known AND NOT is_own AND server <> '-'
  GROUP BY local, host
  UNION ALL
  -- On this machine each port is a server of its own, and of which machine a file speaks nobody knows: it was asked in this run.
  SELECT local, host, 1, server, min(identity_id)
  FROM database_roles
  WHERE live AND is_own
  GROUP BY local, host, server
),
-- A password that opens the role of a dump stands in a connection string: the dump is of the host that it names.
opened_roles AS (
  SELECT identity_local(c.identity_id) AS local, min(s.identity_id) AS identity_id
  FROM obs.credentials AS c
  JOIN obs.sightings AS s ON s.credential_id = c.credential_id AND identity_local(s.identity_id) = identity_local(c.identity_id)
  SEMI JOIN current_parts AS p ON p.part_id = s.part_id
  WHERE (c.detail->>'$.basis') = 'verifier' AND c.status = 'active' AND starts_with(c.identity_id, 'postgres:-:role/')
    AND starts_with(s.identity_id, 'postgres:') AND NOT starts_with(s.identity_id, 'postgres:-:')
  GROUP BY ALL
  HAVING count(DISTINCT lower(split_part(identity_scope(s.identity_id), '/', 1))) = 1
),
-- A log names no server. Where nothing else knows the role, its servers are those that gateway connections name.
held_roles AS (
  SELECT r.local, r.identity_id, r.server
  FROM database_roles AS r
  SEMI JOIN database_servers AS s ON s.local = r.local AND s.servers = 0 AND s.dumps = 0
  SEMI JOIN (
    SELECT identity_id FROM obs.consumers SEMI JOIN current_parts USING (part_id) WHERE type = 'gateway-connection' AND starts_with(identity_id, 'postgres:')) AS c
    ON c.identity_id = r.identity_id
  SEMI JOIN (
    SELECT identity_local(identity_id) AS local FROM obs.usages SEMI JOIN current_parts USING (part_id) WHERE starts_with(identity_id, 'postgres:-:role/')) AS u
    ON u.local = r.local
  WHERE r.server <> '-'
),
held_servers AS (
  SELECT local, min(identity_id) AS identity_id, min(server) AS server FROM held_roles GROUP BY local HAVING count(DISTINCT server) = 1
),
proven_roles AS MATERIALIZED (
  SELECT 'postgres:-:' || local AS alias,
    CASE
      WHEN servers = 1 THEN known_id
      WHEN servers = 0 AND dumps = 1 THEN coalesce(o.identity_id, CASE WHEN named = 1 THEN named_id ELSE 'postgres:-:' || local END) END AS identity_id
  FROM database_servers
  LEFT JOIN opened_roles AS o USING (local)
  WHERE servers = 1 OR servers = 0 AND dumps = 1
  UNION ALL
  SELECT r.identity_id, h.identity_id
  FROM database_roles AS r
  JOIN database_hosts AS h ON h.local = r.local AND h.host = r.host
    AND h.servers = 1 AND (r.server = h.server OR r.server = r.host AND NOT r.is_own)
  WHERE r.identity_id <> h.identity_id
  UNION ALL
  SELECT r.identity_id, s.named_id
  FROM database_roles AS r
  JOIN database_servers AS s ON s.local = r.local AND s.servers = 0 AND s.dumps = 1 AND s.named = 1 AND s.named_server = r.server
  WHERE r.identity_id <> s.named_id
  UNION ALL
  SELECT 'postgres:-:' || local, identity_id FROM held_servers
  UNION ALL
  SELECT r.identity_id, s.identity_id
  FROM held_roles AS r
  JOIN held_servers AS s ON s.local = r.local AND s.server = r.server
  WHERE r.identity_id <> s.identity_id
),
places AS (
  SELECT identity_id, alias_place(identity_id, location) AS repository
  FROM (
    SELECT part_id, identity_id, location FROM obs.identities
    UNION ALL SELECT part_id, identity_id, location FROM obs.credentials
    UNION ALL SELECT part_id, identity_id, location FROM obs.sightings
    UNION ALL SELECT part_id, identity_id, location FROM obs.consumers
    UNION ALL SELECT part_id, identity_id, location FROM obs.grants
    UNION ALL SELECT part_id, identity_id, location FROM obs.usages
    UNION ALL SELECT part_id, identity_id, location FROM obs.trusts
    UNION ALL SELECT part_id, principal, location FROM obs.trusts)
  SEMI JOIN current_parts USING (part_id)
  WHERE is_of_no_account(identity_id)
  GROUP BY ALL
)
-- A row for each repository: all that is joined is equal, which a hash join wants.
SELECT alias, identity_id, '' AS repository FROM (FROM proven UNION ALL FROM proven_roles) WHERE NOT is_of_no_account(alias)
UNION ALL
SELECT concat('entra:', scope, ':object/', key), identity_id, '' FROM entra_objects CROSS JOIN entra_scopes
UNION ALL
SELECT p.identity_id,
  coalesce(k.identity_id, concat(split_part(p.identity_id, ':', 1), ':-@', replace(p.repository, ':', '/'), ':', identity_local(p.identity_id))),
  p.repository
FROM (SELECT *, count(*) FILTER (repository <> '') OVER (PARTITION BY identity_id) AS repositories FROM places) AS p
LEFT JOIN (FROM proven UNION ALL FROM proven_roles) AS k ON k.alias = p.identity_id
WHERE k.identity_id IS NOT NULL OR (p.repository <> '' AND p.repositories > 1);
COMMENT ON VIEW identity_aliases_of_run IS 'As identity_aliases, worked out from the observations';

-- Almost all that follows builds on these, and on credential_identities. They are kept with the run: worked out wherever a view
-- names them, they made the engine plan identity_overview for 50 s (0.3 s now).
CREATE OR REPLACE VIEW identity_aliases AS
SELECT alias, identity_id, repository FROM obs.identity_aliases SEMI JOIN current_run USING (run_id);
COMMENT ON VIEW identity_aliases IS 'Ids without an account or with a wrong one, and the only identity of the inventories that each can be; else one of each repository';

CREATE OR REPLACE VIEW identities AS
SELECT
  coalesce(a.identity_id, i.identity_id) AS identity_id,
  min(provider) AS provider,
  min(type) AS type,
  -- Some sources know an application by nothing but its id.
  coalesce(min(name) FILTER (NOT regexp_full_match(name, '[0-9a-f-]{36}')), min(name)) AS name,
  max(scope) AS scope,
  max(environment) AS environment,
  min(created_at) AS created_at,
  max(last_used_at) AS last_used_at,
  bool_and(enabled) AS enabled,
  list_sort(list_distinct(list(owner) FILTER (owner IS NOT NULL))) AS owners,
  min(owner_basis) AS owner_basis,
  bool_or(human) AS human,
  coalesce(bool_or(managed), false) AS managed,
  max(tags) AS tags,
  arg_max(detail, (length(detail::VARCHAR), detail::VARCHAR)) AS detail,
  list_sort(list_distinct(list(observation_id))) AS evidence
FROM obs.identities AS i
SEMI JOIN current_parts USING (part_id)
LEFT JOIN identity_aliases AS a ON a.alias = i.identity_id AND a.repository = alias_place(i.identity_id, i.location)
GROUP BY ALL;
COMMENT ON VIEW identities IS 'One row a machine identity, its sources merged; owners and evidence are lists';
