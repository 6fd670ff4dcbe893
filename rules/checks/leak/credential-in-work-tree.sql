/*---
id: credential-in-work-tree
title: A credential lies in a file of the repository
severity: high
confidence: high
persona: dev
about: credential
identityFields: [credential_id, place]
needs: [sighting@work-tree|sighting@history]
population: sightings WHERE place IN ('work-tree', 'file', 'history')
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
  - nist-csf-2.0:RS.MI-02
why: >
  Everyone who can read the repository, each of its clones and forks, each build machine and each tool that indexes it
  holds the credential too. Nobody can tell who used it.
fix: |
  1. Revoke or rotate the credential at its provider; removing the line is not enough.
  2. Replace it by a reference: a secret of the CI system, a vault, or a federated identity without any key.
  3. Remove it from the file, and keep it out: `nhi-audit scan --staged` as a pre-commit hook.
limits: >
  A dump of database roles that lies outside any repository was likely made for this scan: that is told once a file, at low
  severity.
  Says that a text has the shape of a credential, not that it still works. Low-confidence matches are the matter of
  possible-credential.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
since: '0.1'
---*/
WITH whole AS (
  SELECT coalesce(bool_and((parameters->>'$.history') = 'true' AND (parameters->>'$.staged') = 'false' AND (parameters->>'$.diff') IS NULL), false) AS is_whole
  FROM current_run
),
repositories AS (
  SELECT list(location->>'$.repository') AS names FROM coverage WHERE surface = 'history' AND (location->>'$.repository') IS NOT NULL
),
open_today AS (
  SELECT *, coalesce(location->>'$.repository', location->>'$.path', '') AS of_place,
    -- What was made for a scan, as its README says: verifiers in a file that no repository has.
    detector IN ('postgres-scram-verifier', 'postgres-md5-verifier') AND (location->>'$.commit') IS NULL
      AND CASE place
        WHEN 'file' THEN (location->>'$.repository') IS NULL
        WHEN 'work-tree' THEN is_whole AND NOT list_contains(coalesce(names, []), location->>'$.repository')
        ELSE false END AS is_dump
  FROM sightings
  CROSS JOIN whole
  CROSS JOIN repositories
  -- A bare repository, a sparse or an empty checkout has the file at HEAD and nowhere else.
  WHERE place IN ('work-tree', 'file', 'history') AND confidence <> 'low' AND at_head(place, location)
)
SELECT
  s.credential_id,
  max(ci.identity_id) AS identity_id,
  of_place AS place,
  concat(
    seen_as(s.provider, s.type, s.detector, s.confidence, s.masked), of_identity(max(ci.identity_id)),
    ' lies in ', listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))), place_note(s.location->>'$.path'), changed_note(gone.credential_id), '.') AS message,
  leak_confidence(s.detector, s.confidence, ci.basis, (s.location->>'$.path')) AS confidence,
  unless_changed(leak_severity('high', s.detector, s.confidence, ci.basis, (s.location->>'$.path')), gone.credential_id) AS severity,
  changed_fix(gone.credential_id) AS fix,
  list(DISTINCT s.observation_id) AS evidence
FROM open_today AS s
LEFT JOIN credential_identities AS ci USING (credential_id)
LEFT JOIN changed_passwords AS gone ON gone.credential_id = s.credential_id
WHERE NOT coalesce(s.is_dump, false)
GROUP BY s.credential_id, of_place
UNION ALL
SELECT
  min(credential_id),
  NULL,
  concat_ws('/', location->>'$.repository', location->>'$.path') AS place,
  concat(
    'The password verifiers of ', counted(count(DISTINCT credential_id), 'database role'), ' lie in ',
    concat_ws(' ', location->>'$.repository', location->>'$.path'), ', outside any repository: whoever gets the file can guess at passwords.'),
  'high',
  'low',
  numbered([
    'Delete the file after the scan, and let nobody else read it until then.',
    'Found passwords need not be held against it? Make it without: `pg_dumpall --roles-only --no-role-passwords`.']),
  list(DISTINCT observation_id)
FROM open_today
WHERE is_dump
GROUP BY (location->>'$.repository'), (location->>'$.path')
