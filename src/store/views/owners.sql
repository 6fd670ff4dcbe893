-- Who answers for an identity: claims, CODEOWNERS, the roster.

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

-- Not every answer of a provider says whose an identity is: lists of applications leave their owners to an export of its own, the
-- credential report of AWS knows no tags.
CREATE OR REPLACE MACRO owner_is_told(provider) AS
  CASE provider
    WHEN 'entra' THEN coalesce((
      SELECT bool_or((detail->'$.types') IS NULL OR list_contains(json_words(detail->'$.types'), 'owner')) FROM coverage
      WHERE surface = 'entra' AND list_contains(covers, 'trust')), false)
    WHEN 'aws' THEN coalesce((
      SELECT bool_or((detail->'$.types') IS NULL OR list_contains(json_words(detail->'$.types'), 'role')) FROM coverage
      WHERE surface = 'aws' AND list_contains(covers, 'identity')), true)
    ELSE true END;

-- Tags stand in the authorization details of an account, with the rights; what else tells a user there names no owner.
CREATE OR REPLACE VIEW untold_owners AS
WITH sources AS (
  SELECT part_id, bool_or((detail->'$.types') IS NULL OR list_contains(json_words(detail->'$.types'), 'role')) AS tells
  FROM obs.coverage
  SEMI JOIN current_parts USING (part_id)
  WHERE surface = 'aws' AND list_contains(covers, 'identity')
  GROUP BY part_id
)
SELECT i.identity_id
FROM obs.identities AS i
JOIN sources AS s USING (part_id)
WHERE i.provider = 'aws'
GROUP BY i.identity_id
HAVING NOT bool_or(s.tells);
COMMENT ON VIEW untold_owners IS 'Identities of AWS that only such exports tell as name no owners';

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
