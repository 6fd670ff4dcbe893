/*---
id: possible-credential
title: A text looks like a credential, with low confidence
severity: low
confidence: low
persona: auditor
about: sighting
identityFields: [credential_id, place]
needs: [sighting@work-tree|sighting@notebook|sighting@ci]
population: sightings WHERE confidence = 'low'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:ID.RA-01
why: >
  Generic passwords and tokens have no shape of their own. A person who knows the code tells in seconds what a pattern
  cannot; an auditor wants to see that somebody looked.
fix: >
  Look at the place. If it is a secret, revoke it and refer to a secret store instead; if not, accept it with a reason
  (`nhi-audit except`), so that it is not shown again.
limits: Most of these are test data, hashes and examples; they are shown to the auditor persona only.
since: '0.1'
---*/
SELECT
  s.credential_id,
  coalesce(location->>'$.repository', location->>'$.path', '') AS place,
  concat(
    type_words(min(s.type)), ' ', min(s.masked), ' may lie in ',
    listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))), ' (', min(s.detector), ').') AS message,
  list(DISTINCT s.observation_id) AS evidence
FROM sightings AS s
GROUP BY s.credential_id, 2
HAVING bool_and(s.confidence = 'low') AND bool_or(at_head(s.place, s.location))
