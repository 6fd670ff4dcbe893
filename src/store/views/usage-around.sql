-- What logs of targets and clouds say of accounts that the gateway holds: through the gateway, or around it.

-- The log names the account, the gateway the connection. One that holds another key of the account is not how that key was used.
CREATE OR REPLACE VIEW direct_accounts AS
-- Each is named once: where only the views are there, it is planned anew for each time.
WITH keys AS MATERIALIZED (SELECT identity_id, credential_id, fingerprint, last_used_at FROM credentials WHERE fingerprint IS NOT NULL OR last_used_at IS NOT NULL),
connections AS MATERIALIZED (SELECT identity_id, credential_id, connection, org, evidence, environment FROM gateway_connections),
pairs AS (
  SELECT identity_id, credential_id FROM direct_usage_rows WHERE NOT is_bookkeeping AND (identity_id IS NOT NULL OR credential_id IS NOT NULL)
  UNION
  -- Its provider tells of a key when it was used last.
  SELECT identity_id, credential_id FROM keys WHERE last_used_at IS NOT NULL AND identity_id IN (SELECT identity_id FROM connections)
),
fingerprints AS (
  SELECT credential_id, max(fingerprint) AS fingerprint FROM keys WHERE fingerprint IS NOT NULL GROUP BY credential_id
),
held AS (
  SELECT p.identity_id, p.credential_id, g.connection, g.org, g.evidence, g.environment, p.credential_id IS NULL OR g.credential_id IS NOT NULL AS key_is_known
  FROM pairs AS p
  JOIN connections AS g ON g.identity_id = p.identity_id
  LEFT JOIN fingerprints AS one ON one.credential_id = g.credential_id
  LEFT JOIN fingerprints AS other ON other.credential_id = p.credential_id
  WHERE g.credential_id IS NULL OR p.credential_id IS NULL OR g.credential_id = p.credential_id OR one.fingerprint = other.fingerprint
  UNION
  SELECT p.identity_id, p.credential_id, g.connection, g.org, g.evidence, g.environment, true
  FROM pairs AS p
  JOIN connections AS g ON g.credential_id = p.credential_id
)
SELECT
  hash(identity_id, credential_id) AS account, identity_id, credential_id, connection, org, bool_or(key_is_known) AS key_is_known,
  any_value(environment) AS environment, list_distinct(flatten(list(evidence))) AS evidence
FROM held
GROUP BY ALL;
COMMENT ON VIEW direct_accounts IS 'Accounts that logs of targets or clouds name and gateway connections hold, one row an account and connection; key_is_known: the connection tells that it holds that very key';

-- When sessions of an account were open, clocks being what they are: sessions that overlap are one stretch of time. One without an
-- end covers two days, the longest window that the gateway grants; whether it was open after that nobody knows: one that the
-- gateway has as open may have been left so, or its end was never written (unended_since). One that was ready may have begun since.
CREATE OR REPLACE VIEW session_stretches AS
WITH intervals AS (
  SELECT
    d.account, u.used_at - t.clock_tolerance AS since, coalesce(u.ended_at, u.used_at + INTERVAL 48 HOUR) + t.clock_tolerance AS until,
    r.caller, u.job, u.observation_id, CASE WHEN u.ended_at IS NULL AND r.status = 'open' THEN u.used_at + INTERVAL 48 HOUR END AS unended_since
  FROM direct_accounts AS d
  JOIN obs.usages AS u ON u.target = d.connection
  JOIN gateway_rows AS r ON r.row_id = u.rowid AND (r.org = d.org OR r.org IS NULL OR d.org IS NULL)
  CROSS JOIN gateway_settings AS t
  WHERE u.via = 'gateway' AND NOT r.is_bookkeeping AND NOT r.is_admin_audit AND r.state NOT IN ('refused', 'waiting')
),
marked AS (
  SELECT *, coalesce(since > max(until) OVER (PARTITION BY account ORDER BY since, until ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS begins
  FROM intervals
),
numbered AS (
  SELECT *, count(*) FILTER (begins) OVER (PARTITION BY account ORDER BY since, until ROWS UNBOUNDED PRECEDING) AS stretch FROM marked
)
SELECT
  account, min(since) AS since, max(until) AS until, count(*) AS sessions,
  count(DISTINCT concat(caller, chr(31), job)) AS callers, min(caller) AS caller, min(job) AS job, min(observation_id) AS session,
  min(unended_since) AS unended_since
FROM numbered
GROUP BY account, stretch;
COMMENT ON VIEW session_stretches IS 'Stretches of time in which gateway sessions of an account were open, with the tolerance of clocks';

-- When sessions were open of connections that were deleted since, which may have held the account: the gateway names the resource of all
-- connections but those.
CREATE OR REPLACE VIEW deleted_stretches AS
WITH gone AS (
  SELECT r.org, r.subtype, u.used_at - t.clock_tolerance AS since, coalesce(u.ended_at, u.used_at + INTERVAL 48 HOUR) + t.clock_tolerance AS until
  FROM gateway_rows AS r
  JOIN obs.usages AS u ON u.rowid = r.row_id
  CROSS JOIN gateway_settings AS t
  ANTI JOIN gateway_connections AS g ON g.connection = u.target
  WHERE r.resource IS NULL AND r.identity_id IS NULL AND r.credential_id IS NULL AND NOT r.is_bookkeeping AND NOT r.is_admin_audit AND NOT r.is_counts_only
    AND u.records IS NULL AND u.target IS NOT NULL AND r.state NOT IN ('refused', 'waiting')
    AND EXISTS (FROM gateway_rows WHERE resource IS NOT NULL)
),
intervals AS (
  SELECT d.account, g.since, g.until
  FROM (SELECT DISTINCT account, org, split_part(identity_id, ':', 1) AS provider FROM direct_accounts) AS d
  JOIN gone AS g ON (g.org = d.org OR g.org IS NULL OR d.org IS NULL)
    AND (g.subtype IS NULL OR g.subtype = d.provider OR g.subtype NOT IN ('postgres', 'mysql', 'mssql', 'oracledb', 'mongodb', 'dynamodb', 'ssh', 'rdp'))
)
-- Of those that have begun, the one that is open longest.
SELECT account, since, max(until) OVER (PARTITION BY account ORDER BY since ROWS UNBOUNDED PRECEDING) AS until
FROM intervals;
COMMENT ON VIEW deleted_stretches IS 'When sessions were open of connections that are not there any more, and may have held the account';

-- When sessions of every connection of an account were given: that none was open at another time, nobody knows.
CREATE OR REPLACE VIEW account_spans AS
WITH accounts AS MATERIALIZED (SELECT account, connection, org FROM direct_accounts),
spans AS (
  SELECT DISTINCT d.account, d.connection, d.org, s.since, s.until
  FROM accounts AS d
  JOIN observed_spans AS s ON s.surface = 'gateway' AND (s.scope = d.org OR s.scope IS NULL OR d.org IS NULL) AND (s.connection = d.connection OR s.connection IS NULL)
),
marked AS (
  SELECT *, coalesce(since > max(until) OVER (PARTITION BY account, connection, org ORDER BY since, until ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS begins
  FROM spans
),
numbered AS (
  SELECT *, count(*) FILTER (begins) OVER (PARTITION BY account, connection, org ORDER BY since, until ROWS UNBOUNDED PRECEDING) AS stretch FROM marked
),
-- Of each connection without overlaps: where as many are given as there are, all are.
ends AS (
  SELECT account, unnest([{'moment': min(since), 'step': 1}, {'moment': max(until), 'step': -1}], recursive := true) FROM numbered GROUP BY account, connection, org, stretch
),
steps AS (
  SELECT account, moment AS since, lead(moment) OVER in_order AS until, sum(step) OVER in_order AS given
  FROM ends
  WINDOW in_order AS (PARTITION BY account ORDER BY moment, step DESC ROWS UNBOUNDED PRECEDING)
)
SELECT s.account, s.since, s.until
FROM steps AS s
JOIN (SELECT account, count(*) AS connections FROM accounts GROUP BY account) AS d USING (account)
WHERE s.given = d.connections;
COMMENT ON VIEW account_spans IS 'Stretches of time of which sessions of all connections of an account were given (observed_spans)';

-- Addresses from which the agents of the gateway reach their targets, as the configuration says: the gateway's inventory of agents tells
-- names of hosts, and none of these.
CREATE OR REPLACE VIEW gateway_addresses AS
SELECT DISTINCT unnest(egress) AS address FROM gateway_settings;
COMMENT ON VIEW gateway_addresses IS 'Addresses (CIDR) of the gateway''s agents (gateway.egress of the configuration)';

-- Numbers of 128 bits: an IPv4 address is that of its IPv6 form, `::ffff:192.0.2.1`. What is no address has none.
CREATE OR REPLACE MACRO ip4_number(address) AS
  CASE WHEN regexp_full_match(address, '((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}') AND NOT ends_with(address, '.')
    THEN list_reduce(list_transform(string_split(address, '.'), lambda part: part::UBIGINT), lambda high, low: high * 256 + low) END;
CREATE OR REPLACE MACRO ip_words(address) AS list_filter(string_split(address, ':'), lambda word: word <> '');
-- Lists of one bind what would else be written out many times over.
CREATE OR REPLACE MACRO ip6_words(address) AS
  list_transform([ip_words(split_part(address, '::', 1))], lambda high: list_transform([ip_words(split_part(address, '::', 2))], lambda low:
    list_concat(list_concat(high, CASE WHEN contains(address, '::') THEN list_transform(range(8 - len(high) - len(low)), lambda _: '0') ELSE [] END), low))[1])[1];
-- `::ffff:192.0.2.1` with its end as the others.
CREATE OR REPLACE MACRO ip6_text(address) AS
  CASE WHEN contains(address, '.')
    THEN list_transform([ip4_number(regexp_extract(address, '[^:]*$'))], lambda low:
      concat(regexp_replace(address, '[^:]*$', ''), printf('%x:%x', (low >> 16::UBIGINT)::BIGINT, (low & 65535::UBIGINT)::BIGINT)))[1]
    ELSE address END;
CREATE OR REPLACE MACRO ip6_number(address) AS
  list_transform([ip6_text(address)], lambda whole: list_transform([ip6_words(whole)], lambda words:
    CASE WHEN len(words) = 8
      THEN list_reduce(list_transform(words, lambda word: TRY_CAST('0x' || word AS UBIGINT)::UHUGEINT), lambda high, low: high * 65536 + low) END)[1])[1];
CREATE OR REPLACE MACRO ip_number(address) AS
  CASE
    WHEN NOT contains(address, ':') THEN ip4_number(address)::UHUGEINT + 281470681743360::UHUGEINT
    WHEN regexp_full_match(address, '[0-9a-fA-F:]*:[0-9a-fA-F:]*((\d{1,3}\.){3}\d{1,3})?') THEN ip6_number(ip6_text(address)) END;
-- `203.0.113.0` of its /24; another address is by itself.
CREATE OR REPLACE MACRO network_of(address) AS regexp_replace(address, '^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$', '\1.0');
CREATE OR REPLACE MACRO range_bits(range) AS
  CASE WHEN contains(range, ':') THEN coalesce(TRY_CAST(nullif(split_part(range, '/', 2), '') AS INTEGER), 128)
    ELSE 96 + coalesce(TRY_CAST(nullif(split_part(range, '/', 2), '') AS INTEGER), 32) END;
-- By their bits; what is no address by its text.
CREATE OR REPLACE MACRO is_within(address, range) AS
  address = split_part(range, '/', 1) OR coalesce(
    range_bits(range) BETWEEN 1 AND 128
      AND ip_number(address) >> greatest(128 - range_bits(range), 0)::UHUGEINT = ip_number(split_part(range, '/', 1)) >> greatest(128 - range_bits(range), 0)::UHUGEINT, false);

-- One row of a log: through the gateway, or why not. `records`: how many of its records lie outside of every session.
CREATE OR REPLACE VIEW direct_uses AS
-- Each is planned once, where only the views are there.
WITH accounts AS MATERIALIZED (FROM direct_accounts),
stretches AS MATERIALIZED (FROM session_stretches),
spans AS MATERIALIZED (FROM account_spans),
deleted AS MATERIALIZED (FROM deleted_stretches),
-- From two days after it began such a session neither accuses nor excuses.
unended AS MATERIALIZED (SELECT account, min(unended_since) AS since FROM stretches GROUP BY account),
addresses AS MATERIALIZED (FROM gateway_addresses),
-- Which databases are on the servers that roles of PostgreSQL are known of.
databases AS MATERIALIZED (
  SELECT DISTINCT lower(split_part(identity_scope(identity_id), '/', 1)) AS server, url_decode(split_part(identity_scope(identity_id), '/', 2)) AS name
  FROM obs.identities SEMI JOIN current_parts USING (part_id)
  WHERE starts_with(identity_id, 'postgres:') AND contains(identity_scope(identity_id), '/')
),
uses AS MATERIALIZED (
  SELECT k.row_id, hash(k.identity_id, k.credential_id) AS account, k.identity_id, k.credential_id, u.used_at, coalesce(u.ended_at, u.used_at) AS ended_at,
    u.records, u.source_ip, u.observation_id, u.via, u.outcome,
    -- Another server may have a role of the name: that the database is one of this server's says that it is this.
    coalesce(starts_with(u.identity_id, 'postgres:-:') AND d.name IS NULL, false) AS is_unplaced
  FROM direct_usage_rows AS k
  JOIN obs.usages AS u ON u.rowid = k.row_id
  LEFT JOIN databases AS d ON d.server = lower(split_part(identity_scope(k.identity_id), '/', 1)) AND d.name = u.target
  WHERE NOT k.is_bookkeeping AND hash(k.identity_id, k.credential_id) IN (SELECT account FROM accounts)
),
placed AS MATERIALIZED (
  SELECT u.*, s.until >= u.ended_at AS is_inside, s.session, s.callers, s.caller, s.job, s.since
  FROM uses AS u
  ASOF LEFT JOIN stretches AS s ON s.account = u.account AND u.used_at >= s.since
),
-- Of rows that sum up many records and lie partly outside, each record that is kept.
kept AS MATERIALIZED (
  SELECT p.row_id, p.account, r.used_at
  FROM (SELECT row_id, account, TRY_CAST('0x' || observation_id AS UBIGINT) AS usage_key FROM placed WHERE is_inside IS NOT TRUE AND records > 1 AND length(observation_id) = 16) AS p
  JOIN (SELECT usage_key, used_at FROM obs.log_records SEMI JOIN current_parts USING (part_id)) AS r USING (usage_key)
),
-- Of others that span a time, and of those whose records are forgotten, its two ends, which are records.
moments AS (
  FROM kept
  UNION ALL
  SELECT row_id, account, unnest(CASE WHEN ended_at > used_at THEN [used_at, ended_at] ELSE [used_at] END)
  FROM placed
  ANTI JOIN kept USING (row_id)
  WHERE is_inside IS NOT TRUE
),
connections AS (
  SELECT d.account, list(d.connection ORDER BY d.connection) AS connections, bool_or(d.key_is_known) AS key_is_known, max(d.environment) AS environment, list_distinct(flatten(list(d.evidence))) AS evidence,
    EXISTS (FROM spans AS s WHERE s.account = d.account) OR NOT EXISTS (FROM observed_spans WHERE connection IS NOT NULL) AS has_spans
  FROM accounts AS d
  GROUP BY d.account
),
outside AS (
  SELECT m.row_id,
    count(*) FILTER (m.used_at <= g.until AND coalesce(m.used_at > x.until, true) AND coalesce(m.used_at < y.since, true)) AS records,
    min(m.used_at) FILTER (m.used_at <= g.until AND coalesce(m.used_at > x.until, true) AND coalesce(m.used_at < y.since, true)) AS first,
    max(m.used_at) FILTER (m.used_at <= g.until AND coalesce(m.used_at > x.until, true) AND coalesce(m.used_at < y.since, true)) AS last,
    count(*) FILTER (m.used_at <= g.until AND m.used_at <= x.until) AS beside_deleted,
    count(*) FILTER (m.used_at <= g.until AND m.used_at >= y.since) AS beside_unended
  FROM moments AS m
  ASOF LEFT JOIN spans AS g ON g.account = m.account AND m.used_at >= g.since
  ASOF LEFT JOIN deleted AS x ON x.account = m.account AND m.used_at >= x.since
  ASOF LEFT JOIN stretches AS s ON s.account = m.account AND m.used_at >= s.since
  LEFT JOIN unended AS y ON y.account = m.account
  WHERE s.until IS NULL OR m.used_at > s.until
  GROUP BY m.row_id
),
-- From where the records come that lie in sessions. What is seen in almost each of many stretches is the gateway itself:
-- a pool keeps one connection to the target over many sessions, and works in it between them.
seen AS (
  SELECT account, source_ip, count(DISTINCT since) AS stretches FROM placed WHERE is_inside AND source_ip IS NOT NULL GROUP BY ALL
),
pools AS (
  SELECT s.account, s.source_ip
  FROM seen AS s
  JOIN (SELECT account, count(DISTINCT since) AS stretches FROM placed WHERE is_inside AND source_ip IS NOT NULL GROUP BY account) AS a USING (account)
  WHERE a.stretches >= 3 AND s.stretches >= 0.8 * a.stretches
),
-- Where the configuration says from where the gateway comes.
judged AS (
  SELECT a.source_ip, coalesce(bool_or(is_within(a.source_ip, g.address)), false) AS is_own,
    -- Names of services and the host of the target itself tell nothing.
    ip_number(a.source_ip) IS NOT NULL AND NOT starts_with(a.source_ip, '127.') AND a.source_ip <> '::1' AS is_address
  FROM (SELECT DISTINCT source_ip FROM uses WHERE source_ip IS NOT NULL) AS a
  JOIN addresses AS g ON true
  GROUP BY a.source_ip
)
SELECT
  p.identity_id,
  p.credential_id,
  coalesce(o.first, p.used_at) AS used_at,
  coalesce(o.last, p.ended_at) AS ended_at,
  coalesce(nullif(o.records, 0), p.records, 1) AS records,
  p.source_ip,
  c.connections[1] AS connection,
  c.connections,
  list_concat([p.observation_id], c.evidence) AS evidence,
  p.observation_id,
  CASE
    WHEN o.row_id IS NULL AND NOT (c.key_is_known AND NOT p.is_unplaced AND pool.source_ip IS NULL AND ip.is_address AND NOT ip.is_own) IS TRUE THEN 'a session was open'
    WHEN o.row_id IS NULL THEN NULL
    WHEN ip.is_own THEN 'it came from an address of the gateway''s agents'
    WHEN pool.source_ip IS NOT NULL THEN 'it came from where the sessions of the account come from'
    WHEN p.is_unplaced THEN 'the log does not name its server, and none of that database is known to have the role'
    WHEN NOT c.key_is_known THEN 'the connection does not tell which key of the account it holds'
    WHEN o.records = 0 AND o.beside_deleted > 0 THEN 'a session was open of a connection that is not there any more'
    WHEN o.records = 0 AND o.beside_unended > 0 THEN 'a session that began more than two days before has no end'
    WHEN o.records = 0 AND c.has_spans THEN 'the sessions that were given do not span that time'
    WHEN o.records = 0 THEN 'sessions of its connections were not given, of another alone' END AS why_not,
  p.via,
  p.outcome,
  c.environment,
  p.source_ip IS NOT NULL AND (EXISTS (FROM addresses) OR EXISTS (FROM pools AS k WHERE k.account = p.account)) AS address_is_judged,
  CASE WHEN why_not = 'a session was open' THEN p.session END AS session,
  o.row_id IS NULL AND why_not IS NULL AS is_beside_session,
  p.callers, p.caller, p.job
FROM placed AS p
JOIN connections AS c USING (account)
LEFT JOIN outside AS o USING (row_id)
LEFT JOIN judged AS ip ON ip.source_ip = p.source_ip
LEFT JOIN pools AS pool ON pool.account = p.account AND pool.source_ip = p.source_ip;
COMMENT ON VIEW direct_uses IS 'Uses of accounts that the gateway holds, as logs of targets and clouds tell them: around the gateway where why_not is NULL, else why they are not';

-- The same of what a provider tells of the last use of a key that leaked.
CREATE OR REPLACE VIEW leaked_key_uses AS
WITH used AS (
  SELECT credential_id, inventory_id, identity_id, last_used_at, hash(identity_id, inventory_id) AS account FROM leaked_credentials WHERE last_used_at IS NOT NULL
),
accounts AS MATERIALIZED (
  SELECT account, list(connection ORDER BY connection) AS connections, bool_or(key_is_known) AS key_is_known, list_distinct(flatten(list(evidence))) AS evidence
  FROM direct_accounts
  GROUP BY account
),
stretches AS MATERIALIZED (FROM session_stretches)
SELECT
  u.credential_id, u.inventory_id, u.identity_id, u.last_used_at, a.connections, a.evidence,
  coalesce((SELECT sum(s.sessions) FROM stretches AS s WHERE s.account = u.account), 0)::BIGINT AS sessions,
  (SELECT arg_min(s.session, (abs(date_diff('second', s.since, u.last_used_at)), s.session), 4) FROM stretches AS s WHERE s.account = u.account) AS nearest,
  (SELECT min(greatest(date_diff('second', u.last_used_at, s.since), date_diff('second', s.until, u.last_used_at), 0)) FROM stretches AS s WHERE s.account = u.account) AS seconds_off,
  CASE
    WHEN NOT a.key_is_known THEN 'the connection does not tell which key of the account it holds'
    WHEN NOT EXISTS (FROM account_spans AS g WHERE g.account = u.account AND u.last_used_at BETWEEN g.since AND g.until) THEN 'the sessions that were given do not span the last use'
    WHEN EXISTS (FROM stretches AS s WHERE s.account = u.account AND u.last_used_at >= s.unended_since) THEN 'a session that began more than two days before has no end'
    WHEN EXISTS (FROM deleted_stretches AS x WHERE x.account = u.account AND u.last_used_at BETWEEN x.since AND x.until)
      THEN 'a session was open of a connection that is not there any more' END AS why_not
FROM used AS u
JOIN accounts AS a USING (account);
COMMENT ON VIEW leaked_key_uses IS 'Last uses of leaked keys that the gateway holds: seconds_off: how far from the nearest session of the account; why_not: why nothing can be said of one far from all';
