/*---
id: credential-in-notebook
title: A credential lies in a notebook
severity: high
confidence: high
persona: dev
about: credential
identityFields: [credential_id, place]
needs: [sighting@notebook|sighting@work-tree]
population: sightings WHERE place = 'notebook'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.DS-10
  - csa-maestro:L2
  - nist-csf-2.0:RS.MI-02
why: >
  Outputs are saved with the notebook: a key that was printed once stays in the file after the code that printed it is
  gone, and travels with every copy, export and preview of the notebook.
fix: |
  1. Revoke or rotate the credential.
  2. Clear the outputs: `jupyter nbconvert --clear-output --inplace NOTEBOOK`.
  3. Read the key from the environment or a vault inside the cell, and never print the client or its configuration.
  4. Strip outputs on commit: `nbstripout --install`.
limits: A key shown in an image (a screenshot in an output) is not seen.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
platforms: [notebook]
since: '0.1'
---*/
WITH open_today AS (
  SELECT *, coalesce(location->>'$.repository', location->>'$.path', '') AS of_place
  FROM sightings
  WHERE place = 'notebook' AND confidence <> 'low' AND at_head(place, location)
)
SELECT
  s.credential_id,
  max(ci.identity_id) AS identity_id,
  of_place AS place,
  concat(
    seen_as(s.provider, s.type, s.detector, s.confidence, s.masked), of_identity(max(ci.identity_id)),
    CASE WHEN bool_and(location->>'$.part' = 'output') THEN ' was printed into ' ELSE ' lies in ' END,
    listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))), place_note(s.location->>'$.path'), changed_note(gone.credential_id), '.') AS message,
  leak_confidence(s.detector, s.confidence, ci.basis, (s.location->>'$.path')) AS confidence,
  unless_changed(leak_severity('high', s.detector, s.confidence, ci.basis, (s.location->>'$.path')), gone.credential_id) AS severity,
  changed_fix(gone.credential_id) AS fix,
  list(DISTINCT s.observation_id) AS evidence
FROM open_today AS s
LEFT JOIN credential_identities AS ci USING (credential_id)
LEFT JOIN changed_passwords AS gone ON gone.credential_id = s.credential_id
GROUP BY s.credential_id, of_place
