/*---
id: possible-credential
title: A text looks like a credential, with low confidence
severity: low
confidence: low
persona: security
about: sighting
identityFields: [credential_id, place]
needs: [sighting@work-tree|sighting@history|sighting@notebook|sighting@ci|sighting@iac|sighting@image]
population: sightings WHERE confidence = 'low'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:ID.RA-01
why: >
  Passwords and tokens of a program's own making have no shape: only the name beside them tells. A person who knows the
  code tells in seconds what a pattern cannot, and in a file of settings it is mostly what it looks like.
fix: |
  Look at the place.
  1. A secret: revoke it, and refer to a secret store instead.
  2. None: leave it out from now on. `detectors: { disabled: [DETECTOR] }` or `checks: { possible-credential: { enabled: false } }`
     in the configuration, `--exclude GLOB` for the files, or `--baseline FILE` for all that is known today.
limits: >
  Outside of settings most of these are test data, hashes and examples, hence low. Medium in `.env`, in files named for
  production and in configuration, but for what everybody tries first (`postgres`). A password that no person makes up, in
  a file in use, is told as a credential.
since: '0.1'
---*/
WITH guessed AS (
  SELECT
    *,
    coalesce(location->>'$.repository', location->>'$.path', '') AS of_place,
    is_settings_path(location->>'$.path') OR (is_production(environment) AND NOT is_test_path(location->>'$.path')) AS in_settings,
    -- The name that a structured file gives it: `jobs.deploy.env.DB_PASSWORD`.
    nullif(regexp_extract(location->>'$.pointer', '(?:^|\.)(?:env|with|secrets|credentials|data|stringData)\.([A-Za-z_][A-Za-z0-9_.-]{0,79})$', 1), '') AS variable
  FROM sightings
  -- Keys in files that a package of the distribution brought are everybody's.
  WHERE (detail->>'$.packaged') IS DISTINCT FROM 'true'
    -- What a manifest gives a value by its name is told by the checks of manifests.
    AND NOT (confidence = 'low' AND EXISTS (
      FROM consumers AS c
      WHERE (c.fact IN ('literal-in-env', 'secret-in-config-map', 'secret-generator-literal') AND c.credential_id IS NOT NULL AND c.how <> 'static-key'
          OR c.fact = 'secret-object' AND (c.detail->>'$.source') = 'manifest' AND (c.detail->>'$.filled')::INTEGER > 0)
        AND c.platform = 'kubernetes'
        AND (c.location->>'$.repository') IS NOT DISTINCT FROM (sightings.location->>'$.repository')
        AND (c.location->>'$.path') = (sightings.location->>'$.path')
        AND (sightings.location->>'$.line')::INTEGER BETWEEN (c.location->>'$.line')::INTEGER
          AND coalesce((c.location->>'$.endLine')::INTEGER, (c.location->>'$.line')::INTEGER)))
)
SELECT
  s.credential_id,
  max(i.identity_id) AS identity_id,
  of_place AS place,
  concat(
    seen_as(s.provider, s.type, s.detector, s.confidence, s.masked), ' may lie in ',
    listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))),
    CASE WHEN count(variable) > 0 THEN concat(' as ', listed(list(DISTINCT variable ORDER BY variable) FILTER (variable IS NOT NULL))) ELSE '' END,
    place_note(s.location->>'$.path'),
    ' (detector ', min(s.detector), ').') AS message,
  CASE WHEN bool_or(in_settings AND at_head(s.place, s.location) AND (s.detail->>'$.strength') IS DISTINCT FROM 'weak') AND NOT only_ids(s.detector, s.confidence) THEN 'medium' ELSE 'low' END AS severity,
  CASE WHEN bool_or(in_settings AND at_head(s.place, s.location) AND (s.detail->>'$.strength') IS DISTINCT FROM 'weak') AND NOT only_ids(s.detector, s.confidence) THEN 'medium' ELSE 'low' END AS confidence,
  list(DISTINCT s.observation_id) AS evidence
FROM guessed AS s
LEFT JOIN credential_identities AS ci ON ci.credential_id = s.credential_id
LEFT JOIN identities AS i ON i.identity_id = ci.identity_id
GROUP BY s.credential_id, of_place
-- Old versions of files are full of guesses; those that a program was run with are worth a look.
HAVING bool_and(s.confidence = 'low') AND bool_or(at_head(s.place, s.location) OR in_settings)
