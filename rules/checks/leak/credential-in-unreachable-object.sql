/*---
id: credential-in-unreachable-object
title: A credential lies in a git object that no branch or tag leads to
severity: medium
confidence: high
persona: dev
about: credential
identityFields: [credential_id, place]
needs: [sighting@history]
population: sightings WHERE (detail->>'$.unreachable') = 'true'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:RS.MI-02
why: >
  What was staged and taken back, amended away or on a branch that is gone stays in the object store until git tidies up. It is
  in this copy of the repository, in its backups, and where the commit was pushed before, on the code host under its id.
fix: |
  1. Was the commit ever pushed, or this directory copied or backed up? Then revoke or rotate the credential.
  2. Take the object out of this copy: `git reflog expire --expire-unreachable=now --all` and `git gc --prune=now`. `git cat-file -p ID`
     shows it before.
limits: >
  Whether a commit was pushed before it was amended away is not known here. Where a branch, tag or stash leads to the credential
  too, credential-in-history tells it.
references:
  - https://git-scm.com/docs/git-gc
  - https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository
since: '0.1'
---*/
WITH by_repository AS (
  SELECT *, coalesce(location->>'$.repository', '') AS of_place,
    coalesce((detail->>'$.unreachable') = 'true', false) AS is_unreachable, (location->>'$.commit') IS NOT NULL AS was_committed
  FROM sightings
  WHERE confidence <> 'low'
)
SELECT
  s.credential_id,
  max(ci.identity_id) AS identity_id,
  of_place AS place,
  concat(
    seen_as(s.provider, s.type, s.detector, s.confidence, s.masked), of_identity(max(ci.identity_id)),
    CASE WHEN bool_or(was_committed) THEN ' was committed in ' ELSE ' was staged in ' END, of_place,
    ' and taken back: no branch or tag leads to it, but it is still in the object store of this copy (',
    listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))), ')',
    place_note(s.location->>'$.path'), changed_note(gone.credential_id), '.') AS message,
  leak_confidence(s.detector, s.confidence, ci.basis, (s.location->>'$.path')) AS confidence,
  -- A commit may have been pushed before it was amended away; what was only staged has not left this copy.
  unless_changed(leak_severity(CASE WHEN bool_or(was_committed) THEN 'medium' ELSE 'low' END, s.detector, s.confidence, ci.basis, (s.location->>'$.path')), gone.credential_id) AS severity,
  changed_fix(gone.credential_id) AS fix,
  list(DISTINCT s.observation_id) AS evidence
FROM by_repository AS s
LEFT JOIN credential_identities AS ci USING (credential_id)
LEFT JOIN changed_passwords AS gone ON gone.credential_id = s.credential_id
GROUP BY s.credential_id, of_place
HAVING NOT bool_or(at_head(s.place, s.location)) AND bool_and(is_unreachable)
