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
  Says that a text has the shape of a credential, not that it still works. Low-confidence matches are the matter of
  possible-credential.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
since: '0.1'
---*/
WITH open_today AS (
  SELECT *, coalesce(location->>'$.repository', location->>'$.path', '') AS of_place
  FROM sightings
  -- A bare repository, a sparse or an empty checkout has the file at HEAD and nowhere else.
  WHERE place IN ('work-tree', 'file', 'history') AND confidence <> 'low' AND at_head(place, location)
)
SELECT
  s.credential_id,
  max(ci.identity_id) AS identity_id,
  of_place AS place,
  concat(
    seen_as(s.provider, s.type, s.detector, s.confidence, s.masked), coalesce(' of ' || max(ci.identity_id), ''),
    ' lies in ', listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))), place_note(s.location->>'$.path'), '.') AS message,
  leak_confidence(s.detector, s.confidence, ci.basis, (s.location->>'$.path')) AS confidence,
  leak_severity('high', s.detector, s.confidence, ci.basis, (s.location->>'$.path')) AS severity,
  list(DISTINCT s.observation_id) AS evidence
FROM open_today AS s
LEFT JOIN credential_identities AS ci USING (credential_id)
GROUP BY s.credential_id, of_place
