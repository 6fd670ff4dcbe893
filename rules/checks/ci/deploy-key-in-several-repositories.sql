/*---
id: deploy-key-in-several-repositories
title: One SSH key seems to open several repositories
severity: medium
confidence: low
persona: security
about: consumer
identityFields: [owner, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'ssh-key'
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A deploy key belongs to one repository; a key that works in several is that of a person or of a machine user, with all
  that one may do.
fix: >
  Make a deploy key for each repository, read-only where nothing is pushed (`gh repo deploy-key add key.pub`), or a
  GitHub App for all of them.
limits: >
  Told by the name of the secret, within one owner: each repository may keep another key under it.
references:
  - https://docs.github.com/en/authentication/connecting-to-github-with-ssh/managing-deploy-keys
platforms: [github-actions]
since: '0.1'
---*/
SELECT
  CASE WHEN contains(location->>'$.repository', '/') THEN lower(split_part(location->>'$.repository', '/', 1)) ELSE '' END AS owner,
  secret_name,
  concat(
    'The SSH key ', secret_name, ' is used in ', count(DISTINCT (location->>'$.repository')), ' repositories: ',
    listed(list(DISTINCT (location->>'$.repository') ORDER BY (location->>'$.repository'))), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'ssh-key' AND (detail->>'$.for') = 'git' AND (location->>'$.repository') IS NOT NULL
GROUP BY owner, secret_name
HAVING count(DISTINCT (location->>'$.repository')) > 1
