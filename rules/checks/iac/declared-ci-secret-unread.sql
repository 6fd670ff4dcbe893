/*---
id: declared-ci-secret-unread
title: Code hands a secret to a repository whose workflows never read it
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac, consumer@ci]
population: consumers WHERE fact = 'ci-secret' AND (detail->>'$.resourceType') LIKE 'github\_actions\_%' ESCAPE '\'
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  It is a live credential that every workflow of the repository could read, and no job misses it: nobody rotates it, and nobody
  would notice that it is used.
fix: >
  Delete the resource, then what it was made from (the key, the token). If something outside of the workflows reads it, say so at
  the resource.
limits: >
  Told where workflows of the repository were scanned and none takes all secrets at once. A workflow of another branch, or of
  another repository that is called with `secrets: inherit`, may read it.
references:
  - https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets
platforms: [terraform]
since: '0.1'
---*/
WITH declared AS (
  SELECT *, lower(detail->>'$.repositoryName') AS repository_name
  FROM consumers
  WHERE fact = 'ci-secret' AND (detail->>'$.resourceType') LIKE 'github\_actions\_%' ESCAPE '\' AND (detail->>'$.repositoryName') IS NOT NULL
),
workflows AS (
  SELECT DISTINCT lower(location->>'$.repository') AS repository, upper(secret_name) AS read
  FROM consumers
  WHERE type = 'workflow-job' AND platform = 'github-actions' AND secret_name IS NOT NULL AND (location->>'$.repository') IS NOT NULL
)
SELECT
  d.consumer_id,
  concat(d.secret_name, ' (', (d.detail->>'$.address'), ') is handed to ', (d.detail->>'$.repositoryName'), ', and none of its workflows reads it.') AS message,
  list(DISTINCT d.observation_id) AS evidence
FROM declared AS d
JOIN workflows AS w ON w.repository = d.repository_name OR NOT contains(d.repository_name, '/') AND split_part(w.repository, '/', -1) = d.repository_name
GROUP BY d.consumer_id, d.secret_name, d.detail
HAVING NOT bool_or(w.read IN (upper(d.secret_name), '*'))
