-- Credentials that inventories and code declare, and the places where some were seen.

-- The AWS credential report tells age and use of keys by slot, without their ids; access-key lists tell ids. The same
-- user and the same creation time (the report calls it last_rotated) make them one.
CREATE OR REPLACE VIEW credential_sources AS
-- That a password is the one a verifier was made of was computed when both were read; it stays so while both are there, and no
-- later run learnt otherwise.
WITH answers AS (
  SELECT c.*, c.part_id IN (SELECT part_id FROM current_parts) AS is_now, p.loaded_at
  FROM obs.credentials AS c
  JOIN parts AS p USING (part_id)
  WHERE (c.detail->>'$.basis') = 'verifier'
),
latest AS (
  SELECT * EXCLUDE (is_now, loaded_at)
  FROM answers
  WHERE is_now
    OR (detail->>'$.verifier') IN (SELECT detail->>'$.verifier' FROM obs.credentials SEMI JOIN current_parts USING (part_id) WHERE provider = 'postgres' AND (detail->>'$.basis') IS NULL)
    AND credential_id IN (SELECT credential_id FROM obs.sightings SEMI JOIN current_parts USING (part_id))
  QUALIFY rank() OVER (PARTITION BY credential_id ORDER BY is_now DESC, loaded_at DESC) = 1
    AND row_number() OVER (PARTITION BY observation_id) = 1
),
seen_until AS (
  SELECT credential_id, max((location->>'$.date')::TIMESTAMP) AS day
  FROM obs.sightings SEMI JOIN current_parts USING (part_id)
  GROUP BY credential_id
  HAVING bool_and((location->>'$.date') IS NOT NULL)
),
-- What was another password in a dump is no more what a commit before it brought. What no commit brought may be of today.
kept AS (
  SELECT l.* REPLACE (coalesce(l.status, CASE WHEN (l.detail->>'$.takenAt')::TIMESTAMP > s.day THEN 'revoked' END) AS status)
  FROM latest AS l
  LEFT JOIN seen_until AS s USING (credential_id)
),
rows_now AS (
  SELECT c.* EXCLUDE (part_id) REPLACE (coalesce(a.identity_id, c.identity_id) AS identity_id)
  FROM (
    FROM obs.credentials SEMI JOIN current_parts USING (part_id) WHERE (detail->>'$.basis') IS DISTINCT FROM 'verifier'
    UNION ALL
    FROM kept WHERE status IS NOT NULL) AS c
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
  -- Answers about the last use tell no age. The same user and the same use make the two one, where no others have it.
  SELECT min(slot.credential_id), min(named.credential_id)
  FROM rows_now AS slot
  JOIN rows_now AS named
    ON named.identity_id = slot.identity_id
    AND named.type = slot.type
    AND abs(date_diff('second', named.last_used_at, slot.last_used_at)) <= 60
  WHERE slot.public_id IS NULL AND (slot.detail->>'$.slot') IS NOT NULL AND named.public_id IS NOT NULL AND named.created_at IS NULL
    AND named.credential_id NOT IN (SELECT credential_id FROM rows_now WHERE created_at IS NOT NULL)
  GROUP BY slot.identity_id
  HAVING count(DISTINCT slot.credential_id) = 1 AND count(DISTINCT named.credential_id) = 1
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
  -- A list of keys alone says nothing of use: the credential report and the last-used answers do.
  bool_or(last_used_at IS NOT NULL OR coalesce(detail->>'$.useIsTold', CASE WHEN (detail->>'$.slot') IS NOT NULL THEN 'true' END, '') = 'true') AS use_is_told,
  list_sort(list_distinct(list(observation_id))) AS evidence
FROM credential_sources
GROUP BY credential_id;
COMMENT ON VIEW credentials IS 'One row a credential that an inventory or code declares, its sources merged; in_inventory: an inventory does; use_is_told: a source tells the last use, or that there was none';

CREATE OR REPLACE VIEW changed_passwords AS
SELECT credential_id
FROM credential_sources
WHERE (detail->>'$.basis') = 'verifier'
GROUP BY credential_id
HAVING bool_and(status = 'revoked');
COMMENT ON VIEW changed_passwords IS 'Passwords of connection strings that the database they name keeps no more, by the verifiers of its dump';

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
