-- Whose a credential is, by inventories and by what it says itself.

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
    (detail->>'$.lastEight') AS last_eight, coalesce((detail->>'$.hint'), CASE WHEN provider = 'hoop' THEN left(detail->>'$.maskedKey', 8) END) AS hint
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
  -- Four of the eight are drawn by lot, out of sixteen million.
  SELECT s.credential_id, min(h.credential_id), 'its first eight characters', 'high'
  FROM seen AS s JOIN held AS h ON h.hint = s.hint
  WHERE h.provider = 'hoop' AND length(h.hint) = 8
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
