/*---
id: leftover-ci-configuration
title: Secrets of a CI system that is no longer used
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [repository]
needs: [consumer@ci]
population: consumers WHERE platform = 'travis'
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-01
why: >
  The repository has moved to another CI system. What was given to the old one still opens what it opened, and nobody looks at it.
fix: >
  Turn the repository off at Travis CI, revoke what its file names, and delete `.travis.yml`.
limits: >
  Some projects use both on purpose.
platforms: [travis]
since: '0.1'
---*/
WITH held AS (
  SELECT coalesce(location->>'$.repository', '') AS repository, (detail->>'$.platform') AS platform, secret_name, observation_id
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name <> '*' AND (detail->>'$.platform') IS NOT NULL
    AND NOT is_vendored_path(location->>'$.path')
)
SELECT
  h.repository,
  concat(
    h.repository, ' has ', listed(list(DISTINCT h.secret_name ORDER BY h.secret_name)), ' at Travis CI, and its jobs run in ',
    (SELECT array_to_string(list(DISTINCT o.platform ORDER BY o.platform), ' and ') FROM held AS o WHERE o.repository = h.repository AND o.platform <> 'travis'), '.') AS message,
  list(DISTINCT h.observation_id) AS evidence
FROM held AS h
WHERE h.platform = 'travis' AND EXISTS (SELECT 1 FROM held AS o WHERE o.repository = h.repository AND o.platform <> 'travis')
GROUP BY h.repository
