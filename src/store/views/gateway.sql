-- Connections of a gateway and their accounts, its sessions, and other use of identities.

-- Connections have names that are unique in an organisation only; inventories tell no organisation, sessions do. A name
-- that one organisation uses is that of the connection without one; where two use it, nobody can say whose it is.
CREATE OR REPLACE MACRO connection_name(consumer_id) AS regexp_extract(consumer_id, '^[^:]*:[^:]*:connection/(.*)$', 1, 's');
CREATE OR REPLACE MACRO connection_org(consumer_id) AS url_decode(nullif(identity_scope(consumer_id), '-'));
-- Joins by equality: NULL joins nothing.
CREATE OR REPLACE MACRO org_key(org, orgs) AS coalesce(org, CASE WHEN orgs = 0 THEN '' END);
-- Inventories tell no organisation; where one side does not, they are of the only one.
CREATE OR REPLACE MACRO same_org(one, other) AS coalesce(one = other, true);

-- What the configuration says of the gateway, with what holds where it says nothing.
CREATE OR REPLACE VIEW gateway_settings AS
SELECT
  coalesce(TRY_CAST(g->'$.personalData' AS MAP(VARCHAR, VARCHAR[])),
    MAP {'data': ['pii', 'phi', 'pci', 'personal', 'sensitive', 'confidential']}) AS personal_data,
  coalesce(TRY_CAST(g->'$.notPersonal' AS VARCHAR[]), ['LOCATION', 'DATE_TIME', 'URL', 'NRP']) AS not_personal,
  coalesce(TRY_CAST(g->'$.requiredMasks' AS MAP(VARCHAR, VARCHAR[])), MAP {
    'pii': ['EMAIL_ADDRESS', 'PHONE_NUMBER', 'PERSON'],
    'pci': ['CREDIT_CARD'],
    'phi': ['EMAIL_ADDRESS', 'PHONE_NUMBER', 'PERSON', 'US_SSN']}) AS required_masks,
  coalesce(TRY_CAST(g->'$.groups' AS MAP(VARCHAR, VARCHAR[])), MAP {}) AS groups,
  coalesce(TRY_CAST(g->'$.trustZones' AS MAP(VARCHAR, VARCHAR[])), MAP {}) AS trust_zones,
  coalesce(TRY_CAST(g->'$.egress' AS VARCHAR[]), []) AS egress,
  to_seconds(coalesce(TRY_CAST(g->>'$.clockTolerance' AS INTEGER), 120)) AS clock_tolerance,
  TRY_CAST(g->>'$.retentionDays' AS INTEGER) AS retention_days
FROM (SELECT TRY_CAST((parameters->>'$.gateway') AS JSON) AS g FROM current_run);
COMMENT ON VIEW gateway_settings IS 'One row: what the configuration says of the gateway (section gateway)';

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

CREATE OR REPLACE MACRO is_machine(caller_type) AS
  caller_type IN ('service-account', 'api-key', 'agent', 'machine-identity', 'machine', 'static-admin-key');

-- E-mails of who decided, whether a list of texts or of objects holds them.
CREATE OR REPLACE MACRO review_emails(reviewers) AS
  list_sort(list_distinct(list_filter(list_transform(
    from_json(reviewers, '["JSON"]'),
    lambda one: CASE json_type(one) WHEN 'VARCHAR' THEN one->>'$' ELSE one->>'$.email' END), lambda email: coalesce(email, '') <> '')));
CREATE OR REPLACE MACRO review_users(reviewers) AS
  list_sort(list_distinct(list_filter(list_transform(from_json(reviewers, '["JSON"]'), lambda one: one->>'$.id'), lambda id: coalesce(id, '') <> '')));
CREATE OR REPLACE MACRO review_key(approval_id) AS regexp_extract(approval_id, '[^/:]+$');

-- What was asked of reviewers and what they decided: reviews as the gateway lists them, and those that sessions carry, one row each.
-- An approved window covers every session of the same user on the same connection that starts in it.
CREATE OR REPLACE VIEW gateway_approvals AS
WITH of_sessions AS (
  -- Few sessions have a review: the text of the others is searched, not read.
  SELECT observation_id, session_id, used_at, target, detail, from_json(detail, '{"org": "VARCHAR", "userId": "VARCHAR", "review": {
      "id": "VARCHAR", "type": "VARCHAR", "status": "VARCHAR", "createdAt": "VARCHAR", "revokeAt": "VARCHAR", "rule": "VARCHAR", "reviewers": "JSON", "groups": "JSON",
      "forced": "VARCHAR", "seconds": "BIGINT", "timeWindow": {"start": "VARCHAR", "end": "VARCHAR"}},
    "window": {"from": "VARCHAR", "until": "VARCHAR", "userId": "VARCHAR", "connection": "VARCHAR"}}') AS told
  FROM obs.usages
  SEMI JOIN current_parts USING (part_id)
  WHERE via = 'gateway' AND (contains(detail::VARCHAR, '"review":{') OR contains(detail::VARCHAR, '"window":{'))
),
rows_now AS (
  SELECT
    coalesce(told.review.id, session_id) AS review_id,
    told.org AS org,
    told.review.type AS type,
    told.review.status AS status,
    coalesce(told.window.userId, told.userId) AS user_id,
    coalesce(told.window.connection, target) AS connection,
    TRY_CAST(told.review.createdAt AS TIMESTAMP) AS asked_at,
    TRY_CAST(told.window.from AS TIMESTAMP) AS opened_at,
    coalesce(TRY_CAST(told.window.until AS TIMESTAMP), TRY_CAST(told.review.revokeAt AS TIMESTAMP)) AS closed_at,
    coalesce(told.review.groups, told.review.reviewers) AS reviewers,
    coalesce(TRY_CAST(told.review.forced AS BOOLEAN), false) AS forced,
    told.review.rule AS rule,
    told.review.seconds AS seconds,
    told.review.timeWindow AS hours,
    session_id,
    observation_id,
    used_at AS seen_at
  FROM of_sessions
  WHERE told.review IS NOT NULL OR told.window.from IS NOT NULL
  UNION ALL BY NAME
  SELECT
    review_key(policy_id) AS review_id,
    coalesce(scope, url_decode(nullif(identity_scope(policy_id), '-'))) AS org,
    said.type, said.status,
    said.userId AS user_id,
    unnest(CASE WHEN len(applies_to) > 0 THEN applies_to ELSE [NULL] END) AS connection,
    coalesce(created_at, TRY_CAST(said.from AS TIMESTAMP)) AS asked_at,
    TRY_CAST(said.from AS TIMESTAMP) AS opened_at,
    TRY_CAST(said.until AS TIMESTAMP) AS closed_at,
    said.reviewers,
    NULL::BOOLEAN AS forced,
    said.rule,
    said.seconds,
    said.timeWindow AS hours,
    said.session AS session_id,
    observation_id,
    NULL::TIMESTAMP AS seen_at
  FROM (
    SELECT *, from_json(settings, '{"type": "VARCHAR", "status": "VARCHAR", "userId": "VARCHAR", "from": "VARCHAR", "until": "VARCHAR", "reviewers": "JSON", "rule": "VARCHAR",
      "seconds": "BIGINT", "timeWindow": {"start": "VARCHAR", "end": "VARCHAR"}, "session": "VARCHAR"}') AS said
    FROM obs.policies
    SEMI JOIN current_parts USING (part_id)
    WHERE type = 'approval')
),
merged AS (
  SELECT
    review_id,
    max(org) AS org,
    lower(max(type)) AS type,
    -- A list of reviews and a session may tell of two moments; what was decided at last stands.
    upper(arg_max(status, (list_position(['PENDING', 'UNKNOWN', 'APPROVED', 'PROCESSING', 'EXECUTED', 'REJECTED', 'REVOKED'], upper(status)), seen_at))) AS status,
    max(user_id) AS user_id,
    max(connection) AS connection,
    min(asked_at) AS asked_at,
    min(opened_at) AS opened_at,
    max(closed_at) AS closed_at,
    arg_max(reviewers, length(reviewers::VARCHAR)) AS reviewers,
    coalesce(bool_or(forced), false) AS told_forced,
    max(rule) AS rule,
    max(seconds) AS seconds,
    max(TRY_CAST(hours.start AS TIME)) AS from_hour,
    max(TRY_CAST(hours.end AS TIME)) AS until_hour,
    max(session_id) AS session_id,
    list_sort(list_distinct(list(observation_id))) AS evidence
  FROM rows_now
  GROUP BY review_id
)
SELECT
  concat('hoop:', coalesce(url_encode(org), '-'), ':review/', review_id) AS approval_id,
  review_id, org, type, status,
  status IN ('APPROVED', 'PROCESSING', 'EXECUTED') OR status IS NULL AND opened_at IS NOT NULL AS is_approved,
  user_id, connection, asked_at,
  CASE WHEN type = 'jit' OR type IS NULL AND closed_at IS NOT NULL THEN coalesce(opened_at, asked_at) END AS opened_at,
  closed_at,
  coalesce(review_emails(reviewers), []) AS approvers, coalesce(review_users(reviewers), []) AS approver_ids,
  told_forced OR coalesce(contains(reviewers::VARCHAR, '"forced":true'), false) AS is_forced,
  -- When the last of them decided.
  list_max(list_transform(from_json(reviewers, '["JSON"]'), lambda one: TRY_CAST(one->>'$.at' AS TIMESTAMP))) AS decided_at,
  rule, seconds, from_hour, until_hour, session_id, evidence
FROM merged;
COMMENT ON VIEW gateway_approvals IS 'Reviews of the gateway: who asked, what was decided by whom, and for how long; opened_at and closed_at: the window that it opens; from_hour and until_hour: between which hours of a day (UTC) what was approved may run';

-- Was nothing between the two times within those hours? Both ends of them belong to them; the later may be of the next morning.
CREATE OR REPLACE MACRO is_outside_hours(first, last, from_hour, until_hour) AS
  last - first < INTERVAL 1 DAY
  AND NOT list_bool_or(list_transform([-1, 0, 1], lambda day:
    (first::DATE + day) + from_hour <= last
    AND (first::DATE + day) + until_hour + CASE WHEN until_hour < from_hour THEN INTERVAL 1 DAY ELSE INTERVAL 0 DAY END >= first));

-- Did a session take place? Whoever needs an approval asks first, and the gateway writes a row for that: what was refused, or waits for the
-- decision or for its start, is a request. What left something behind ran, whatever was decided; what is open, and not held back, goes on.
CREATE OR REPLACE MACRO session_state(left_something, status, approval) AS CASE
  WHEN left_something THEN 'ran'
  WHEN approval = 'rejected' THEN 'refused'
  WHEN approval = 'pending' THEN 'waiting'
  WHEN coalesce(status, 'open') = 'open' THEN 'open'
  ELSE 'ready' END;

-- What rows of a gateway say, read out of their JSON once, and what the inventories, the windows and the connections say of them.
-- The same session may come from a list (thin) and from a single export (full): the fuller row stands.
-- Rows are told by their number in the table, and what stands there is not copied: over a million sessions every join of wide rows costs a second.
CREATE OR REPLACE VIEW gateway_rows AS
WITH twins AS (
  SELECT session_id
  FROM obs.usages SEMI JOIN current_parts USING (part_id)
  WHERE via = 'gateway' AND records IS NULL AND session_id IS NOT NULL
  GROUP BY session_id
  HAVING count(*) > 1
),
beaten_rows AS (
  SELECT unnest(list(rowid ORDER BY CASE detail->>'$.depth' WHEN 'single' THEN 0 WHEN 'metrics' THEN 2 ELSE 1 END, length(detail::VARCHAR) DESC, observation_id)[2:]) AS row_id
  FROM obs.usages SEMI JOIN current_parts USING (part_id) SEMI JOIN twins USING (session_id)
  WHERE via = 'gateway' AND records IS NULL
  GROUP BY session_id
  UNION ALL
  SELECT unnest(list(rowid)[2:])
  FROM obs.usages SEMI JOIN current_parts USING (part_id)
  WHERE via = 'gateway' AND (records IS NOT NULL OR session_id IS NULL)
  GROUP BY observation_id
  HAVING count(*) > 1
),
-- What was counted of personal data in a session, as the gateway lists it by sessions, beside the session itself.
counted AS (
  SELECT m.session_id, m.org,
    {'info_types': coalesce(m.infoTypes, '{}'), 'analyzed': coalesce(m.analyzed, '{}'), 'masked': u.masked, 'seen': u.info_types, 'observation_id': u.observation_id} AS counts
  FROM (
    SELECT rowid AS row_id, session_id, unnest(from_json(detail, '{"org": "VARCHAR", "infoTypes": "JSON", "analyzed": "JSON"}'))
    FROM obs.usages SEMI JOIN current_parts USING (part_id) SEMI JOIN twins USING (session_id)
    WHERE via = 'gateway' AND records IS NULL AND contains(detail::VARCHAR, '"depth":"metrics"')) AS m
  JOIN obs.usages AS u ON u.rowid = m.row_id
  QUALIFY row_number() OVER (PARTITION BY m.session_id, m.org ORDER BY length(u.detail::VARCHAR) DESC, u.observation_id) = 1
),
-- Few, which the engine cannot know of a grouping: it would build its table of all sessions and look these up.
beaten AS (
  SELECT unnest(row_ids) AS row_id FROM (SELECT list(row_id) AS row_ids FROM beaten_rows)
),
parsed AS MATERIALIZED (
  SELECT
    u.rowid AS row_id, u.session_id, u.used_at, u.ended_at, u.target, u.identity_id, u.credential_id, alias_place(u.identity_id, u.location) AS place,
    u.actor, u.actor_type, u.actor_confidence, u.actor_identity_id, u.approval, u.environment, u.bookkeeping, u.records,
    unnest(from_json(u.detail, '{"org": "VARCHAR", "userId": "VARCHAR", "status": "VARCHAR", "verb": "VARCHAR", "type": "VARCHAR", "subtype": "VARCHAR", "origin": "VARCHAR", "tags": "JSON",
      "analyzed": "JSON", "infoTypes": "JSON", "redactions": "BIGINT", "maskErrors": "BIGINT", "eventSize": "DOUBLE", "credentialSession": "VARCHAR", "credentialsNeverExpire": "VARCHAR",
      "review": {"id": "VARCHAR", "status": "VARCHAR"}, "depth": "VARCHAR", "resource": "VARCHAR", "adminAudit": "VARCHAR", "risk": "VARCHAR", "riskAction": "VARCHAR", "repo": "VARCHAR", "federation": "JSON"}'))
  FROM obs.usages AS u
  SEMI JOIN current_parts USING (part_id)
  ANTI JOIN beaten ON beaten.row_id = u.rowid
  WHERE u.via = 'gateway'
),
-- Connections, callers and tags are few: each is looked up once, not for each session.
places AS MATERIALIZED (
  SELECT p.target, coalesce(p.org, '') AS own_org, coalesce(p.org, o.only_org) AS org, org_key(coalesce(p.org, o.only_org), o.orgs) AS org_key, g.identity_id, g.credential_id, g.environment
  FROM (SELECT DISTINCT target, org FROM parsed WHERE target IS NOT NULL) AS p
  LEFT JOIN connection_orgs AS o ON o.connection = p.target
  -- No key, no join.
  LEFT JOIN gateway_connections AS g ON g.connection = p.target AND coalesce(g.org, '') = org_key(coalesce(p.org, o.only_org), o.orgs)
),
machines AS (
  SELECT
    (detail->>'$.userId') AS user_id,
    url_decode(nullif(identity_scope(identity_id), '-')) AS org,
    min(identity_id) AS identity_id,
    min(type) AS type,
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
callers AS (
  SELECT c.user_id, coalesce(c.org, '') AS own_org, m.identity_id, coalesce(m.type, CASE WHEN p.user_id IS NOT NULL THEN 'human' END) AS type
  FROM (SELECT DISTINCT userId AS user_id, org FROM parsed WHERE userId IS NOT NULL) AS c
  LEFT JOIN machines AS m
    ON m.user_id = c.user_id AND (m.org = c.org OR (m.org IS NULL OR c.org IS NULL) AND m.orgs = 1)
  LEFT JOIN members AS p ON p.user_id = c.user_id
  WHERE m.user_id IS NOT NULL OR p.user_id IS NOT NULL
),
sensitive AS (
  SELECT tags
  FROM (SELECT tags, unnest(map_entries(TRY_CAST(tags AS MAP(VARCHAR, VARCHAR)))) AS own FROM (SELECT DISTINCT tags FROM parsed WHERE tags IS NOT NULL)) AS t
  JOIN (SELECT unnest(map_entries(personal_data)) AS wanted FROM gateway_settings) AS w ON lower(w.wanted.key) = lower(t.own.key)
  WHERE list_contains(list_transform(w.wanted.value, lambda word: lower(word)), lower(t.own.value))
  GROUP BY tags
),
-- Once, for each view of views is planned anew wherever it stands.
reviews AS MATERIALIZED (SELECT review_id, user_id, connection, org, status, is_approved, opened_at, closed_at FROM gateway_approvals),
windows AS MATERIALIZED (
  SELECT
    w.review_id, w.user_id, w.connection, w.opened_at, w.closed_at,
    org_key(coalesce(w.org, o.only_org), o.orgs) AS org_key, NOT w.is_approved AS is_revoked
  FROM reviews AS w
  LEFT JOIN connection_orgs AS o ON o.connection = w.connection
  -- When one was revoked is not told: what began in it may have been before that.
  WHERE (w.is_approved OR w.status = 'REVOKED') AND w.opened_at IS NOT NULL AND w.closed_at IS NOT NULL
),
-- Of the approved windows that had opened by then, the one that closes last: it covers, or none does; of the revoked ones likewise. One step
-- back in time for each session in place of a comparison with each window.
reaching AS (
  SELECT user_id, connection, org_key, is_revoked, opened_at, max(closed_at) OVER earlier AS closed_at, arg_max(review_id, (closed_at, review_id)) OVER earlier AS review_id
  FROM windows
  WINDOW earlier AS (PARTITION BY user_id, connection, org_key, is_revoked ORDER BY opened_at ROWS UNBOUNDED PRECEDING)
),
closing AS (
  SELECT user_id, connection, org_key, closed_at, arg_max(review_id, (opened_at, review_id)) AS review_id FROM windows WHERE NOT is_revoked GROUP BY ALL
),
asking AS MATERIALIZED (
  SELECT r.row_id, r.userId AS user_id, r.target AS connection, p.org_key, r.used_at
  FROM parsed AS r
  JOIN places AS p ON p.target = r.target AND p.own_org = coalesce(r.org, '')
  SEMI JOIN windows AS w ON w.user_id = r.userId AND w.connection = r.target AND w.org_key = p.org_key
),
covered AS MATERIALIZED (
  SELECT a.row_id, w.review_id, w.is_revoked, w.closed_at
  FROM (FROM asking CROSS JOIN (VALUES (false), (true)) AS both_ways(is_revoked)) AS a
  ASOF JOIN reaching AS w
    ON w.user_id = a.user_id AND w.connection = a.connection AND w.org_key = a.org_key AND w.is_revoked = a.is_revoked AND a.used_at >= w.opened_at
  WHERE a.used_at < w.closed_at
),
closed AS (
  SELECT a.row_id, w.closed_at, w.review_id
  FROM asking AS a
  ASOF JOIN closing AS w ON w.user_id = a.user_id AND w.connection = a.connection AND w.org_key = a.org_key AND a.used_at >= w.closed_at
),
-- The session that issued a credential: its own review, or the window that it was opened in. It covers what the credential is used for until it
-- ends, and nothing after that.
issuing AS (
  SELECT r.row_id, r.used_at, coalesce(c.is_revoked, false) AS is_revoked,
    CASE WHEN i.approval = 'approved' THEN coalesce(i.review.id, i.session_id) ELSE c.review_id END AS review_id,
    CASE WHEN i.approval = 'approved' THEN a.closed_at ELSE c.closed_at END AS closed_at
  FROM (SELECT row_id, credentialSession, org, used_at FROM parsed WHERE credentialSession IS NOT NULL) AS r
  JOIN parsed AS i ON i.session_id = r.credentialSession AND (i.org = r.org OR i.org IS NULL OR r.org IS NULL)
  LEFT JOIN covered AS c ON c.row_id = i.row_id AND i.approval IS DISTINCT FROM 'approved'
  LEFT JOIN reviews AS a ON a.review_id = coalesce(i.review.id, i.session_id)
),
issued AS (
  SELECT row_id,
    max(review_id) FILTER (NOT is_revoked AND coalesce(used_at < closed_at, true)) AS issuing, max(review_id) FILTER (is_revoked AND used_at < closed_at) AS revoked,
    max(closed_at) FILTER (NOT is_revoked AND used_at >= closed_at) AS closed_at, arg_max(review_id, closed_at) FILTER (NOT is_revoked AND used_at >= closed_at) AS closed_review
  FROM issuing
  WHERE review_id IS NOT NULL
  GROUP BY row_id
),
of_windows AS (
  SELECT row_id, max(covering) AS covering, max(revoked) AS revoked, max(issuing) AS issuing, max(closed_at) AS closed_at, arg_max(closed_review, closed_at) AS closed_review,
    max(issued_until) AS issued_until
  FROM (
    SELECT row_id, CASE WHEN NOT is_revoked THEN review_id END AS covering, CASE WHEN is_revoked THEN review_id END AS revoked, NULL::VARCHAR AS issuing,
      NULL::TIMESTAMP AS closed_at, NULL::VARCHAR AS closed_review, NULL::TIMESTAMP AS issued_until FROM covered
    UNION ALL SELECT row_id, NULL, revoked, issuing, closed_at, closed_review, closed_at FROM issued
    UNION ALL SELECT row_id, NULL, NULL, NULL, closed_at, review_id, NULL FROM closed)
  GROUP BY row_id
),
-- Logs of other gateways name the account themselves.
named AS (
  SELECT r.row_id, coalesce(a.identity_id, r.identity_id, ci.identity_id) AS identity_id
  FROM (SELECT row_id, identity_id, credential_id, place FROM parsed WHERE identity_id IS NOT NULL OR credential_id IS NOT NULL) AS r
  LEFT JOIN identity_aliases AS a ON a.alias = r.identity_id AND a.repository = r.place
  LEFT JOIN credential_identities AS ci ON ci.credential_id = r.credential_id
)
SELECT
  r.row_id,
  coalesce(n.identity_id, g.identity_id) AS identity_id,
  coalesce(r.credential_id, g.credential_id) AS credential_id,
  CASE WHEN r.actor_type = 'static-admin-key' THEN 'Static admin key' ELSE coalesce(r.actor, c.identity_id, r.userId) END AS caller,
  coalesce(c.identity_id, r.actor_identity_id) AS caller_identity_id,
  coalesce(c.type, r.actor_type, 'unknown') AS caller_type,
  CASE WHEN c.type IS NOT NULL THEN 'high' ELSE coalesce(r.actor_confidence, 'low') END AS caller_confidence,
  c.type IS NOT NULL AS caller_is_known,
  CASE
    WHEN r.approval IN ('approved', 'rejected', 'pending', 'not-required') THEN r.approval
    WHEN w.covering IS NOT NULL OR w.issuing IS NOT NULL THEN 'approved'
    WHEN r.review.status IS NOT NULL OR w.revoked IS NOT NULL OR (r.records IS NOT NULL AND r.approval IS NULL) THEN 'unknown'
    ELSE 'none'
  END AS approval,
  CASE
    WHEN r.approval IN ('approved', 'rejected', 'pending') THEN coalesce(r.review.id, r.session_id)
    WHEN r.approval IS DISTINCT FROM 'not-required' THEN coalesce(w.covering, w.issuing, r.review.id, w.revoked) END AS review_id,
  CASE
    WHEN r.approval IN ('approved', 'rejected', 'pending') THEN 'own'
    WHEN r.approval = 'not-required' THEN NULL
    WHEN w.covering IS NOT NULL THEN 'window'
    WHEN w.issuing IS NOT NULL THEN 'issued-credential'
    WHEN r.review.id IS NOT NULL THEN 'own'
    WHEN w.revoked IS NOT NULL THEN 'window' END AS approval_kind,
  r.review.status AS review_status,
  w.closed_at AS window_closed_at,
  w.closed_review AS closed_review_id,
  w.issued_until,
  r.status,
  -- Counts without a record of the session are of one that ran.
  session_state(coalesce(r.status = 'done' OR r.ended_at IS NOT NULL OR r.eventSize > 0 OR r.records IS NOT NULL OR r.depth = 'metrics', false), r.status, r.approval) AS state,
  state IN ('ran', 'open') AS ran,
  coalesce(r.environment, g.environment) AS environment,
  se.tags IS NOT NULL AS tagged_sensitive,
  CASE WHEN m.session_id IS NULL THEN r.analyzed ELSE json_merge_patch(m.counts.analyzed, coalesce(r.analyzed, '{}')) END AS analyzed,
  CASE WHEN m.session_id IS NULL THEN r.infoTypes ELSE json_merge_patch(m.counts.info_types, coalesce(r.infoTypes, '{}')) END AS info_types,
  r.redactions,
  r.maskErrors AS mask_errors,
  m.counts,
  r.verb,
  coalesce(r.org, g.org) AS org,
  g.org_key,
  r.userId AS user_id,
  r.type,
  r.subtype,
  r.resource,
  r.origin,
  r.credentialSession AS credential_session,
  coalesce(r.credentialsNeverExpire = 'true', false) AS credential_never_expires,
  r.risk,
  r.riskAction AS risk_action,
  r.repo,
  r.federation,
  coalesce(r.bookkeeping, false) AS is_bookkeeping,
  coalesce(r.adminAudit = 'true', false) AS is_admin_audit,
  -- Numbers of a session whose own record was not given: nothing tells who it was.
  coalesce(r.depth = 'metrics', false) AS is_counts_only
FROM parsed AS r
LEFT JOIN places AS g ON g.target = r.target AND g.own_org = coalesce(r.org, '')
LEFT JOIN callers AS c ON c.user_id = r.userId AND c.own_org = coalesce(r.org, '')
LEFT JOIN sensitive AS se ON se.tags = r.tags
LEFT JOIN counted AS m ON m.session_id = r.session_id AND r.depth IS DISTINCT FROM 'metrics' AND coalesce(m.org = r.org, true)
LEFT JOIN of_windows AS w ON w.row_id = r.row_id
LEFT JOIN named AS n ON n.row_id = r.row_id;
COMMENT ON VIEW gateway_rows IS 'What is known of every row that a gateway gave, by its number in obs.usages; gateway_sessions are those of sessions and of requests for one, in full';

-- Sessions as an auditor asks for them: who was behind each (by the inventories, not by the session's own word), whether
-- an approval covered it, and whether it ran at all. Rows that only issued a credential, and what administrators changed, are left out.
-- A session inside an approved window has no review of its own; one that used an issued credential has the review of
-- the session that issued it.
CREATE OR REPLACE VIEW gateway_sessions AS
SELECT
  u.observation_id, u.session_id, u.used_at, u.ended_at, u.target AS connection,
  r.identity_id, r.credential_id, u.action, u.objects,
  r.caller, r.caller_identity_id, r.caller_type, r.caller_confidence, coalesce(i.evidence, []) AS caller_evidence, r.caller_is_known,
  u.job, r.approval, r.approval_kind, a.approval_id, coalesce(a.approvers, []) AS approvers, a.is_forced AS approval_is_forced, a.closed_at AS approval_ends_at,
  CASE WHEN a.from_hour IS NOT NULL AND a.until_hour IS NOT NULL THEN {'from': a.from_hour, 'until': a.until_hour} END AS approval_hours, a.decided_at,
  coalesce(a.evidence, []) AS approval_evidence,
  r.review_status, r.window_closed_at, r.closed_review_id, r.issued_until, r.status, r.state, r.ran,
  CASE WHEN r.counts IS NULL THEN u.masked ELSE coalesce(u.masked OR r.counts.masked, u.masked, r.counts.masked) END AS masked, u.recorded, r.environment, r.tagged_sensitive, r.analyzed, r.info_types,
  -- What was found in it that tells of a person: places and times alone do not.
  CASE WHEN r.analyzed IS NULL THEN [] ELSE list_filter(json_keys(r.analyzed), lambda kind: NOT list_contains(t.not_personal, kind)) END AS personal_kinds,
  CASE WHEN r.counts IS NULL THEN u.info_types ELSE list_sort(list_distinct(list_concat(u.info_types, r.counts.seen))) END AS seen_types, r.counts.observation_id AS counts_evidence,
  r.redactions, r.mask_errors, r.verb, u.source_ip, r.org, r.user_id, r.type, r.subtype, r.origin, r.credential_session, r.credential_never_expires, r.risk, r.risk_action,
  r.repo, r.federation, u.user_agent, u.operation, u.outcome, u.row_count, u.records
FROM gateway_rows AS r
JOIN obs.usages AS u ON u.rowid = r.row_id
CROSS JOIN gateway_settings AS t
LEFT JOIN gateway_approvals AS a ON a.review_id = r.review_id
LEFT JOIN identities AS i ON i.identity_id = r.caller_identity_id AND i.provider = 'hoop'
WHERE NOT r.is_bookkeeping AND NOT r.is_admin_audit;
COMMENT ON VIEW gateway_sessions IS 'Gateway sessions with the caller resolved by the inventories and the approval by reviews, windows and issued credentials; state: ran, open, or of a request that never ran: refused, waiting (for its approval), ready (for its start); ran: it took place (ran or open)';

-- What logs of targets and clouds, and their answers about the last use, say: of the rows in `obs.usages`, those that stand.
CREATE OR REPLACE VIEW direct_usage_rows AS
SELECT u.told.row_id AS row_id, coalesce(a.identity_id, u.told.identity_id, ci.identity_id) AS identity_id, u.told.credential_id AS credential_id,
  u.told.actor AS actor_identity_id, u.told.is_bookkeeping AS is_bookkeeping
FROM (
  SELECT arg_min(
    {'row_id': rowid, 'identity_id': identity_id, 'credential_id': credential_id, 'place': alias_place(identity_id, location), 'actor': actor_identity_id,
      'is_bookkeeping': coalesce(bookkeeping, false)},
    (-coalesce(length(detail::VARCHAR), 0), observation_id)) AS told
  FROM obs.usages SEMI JOIN current_parts USING (part_id)
  WHERE via <> 'gateway'
  GROUP BY CASE WHEN records IS NULL THEN coalesce(via || ':' || session_id, observation_id) ELSE observation_id END) AS u
LEFT JOIN identity_aliases AS a ON a.alias = u.told.identity_id AND a.repository = u.told.place
LEFT JOIN credential_identities AS ci ON ci.credential_id = u.told.credential_id;
COMMENT ON VIEW direct_usage_rows IS 'Rows of obs.usages by logs of targets and clouds, by their number, with account and credential as joined';

CREATE OR REPLACE VIEW usage_rows AS
SELECT row_id, identity_id, credential_id, caller_identity_id AS actor_identity_id, is_bookkeeping, state, ran, ran AND NOT is_bookkeeping AND NOT is_admin_audit AS is_use FROM gateway_rows
UNION ALL
SELECT row_id, identity_id, credential_id, actor_identity_id, is_bookkeeping, 'ran', true, NOT is_bookkeeping FROM direct_usage_rows;
COMMENT ON VIEW usage_rows IS 'Rows of obs.usages that stand, by their number, with account, credential and actor as joined: usages are they in full; is_use: a session or other use that took place, which is what nhi-audit sessions lists; ran is false of requests that were refused or wait (state)';

CREATE OR REPLACE VIEW usages AS
SELECT u.* EXCLUDE (part_id, identity_id, credential_id), k.identity_id, k.credential_id, k.state, k.ran, k.is_use
FROM obs.usages AS u
JOIN usage_rows AS k ON k.row_id = u.rowid;
COMMENT ON VIEW usages IS 'What identities did, and asked a gateway for; gateway sessions are joined to the account behind their connection; is_use: a session or other use that took place, neither bookkeeping nor administration; ran is false of requests that were refused or wait (state)';
