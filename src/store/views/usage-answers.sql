-- Which job was it: what ids of runs name, who shares a caller, and whether a use can be put down to one job or person.

-- `gha-9931-embeddings` → `gha-embeddings`: what stays the same from run to run. NULL where a number is all there is.
CREATE OR REPLACE MACRO job_name(job) AS
  nullif(trim(regexp_replace(regexp_replace(replace(lower(job), '_', '-'), '\b([0-9]+|[0-9a-f]{7,})\b', '', 'g'), '[-:/#. ]+', '-', 'g'), '-'), '');

-- What callers of the gateway work for, each way of telling by itself: the name in the id of the run, the repository that the
-- session names, the places where the caller's key lies, the pipelines that are set up with it; and, which is less sure, the programs
-- and the addresses that it comes from.
CREATE OR REPLACE VIEW caller_workloads AS
WITH told AS MATERIALIZED (
  SELECT r.caller_identity_id, r.caller, r.org, u.job, r.repo, u.observation_id, u.used_at, u.user_agent, u.source_ip
  FROM gateway_rows AS r
  JOIN obs.usages AS u ON u.rowid = r.row_id
  WHERE (u.job IS NOT NULL OR r.repo IS NOT NULL OR u.user_agent IS NOT NULL OR u.source_ip IS NOT NULL) AND r.caller IS NOT NULL AND r.ran AND NOT r.is_bookkeeping AND NOT r.is_admin_audit
),
jobs AS (
  SELECT caller_identity_id, caller, org, job_name(job) AS workload, count(*) AS sessions, arg_max(observation_id, (used_at, observation_id)) AS latest
  FROM told
  WHERE trim(job) <> ''
  GROUP BY ALL
),
-- `psql/16.2 (Debian)` is psql. What was tried once is no workload.
programs AS (
  SELECT caller_identity_id, caller, org, lower(regexp_extract(user_agent, '^[^/ (]+')) AS program, sum(sessions)::BIGINT AS sessions, max(latest) AS latest
  FROM (
    SELECT caller_identity_id, caller, org, user_agent, count(*) AS sessions, min(used_at) AS first, max(used_at) AS last, max(observation_id) AS latest
    FROM told
    WHERE user_agent IS NOT NULL
    GROUP BY ALL)
  GROUP BY ALL
  HAVING sum(sessions) >= 3 AND min(first)::DATE < max(last)::DATE
),
-- Whoever moves has one address after the other; two in each of several hours are two places.
hours AS (
  SELECT caller_identity_id, caller, org, date_trunc('hour', used_at) AS hour, list(DISTINCT source_ip ORDER BY source_ip) AS addresses, arg_max(observation_id, (used_at, observation_id)) AS latest
  FROM told
  WHERE source_ip IS NOT NULL
  GROUP BY ALL
  HAVING count(DISTINCT source_ip) > 1
),
addresses AS (
  SELECT caller_identity_id, caller, org, unnest(addresses) AS address, hour, latest FROM hours
)
SELECT caller_identity_id, caller, org, workload, 'the ids of its runs' AS basis, true AS is_sure, sessions, [latest] AS evidence
FROM jobs
WHERE workload IS NOT NULL
UNION ALL
SELECT caller_identity_id, caller, org, program, 'the programs that it comes with', false, sessions, [latest]
FROM programs
WHERE program <> ''
UNION ALL
SELECT caller_identity_id, caller, org, address, 'the addresses that it comes from in the same hour', false, 0, [max(latest)]
FROM addresses
GROUP BY ALL
HAVING count(DISTINCT hour) >= 3
UNION ALL
SELECT i.identity_id, i.name, i.scope, lower(coalesce(c.location->>'$.repository', c.consumer_id)), 'the jobs that are set up with its key', true, 0, list_sort(list(DISTINCT c.observation_id))[1:3]
FROM identities AS i
JOIN identity_consumers AS c ON c.identity_id = i.identity_id
WHERE i.provider = 'hoop' AND c.type <> 'gateway-connection'
GROUP BY ALL
UNION ALL
SELECT caller_identity_id, caller, org, lower(repo), 'the repositories that its sessions name', true, count(*), [arg_max(observation_id, (used_at, observation_id))]
FROM told
WHERE trim(repo) <> ''
GROUP BY ALL
UNION ALL
SELECT i.identity_id, i.name, i.scope, coalesce(s.location->>'$.repository', s.location->>'$.path'), 'where its key lies', true, 0, list_sort(list(DISTINCT s.observation_id))[1:3]
FROM identities AS i
JOIN credential_identities AS ci ON ci.identity_id = i.identity_id
JOIN sightings AS s ON s.credential_id = ci.credential_id
WHERE i.provider = 'hoop' AND s.place <> 'session-log' AND coalesce(s.location->>'$.repository', s.location->>'$.path') IS NOT NULL
GROUP BY ALL;
COMMENT ON VIEW caller_workloads IS 'Workloads that each caller of the gateway works for, and what tells so; sessions without a job tell none';

-- Callers that several workloads share, by the way that tells most of them; one that is sure goes before one that is not.
CREATE OR REPLACE VIEW shared_callers AS
WITH ways AS (
  SELECT caller_identity_id, caller, org, basis, is_sure, list(DISTINCT workload ORDER BY workload) AS workloads, sum(sessions) AS sessions, list_distinct(flatten(list(evidence))) AS evidence
  FROM caller_workloads
  GROUP BY ALL
)
SELECT caller_identity_id, caller, org,
  arg_max(workloads, (is_sure, len(workloads), basis)) AS workloads, arg_max(basis, (is_sure, len(workloads), basis)) AS basis, bool_or(is_sure) AS is_sure,
  arg_max(evidence, (is_sure, len(workloads), basis)) AS evidence
FROM ways
WHERE len(workloads) > 1
GROUP BY ALL;
COMMENT ON VIEW shared_callers IS 'Callers of the gateway that more than one workload uses';

-- A run of a workflow and the session it opened: the id of the run names the job, or its number stands in it, and the key or the
-- repository leads to the workflow. One of the name that fits no other job.
CREATE OR REPLACE VIEW session_jobs AS
WITH names AS (
  SELECT DISTINCT u.job, r.repo, r.caller_identity_id
  FROM gateway_rows AS r
  JOIN obs.usages AS u ON u.rowid = r.row_id
  WHERE trim(u.job) <> '' AND NOT r.is_bookkeeping AND NOT r.is_admin_audit
),
words AS (
  SELECT DISTINCT job_name(job) AS name, lower(repo) AS repo FROM names WHERE job_name(job) IS NOT NULL
),
jobs AS (
  SELECT DISTINCT ON (consumer_id) consumer_id, platform, lower(location->>'$.repository') AS repository,
    job_name(regexp_extract(consumer_id, '[^#]*$')) AS name, job_name(regexp_extract(consumer_id, '([^/#]+?)(\.ya?ml)?#[^#]*$', 1)) AS file_name, observation_id
  FROM consumers
  WHERE type IN ('workflow-job', 'pipeline')
  ORDER BY consumer_id, observation_id
),
met AS (
  SELECT w.name, w.repo, j.consumer_id, j.repository, j.observation_id
  FROM words AS w
  JOIN jobs AS j ON (w.name = j.name OR ends_with(w.name, '-' || j.name) OR w.name = j.file_name OR ends_with(w.name, '-' || j.file_name))
    AND (w.repo IS NULL OR w.repo = j.repository OR j.repository IS NULL)
)
SELECT name, repo, min(consumer_id) AS consumer_id, min(repository) AS repository, min(observation_id) AS evidence
FROM met
GROUP BY name, repo
HAVING count(DISTINCT consumer_id) = 1;
COMMENT ON VIEW session_jobs IS 'Jobs of CI that names in the run ids of sessions lead to (job_name of the id, and the repository that the session names)';

-- Can a use be put down to one job or one person? `reasons`: why not. `gaps`: what else is not known of it.
CREATE OR REPLACE VIEW session_answerability AS
WITH told AS MATERIALIZED (
  SELECT u.observation_id, r.caller, r.org, r.caller_type, u.target, coalesce(trim(u.job), '') <> '' AS has_job, u.job, lower(r.repo) AS repo, u.recorded, r.is_counts_only,
    r.tagged_sensitive AND r.analyzed IS NULL AND r.info_types IS NULL AND u.info_types IS NULL AND r.counts IS NULL AS is_unseen
  FROM gateway_rows AS r
  JOIN obs.usages AS u ON u.rowid = r.row_id
  WHERE NOT r.is_bookkeeping AND NOT r.is_admin_audit
),
spread AS (
  SELECT caller, coalesce(org, '') AS org, count(DISTINCT target) AS connections FROM told WHERE caller_type IN ('machine-identity', 'machine') GROUP BY ALL
),
-- As shared_callers, less the places where keys lie: to plan those costs more than all the rest.
shared AS (
  SELECT caller, org, CASE WHEN len(max(repos)) > 1 THEN max(repos) ELSE max(jobs) END AS workloads
  FROM (
    SELECT caller, coalesce(org, '') AS org, list_sort(list(DISTINCT job_name(job)) FILTER (job_name(job) IS NOT NULL)) AS jobs, list_sort(list(DISTINCT repo) FILTER (trim(repo) <> '')) AS repos
    FROM told
    WHERE (has_job OR repo IS NOT NULL) AND caller_type <> 'human'
    GROUP BY ALL)
  GROUP BY ALL
  HAVING len(max(repos)) > 1 OR len(max(jobs)) > 1
),
sessions AS (
  SELECT r.observation_id, r.recorded, r.is_unseen,
    CASE
      WHEN r.has_job OR r.caller_type = 'human' THEN NULL
      WHEN r.is_counts_only THEN 'only the counts of the session were given, not who opened it'
      WHEN r.caller_type = 'static-admin-key' THEN 'everyone who knows the static admin key looks the same'
      WHEN r.caller_type = 'unknown' OR r.caller IS NULL THEN 'nobody knows who the caller is'
      WHEN s.workloads IS NOT NULL THEN concat(r.caller, ' serves ', len(s.workloads), ' workloads (', listed(s.workloads), ') and the session names no job')
      WHEN r.caller_type IN ('machine-identity', 'machine') AND p.connections = 1 THEN NULL
      ELSE concat('the session names no job (no correlation id), and any job may use ', r.caller) END AS reason
  FROM told AS r
  LEFT JOIN shared AS s ON s.caller = r.caller AND s.org = coalesce(r.org, '')
  LEFT JOIN spread AS p ON p.caller = r.caller AND p.org = coalesce(r.org, '')
),
consuming AS (
  SELECT identity_id, count(DISTINCT consumer_id) FILTER (type <> 'gateway-connection') AS workloads, bool_or(type = 'gateway-connection') AS is_held,
    list(DISTINCT consumer_id ORDER BY consumer_id) FILTER (type <> 'gateway-connection') AS names
  FROM identity_consumers
  GROUP BY identity_id
),
-- Which connection holds the account, and which sessions were open when the row began: direct_uses says it of every record.
held AS (SELECT account, min(connection) AS connection FROM direct_accounts GROUP BY account),
logged AS (
  SELECT u.observation_id, u.used_at, coalesce(trim(u.job), '') <> '' OR coalesce(u.actor_type = 'human', false) AS is_named, k.identity_id, hash(k.identity_id, k.credential_id) AS account
  FROM direct_usage_rows AS k
  JOIN obs.usages AS u ON u.rowid = k.row_id
  WHERE NOT k.is_bookkeeping
),
placed AS (
  SELECT l.*, s.until >= l.used_at AS in_session, coalesce(g.until >= l.used_at, false) AS is_given, s.callers, s.job
  FROM logged AS l
  ASOF LEFT JOIN account_spans AS g ON g.account = l.account AND l.used_at >= g.since
  ASOF LEFT JOIN session_stretches AS s ON s.account = l.account AND l.used_at >= s.since
),
others AS (
  SELECT p.observation_id,
    CASE
      WHEN p.is_named OR p.in_session AND p.callers = 1 AND p.job IS NOT NULL THEN NULL
      WHEN p.in_session THEN concat('the account was used through ', h.connection, ' of the gateway, and several jobs or none that is named had it open')
      WHEN h.account IS NOT NULL AND NOT p.is_given THEN concat('the gateway holds the account for ', h.connection, ', and of that time its sessions were not given: the log names the account only')
      WHEN h.account IS NOT NULL THEN concat('the account, which the gateway holds for ', h.connection, ', was used while no session of it was open: the log names the account only')
      WHEN p.identity_id IS NULL THEN 'the log names no account'
      WHEN c.workloads > 1 THEN concat(c.workloads, ' workloads share the account (', listed(c.names), ')')
      WHEN c.workloads = 1 AND NOT c.is_held THEN NULL
      WHEN c.is_held THEN 'the account is that of a gateway connection, for whoever comes through it'
      ELSE 'the log names the account only, and nothing tells which job uses it' END AS reason
  FROM placed AS p
  LEFT JOIN held AS h ON h.account = p.account
  LEFT JOIN consuming AS c ON c.identity_id = p.identity_id
)
SELECT observation_id, reason IS NULL AS answerable, CASE WHEN reason IS NULL THEN [] ELSE [reason] END AS reasons,
  CASE
    WHEN recorded = 'none' THEN ['the recording is lost']
    WHEN recorded = 'truncated' THEN ['the recording is cut off']
    WHEN recorded = 'input-only' AND is_unseen THEN ['what came back was not recorded, and nothing looked for personal data in it']
    ELSE [] END AS gaps
FROM sessions
UNION ALL
SELECT observation_id, reason IS NULL, CASE WHEN reason IS NULL THEN [] ELSE [reason] END, []
FROM others;
COMMENT ON VIEW session_answerability IS 'For each session and each row of a log: can it be put down to one job or person, and if not, why; gaps: what else of it is not known';

-- A connection that does not tell its account may hold any of what it leads to; of a connection for commands that is everything.
CREATE OR REPLACE MACRO may_lead_to(subtype, provider) AS
  subtype IS NULL OR subtype = provider OR provider = 'k8s' AND starts_with(subtype, 'kubernetes')
  OR subtype NOT IN ('postgres', 'mysql', 'mssql', 'oracledb', 'mongodb', 'dynamodb', 'ssh', 'rdp', 'kubernetes', 'kubernetes-eks', 'grafana', 'kibana');

-- Did it come through the gateway? One row a row of a log of a target or cloud. `around`: how many of its records lie outside of every session.
CREATE OR REPLACE VIEW log_passages AS
WITH logged AS MATERIALIZED (
  SELECT u.observation_id, k.identity_id, k.credential_id, coalesce(u.records, 1) AS records
  FROM direct_usage_rows AS k
  JOIN obs.usages AS u ON u.rowid = k.row_id
  WHERE NOT k.is_bookkeeping
),
-- Accounts are fewer than rows.
untold AS MATERIALIZED (
  SELECT p.provider, list(DISTINCT g.connection ORDER BY g.connection) AS connections
  FROM (SELECT DISTINCT split_part(identity_id, ':', 1) AS provider FROM logged WHERE identity_id IS NOT NULL) AS p
  JOIN gateway_connections AS g ON may_lead_to((g.detail->>'$.subtype'), p.provider)
  WHERE g.identity_id IS NULL AND g.credential_id IS NULL
  GROUP BY p.provider
),
-- A log that names no server may be of one whose account the gateway holds.
unplaced AS MATERIALIZED (
  SELECT a.identity_id, list(DISTINCT g.connection ORDER BY g.connection) AS connections
  FROM (SELECT DISTINCT identity_id FROM logged WHERE identity_scope(identity_id) = '-') AS a
  JOIN gateway_connections AS g ON regexp_replace(g.identity_id, '^([^:]*):[^:]*:', '\1:-:') = a.identity_id
  GROUP BY a.identity_id
)
SELECT
  l.observation_id, l.identity_id, l.credential_id, l.records, coalesce(d.connections, []) AS connections, d.session,
  CASE
    WHEN l.identity_id IS NULL AND l.credential_id IS NULL THEN 'not-known'
    WHEN d.observation_id IS NULL AND (n.provider IS NOT NULL OR p.identity_id IS NOT NULL) THEN 'not-known'
    WHEN d.observation_id IS NULL THEN 'not-held'
    WHEN d.why_not IS NULL THEN 'around'
    WHEN d.session IS NOT NULL OR starts_with(d.why_not, 'it came from') THEN 'through'
    ELSE 'not-known' END AS passage,
  CASE
    WHEN l.identity_id IS NULL AND l.credential_id IS NULL THEN 'the log names no account'
    WHEN d.observation_id IS NULL AND p.identity_id IS NOT NULL
      THEN concat('the log names no server: it may be the account of that name that ', listed(p.connections), CASE WHEN len(p.connections) = 1 THEN ' holds' ELSE ' hold' END)
    WHEN d.observation_id IS NULL AND n.provider IS NOT NULL
      THEN concat('which account ', listed(n.connections), CASE WHEN len(n.connections) = 1 THEN ' holds' ELSE ' hold' END, ' is not known')
    WHEN d.observation_id IS NULL THEN 'no connection of the gateway holds the account'
    WHEN d.is_beside_session THEN 'it came from no address of the gateway''s agents, while a session was open'
    WHEN d.why_not IS NULL THEN concat('no session of ', listed(d.connections), ' was open')
    ELSE d.why_not END AS why,
  CASE WHEN d.observation_id IS NOT NULL AND d.why_not IS NULL THEN least(d.records, l.records) ELSE 0 END AS around
FROM logged AS l
LEFT JOIN direct_uses AS d USING (observation_id)
LEFT JOIN untold AS n ON n.provider = split_part(l.identity_id, ':', 1)
LEFT JOIN unplaced AS p ON p.identity_id = l.identity_id;
COMMENT ON VIEW log_passages IS 'Rows of logs of targets and clouds: through the gateway, around it, of an account that no connection holds (not-held), or not known, and why';
