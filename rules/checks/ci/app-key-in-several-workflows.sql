/*---
id: app-key-in-several-workflows
title: Several workflows hold the private key of an App
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [repository, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'app-token'
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The key makes tokens for all that the App may do, wherever it is installed, whatever each workflow asks for: every workflow that
  holds it is the whole App, and none can lose it without the others.
fix: |
  1. Make an App for each purpose, with just its permissions, installed where it is needed.
  2. Or let one workflow make the token and the others call it (`workflow_call`), and keep the key at an environment that only it names.
  3. Make a new key of the App and delete the old one (Settings, Developer settings, GitHub Apps, Private keys).
limits: Two secrets with one key in them look like two keys. Jobs of one workflow are told by app-token-too-wide.
references:
  - https://docs.github.com/en/apps/creating-github-apps/about-creating-github-apps/best-practices-for-creating-a-github-app
platforms: [github-actions]
since: '0.1'
---*/
SELECT
  coalesce(location->>'$.repository', '') AS repository,
  secret_name,
  concat(
    counted(count(DISTINCT (location->>'$.path')), 'workflow'), coalesce(' of ' || (location->>'$.repository'), ''), ' make tokens of an App with ', secret_name, ': ',
    listed(list(DISTINCT (location->>'$.path') ORDER BY (location->>'$.path'))), '.') AS message,
  CASE WHEN bool_and(TRY_CAST(detail->>'$.limited' AS BOOLEAN)) THEN 'low' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'app-token' AND secret_name IS NOT NULL AND secret_name <> '*'
GROUP BY location->>'$.repository', secret_name
HAVING count(DISTINCT (location->>'$.path')) > 1
