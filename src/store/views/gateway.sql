-- Connections of a gateway and their accounts, its sessions, and other use of identities.

-- Connections have names that are unique in an organisation only; inventories tell no organisation, sessions do. A name
-- that one organisation uses is that of the connection without one; where two use it, nobody can say whose it is.
CREATE OR REPLACE MACRO connection_name(consumer_id) AS regexp_extract(consumer_id, '^[^:]*:[^:]*:connection/(.*)$', 1, 's');
CREATE OR REPLACE MACRO connection_org(consumer_id) AS url_decode(nullif(identity_scope(consumer_id), '-'));
-- Joins by equality: NULL joins nothing.
CREATE OR REPLACE MACRO org_key(org, orgs) AS coalesce(org, CASE WHEN orgs = 0 THEN '' END);

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
CREATE OR REPLACE MACRO is_machine(caller_type) AS
  caller_type IN ('service-account', 'api-key', 'agent', 'machine-identity', 'machine', 'static-admin-key');

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
