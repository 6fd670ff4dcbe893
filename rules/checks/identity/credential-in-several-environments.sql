/*---
id: credential-in-several-environments
title: One credential serves production and another environment
severity: high
confidence: medium
about: credential
identityFields: [credential_id]
needs: [sighting|consumer]
population: credential_environments
controls:
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  Test systems are open to more people and less watched. A key that works in both carries whoever gets into the test
  system on to production, and a test that goes wrong deletes what is real.
fix: >
  Make a separate identity for each environment, each with rights to its own resources only; rotate the shared credential.
limits: >
  Environments are told by tags, by the names of files, jobs, branches and projects, so a misleading name misleads.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/8-environment-isolation/
since: '0.1'
---*/
WITH shared AS (
  SELECT
    credential_id,
    list(DISTINCT environment ORDER BY environment) AS environments,
    list(DISTINCT concat(place, ' (', environment, ')') ORDER BY concat(place, ' (', environment, ')')) AS places,
    list(DISTINCT observation_id) AS evidence
  FROM credential_environments
  GROUP BY credential_id
  HAVING bool_or(is_production(environment)) AND NOT bool_and(is_production(environment))
)
SELECT
  s.credential_id,
  coalesce(ci.identity_id, c.identity_id) AS identity_id,
  concat(
    coalesce(seen.name, concat(type_words(coalesce(c.type, 'credential')), ' ', coalesce(short_id(c.public_id), 'with fingerprint ' || left(c.fingerprint, 8), s.credential_id))),
    of_identity(coalesce(ci.identity_id, c.identity_id)),
    ' serves ', array_to_string(s.environments, ' and '), ': ', listed(s.places), '.') AS message,
  list_concat(s.evidence, coalesce(c.evidence, [])) AS evidence,
  {'environments': s.environments} AS detail
FROM shared AS s
LEFT JOIN (SELECT credential_id, seen_as(provider, type, detector, confidence, masked) AS name FROM sightings GROUP BY credential_id) AS seen USING (credential_id)
LEFT JOIN credentials AS c USING (credential_id)
LEFT JOIN credential_identities AS ci USING (credential_id)
