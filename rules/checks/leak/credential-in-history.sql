/*---
id: credential-in-history
title: A credential is not in the files at HEAD but lies in the history
severity: high
confidence: high
persona: dev
about: credential
identityFields: [credential_id, place]
needs: [sighting@history]
population: sightings WHERE NOT at_head(place, location)
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:RS.MI-02
why: >
  A deleted line is one `git log -p` away for everyone who has, or ever had, a clone, and so is a line on another branch.
  Whoever cleaned it up often took that for the end of the matter and left the key alive.
fix: |
  1. Revoke or rotate the credential. This ends the danger; rewriting history does not reach existing clones.
  2. If it must also go from the history: `git filter-repo --replace-text FILE`, push by force, and ask the code host to
     drop cached views.
limits: >
  Other branches, tags and stashes count as history: only HEAD is looked at as files. What no branch, tag or stash leads to is credential-in-unreachable-object. Not said where the same credential still lies at HEAD of the same repository: other checks do. Whether it is still valid
  is told by leaked-live-key where an inventory was given.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
  - https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository
since: '0.1'
---*/
WITH by_repository AS (
  SELECT *, coalesce(location->>'$.repository', location->>'$.path', '') AS of_place
  FROM sightings
  WHERE confidence <> 'low'
)
SELECT
  s.credential_id,
  max(ci.identity_id) AS identity_id,
  of_place AS place,
  concat(
    seen_as(s.provider, s.type, s.detector, s.confidence, s.masked), of_identity(max(ci.identity_id)),
    ' is not in the files at HEAD but lies in the history of ', of_place, ': ',
    listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))), place_note(s.location->>'$.path'), changed_note(gone.credential_id), '.') AS message,
  leak_confidence(s.detector, s.confidence, ci.basis, (s.location->>'$.path')) AS confidence,
  unless_changed(leak_severity('high', s.detector, s.confidence, ci.basis, (s.location->>'$.path')), gone.credential_id) AS severity,
  changed_fix(gone.credential_id) AS fix,
  list(DISTINCT s.observation_id) AS evidence
FROM by_repository AS s
LEFT JOIN credential_identities AS ci USING (credential_id)
LEFT JOIN changed_passwords AS gone ON gone.credential_id = s.credential_id
GROUP BY s.credential_id, of_place
HAVING NOT bool_or(at_head(s.place, s.location)) AND NOT bool_and(coalesce((s.detail->>'$.unreachable') = 'true', false))
