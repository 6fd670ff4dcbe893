-- The public face of a store: what checks, reports and people query. Everything here shows ONE run: the newest one that
-- was loaded, or the one that `SET VARIABLE nhi_run = '…'` names. `obs.*` has every run.
-- Views are made anew each time a store is opened for writing; they hold no data.

CREATE OR REPLACE VIEW current_run AS
SELECT *
FROM runs
WHERE run_id = coalesce(
  getvariable('nhi_run'),
  (SELECT run_id FROM runs WHERE status IN ('loaded', 'complete') ORDER BY sequence DESC LIMIT 1));
COMMENT ON VIEW current_run IS 'The run that every other view shows';

CREATE OR REPLACE VIEW current_parts AS
SELECT part_id FROM run_parts WHERE run_id = (SELECT run_id FROM current_run);
COMMENT ON VIEW current_parts IS 'Units of work of the current run';

-- Ages are counted from the start of the run, not from the day of the report: a report made again says the same.
CREATE OR REPLACE MACRO run_now() AS (SELECT started_at FROM current_run);
CREATE OR REPLACE MACRO days_since(moment) AS date_diff('day', TRY_CAST(moment AS TIMESTAMP), run_now());

-- A place in words: `notebooks/churn.ipynb:41 cell 3 output`, `scripts/sync.sh:7 @ 1f2e3d4c`, `app/.env:1 layer sha256:0123456789ab`.
CREATE OR REPLACE MACRO place_text(location) AS
  concat(
    CASE WHEN (location->>'$.repository') IS NULL THEN '' ELSE concat(location->>'$.repository', ' ') END,
    coalesce(location->>'$.path', (location->>'$.pointer'), ''),
    CASE WHEN (location->>'$.line') IS NULL THEN '' ELSE concat(':', (location->>'$.line')) END,
    CASE WHEN (location->>'$.cell') IS NULL THEN '' ELSE concat(' cell ', (location->>'$.cell'), ' ' || (location->>'$.part')) END,
    coalesce(' layer ' || left(location->>'$.layer', 19), ''),
    CASE WHEN (location->>'$.commit') IS NULL THEN '' ELSE concat(' @ ', left(location->>'$.commit', 8)) END);

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

-- The AWS credential report tells age and use of keys by slot, without their ids; access-key lists tell ids. The same
-- user and the same creation time (the report calls it last_rotated) make them one.
CREATE OR REPLACE VIEW credential_sources AS
-- That a password is the one a verifier was made of was computed when both were read; it stays so while both are there.
WITH kept AS (
  SELECT c.*
  FROM obs.credentials AS c
  ANTI JOIN current_parts USING (part_id)
  WHERE (c.detail->>'$.basis') = 'verifier'
    AND (c.detail->>'$.verifier') IN (SELECT detail->>'$.verifier' FROM obs.credentials SEMI JOIN current_parts USING (part_id) WHERE provider = 'postgres' AND (detail->>'$.basis') IS NULL)
    AND c.credential_id IN (SELECT credential_id FROM obs.sightings SEMI JOIN current_parts USING (part_id))
  QUALIFY row_number() OVER (PARTITION BY c.observation_id) = 1
),
rows_now AS (
  SELECT c.* EXCLUDE (part_id) REPLACE (coalesce(a.identity_id, c.identity_id) AS identity_id)
  FROM (FROM obs.credentials SEMI JOIN current_parts USING (part_id) UNION ALL FROM kept) AS c
  LEFT JOIN identity_aliases AS a ON a.alias = c.identity_id AND a.repository = alias_place(c.identity_id, c.location)
),
same AS (
  SELECT DISTINCT slot.credential_id AS alias, named.credential_id
  FROM rows_now AS slot
  JOIN rows_now AS named
    ON named.identity_id = slot.identity_id
    AND named.type = slot.type
    AND named.public_id IS NOT NULL
    AND abs(date_diff('second', named.created_at, slot.created_at)) <= 60
  WHERE slot.public_id IS NULL
    AND (slot.detail->>'$.slot') IS NOT NULL
  UNION
  -- The password of a role, and one that was found and is it.
  SELECT kept.credential_id, min(found.credential_id)
  FROM rows_now AS kept
  JOIN rows_now AS found ON (found.detail->>'$.verifier') = (kept.detail->>'$.verifier')
  WHERE kept.provider = 'postgres' AND (kept.detail->>'$.basis') IS NULL AND (found.detail->>'$.basis') = 'verifier' AND found.status = 'active'
  GROUP BY kept.credential_id
  UNION
  -- The sign-in report of Entra names a certificate by its key id, the application by its thumbprint, too.
  SELECT used.credential_id, named.credential_id
  FROM (
    SELECT credential_id, (detail->>'$.keyId') AS key_id FROM rows_now
    WHERE provider = 'entra' AND type = 'certificate' AND public_id IS NULL) AS used
  JOIN (
    SELECT credential_id, unnest(from_json(detail->'$.keyIds', '["VARCHAR"]')) AS key_id FROM rows_now
    WHERE provider = 'entra' AND type = 'certificate' AND public_id IS NOT NULL) AS named
    USING (key_id)
)
SELECT r.* REPLACE (coalesce(s.credential_id, r.credential_id) AS credential_id), r.credential_id AS told_id
FROM rows_now AS r
LEFT JOIN same AS s ON s.alias = r.credential_id;
COMMENT ON VIEW credential_sources IS 'Credentials as each inventory tells them, by one id';

CREATE OR REPLACE VIEW credential_aliases AS
SELECT DISTINCT told_id AS alias, credential_id FROM credential_sources WHERE told_id <> credential_id;
COMMENT ON VIEW credential_aliases IS 'Credentials that a source tells without their id, and the id that another source gives them';

-- Whoever keeps a credential says that it is there; a manifest, a state file or code says what somebody wrote down one day,
-- and a Secret of a cluster what its pods are given, not that it still opens anything. An object of a cluster has a time.
CREATE OR REPLACE MACRO is_of_inventory(provider, created_at, detail) AS
  (detail->>'$.platform') IS NULL
  OR provider = 'k8s' AND coalesce((detail->>'$.source') = 'live' OR (detail->>'$.source') = 'list' AND created_at IS NOT NULL, false);

CREATE OR REPLACE VIEW credentials AS
SELECT
  credential_id,
  -- One password may be that of two accounts: then it is the credential of neither alone.
  CASE WHEN NOT starts_with(credential_id, 'secret:') OR count(DISTINCT identity_key(identity_id)) = 1 THEN max(identity_id) END AS identity_id,
  min(provider) AS provider,
  min(type) AS type,
  max(public_id) AS public_id,
  max(fingerprint) AS fingerprint,
  min(created_at) AS created_at,
  max(last_used_at) AS last_used_at,
  arg_max(last_used_for, last_used_at) AS last_used_for,
  max(rotated_at) AS rotated_at,
  max(expires_at) AS expires_at,
  bool_or(never_expires) AS never_expires,
  CASE WHEN bool_or(status = 'revoked') THEN 'revoked' WHEN bool_or(status = 'inactive') THEN 'inactive'
    WHEN bool_or(status = 'expired') THEN 'expired' ELSE max(status) END AS status,
  arg_max(detail, (length(detail::VARCHAR), detail::VARCHAR)) AS detail,
  bool_or(is_of_inventory(provider, created_at, detail)) AS in_inventory,
  list_sort(list_distinct(list(observation_id))) AS evidence
FROM credential_sources
GROUP BY credential_id;
COMMENT ON VIEW credentials IS 'One row a credential that an inventory or code declares, its sources merged; in_inventory: an inventory does';

CREATE OR REPLACE VIEW changed_passwords AS
SELECT credential_id
FROM credential_sources
WHERE (detail->>'$.basis') = 'verifier'
GROUP BY credential_id
HAVING bool_and(status = 'revoked');
COMMENT ON VIEW changed_passwords IS 'Passwords of connection strings that the database they name keeps no more, by the verifiers of its dump';

-- Not a test, a sample, a translation, a page: whatever such a file says is likely there to be read.
CREATE OR REPLACE MACRO is_in_use(path) AS
  NOT coalesce(regexp_matches(lower(path), '(^|[/!._-])(tests?|testing|testdata|specs?|e2e|fixtures?|mocks?|mocked|stubs?|fakes?|examples?|samples?|demos?|docs?|documentation|tutorials?|vendor|third[._-]party|node_modules|locales?|i18n|l10n|lang|languages|translations?|openapi|swagger|cassettes|snapshots?|benchmarks?|playground|sandbox|quickstart|changelog|local|dev|development|dummy)([/!._-]|$)|\.(md|mdx|rst|adoc|txt|html?|lock|map|svg|csv|log)$|\.min\.(js|css)$|tests?\.(java|kt|cs|php|swift|scala|groovy)$'), false);

-- The secret half of a key seen without its id, and the key seen whole, are one credential: the fingerprint says so.
-- Two scanners may see the same credential on the same line; the place counts once.
-- A value that no person makes up, under the name of a password in a file in use, is one with medium confidence. A value that
-- one place shows to be a credential is one wherever it stands: what was a guess elsewhere is as sure as that place.
CREATE OR REPLACE VIEW sightings AS
WITH rows_now AS (
  SELECT DISTINCT ON (observation_id) s.* EXCLUDE (part_id) REPLACE (
    coalesce(a.identity_id, s.identity_id) AS identity_id,
    CASE WHEN s.confidence = 'low' AND (s.detail->>'$.strength') = 'strong' AND (s.detail->>'$.packaged') IS NULL AND is_in_use(s.location->>'$.path')
      THEN 'medium' ELSE s.confidence END AS confidence)
  FROM obs.sightings AS s
  SEMI JOIN current_parts USING (part_id)
  LEFT JOIN identity_aliases AS a ON a.alias = s.identity_id AND a.repository = alias_place(s.identity_id, s.location)
),
named AS (
  SELECT fingerprint, min(credential_id) AS credential_id
  FROM (
    SELECT fingerprint, credential_id FROM rows_now
    UNION ALL
    SELECT fingerprint, credential_id FROM obs.credentials SEMI JOIN current_parts USING (part_id) WHERE fingerprint IS NOT NULL)
  WHERE NOT starts_with(credential_id, 'secret:')
  GROUP BY fingerprint
  HAVING count(DISTINCT credential_id) = 1
),
sure AS (
  SELECT fingerprint, arg_min(confidence, list_position(['high', 'medium'], confidence)) AS confidence
  FROM (
    SELECT fingerprint, confidence FROM rows_now WHERE confidence <> 'low'
    UNION ALL
    SELECT fingerprint, 'medium' FROM obs.credentials SEMI JOIN current_parts USING (part_id) WHERE fingerprint IS NOT NULL)
  GROUP BY fingerprint
)
SELECT
  r.* REPLACE (
    CASE WHEN starts_with(r.credential_id, 'secret:') THEN coalesce(n.credential_id, r.credential_id) ELSE r.credential_id END AS credential_id,
    CASE WHEN (r.confidence = 'low' OR (r.detail->>'$.strength') IS NOT NULL) AND (r.detail->>'$.packaged') IS DISTINCT FROM 'true'
      THEN coalesce(k.confidence, r.confidence) ELSE r.confidence END AS confidence),
  place_text(r.location) AS place_text
FROM rows_now AS r
LEFT JOIN named AS n USING (fingerprint)
LEFT JOIN sure AS k USING (fingerprint)
QUALIFY row_number() OVER (
  PARTITION BY
    CASE WHEN starts_with(r.credential_id, 'secret:') THEN coalesce(n.credential_id, r.credential_id) ELSE r.credential_id END,
    r.place, r.location->>'$.repository', r.location->>'$.path', r.location->>'$.line', r.location->>'$.cell', r.location->>'$.layer',
    CASE WHEN r.place = 'history' THEN r.location->>'$.commit' END
  -- By what the row says, not by its id: ids hold fingerprints, and those change with the key.
  ORDER BY list_position(['high', 'medium', 'low'], r.confidence), starts_with(r.credential_id, 'secret:'), r.identity_id IS NULL,
    (r.location->>'$.commit') IS NULL, (r.location->>'$.pointer') IS NULL, r.detector, r.location::VARCHAR) = 1;
COMMENT ON VIEW sightings IS 'Places where credentials were seen';

-- RBAC spans files: rules stand with their role, subjects with a binding, and a role may be made of others by their labels.
-- What a binding gives is the role within its namespace, if it has one; the id of the trust says so (`view@shop`).
CREATE OR REPLACE MACRO json_words(list) AS coalesce(from_json(list, '["VARCHAR"]'), []);
CREATE OR REPLACE MACRO parent_path(path) AS regexp_replace(coalesce(path, ''), '[^/]*$', '');
-- Of a cluster that nobody names, each repository has its own.
CREATE OR REPLACE MACRO role_key(cluster, location, kind, namespace, role) AS
  concat_ws('|', cluster, CASE WHEN cluster = '-' THEN coalesce(location->>'$.repository', '') ELSE '' END, kind,
    CASE WHEN kind = 'Role' THEN coalesce(namespace, '') ELSE '' END, role);

-- The set of examples or of test data that a file belongs to: the directory below the innermost that is named so
-- (`tests/e2e/login/`), or that; empty elsewhere.
CREATE OR REPLACE MACRO fixture_tree(path) AS
  regexp_extract(lower(path), '^(.*[/!])?(((unit|integration|e2e)[-_]?)?tests?|test[-_]?data|(test[-_])?fixtures?|__(tests|fixtures|mocks)__|docs?|documentation|examples?|samples?|tutorials?)/([^/]+/)?');
-- What has the examples or test data: `task/login/` of `task/login/samples/one/`.
CREATE OR REPLACE MACRO fixture_parent(path) AS
  regexp_extract(lower(path), '^(.*[/!])?(((unit|integration|e2e)[-_]?)?tests?|test[-_]?data|(test[-_])?fixtures?|__(tests|fixtures|mocks)__|docs?|documentation|examples?|samples?|tutorials?)/', 1);
-- Two examples that have a name in common are not of one cluster for that.
CREATE OR REPLACE MACRO in_other_fixtures(path, other) AS
  coalesce(CASE
    WHEN fixture_tree(path) = '' AND fixture_tree(other) = '' THEN false
    WHEN fixture_tree(other) = '' THEN NOT starts_with(lower(other), fixture_parent(path))
    WHEN fixture_tree(path) = '' THEN NOT starts_with(lower(path), fixture_parent(other))
    ELSE NOT (starts_with(fixture_tree(path), fixture_tree(other)) OR starts_with(fixture_tree(other), fixture_tree(path))) END, false);

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

CREATE OR REPLACE VIEW coverage AS
SELECT DISTINCT ON (observation_id) c.* EXCLUDE (part_id), p.scanner, p.target
FROM obs.coverage AS c
JOIN parts AS p USING (part_id)
SEMI JOIN current_parts USING (part_id);
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

-- Inventories do not know a secret by our ids: a private key by its public half or its certificate, a token by its hash or its
-- end, an Entra secret by its beginning. What is not certain (an end, a beginning) counts only where it is that of one alone.
CREATE OR REPLACE VIEW credential_matches AS
WITH seen AS (
  SELECT DISTINCT credential_id, public_id, identity_id,
    (detail->>'$.thumbprint') AS thumbprint, (detail->>'$.thumbprint256') AS thumbprint256, (detail->>'$.hashedToken') AS hashed_token,
    (detail->>'$.lastEight') AS last_eight, (detail->>'$.hint') AS hint, TRY_CAST(location->>'$.date' AS TIMESTAMP) AS committed_at
  FROM sightings
  WHERE starts_with(public_id, 'SHA256:') OR (detail->>'$.thumbprint') IS NOT NULL OR (detail->>'$.hashedToken') IS NOT NULL OR (detail->>'$.hint') IS NOT NULL
),
held AS (
  SELECT credential_id, identity_id, provider, type, public_id, created_at, expires_at,
    (detail->>'$.keyFingerprint') AS key_fingerprint, (detail->>'$.thumbprint256') AS thumbprint256, (detail->>'$.hashedToken') AS hashed_token,
    (detail->>'$.lastEight') AS last_eight, (detail->>'$.hint') AS hint
  FROM credential_sources
),
pairs AS (
  SELECT s.credential_id, h.credential_id AS inventory_id, 'its public half' AS basis, 'high' AS confidence
  FROM seen AS s JOIN held AS h ON h.public_id = s.public_id
  WHERE starts_with(s.public_id, 'SHA256:')
  UNION
  SELECT s.credential_id, h.credential_id, 'its public half', 'high' FROM seen AS s JOIN held AS h ON h.key_fingerprint = s.public_id
  UNION
  SELECT s.credential_id, h.credential_id, 'its certificate', 'high'
  FROM seen AS s JOIN held AS h ON h.public_id = s.thumbprint
  WHERE h.type = 'certificate'
  UNION
  SELECT s.credential_id, h.credential_id, 'its certificate', 'high' FROM seen AS s JOIN held AS h ON h.thumbprint256 = s.thumbprint256
  UNION
  SELECT s.credential_id, h.credential_id, 'its hash', 'high' FROM seen AS s JOIN held AS h ON h.hashed_token = s.hashed_token
  UNION
  -- Six of the eight are a checksum over all of it.
  SELECT s.credential_id, min(h.credential_id), 'its last eight characters', 'high'
  FROM seen AS s JOIN held AS h ON h.last_eight = s.last_eight
  WHERE h.provider = 'github'
  GROUP BY s.credential_id
  HAVING count(DISTINCT h.credential_id) = 1
  UNION
  -- Three characters of which there are some hundred thousand: with the application beside it, or the only one that was alive
  -- when it was committed.
  SELECT s.credential_id, min(h.credential_id), 'its first three characters',
    CASE WHEN bool_and(coalesce(identity_key(s.identity_id) = identity_key(h.identity_id), false)) THEN 'medium' ELSE 'low' END
  FROM seen AS s JOIN held AS h ON h.hint = s.hint
  WHERE h.type = 'client-secret' AND coalesce(identity_key(s.identity_id) = identity_key(h.identity_id), true)
    AND coalesce(s.committed_at >= h.created_at - INTERVAL 1 DAY, true)
    AND coalesce(s.committed_at <= h.expires_at, true)
  GROUP BY s.credential_id
  HAVING count(DISTINCT h.credential_id) = 1
)
SELECT
  credential_id, inventory_id,
  arg_min(basis, (list_position(['high', 'medium', 'low'], confidence), basis)) AS basis,
  arg_min(confidence, list_position(['high', 'medium', 'low'], confidence)) AS confidence
FROM pairs
WHERE credential_id <> inventory_id
GROUP BY credential_id, inventory_id;
COMMENT ON VIEW credential_matches IS 'Credentials that were seen, and the same in an inventory under another id: by what, and how sure that is';

-- An inventory goes before what the secret itself names, but only where the two agree: two accounts may have one password.
-- What has a public id is the provider's to tell; a bare secret is joined only when one account has it.
CREATE OR REPLACE VIEW credential_identities_of_run AS
-- The id of an AWS key tells its account, not its user: that is the last thing to go by.
WITH seen AS (
  SELECT * REPLACE (CASE WHEN starts_with(identity_local(identity_id), 'access-key/') THEN NULL ELSE identity_id END AS identity_id)
  FROM sightings
),
known AS (
  SELECT *, CASE WHEN is_of_inventory(provider, created_at, detail) THEN 'inventory' ELSE 'declared in code' END AS basis
  FROM credential_sources
  WHERE identity_id IS NOT NULL
),
named AS (
  SELECT DISTINCT credential_id, identity_id, identity_key(identity_id) AS key FROM seen WHERE identity_id IS NOT NULL
),
named_any AS (SELECT DISTINCT credential_id FROM named),
by_id AS (
  SELECT credential_id, identity_id, identity_key(identity_id) AS key, max(basis) AS basis FROM known GROUP BY ALL
),
by_fingerprint AS (
  SELECT fingerprint, min(identity_id) AS identity_id, min(identity_key(identity_id)) AS key, max(basis) AS basis
  FROM known
  WHERE fingerprint IS NOT NULL
  GROUP BY fingerprint
  HAVING count(DISTINCT identity_key(identity_id)) = 1 AND count(DISTINCT credential_id) = 1
),
told AS (
  -- The verifier of one role says more than a name beside the password does; of two roles with one password, neither.
  SELECT credential_id, min(identity_id) AS identity_id, 'its verifier' AS basis, 0 AS rank
  FROM known
  WHERE (detail->>'$.basis') = 'verifier' AND status = 'active'
  GROUP BY credential_id
  HAVING count(DISTINCT identity_key(identity_id)) = 1
  UNION ALL
  SELECT
    m.credential_id,
    arg_min(k.identity_id, (k.basis <> 'inventory', k.identity_id)),
    concat(min(m.basis), CASE WHEN bool_or(k.basis = 'inventory') THEN ' in an inventory' ELSE ' in code' END),
    CASE min(m.confidence) WHEN 'high' THEN 1 ELSE 3 END
  FROM credential_matches AS m
  JOIN known AS k ON k.credential_id = m.inventory_id
  GROUP BY m.credential_id
  HAVING count(DISTINCT CASE WHEN k.basis = 'inventory' THEN identity_key(k.identity_id) END) = 1
    OR count(DISTINCT identity_key(k.identity_id)) = 1
  UNION ALL
  SELECT credential_id, max(identity_id) AS identity_id, max(basis) AS basis, 1 AS rank
  FROM by_id
  WHERE NOT starts_with(credential_id, 'secret:')
  GROUP BY credential_id
  UNION ALL
  SELECT credential_id, min(identity_id), max(basis), 1
  FROM by_id
  WHERE starts_with(credential_id, 'secret:') AND credential_id NOT IN (FROM named_any)
  GROUP BY credential_id
  HAVING count(DISTINCT key) = 1
  UNION ALL
  SELECT i.credential_id, i.identity_id, i.basis, 1
  FROM by_id AS i
  SEMI JOIN named AS n ON n.credential_id = i.credential_id AND n.key = i.key
  WHERE starts_with(i.credential_id, 'secret:')
  UNION ALL
  SELECT credential_id, identity_id, 'named in the secret', 2 FROM named
  UNION ALL
  SELECT s.credential_id, f.identity_id, concat('same fingerprint ', CASE f.basis WHEN 'inventory' THEN 'in an inventory' ELSE f.basis END), 1
  FROM seen AS s
  JOIN by_fingerprint AS f ON f.fingerprint = s.fingerprint
  WHERE s.identity_id IS NULL OR identity_key(s.identity_id) = f.key
  UNION ALL
  SELECT credential_id, min(identity_id), 'consumer uses both', 3
  FROM (
    SELECT credential_id, identity_id, true AS uses FROM consumers
    UNION ALL SELECT credential_id, identity_id, false FROM by_id)
  WHERE credential_id IS NOT NULL AND identity_id IS NOT NULL
  GROUP BY credential_id
  HAVING bool_or(uses) AND (NOT starts_with(credential_id, 'secret:') OR count(DISTINCT identity_key(identity_id)) = 1)
  UNION ALL
  SELECT DISTINCT credential_id, identity_id, 'account in the key id', 4
  FROM sightings
  WHERE starts_with(identity_local(identity_id), 'access-key/')
)
SELECT credential_id, arg_min(identity_id, (rank, basis <> 'inventory', identity_id)) AS identity_id, arg_min(basis, (rank, basis <> 'inventory', identity_id)) AS basis
FROM told
GROUP BY credential_id;
COMMENT ON VIEW credential_identities_of_run IS 'As credential_identities, worked out from the observations';

CREATE OR REPLACE VIEW credential_identities AS
SELECT credential_id, identity_id, basis FROM obs.credential_identities SEMI JOIN current_run USING (run_id);
COMMENT ON VIEW credential_identities IS 'Whose a credential is, and how that is known: the join of leaked key and identity';

-- One secret that several accounts have: who learns it from one has the others. An account that one source tells without
-- its host and another with it is one.
CREATE OR REPLACE VIEW shared_secrets AS
WITH claims AS (
  SELECT fingerprint, identity_id, credential_id, observation_id
  FROM credential_sources
  WHERE fingerprint IS NOT NULL AND identity_id IS NOT NULL
  UNION ALL
  SELECT fingerprint, identity_id, credential_id, observation_id
  FROM sightings
  WHERE identity_id IS NOT NULL AND confidence <> 'low' AND NOT starts_with(identity_local(identity_id), 'access-key/')
),
accounts AS (
  SELECT
    fingerprint,
    min(identity_id) AS identity_id,
    split_part(identity_key(identity_id), ':', 1) AS provider,
    identity_scope(min(identity_id)) = '-' AS is_bare,
    identity_local(min(identity_id)) AS local,
    list(DISTINCT credential_id) AS credentials,
    list(DISTINCT observation_id) AS evidence
  FROM claims
  GROUP BY fingerprint, identity_key(identity_id)
  QUALIFY NOT is_bare OR bool_and(is_bare) OVER (PARTITION BY fingerprint, provider, local)
)
SELECT
  fingerprint,
  list(identity_id ORDER BY identity_id) AS identities,
  list_sort(list_distinct(flatten(list(credentials)))) AS credentials,
  list_sort(list_distinct(flatten(list(evidence)))) AS evidence
FROM accounts
GROUP BY fingerprint
HAVING count(*) >= 2;
COMMENT ON VIEW shared_secrets IS 'Secrets that two or more identities use, by the inventories and by what the secrets name';

-- Connections have names that are unique in an organisation only; inventories tell no organisation, sessions do. A name
-- that one organisation uses is that of the connection without one; where two use it, nobody can say whose it is.
CREATE OR REPLACE MACRO connection_name(consumer_id) AS regexp_extract(consumer_id, '^[^:]*:[^:]*:connection/(.*)$', 1, 's');
CREATE OR REPLACE MACRO connection_org(consumer_id) AS url_decode(nullif(identity_scope(consumer_id), '-'));
-- Joins by equality: NULL joins nothing.
CREATE OR REPLACE MACRO org_key(org, orgs) AS coalesce(org, CASE WHEN orgs = 0 THEN '' END);

CREATE OR REPLACE VIEW connection_orgs AS
SELECT connection, count(DISTINCT org) AS orgs, CASE WHEN count(DISTINCT org) = 1 THEN max(org) END AS only_org
FROM (
  SELECT connection_name(consumer_id) AS connection, connection_org(consumer_id) AS org FROM obs.consumers SEMI JOIN current_parts USING (part_id) WHERE type = 'gateway-connection'
  UNION ALL
  SELECT target, (detail->>'$.org') FROM obs.usages SEMI JOIN current_parts USING (part_id) WHERE via = 'gateway' AND target IS NOT NULL)
GROUP BY connection;
COMMENT ON VIEW connection_orgs IS 'How many organisations use a name of a gateway connection, and which where it is one';

CREATE OR REPLACE VIEW gateway_connections AS
WITH rows_now AS (
  SELECT
    connection_name(c.consumer_id) AS connection,
    coalesce(connection_org(c.consumer_id), o.only_org) AS org,
    {
      'identity_id': coalesce(c.identity_id, ci.identity_id),
      'credential_id': c.credential_id,
      'environment': c.environment,
      'detail': c.detail
    } AS told,
    c.consumer_id,
    c.observation_id
  FROM consumers AS c
  LEFT JOIN connection_orgs AS o ON o.connection = connection_name(c.consumer_id)
  LEFT JOIN credential_identities AS ci ON ci.credential_id = c.credential_id
  WHERE c.type = 'gateway-connection'
),
-- One row stands: an account of one and the settings of another would be a connection that is not there.
best AS (
  SELECT
    connection,
    org,
    max(consumer_id) AS consumer_id,
    arg_max(told, (told.identity_id IS NOT NULL, told.credential_id IS NOT NULL, coalesce(length(told.detail::VARCHAR), 0), coalesce(told.detail::VARCHAR, ''), observation_id)) AS told,
    max(told.environment) AS environment,
    list_sort(list_distinct(list(observation_id))) AS evidence
  FROM rows_now
  GROUP BY connection, org
)
SELECT
  connection,
  consumer_id,
  told.identity_id AS identity_id,
  told.credential_id AS credential_id,
  coalesce(told.environment, environment) AS environment,
  told.detail AS detail,
  evidence,
  org
FROM best;
COMMENT ON VIEW gateway_connections IS 'Gateway connections and the backend account each one holds, by organisation and name';

-- The same session may come from a list (thin) and from a single export (full): the fuller row stands.
CREATE OR REPLACE VIEW usages AS
WITH rows_now AS (
  SELECT u.* EXCLUDE (part_id)
  FROM obs.usages AS u
  SEMI JOIN current_parts USING (part_id)
  QUALIFY row_number() OVER (
    PARTITION BY coalesce(via || ':' || session_id, observation_id)
    ORDER BY (detail->>'$.depth') = 'single' DESC NULLS LAST, length(detail::VARCHAR) DESC, observation_id) = 1
),
keyed AS (
  SELECT r.*, CASE WHEN r.via = 'gateway' THEN org_key(coalesce(r.detail->>'$.org', o.only_org), o.orgs) END AS org_key
  FROM rows_now AS r
  LEFT JOIN connection_orgs AS o ON o.connection = CASE WHEN r.via = 'gateway' THEN r.target END
)
SELECT
  u.* EXCLUDE (identity_id, credential_id, org_key),
  coalesce(a.identity_id, u.identity_id, ci.identity_id, g.identity_id) AS identity_id,
  coalesce(u.credential_id, g.credential_id) AS credential_id
FROM keyed AS u
LEFT JOIN identity_aliases AS a ON a.alias = u.identity_id AND a.repository = alias_place(u.identity_id, u.location)
LEFT JOIN credential_identities AS ci ON ci.credential_id = u.credential_id
-- No key, no join: only sessions of a gateway have one.
LEFT JOIN gateway_connections AS g ON g.connection = u.target AND coalesce(g.org, '') = u.org_key;
COMMENT ON VIEW usages IS 'What identities did; gateway sessions are joined to the account behind their connection';

-- CODEOWNERS: the last rule that matches a file decides, in the file nearest above it; of several beside each other the one in
-- `.github` (https://docs.github.com/articles/about-code-owners). `docs/*` is what lies in docs, not what lies below that.
CREATE OR REPLACE MACRO codeowners_regex(pattern) AS
  concat('^',
    CASE WHEN contains(rtrim(pattern, '/'), '/') THEN '' ELSE '(.*/)?' END,
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
      trim(pattern, '/'),
      '([.+^$(){}|\[\]\\])', '\\\1', 'g'),
      '\*\*/', chr(1), 'g'), '\*\*', chr(2), 'g'),
      '\*', '[^/]*', 'g'),
      '\?', '[^/]', 'g'),
      chr(1), '(.*/)?', 'g').replace(chr(2), '.*'),
    CASE WHEN ends_with(pattern, '/') THEN '/.*' WHEN regexp_matches(pattern, '/(.*[^*])?\*$') THEN '' ELSE '(/.*)?' END,
    '$');

CREATE OR REPLACE VIEW codeowners AS
WITH told AS (
  SELECT observation_id, location, unnest(owns) AS pattern, unnest(json_words(detail->'$.lines')) AS line,
    CASE WHEN ends_with(email, '@github.invalid') THEN concat('@', lower(handle)) ELSE email END AS owner
  FROM obs.people
  SEMI JOIN current_parts USING (part_id)
  WHERE (detail->>'$.source') = 'codeowners' AND owns IS NOT NULL
  UNION ALL
  SELECT observation_id, location, unnest(json_words(team->'$.patterns')), unnest(json_words(team->'$.lines')), lower(team->>'$.team')
  FROM (
    SELECT observation_id, location, unnest(from_json(detail->'$.teams', '["JSON"]')) AS team
    FROM obs.coverage SEMI JOIN current_parts USING (part_id)
    WHERE surface = 'people' AND (detail->>'$.source') = 'codeowners')
  UNION ALL
  SELECT observation_id, location, unnest(json_words(detail->'$.unowned.patterns')), unnest(json_words(detail->'$.unowned.lines')), NULL
  FROM obs.coverage SEMI JOIN current_parts USING (part_id)
  WHERE surface = 'people' AND (detail->>'$.source') = 'codeowners'
)
SELECT DISTINCT
  coalesce(location->>'$.repository', '') AS repository,
  regexp_replace(location->>'$.path', '((\.github|\.gitlab|docs)/)?CODEOWNERS$', '') AS base,
  CASE WHEN regexp_matches(location->>'$.path', '(^|/)\.github/CODEOWNERS$') THEN 3 WHEN regexp_matches(location->>'$.path', '(^|/)(docs|\.gitlab)/CODEOWNERS$') THEN 1 ELSE 2 END AS rank,
  location->>'$.path' AS path,
  TRY_CAST(line AS INTEGER) AS line,
  pattern,
  owner,
  observation_id
FROM told
-- An expression that is too large for the engine would end the run.
WHERE length(pattern) <= 500 AND line IS NOT NULL;
COMMENT ON VIEW codeowners IS 'Rules of CODEOWNERS files, one row a pattern and owner; no owner: a rule that names nobody';

-- Who says that an identity is whose. Who made a thing is not necessarily the one who answers for it: that is the weakest.
CREATE OR REPLACE VIEW identity_owner_claims AS
WITH told AS (
  SELECT coalesce(a.identity_id, i.identity_id) AS identity_id, lower(trim(i.owner)) AS owner, coalesce(i.owner_basis, 'declared') AS basis,
    i.location, i.detail, i.observation_id
  FROM obs.identities AS i
  SEMI JOIN current_parts USING (part_id)
  LEFT JOIN identity_aliases AS a ON a.alias = i.identity_id AND a.repository = alias_place(i.identity_id, i.location)
),
declared AS (
  SELECT DISTINCT identity_id, owner, basis, place_text(location) AS place, observation_id,
    CASE WHEN basis IN ('creator', 'audit-log') OR starts_with(basis, 'creator') THEN 'weak' ELSE 'declared' END AS strength
  FROM (
    FROM told
    UNION ALL
    -- Of several owners of an application, the row names the first.
    SELECT * REPLACE (lower(trim(unnest(json_words(detail->'$.owners')))) AS owner) FROM told WHERE basis = 'app owner')
  WHERE owner <> ''
),
-- Of what code declares, the code's owners; whose an export is says nothing.
in_code AS (
  SELECT DISTINCT identity_id, coalesce(location->>'$.repository', '') AS repository, (location->>'$.path') AS path
  FROM told
  WHERE (detail->>'$.platform') IS NOT NULL OR regexp_matches(location->>'$.path', '\.(ya?ml|tf|hcl|bicep)$')
),
-- Each path once, however many identities it declares.
matched AS (
  SELECT f.repository, f.path, c.owner, c.path AS file, c.line, c.observation_id
  FROM (SELECT DISTINCT repository, path FROM in_code) AS f
  JOIN codeowners AS c ON c.repository = f.repository
  WHERE starts_with(f.path, c.base) AND regexp_matches(substr(f.path, length(c.base) + 1), codeowners_regex(c.pattern))
  QUALIFY (length(c.base), c.rank, c.line) = max((length(c.base), c.rank, c.line)) OVER (PARTITION BY f.repository, f.path)
)
SELECT identity_id, owner, basis, strength, place, observation_id FROM declared
UNION ALL
SELECT DISTINCT i.identity_id, m.owner, 'codeowners', 'codeowners', concat(nullif(m.repository, '') || ' ', m.file, ':', m.line), m.observation_id
FROM in_code AS i
JOIN matched AS m USING (repository, path)
WHERE m.owner IS NOT NULL;
COMMENT ON VIEW identity_owner_claims IS 'Who is named as owner of each identity, by whom and where: declared, by CODEOWNERS of its code, or weak (who made it)';

-- What is declared goes before CODEOWNERS, and that before who made it. Several owners of one rule own together; several that
-- are declared are a conflict, unless they are names of one: a handle and an address, a team and one of its people.
CREATE OR REPLACE VIEW identity_owners AS
WITH ranked AS (
  SELECT *, list_position(['declared', 'codeowners', 'weak'], strength) AS rank FROM identity_owner_claims
),
best AS (
  SELECT * FROM ranked QUALIFY rank = min(rank) OVER (PARTITION BY identity_id)
),
matched AS (
  SELECT d.*, p.email, p.name AS person, p.team, p.left_at, p.has_left, p.evidence,
    coalesce(p.email, regexp_extract(d.owner, '^@?(?:.*/)?([^/@]+)', 1)) AS who
  FROM best AS d
  -- Whom only CODEOWNERS names is nobody of whom it is known whether they left.
  LEFT JOIN (FROM people WHERE NOT ends_with(email, '@github.invalid')) AS p ON p.email = d.owner OR lower(p.handle) = ltrim(d.owner, '@')
),
people_of AS (SELECT identity_id, list(DISTINCT lower(team)) FILTER (team IS NOT NULL) AS teams FROM matched GROUP BY identity_id),
summed AS (
  SELECT
    identity_id,
    count(DISTINCT who) FILTER (NOT coalesce(list_contains(teams, who), false)) AS owners,
    string_agg(DISTINCT owner, ', ' ORDER BY owner) AS owner,
    min(basis) AS owner_basis,
    min(strength) AS strength,
    bool_or(has_left) AS has_left,
    -- NULL is an owner whom no roster knows: nobody says that they left.
    bool_and(coalesce(has_left, false)) AS all_left,
    max(left_at) AS left_at,
    count(email) AS known,
    bool_or(contains(ltrim(owner, '@'), '@')) AS is_address,
    -- Who are owners of one application in Entra ID own it together.
    bool_and(basis = 'app owner') AS is_one_list,
    list_concat(
      coalesce(flatten(list(evidence) FILTER (evidence IS NOT NULL)), []),
      coalesce(list(observation_id) FILTER (strength = 'codeowners'), [])) AS evidence
  FROM matched
  JOIN people_of USING (identity_id)
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  s.owner,
  s.owner_basis,
  s.strength,
  s.left_at,
  CASE
    WHEN s.owner IS NULL THEN 'unowned'
    WHEN s.all_left THEN 'owner-left'
    WHEN s.owners > 1 AND s.strength = 'declared' AND NOT s.is_one_list THEN 'conflicting'
    WHEN s.known = 0 AND s.is_address AND EXISTS (SELECT 1 FROM coverage WHERE surface = 'people' AND list_contains(covers, 'person') AND (detail->>'$.source') IS DISTINCT FROM 'codeowners') THEN 'owner-unknown'
    ELSE 'owned'
  END AS ownership,
  list_distinct(coalesce(s.evidence, [])) AS evidence
FROM identities AS i
LEFT JOIN summed AS s USING (identity_id);
COMMENT ON VIEW identity_owners IS 'Owner of each identity, resolved against the roster: owned, owner-left, owner-unknown, conflicting, unowned; strength says how sure that is';

-- IAM's wildcards in the words of LIKE.
CREATE OR REPLACE MACRO like_pattern(pattern) AS
  replace(replace(replace(replace(replace(pattern, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%'), '?', '_');

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

CREATE OR REPLACE VIEW entra_rights AS
SELECT DISTINCT ON (observation_id)
  g.observation_id,
  coalesce(a.identity_id, g.identity_id) AS identity_id,
  g.permission, g.resource, g.via_kind, g.capability, g.confidence, g.location, g.detail,
  (g.detail->>'$.principalType') AS principal_type,
  coalesce((g.detail->>'$.tier') = '0', false) AS is_tier_0,
  coalesce((g.detail->>'$.reach') = 'applications', false) AS reaches_applications
FROM obs.grants AS g
SEMI JOIN current_parts USING (part_id)
LEFT JOIN identity_aliases AS a ON a.alias = g.identity_id AND a.repository = ''
WHERE starts_with(g.identity_id, 'entra:') AND g.effect = 'allow';
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
SELECT s.identity_id, t.identity_id, t.observation_id, 'subject of its token', 'high'
FROM trusts AS t
JOIN token_subjects AS s
  ON CASE WHEN s.is_workload THEN starts_with(t.subject, 'system:serviceaccount:') ELSE coalesce(s.issuer, '') = coalesce(t.issuer, t.principal) END
  AND (t.subject IS NULL OR s.subject LIKE like_pattern(t.subject) ESCAPE '\' OR s.is_pattern AND t.subject LIKE like_pattern(s.subject) ESCAPE '\')
WHERE t.effect = 'allow' AND t.principal_type = 'oidc'
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
FROM (SELECT identity_id, min(observation_id) AS observation_id FROM entra_rights WHERE reaches_applications AND capability IS NULL GROUP BY identity_id) AS r
JOIN (SELECT DISTINCT identity_id FROM entra_rights WHERE capability IN ('admin', 'escalates')) AS p
  ON identity_scope(p.identity_id) = identity_scope(r.identity_id) AND p.identity_id <> r.identity_id
JOIN identities AS i ON i.identity_id = p.identity_id AND i.type <> 'managed-identity' AND NOT i.managed
UNION
-- Who may run code on a machine acts as its managed identity. Below which management group a subscription lies, nothing tells.
SELECT r.identity_id, i.identity_id, r.observation_id, 'acts as the identity of a resource', 'high'
FROM (
  SELECT identity_id, observation_id, lower(rtrim(resource, '/')) AS scope, json_words(detail->'$.on') AS kinds
  FROM entra_rights
  WHERE via_kind = 'binding' AND capability IS NULL AND (detail->'$.on') IS NOT NULL AND NOT contains(lower(resource), '/managementgroups/')) AS r
JOIN (SELECT identity_id, lower(detail->>'$.resource') AS resource FROM identities WHERE provider = 'entra' AND type = 'managed-identity') AS i
  ON starts_with(concat(i.resource, '/'), concat(r.scope, '/')) AND i.identity_id <> r.identity_id
  AND (list_contains(r.kinds, '*') OR len(list_filter(r.kinds, lambda kind: contains(i.resource, concat('/providers/', kind, '/')))) > 0);
COMMENT ON VIEW may_become IS 'Edges: this identity may become that one (role trust; impersonation; the subject of a token)';

-- From those who have a capability back to those who may become them, one step a round: a row for each identity and
-- capability, never one for each way. Of ways of the same length the surest stands, then the first by name.
CREATE OR REPLACE VIEW identity_reach AS
WITH RECURSIVE
edges AS MATERIALIZED (
  SELECT identity_id, becomes, min(CASE confidence WHEN 'high' THEN 1 ELSE 2 END) AS doubt FROM may_become GROUP BY identity_id, becomes
),
held AS MATERIALIZED (
  SELECT
    identity_id,
    capability,
    arg_min_null({'confidence': confidence, 'detail': detail}, (coalesce(list_position(['high', 'medium', 'low'], confidence), 4), observation_id)) AS best,
    list_sort(list_distinct(list(observation_id))) AS evidence
  FROM grants
  WHERE capability IS NOT NULL AND effect = 'allow'
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
  WHERE w.hops < 6
  GROUP BY e.identity_id, w.capability, w.hops
)
SELECT
  w.identity_id,
  w.capability,
  w.path,
  w.hops,
  CASE WHEN w.doubt = 2 AND coalesce(h.best.confidence, 'high') = 'high' THEN 'medium' ELSE h.best.confidence END AS confidence,
  h.best.detail AS detail,
  h.evidence,
  w.doubt = 2 AS is_unsure
FROM walk AS w
SEMI JOIN identities AS i ON i.identity_id = w.identity_id
JOIN held AS h ON h.identity_id = w.path[-1] AND h.capability = w.capability;
COMMENT ON VIEW identity_reach IS 'What an identity amounts to, itself or by becoming others: capability, shortest path, evidence';

CREATE OR REPLACE VIEW current_findings AS
SELECT * FROM findings WHERE run_id = (SELECT run_id FROM current_run);
COMMENT ON VIEW current_findings IS 'Findings of the current run';

CREATE OR REPLACE VIEW observations AS
SELECT observation_id, 'identity' AS kind, concat('identity ', identity_id) AS summary, location FROM obs.identities
UNION ALL SELECT observation_id, 'credential', concat(type, ' ' || coalesce(public_id, left(fingerprint, 12)), ' of ' || identity_id), location FROM obs.credentials
UNION ALL SELECT observation_id, 'sighting', concat('seen: ', masked, ' (', detector, ')'), location FROM obs.sightings
UNION ALL SELECT observation_id, 'grant', coalesce(capability || coalesce(': ' || (detail->>'$.path'), ''), concat(effect, ' ', permission, ' on ', resource, ' via ' || via)), location FROM obs.grants
UNION ALL SELECT observation_id, 'trust', concat(principal, ' may become ', identity_id), location FROM obs.trusts
UNION ALL SELECT observation_id, 'consumer', concat(type, ' ', consumer_id, ' (', how, ')'), location FROM obs.consumers
UNION ALL SELECT observation_id, 'usage', concat(via, ' ' || session_id, ' by ', coalesce(actor, '?'), ' at ', strftime(used_at, '%Y-%m-%dT%H:%M:%SZ')), location FROM obs.usages
UNION ALL SELECT observation_id, 'person', concat(email, ', left ' || strftime(left_at, '%Y-%m-%d')), location FROM obs.people
UNION ALL SELECT observation_id, 'coverage', concat(surface, ' ', subject, ': ', outcome), location FROM obs.coverage;
COMMENT ON VIEW observations IS 'Every observation of every run in one line: resolves evidence ids';

CREATE OR REPLACE VIEW observation_parts AS
SELECT observation_id, part_id FROM obs.identities
UNION ALL SELECT observation_id, part_id FROM obs.credentials
UNION ALL SELECT observation_id, part_id FROM obs.sightings
UNION ALL SELECT observation_id, part_id FROM obs.grants
UNION ALL SELECT observation_id, part_id FROM obs.trusts
UNION ALL SELECT observation_id, part_id FROM obs.consumers
UNION ALL SELECT observation_id, part_id FROM obs.usages
UNION ALL SELECT observation_id, part_id FROM obs.people
UNION ALL SELECT observation_id, part_id FROM obs.coverage;
COMMENT ON VIEW observation_parts IS 'Which unit of work yielded an observation, in every run';

-- Words for messages of checks.
CREATE OR REPLACE MACRO listed(items) AS
  CASE WHEN len(items) <= 3 THEN array_to_string(items, ', ')
    ELSE concat(array_to_string(items[1:3], ', '), ' and ', len(items) - 3, ' more') END;
-- `roles by name (a, b)`, or `roles` where one of the lists names none: then it is all of them.
CREATE OR REPLACE MACRO by_name(what, names) AS
  CASE WHEN list_contains(list_transform(names, lambda one: len(one)), 0) THEN what
    ELSE concat(what, ' by name (', listed(list_sort(list_distinct(flatten(names)))), ')') END;
-- `The service docker-compose.yml#web`, `The services docker-compose.yml#cron, web and worker`.
CREATE OR REPLACE MACRO services_text(ids) AS
  CASE WHEN len(ids) = 1 THEN concat('The service ', ids[1])
    ELSE concat('The services ', list_min(ids), CASE WHEN len(ids) > 2 THEN ', ' ELSE ' ' END,
      array_to_string(list_transform(list_sort(ids)[2:-2], lambda id: regexp_extract(id, '[^#]*$')), ', '),
      CASE WHEN len(ids) > 2 THEN ' ' ELSE '' END, 'and ', regexp_extract(list_max(ids), '[^#]*$')) END;
CREATE OR REPLACE MACRO short_id(id) AS
  CASE WHEN length(id) > 12 THEN concat(left(id, 4), '…', right(id, 4)) ELSE id END;
CREATE OR REPLACE MACRO day_text(moment) AS strftime(TRY_CAST(moment AS TIMESTAMP), '%Y-%m-%d');
CREATE OR REPLACE MACRO type_words(type) AS
  concat(upper(left(type, 1)), replace(substr(type, 2), '-', ' '));

-- `slack-webhook` → `Slack webhook`, `aws-access-key` → `AWS access key`: an id as a reader says it.
CREATE OR REPLACE MACRO spoken_word(word) AS
  CASE
    WHEN word IN ('aws', 'gcp', 'api', 'url', 'jwt', 'ssh', 'sas', 'ai', 'xai', 'ibm', 'hmac', 'ado', 'jdbc', 'odbc', 'amqp', 'scim', 'ssm', 'pat', 'oat', 'ci', 'ca', 'id', 'ldap', 'smb', 'sql', 'php', 'mcp', 'sdk', 'dsn', 'ses', 'smtp', 'mws', 'jsr', 'e2b')
      THEN upper(word)
    ELSE coalesce(map_extract_value(MAP {
      'github': 'GitHub', 'gitlab': 'GitLab', 'openai': 'OpenAI', 'huggingface': 'Hugging Face', 'pypi': 'PyPI', 'npm': 'npm',
      'npmrc': 'npmrc', 'oauth': 'OAuth', 'devops': 'DevOps', 'sendgrid': 'SendGrid', 'mongodb': 'MongoDB', 'mysql': 'MySQL',
      'postgres': 'PostgreSQL', 'sqlserver': 'SQL Server', 'digitalocean': 'DigitalOcean', 'newrelic': 'New Relic',
      'onepassword': '1Password', 'putty': 'PuTTY', 'sonarqube': 'SonarQube', 'circleci': 'CircleCI', 'pagerduty': 'PagerDuty',
      'rubygems': 'RubyGems', 'planetscale': 'PlanetScale', 'elevenlabs': 'ElevenLabs', 'deepseek': 'DeepSeek',
      'openrouter': 'OpenRouter', 'crates': 'crates.io', 'hubspot': 'HubSpot', 'nuget': 'NuGet', 'nvidia': 'NVIDIA',
      'jfrog': 'JFrog', 'paypal': 'PayPal', 'linkedin': 'LinkedIn', 'launchdarkly': 'LaunchDarkly', 'clickhouse': 'ClickHouse',
      'influxdb': 'InfluxDB', 'wordpress': 'WordPress', 'recaptcha': 'reCAPTCHA', 'wireguard': 'WireGuard', 'filezilla': 'FileZilla',
      'jetbrains': 'JetBrains', 'teamcity': 'TeamCity', 'langsmith': 'LangSmith', 'litellm': 'LiteLLM', 'clickup': 'ClickUp'}, word), word)
  END;
CREATE OR REPLACE MACRO spoken(id) AS
  regexp_replace(
    array_to_string(list_transform(string_split(lower(id), '-'), lambda word: spoken_word(word)), ' '),
    '^crates\.io io ', 'crates.io ');
CREATE OR REPLACE MACRO credential_kind(provider, type, detector) AS
  CASE
    -- Guesses by a name, and values that a scanner found by where they stand, have no kind but their type.
    WHEN detector IS NULL OR starts_with(detector, 'generic-') OR detector IN ('ci-plaintext-value', 'kubernetes-plaintext-value') THEN type_words(type)
    WHEN contains(detector, '/') AND provider IN ('generic', 'generic-key') THEN type_words(type)
    WHEN contains(detector, '/') THEN concat(upper(left(spoken(provider), 1)), substr(spoken(provider), 2), ' ', replace(type, '-', ' '))
    WHEN starts_with(detector, 'npm') THEN spoken(detector)
    ELSE concat(upper(left(spoken(detector), 1)), substr(spoken(detector), 2))
  END;
-- The id of a pair whose secret was not found beside it: by itself it opens nothing.
CREATE OR REPLACE MACRO is_id_only(detector, confidence) AS detector = 'aws-access-key' AND confidence <> 'high';
-- Over the sightings of one credential: what it is in words, its masked form, and what makes it less than it seems.
CREATE OR REPLACE MACRO only_ids(detector, confidence) AS coalesce(bool_and(is_id_only(detector, confidence)), false);
CREATE OR REPLACE MACRO seen_as(provider, type, detector, confidence, masked) AS
  concat(
    arg_min(credential_kind(provider, type, detector), (list_position(['high', 'medium', 'low'], confidence), detector)),
    ' ', min(masked),
    CASE
      WHEN only_ids(detector, confidence) THEN ' (the id only; its secret was not seen here)'
      -- The detector is less sure of a key that a passphrase protects.
      WHEN bool_and(detector = 'private-key' AND confidence = 'medium') THEN ' (protected by a passphrase)'
      ELSE '' END);

CREATE OR REPLACE MACRO is_vendored_path(path) AS
  coalesce(regexp_matches(lower(path), '(^|[/!])(vendor|third_party|node_modules)/'), false);
CREATE OR REPLACE MACRO is_test_path(path) AS
  is_vendored_path(path)
  OR coalesce(regexp_matches(lower(path),
    '(^|[/!])(((unit|integration|e2e)[-_]?)?tests?|test[-_]?data|(test[-_])?fixtures?|__(tests|fixtures|mocks)__)/|_test\.(go|py|rb|exs)$|(^|[/!])test_[^/]*\.py$|[._](spec|test)\.[a-z]+$'), false);
-- Where texts that look like credentials often are none, and in which words to say so; NULL elsewhere. Documentation and
-- built code hold real ones often enough that only the confidence is lowered there, not the severity.
CREATE OR REPLACE MACRO path_kind(path) AS
  CASE
    WHEN path IS NULL THEN NULL
    WHEN is_vendored_path(path) THEN 'vendored code'
    WHEN is_test_path(path) THEN 'test data'
    WHEN regexp_matches(lower(path),
      '(^|[/!])(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|go\.sum|cargo\.lock|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|gemfile\.lock|composer\.lock|mix\.lock|podfile\.lock|pubspec\.lock|flake\.lock|\.terraform\.lock\.hcl)$')
      THEN 'a lock file'
    WHEN regexp_matches(lower(path), '\.min\.(js|mjs|css)$|\.(js|mjs|css)\.map$|[.-]bundle\.js$') THEN 'built code'
    WHEN regexp_matches(lower(path),
      '(^|[/!])(docs?|documentation|examples?|samples?|tutorials?)/|\.(md|mdx|markdown|rst|adoc|asciidoc)$|(^|[/!])[^/]*[._-](example|sample|template|dist)(\.[a-z0-9]+)?$')
      THEN 'documentation'
  END;
-- Roles and workloads that are declared to be tested, or to be read.
CREATE OR REPLACE MACRO is_fixture_path(path) AS coalesce(path_kind(path) IN ('test data', 'documentation'), false);
-- ` (in test data)`: over the places of one credential, when all of them are of such a kind.
CREATE OR REPLACE MACRO place_note(path) AS
  CASE WHEN bool_or(path_kind(path) IS NULL) THEN '' ELSE coalesce(' (in ' || array_to_string(list(DISTINCT path_kind(path) ORDER BY path_kind(path)), ' and ') || ')', '') END;
CREATE OR REPLACE MACRO lowered(severity) AS CASE severity WHEN 'critical' THEN 'high' WHEN 'high' THEN 'medium' ELSE 'low' END;
-- What is proven to open nothing any more is worth a step less; it still tells how passwords are made here.
CREATE OR REPLACE MACRO changed_note(changed) AS CASE WHEN bool_or(changed IS NOT NULL) THEN '; the database has another password by now' ELSE '' END;
CREATE OR REPLACE MACRO unless_changed(severity, changed) AS CASE WHEN bool_or(changed IS NOT NULL) THEN lowered(severity) ELSE severity END;
CREATE OR REPLACE MACRO changed_fix(changed) AS
  CASE WHEN bool_or(changed IS NOT NULL) THEN numbered([
    'The database has another password by now: nothing is left to change there. Is this one used anywhere else? Change it there.',
    'Take it out of where it lies, so that nobody takes it for a pattern of the next one.']) END;
-- How grave a place of a credential is, over its sightings there: `severity` where it is sure, less for a guess, an id
-- alone, and test data. What an inventory knows is no test data, wherever it lies.
CREATE OR REPLACE MACRO leak_severity(severity, detector, confidence, basis, path) AS
  CASE
    WHEN only_ids(detector, confidence) AND coalesce(bool_or(basis = 'inventory'), false) THEN lowered(severity)
    WHEN only_ids(detector, confidence) THEN 'low'
    WHEN coalesce(bool_or(basis = 'inventory'), false) THEN severity
    WHEN bool_or(confidence = 'high') THEN CASE WHEN bool_and(is_test_path(path)) THEN lowered(severity) ELSE severity END
    WHEN bool_and(is_test_path(path)) THEN lowered(lowered(severity))
    ELSE lowered(severity) END;
-- How sure it is that it is a credential: the best place decides, and a place of such a kind counts one step less.
CREATE OR REPLACE MACRO leak_confidence(detector, confidence, basis, path) AS
  CASE
    WHEN only_ids(detector, confidence) THEN 'medium'
    WHEN coalesce(bool_or(basis = 'inventory'), false) OR bool_or(confidence = 'high' AND path_kind(path) IS NULL) THEN 'high'
    WHEN bool_or(confidence = 'high' OR path_kind(path) IS NULL) THEN 'medium'
    ELSE 'low' END;
-- Files that a program is run with, where a guess is worth a look: `.env`, what is named for production, configuration.
CREATE OR REPLACE MACRO is_settings_path(path) AS
  coalesce(
    regexp_matches(lower(path),
      '(^|[/!])\.env(\.[a-z0-9_-]+)*$|(^|[/!._-])(prod|production|prd|live)([/._-]|$)|(^|[/!])(config|settings|secrets?|credentials?|application|appsettings|database|wp-config)([._-][^/]*)?\.(ya?ml|json|properties|php|py|rb|js|ts|toml|xml)$|\.(ini|conf|cfg|properties|tfvars)$')
    AND NOT regexp_matches(lower(path), 'example|sample|template|dummy|(^|[/!])docs?/|\.(md|rst|txt)$')
    AND NOT is_test_path(path), false);

-- Whoever has an account starts a run with their code or text, and it has what the repository has (also scanners/github-actions/triggers.ts).
CREATE OR REPLACE MACRO strangers_start(trigger) AS
  list_has_any(string_split(trigger, ','), ['pull_request_target', 'workflow_run', 'issue_comment', 'issues', 'discussion', 'discussion_comment', 'pull_request_review', 'pull_request_review_comment']);

-- Is it there today, for whoever opens the repository? History that is not at HEAD needs a look at old commits.
CREATE OR REPLACE MACRO at_head(place, location) AS
  coalesce(TRY_CAST(location->>'$.atHead' AS BOOLEAN), place <> 'history');
-- The place of a sighting for a sentence: the commit only where it takes one to find it, the cell instead of the raw line.
CREATE OR REPLACE MACRO sighting_place(place, location) AS
  CASE WHEN place = 'session-log' THEN concat_ws(' ', coalesce(location->>'$.pointer', location->>'$.path'), (location->>'$.part'))
  ELSE concat(
    coalesce((location->>'$.repository') || ' ', ''),
    coalesce(location->>'$.path', location->>'$.pointer', ''),
    CASE WHEN (location->>'$.cell') IS NOT NULL THEN concat_ws(' ', ' cell', (location->>'$.cell'), (location->>'$.part'))
      ELSE coalesce(':' || (location->>'$.line'), '') END,
    coalesce(' layer ' || left(location->>'$.layer', 19), ''),
    CASE WHEN at_head(place, location) THEN '' ELSE coalesce(' @ ' || left(location->>'$.commit', 8), '') END) END;
CREATE OR REPLACE MACRO is_production(environment) AS
  coalesce(lower(environment) IN ('prod', 'production', 'prd', 'live'), false);

CREATE OR REPLACE VIEW leaked_credentials AS
-- What an inventory knows by its id or fingerprint is certain, however unsure the detector was.
WITH known AS (FROM credentials WHERE in_inventory),
seen AS (
  SELECT *, at_head(place, location) AS open_today
  FROM sightings
  WHERE confidence <> 'low'
     OR credential_id IN (SELECT credential_id FROM known)
     OR fingerprint IN (SELECT fingerprint FROM known WHERE fingerprint IS NOT NULL)
),
only_one AS (
  SELECT fingerprint, min(credential_id) AS credential_id
  FROM known
  WHERE fingerprint IS NOT NULL
  GROUP BY fingerprint
  HAVING count(*) = 1
),
-- By the id, else by the fingerprint: two joins by equality, for one with OR compares every pair.
held AS (
  SELECT credential_id, arg_min(inventory_id, (rank, inventory_id)) AS inventory_id
  FROM (
    SELECT s.credential_id, c.credential_id AS inventory_id, 1 AS rank
    FROM seen AS s JOIN known AS c ON c.credential_id = s.credential_id
    UNION ALL
    SELECT s.credential_id, c.credential_id, 2
    FROM seen AS s JOIN only_one AS c ON c.fingerprint = s.fingerprint
    UNION ALL
    SELECT m.credential_id, m.inventory_id, 3
    FROM credential_matches AS m SEMI JOIN known AS c ON c.credential_id = m.inventory_id
    WHERE m.confidence <> 'low'
  )
  GROUP BY credential_id
),
owned AS (FROM credential_identities),
-- Another account with the same password is not the one that leaked.
same AS (
  SELECT h.credential_id, h.inventory_id
  FROM held AS h
  JOIN known AS c ON c.credential_id = h.inventory_id
  LEFT JOIN owned AS o ON o.credential_id = h.credential_id
  WHERE coalesce(identity_key(c.identity_id) = identity_key(o.identity_id), true)
),
places AS (
  SELECT
    credential_id,
    list(place_words ORDER BY open_today DESC, place_words) AS places
  FROM (SELECT credential_id, sighting_place(place, location) AS place_words, bool_or(open_today) AS open_today FROM seen GROUP BY ALL)
  GROUP BY credential_id
),
gathered AS (
  SELECT
    credential_id,
    min(provider) AS provider,
    min(type) AS type,
    seen_as(provider, type, detector, confidence, masked) AS name,
    only_ids(detector, confidence) AS id_only,
    max(public_id) AS public_id,
    bool_or(open_today) AS at_head,
    list(DISTINCT (location->>'$.repository') ORDER BY (location->>'$.repository'))
      FILTER ((location->>'$.repository') IS NOT NULL AND place <> 'session-log') AS repositories,
    list(DISTINCT observation_id ORDER BY observation_id) AS sightings
  FROM seen
  GROUP BY credential_id
)
SELECT
  g.credential_id,
  c.credential_id AS inventory_id,
  coalesce(c.identity_id, ci.identity_id) AS identity_id,
  g.provider,
  g.type,
  g.name,
  g.id_only,
  coalesce(c.public_id, g.public_id) AS public_id,
  g.at_head,
  p.places,
  coalesce(g.repositories, []) AS repositories,
  c.status,
  c.created_at,
  c.last_used_at,
  c.expires_at,
  g.sightings,
  list_concat(g.sightings, coalesce(c.evidence, [])) AS evidence
FROM gathered AS g
JOIN places AS p USING (credential_id)
LEFT JOIN owned AS ci ON ci.credential_id = g.credential_id
LEFT JOIN same ON same.credential_id = g.credential_id
LEFT JOIN known AS c ON c.credential_id = same.inventory_id;
COMMENT ON VIEW leaked_credentials IS 'Credentials seen at a place, one row each: the places, and what an inventory (no code, no manifest) knows of it; low-confidence sightings that no inventory knows are left out';

CREATE OR REPLACE VIEW admin_identities AS
WITH ways AS (
  SELECT
    r.identity_id,
    r.hops,
    r.path[-1] AS reached,
    g.capability,
    CASE WHEN r.is_unsure AND coalesce(g.confidence, 'high') = 'high' THEN 'medium' ELSE g.confidence END AS confidence,
    (g.detail->>'$.method') IS NULL AND g.capability = 'admin' AS outright,
    (g.detail->>'$.path') AS path,
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
    END AS how,
    row_number() OVER (
      PARTITION BY identity_id
      ORDER BY hops, NOT outright, list_position(['high', 'medium', 'low'], coalesce(confidence, 'high')), length(path), path, observation_id
    ) AS rank
  FROM ways
)
SELECT
  identity_id,
  max(how) FILTER (rank = 1) AS how,
  coalesce(bool_or(outright AND hops = 0), false) AS is_admin,
  min(hops) AS hops,
  max(coalesce(confidence, 'high')) FILTER (rank = 1) AS confidence,
  list(DISTINCT observation_id ORDER BY observation_id) AS evidence
FROM told
GROUP BY identity_id;
COMMENT ON VIEW admin_identities IS 'Identities that are administrators, or can become one, and how in words';

-- The ways that the evaluator found, by whose rights they go: its own boundary, its own rights, a role that it passes, others.
CREATE OR REPLACE VIEW escalation_ways AS
SELECT
  identity_id,
  kind,
  ['high', 'medium', 'low'][sure] AS confidence,
  best,
  concat(
    ' (', best->>'$.path', ')',
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

-- `1 place`, `3 places`: for nouns whose plural ends in s.
CREATE OR REPLACE MACRO counted(n, noun) AS concat(n, ' ', noun, CASE WHEN n = 1 THEN '' ELSE 's' END);

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

-- Sessions as an auditor asks for them: who was behind each (by the inventories, not by the session's own word), whether
-- an approval covered it, and whether it ran at all. Rows that only issued a credential are left out.
-- A session inside an approved window has no review of its own; one that used an issued credential has the review of
-- the session that issued it.
CREATE OR REPLACE VIEW gateway_sessions AS
WITH rows_now AS (
  SELECT
    u.*,
    (u.detail->>'$.userId') AS user_id,
    (u.detail->>'$.status') AS status,
    (u.detail->'$.review') AS review,
    (u.detail->>'$.org') AS own_org,
    coalesce(u.detail->>'$.org', o.only_org) AS org,
    org_key(coalesce(u.detail->>'$.org', o.only_org), o.orgs) AS org_key
  FROM usages AS u
  LEFT JOIN connection_orgs AS o ON o.connection = u.target
  WHERE u.via = 'gateway'
),
machines AS (
  SELECT
    (detail->>'$.userId') AS user_id,
    url_decode(nullif(identity_scope(identity_id), '-')) AS org,
    min(identity_id) AS identity_id,
    min(type) AS type,
    list_distinct(flatten(list(evidence))) AS evidence,
    count(*) OVER (PARTITION BY (detail->>'$.userId')) AS orgs
  FROM identities
  WHERE provider = 'hoop' AND (detail->>'$.userId') IS NOT NULL
  GROUP BY 1, 2
),
members AS (
  SELECT DISTINCT (detail->>'$.userId') AS user_id
  FROM obs.people
  SEMI JOIN current_parts USING (part_id)
  WHERE (detail->>'$.userId') IS NOT NULL
),
windows AS (
  SELECT
    (detail->>'$.window.userId') AS user_id,
    (detail->>'$.window.connection') AS connection,
    org_key,
    TRY_CAST(detail->>'$.window.from' AS TIMESTAMP) AS opened_at,
    TRY_CAST(detail->>'$.window.until' AS TIMESTAMP) AS closed_at,
    observation_id
  FROM rows_now
  WHERE (detail->>'$.window.from') IS NOT NULL
),
covered AS (
  SELECT r.observation_id, min(w.observation_id) AS window_id
  FROM rows_now AS r
  JOIN windows AS w ON w.user_id = r.user_id AND w.connection = r.target AND w.org_key = r.org_key AND r.used_at >= w.opened_at AND r.used_at < w.closed_at
  GROUP BY r.observation_id
),
closed AS (
  SELECT r.observation_id, max(w.closed_at) AS window_closed_at, arg_max(w.observation_id, w.closed_at) AS closed_window_id
  FROM rows_now AS r
  JOIN windows AS w ON w.user_id = r.user_id AND w.connection = r.target AND w.org_key = r.org_key AND r.used_at >= w.closed_at
  GROUP BY r.observation_id
),
issued AS (
  SELECT r.observation_id, bool_or(i.approval = 'approved') AS approved
  FROM rows_now AS r
  JOIN rows_now AS i ON i.session_id = (r.detail->>'$.credentialSession')
  GROUP BY r.observation_id
)
SELECT
  r.observation_id,
  r.session_id,
  r.used_at,
  r.ended_at,
  r.target AS connection,
  r.identity_id,
  r.credential_id,
  r.action,
  r.objects,
  CASE WHEN r.actor_type = 'static-admin-key' THEN 'Static admin key' ELSE coalesce(r.actor, m.identity_id, r.user_id) END AS caller,
  coalesce(m.identity_id, r.actor_identity_id) AS caller_identity_id,
  coalesce(
    m.type,
    CASE WHEN p.user_id IS NOT NULL THEN 'human' END,
    r.actor_type, 'unknown') AS caller_type,
  CASE WHEN m.user_id IS NOT NULL OR p.user_id IS NOT NULL THEN 'high' ELSE coalesce(r.actor_confidence, 'low') END AS caller_confidence,
  coalesce(m.evidence, []) AS caller_evidence,
  r.job,
  CASE
    WHEN r.approval IN ('approved', 'rejected', 'pending', 'not-required') THEN r.approval
    WHEN covered.window_id IS NOT NULL OR issued.approved THEN 'approved'
    WHEN (review->>'$.status') IS NOT NULL THEN 'unknown'
    ELSE 'none'
  END AS approval,
  covered.window_id,
  closed.window_closed_at,
  closed.closed_window_id,
  r.status,
  coalesce(r.status = 'done' OR r.ended_at IS NOT NULL OR TRY_CAST(r.detail->>'$.eventSize' AS DOUBLE) > 0, false) AS ran,
  r.masked,
  r.recorded,
  coalesce(r.environment, g.environment) AS environment,
  coalesce((r.detail->>'$.tags.data') IN ('pii', 'phi', 'pci', 'personal', 'sensitive', 'confidential'), false) AS tagged_sensitive,
  (r.detail->'$.analyzed') AS analyzed,
  (r.detail->'$.infoTypes') AS info_types,
  TRY_CAST(r.detail->>'$.redactions' AS BIGINT) AS redactions,
  TRY_CAST(r.detail->>'$.maskErrors' AS BIGINT) AS mask_errors,
  (r.detail->>'$.verb') AS verb,
  r.source_ip,
  r.org
FROM rows_now AS r
LEFT JOIN machines AS m
  ON m.user_id = r.user_id
  AND (m.org = r.own_org OR (m.org IS NULL OR r.own_org IS NULL) AND m.orgs = 1)
LEFT JOIN members AS p ON p.user_id = r.user_id
LEFT JOIN covered ON covered.observation_id = r.observation_id
LEFT JOIN closed ON closed.observation_id = r.observation_id
LEFT JOIN issued ON issued.observation_id = r.observation_id
LEFT JOIN gateway_connections AS g ON g.connection = r.target AND coalesce(g.org, '') = r.org_key
WHERE NOT coalesce(r.bookkeeping, false);
COMMENT ON VIEW gateway_sessions IS 'Gateway sessions with the caller resolved by the inventories and the approval by windows and issued credentials';

-- What uses an identity: by name, by its credential, or as an identity that becomes it (a pod by its service account). One row a consumer and way.
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
  JOIN (SELECT DISTINCT identity_id, becomes FROM may_become) AS b ON b.identity_id = n.identity_id
  -- What a subject could become by a trust that takes many is not what its job is set up to use.
  WHERE NOT starts_with(identity_local(n.identity_id), 'oidc/')
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
    SELECT identity_id, observation_id, used_at FROM usages
    WHERE identity_id IS NOT NULL AND NOT coalesce(bookkeeping, false)
    UNION
    SELECT caller_identity_id, observation_id, used_at FROM gateway_sessions WHERE caller_identity_id IS NOT NULL),
  sessions AS (SELECT identity_id, count(*) AS n, max(used_at) AS last FROM took_part GROUP BY ALL),
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
    bool_or(coalesce(c.detail->>'$.useIsTold', CASE WHEN (c.detail->>'$.slot') IS NOT NULL THEN 'true' END) = 'true' OR c.last_used_at IS NOT NULL) AS use_is_told
  FROM credentials AS c
  LEFT JOIN credential_identities AS ci USING (credential_id)
  GROUP BY ALL
),
used AS (
  SELECT identity_id, max(used_at) AS last_used_at
  FROM (
    SELECT identity_id, used_at FROM usages WHERE NOT coalesce(bookkeeping, false)
    UNION ALL SELECT actor_identity_id, used_at FROM usages
    UNION ALL SELECT caller_identity_id, used_at FROM gateway_sessions)
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
    OR (i.provider = 'aws' AND i.type = 'role' AND i.created_at IS NOT NULL AND (i.detail->>'$.platform') IS NULL) AS use_is_told,
  coalesce(w.consumers, 0) AS consumers,
  coalesce(k.credentials, 0) AS credentials,
  coalesce(k.live_credentials, 0) AS live_credentials,
  may_be_orphaned(i.provider, i.type) AND NOT i.managed AND NOT coalesce(i.human, false) AND coalesce(i.enabled, true)
    AND NOT contains(i.identity_id, '{{') AS is_judged
FROM identities AS i
JOIN identity_owners AS o USING (identity_id)
LEFT JOIN keys AS k USING (identity_id)
LEFT JOIN used AS u USING (identity_id)
LEFT JOIN wanted AS w USING (identity_id)
LEFT JOIN reports AS r USING (provider);
COMMENT ON VIEW identity_lifecycle IS 'Whether anybody needs an identity: owner, consumers, last use, and whether any source tells of its use';

CREATE OR REPLACE MACRO session_name(session_id, moment) AS
  concat('session ', left(session_id, 8), ' of ', strftime(moment, '%Y-%m-%d %H:%M'));
CREATE OR REPLACE MACRO is_machine(caller_type) AS
  caller_type IN ('service-account', 'api-key', 'agent', 'machine-identity', 'machine', 'static-admin-key');

-- Where a credential is kept or used, and for which environment.
CREATE OR REPLACE VIEW credential_environments AS
SELECT credential_id, lower(environment) AS environment, sighting_place(place, location) AS place, observation_id
FROM sightings
WHERE environment IS NOT NULL AND confidence <> 'low'
UNION ALL
SELECT credential_id, lower(environment), CASE WHEN type = 'gateway-connection' THEN concat('connection ', connection_name(consumer_id)) ELSE consumer_id END, observation_id
FROM consumers
WHERE credential_id IS NOT NULL AND environment IS NOT NULL;
COMMENT ON VIEW credential_environments IS 'Environments in which a credential was seen or is used, one row a place';

-- What to do, as one sentence with the command of the provider; NULL for a provider whose way is not known here.
-- Names are strangers' text that somebody may paste into a shell: what is no plain word leaves its placeholder.
CREATE OR REPLACE MACRO word_or(text, placeholder) AS
  CASE WHEN regexp_full_match(text, '[A-Za-z0-9_][A-Za-z0-9@._+=,/-]{0,199}') THEN text ELSE placeholder END;
CREATE OR REPLACE MACRO aws_user_word(identity_id) AS word_or(regexp_extract(identity_id, '^aws:[^:]*:user/(.+)$', 1), 'NAME');
CREATE OR REPLACE MACRO gcp_account_word(identity_id) AS word_or(regexp_extract(identity_id, '^gcp:[^:]*:serviceAccount/(.+)$', 1), 'EMAIL');
CREATE OR REPLACE MACRO entra_app_word(identity_id) AS word_or(regexp_extract(identity_id, '^entra:[^:]*:app/(.+)$', 1), 'CLIENTID');
CREATE OR REPLACE MACRO database_role_word(identity_id) AS word_or(regexp_extract(identity_id, '^postgres:[^:]*:role/(.+)$', 1), 'ROLE');
CREATE OR REPLACE MACRO hoop_key_words(identity_id) AS
  concat(CASE WHEN contains(identity_id, ':agent/') THEN 'agent ' ELSE 'API key ' END,
    word_or(regexp_extract(identity_id, '^hoop:[^:]*:(?:api-key|agent)/(.+)$', 1), 'NAME'));

CREATE OR REPLACE MACRO github_key_command(identity_id) AS
  concat('`gh repo deploy-key delete ', word_or(regexp_extract(identity_id, '/(\d+)$', 1), 'ID'), ' --repo ', word_or(identity_scope(identity_id), 'OWNER/REPO'), '`');
CREATE OR REPLACE MACRO deactivate_step(credential_id, identity_id, public_id) AS
  CASE
    WHEN regexp_matches(identity_id, '^github:[^:]*:deploy-key/\d+$')
      THEN concat('Remove the key, which GitHub cannot switch off: ', github_key_command(identity_id), '.')
    WHEN regexp_matches(credential_id, '^github:(personal-access-token|token|hashed-token)/')
      THEN 'Revoke the token; whoever holds it can: `curl -X POST https://api.github.com/credentials/revoke -d ''{"credentials":["TOKEN"]}''`.'
    WHEN starts_with(credential_id, 'aws:access-key/') AND starts_with(public_id, 'ASIA')
      THEN 'The key is temporary: end the sessions of its role (IAM console, the role, "Revoke sessions").'
    WHEN starts_with(credential_id, 'aws:access-key/') AND ends_with(identity_id, ':root')
      THEN concat('Sign in as root and deactivate the key ', word_or(public_id, 'ID'), ' under "Security credentials".')
    WHEN starts_with(credential_id, 'aws:access-key/')
      THEN concat('Deactivate the key: `aws iam update-access-key --user-name ', aws_user_word(identity_id), ' --access-key-id ', word_or(public_id, 'ID'), ' --status Inactive`.')
    WHEN starts_with(credential_id, 'gcp:service-account-key/')
      THEN concat('Disable the key: `gcloud iam service-accounts keys disable ', word_or(public_id, 'KEY'), ' --iam-account=', gcp_account_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'gcp:hmac-key/')
      THEN concat('Deactivate the key: `gcloud storage hmac update ', word_or(public_id, 'KEY'), ' --deactivate`.')
    WHEN starts_with(credential_id, 'entra:client-secret/')
      THEN concat('Remove the secret, for Entra has no way to switch one off: `az ad app credential delete --id ', entra_app_word(identity_id), ' --key-id ', word_or(public_id, 'KEYID'), '`.')
    WHEN starts_with(credential_id, 'entra:certificate/')
      THEN concat('Remove the certificate with this thumbprint: `az ad app credential list --cert --id ', entra_app_word(identity_id), '`, then `az ad app credential delete --cert --id ', entra_app_word(identity_id), ' --key-id KEYID`.')
    WHEN starts_with(credential_id, 'hoop:api-key/')
      THEN concat('Revoke the ', hoop_key_words(identity_id), ' in the gateway.')
    WHEN regexp_matches(identity_id, '^postgres:[^:]*:role/')
      THEN concat('Change the password, and give the new one to the consumers from a secret store: `\password ', database_role_word(identity_id), '` in psql. End the sessions that are open: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ''ROLE''`.')
  END;
CREATE OR REPLACE MACRO delete_step(credential_id, identity_id, public_id) AS
  CASE
    WHEN starts_with(credential_id, 'aws:access-key/') AND ends_with(identity_id, ':root')
      THEN concat('Sign in as root and delete the key ', word_or(public_id, 'ID'), ' under "Security credentials".')
    WHEN starts_with(credential_id, 'aws:access-key/')
      THEN concat('Delete the key: `aws iam delete-access-key --user-name ', aws_user_word(identity_id), ' --access-key-id ', word_or(public_id, 'ID'), '`.')
    WHEN starts_with(credential_id, 'gcp:service-account-key/')
      THEN concat('Delete the key: `gcloud iam service-accounts keys delete ', word_or(public_id, 'KEY'), ' --iam-account=', gcp_account_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'gcp:hmac-key/')
      THEN concat('Delete the key: `gcloud storage hmac delete ', word_or(public_id, 'KEY'), '`.')
    WHEN starts_with(credential_id, 'hoop:api-key/')
      THEN concat('Delete the ', hoop_key_words(identity_id), ' in the gateway.')
  END;
CREATE OR REPLACE MACRO create_key_step(credential_id, identity_id) AS
  CASE
    WHEN regexp_matches(identity_id, '^github:[^:]*:deploy-key/\d+$')
      THEN concat('Make a new pair where it is used, and add its public half: `gh repo deploy-key add KEY.pub --repo ', word_or(identity_scope(identity_id), 'OWNER/REPO'), ' --title TITLE`.')
    WHEN starts_with(credential_id, 'aws:access-key/') AND NOT ends_with(identity_id, ':root')
      THEN concat('Make a new key and give it to the consumers: `aws iam create-access-key --user-name ', aws_user_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'gcp:service-account-key/')
      THEN concat('Make a new key and give it to the consumers: `gcloud iam service-accounts keys create FILE --iam-account=', gcp_account_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'entra:client-secret/')
      THEN concat('Let the workload sign in without a secret (`az ad app federated-credential create --id ', entra_app_word(identity_id), ' --parameters FILE`), or add a new one beside it: `az ad app credential reset --append --years 1 --id ', entra_app_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'hoop:api-key/') THEN 'Make a new key in the gateway and give it to the consumers.'
    WHEN regexp_matches(identity_id, '^postgres:[^:]*:role/')
      THEN concat('A role has one password. Where none may fail for a moment, make a second role for the change-over: `CREATE ROLE NEW LOGIN IN ROLE ', database_role_word(identity_id), '`.')
  END;
CREATE OR REPLACE MACRO owner_step(identity_id) AS
  CASE
    WHEN regexp_matches(identity_id, '^aws:[^:]*:user/')
      THEN concat('Name an owner, the team that would notice if it stopped: `aws iam tag-user --user-name ', aws_user_word(identity_id), ' --tags Key=owner,Value=TEAM`.')
    WHEN regexp_matches(identity_id, '^aws:[^:]*:role/')
      THEN concat('Name an owner, the team that would notice if it stopped: `aws iam tag-role --role-name ', word_or(regexp_extract(identity_id, '^aws:[^:]*:role/(.+)$', 1), 'NAME'), ' --tags Key=owner,Value=TEAM`.')
    WHEN regexp_matches(identity_id, '^gcp:[^:]*:serviceAccount/')
      THEN concat('Name an owner, the team that would notice if it stopped, in the description: `gcloud iam service-accounts update ', gcp_account_word(identity_id), ' --description="owner: TEAM"`.')
    WHEN regexp_matches(identity_id, '^entra:[^:]*:app/')
      THEN concat('Name an owner, somebody of the team that would notice if it stopped: `az ad app owner add --id ', entra_app_word(identity_id), ' --owner-object-id USER`.')
    WHEN regexp_matches(identity_id, '^postgres:[^:]*:role/')
      THEN concat('Name an owner, the team that would notice if it stopped: `COMMENT ON ROLE ', database_role_word(identity_id), ' IS ''owner: TEAM''`.')
  END;
CREATE OR REPLACE MACRO delete_identity_step(identity_id) AS
  CASE
    WHEN regexp_matches(identity_id, '^github:[^:]*:deploy-key/\d+$') THEN concat('Remove the key: ', github_key_command(identity_id), '.')
    WHEN regexp_matches(identity_id, '^github:[^:]*:app-installation/')
      THEN concat('Uninstall the app: https://github.com/organizations/', word_or(identity_scope(identity_id), 'ORG'), '/settings/installations.')
    WHEN regexp_matches(identity_id, '^aws:[^:]*:user/')
      THEN concat('Delete the keys, then the user: `aws iam delete-user --user-name ', aws_user_word(identity_id), '`.')
    WHEN regexp_matches(identity_id, '^gcp:[^:]*:serviceAccount/')
      THEN concat('Delete the account: `gcloud iam service-accounts delete ', gcp_account_word(identity_id), '`.')
    WHEN regexp_matches(identity_id, '^hoop:[^:]*:(api-key|agent)/')
      THEN concat('Delete the ', hoop_key_words(identity_id), ' in the gateway.')
    WHEN regexp_matches(identity_id, '^entra:[^:]*:app/')
      THEN concat('Switch sign-in off first: `az ad sp update --id ', entra_app_word(identity_id), ' --set accountEnabled=false`; after a month `az ad app delete --id ', entra_app_word(identity_id), '`.')
    WHEN regexp_matches(identity_id, '^postgres:[^:]*:role/')
      THEN concat('Lock it for a month first: `ALTER ROLE ', database_role_word(identity_id), ' NOLOGIN`; then, in each database, `REASSIGN OWNED BY` and `DROP OWNED BY`, and `DROP ROLE`.')
  END;
-- `1. …` lines of a fix; steps that are NULL are left out.
-- Advice in the words of the CI system at hand; what belongs to several is NULL, and says what holds for all.
CREATE OR REPLACE MACRO the_platform(platforms) AS CASE WHEN count(DISTINCT coalesce(platforms, 'github-actions')) = 1 THEN min(coalesce(platforms, 'github-actions')) END;
CREATE OR REPLACE MACRO keep_at_environment(platform) AS
  CASE platform
    WHEN 'github-actions' THEN '`gh secret set NAME --env production`'
    WHEN 'gitlab-ci' THEN '`glab variable set NAME --scope production --masked --protected` (Settings, CI/CD, Variables)'
    WHEN 'circleci' THEN 'a context with a restriction (Organization Settings, Contexts)'
    WHEN 'bitbucket-pipelines' THEN 'a secured variable of the deployment (Repository settings, Deployments)'
    WHEN 'azure-pipelines' THEN 'a variable group with an approval (Pipelines, Library)'
    ELSE 'the secret store of the CI system, for that environment alone' END;
CREATE OR REPLACE MACRO delete_ci_secret(platform) AS
  CASE platform
    WHEN 'github-actions' THEN '`gh secret delete NAME`'
    WHEN 'gitlab-ci' THEN '`glab variable delete NAME`'
    ELSE 'delete the variable at the CI system' END;
-- Told by the file's name, where nothing else says it.
CREATE OR REPLACE MACRO ci_platform_of(path) AS
  CASE
    WHEN regexp_matches(path, '(^|/)\.github/|(^|/)action\.ya?ml$') THEN 'github-actions'
    WHEN regexp_matches(path, '(^|/)[^/]*\.gitlab-ci\.ya?ml$|(^|/)\.gitlab/') THEN 'gitlab-ci'
    WHEN regexp_matches(path, '(^|/)\.circleci/') THEN 'circleci'
    WHEN regexp_matches(path, '(^|/)bitbucket-pipelines\.ya?ml$') THEN 'bitbucket-pipelines'
    WHEN regexp_matches(path, '(^|/)[^/]*azure-pipelines?[^/]*\.ya?ml$') THEN 'azure-pipelines'
    ELSE 'other' END;
CREATE OR REPLACE MACRO numbered(steps) AS
  array_to_string(
    list_transform(list_filter(steps, lambda step: step IS NOT NULL), lambda step, i: concat(i, '. ', step)), chr(10));

CREATE OR REPLACE VIEW credential_steps AS
SELECT
  credential_id,
  deactivate_step(credential_id, identity_id, public_id) AS deactivate,
  delete_step(credential_id, identity_id, public_id) AS remove,
  create_key_step(credential_id, identity_id) AS renew
FROM (
  SELECT c.credential_id, coalesce(c.identity_id, ci.identity_id) AS identity_id, c.public_id
  FROM credentials AS c
  LEFT JOIN credential_identities AS ci USING (credential_id)
);
COMMENT ON VIEW credential_steps IS 'How to deactivate, delete and replace each credential of an inventory, with the commands of its provider';
