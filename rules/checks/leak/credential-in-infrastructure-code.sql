/*---
id: credential-in-infrastructure-code
title: A credential lies in infrastructure code, state or an image
severity: high
confidence: high
persona: dev
about: credential
identityFields: [credential_id, place]
needs: [sighting@iac|sighting@image|sighting@work-tree]
population: sightings WHERE place IN ('iac', 'image')
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
  - csa-maestro:L4
  - nist-csf-2.0:RS.MI-02
why: >
  State files and image layers are copied to places that nobody thinks of as secret stores: buckets, registries, build
  caches. A layer keeps a file even when a later layer deletes it.
fix: |
  1. Revoke or rotate the credential.
  2. Code: pass it as a sensitive variable from a vault; state: use an encrypted remote backend and write-only arguments.
  3. Image: rebuild from a clean layer with a build secret (`RUN --mount=type=secret,id=NAME …`) and delete the old tags.
limits: >
  Remote state and registries are read only when their content is given as files.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
platforms: [terraform, cloudformation, pulumi]
equivalents: [checkov/CKV_AWS_41]
since: '0.1'
---*/
WITH open_today AS (
  SELECT *, coalesce(location->>'$.repository', location->>'$.path', location->>'$.pointer', '') AS of_place
  FROM sightings
  WHERE place IN ('iac', 'image') AND confidence <> 'low' AND at_head(place, location)
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
GROUP BY s.credential_id, of_place
