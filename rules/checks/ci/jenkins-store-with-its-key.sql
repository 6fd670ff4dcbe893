/*---
id: jenkins-store-with-its-key
title: The credentials of a Jenkins lie beside the key that opens them
severity: critical
confidence: high
persona: dev
about: consumer
identityFields: [repository, directory]
needs: [consumer@ci]
population: consumers WHERE fact = 'credential-store'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
why: >
  With `secrets/master.key` and `secrets/hudson.util.Secret` everybody can decrypt `credentials.xml`: every credential of every pipeline.
fix: >
  Change every credential of the server. Take the files out of the repository and its history, and make the server a new key.
references:
  - https://www.jenkins.io/doc/developer/security/secrets/
platforms: [jenkins]
since: '0.1'
---*/
SELECT
  coalesce(s.location->>'$.repository', '') AS repository,
  (s.detail->>'$.directory') AS directory,
  concat(min(s.location->>'$.path'), ' (', min(s.detail->>'$.credentials'), ' credentials) lies beside ', listed(list(DISTINCT (k.location->>'$.path') ORDER BY (k.location->>'$.path'))), ', which opens it.') AS message,
  list_distinct(flatten(list([s.observation_id, k.observation_id]))) AS evidence
FROM consumers AS s
JOIN consumers AS k
  ON k.fact = 'credential-store-key' AND (k.detail->>'$.directory') = (s.detail->>'$.directory')
  AND coalesce(k.location->>'$.repository', '') = coalesce(s.location->>'$.repository', '')
WHERE s.fact = 'credential-store'
GROUP BY s.location->>'$.repository', (s.detail->>'$.directory')
