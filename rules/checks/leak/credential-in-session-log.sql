/*---
id: credential-in-session-log
title: A credential was recorded in a session log
severity: high
confidence: high
persona: dev
about: credential
identityFields: [credential_id, place]
needs: [sighting@gateway]
population: sightings WHERE place IN ('session-log')
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
  - nist-csf-2.0:PR.DS-10
  - nist-csf-2.0:PR.PS-04
  - csa-maestro:L5
  - nist-csf-2.0:RS.MI-02
why: >
  Recordings are kept for years and read by people who never had the right to the credential: auditors, support, the
  systems that index logs.
fix: |
  1. Revoke or rotate the credential.
  2. Add a masking rule for this kind of value to the connection, so that outputs are masked before they are recorded.
  3. Remove the recording, or restrict who may read it, as your retention rules allow.
limits: >
  Only what the export holds was searched: the input of sessions, and outputs where they were exported.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
since: '0.1'
---*/
WITH open_today AS (
  SELECT *, coalesce(location->>'$.repository', location->>'$.path', location->>'$.pointer', '') AS of_place
  FROM sightings
  WHERE place IN ('session-log') AND confidence <> 'low' AND at_head(place, location)
)
SELECT
  s.credential_id,
  max(ci.identity_id) AS identity_id,
  of_place AS place,
  concat(
    seen_as(s.provider, s.type, s.detector, s.confidence, s.masked), of_identity(max(ci.identity_id)),
    ' was recorded in ', listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))), changed_note(gone.credential_id), '.') AS message,
  leak_confidence(s.detector, s.confidence, ci.basis, (s.location->>'$.path')) AS confidence,
  unless_changed(leak_severity('high', s.detector, s.confidence, ci.basis, NULL), gone.credential_id) AS severity,
  changed_fix(gone.credential_id) AS fix,
  list(DISTINCT s.observation_id) AS evidence
FROM open_today AS s
LEFT JOIN credential_identities AS ci USING (credential_id)
LEFT JOIN changed_passwords AS gone ON gone.credential_id = s.credential_id
GROUP BY s.credential_id, of_place
