-- Credentials that were seen, how grave each place is, and for which environment they are.

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

-- Nobody logs in by a key of an account that is switched off. One statement of whoever administers it makes the key work again.
CREATE OR REPLACE VIEW disabled_identities AS
SELECT identity_id FROM identities WHERE NOT enabled OR provider = 'postgres' AND (detail->>'$.login') = 'false';
COMMENT ON VIEW disabled_identities IS 'Accounts that nobody can log in to as long as they are not enabled again';
CREATE OR REPLACE MACRO disabled_note(disabled) AS CASE WHEN disabled IS NULL THEN '' ELSE '; it is disabled, so that nobody can log in with this now; it works again once enabled' END;
CREATE OR REPLACE MACRO unless_disabled(severity, disabled) AS
  CASE WHEN disabled IS NULL THEN severity WHEN severity IN ('critical', 'high') THEN 'medium' ELSE 'low' END;

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
