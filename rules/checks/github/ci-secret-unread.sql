/*---
id: ci-secret-unread
title: A secret at GitHub is read by no workflow
severity: low
confidence: medium
about: credential
identityFields: [credential_id]
needs: [credential:ci-secret@github, consumer@ci]
population: credentials WHERE provider = 'github' AND type = 'ci-secret' AND (detail->>'$.level') IN ('repository', 'environment') AND (detail->>'$.store') <> 'dependabot'
parameters:
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  It is a live credential that every workflow of the repository could read, and no job misses it: nobody rotates it, and nobody would
  notice that it is used.
fix: >
  Revoke it where it was made, then `gh secret delete NAME --repo OWNER/REPO`.
limits: >
  Told where workflows of the repository were scanned and none takes all secrets at once. A workflow of another branch, or of another
  repository that is called with `secrets: inherit`, may read it.
references:
  - https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets
since: '0.1'
---*/
WITH workflows AS (
  SELECT lower(location->>'$.repository') AS repository, list(DISTINCT upper(secret_name)) AS names
  FROM consumers
  WHERE type IN ('workflow-job', 'pipeline') AND platform = 'github-actions' AND secret_name IS NOT NULL AND (location->>'$.repository') IS NOT NULL
  GROUP BY ALL
),
secrets AS (
  SELECT *, identity_scope(identity_id) AS repository, (detail->>'$.secretName') AS name, (detail->>'$.githubEnvironment') AS github_environment
  FROM credentials
  WHERE provider = 'github' AND type = 'ci-secret' AND (detail->>'$.level') IN ('repository', 'environment') AND (detail->>'$.store') <> 'dependabot'
)
SELECT
  s.credential_id,
  s.identity_id,
  concat(
    'No workflow of ', s.repository, ' reads the secret ', s.name,
    CASE WHEN s.github_environment IS NULL THEN '' ELSE concat(' of its environment ', s.github_environment) END,
    coalesce(', which was made ' || days_since(s.created_at) || ' days ago', ''), '.') AS message,
  concat(
    'Revoke it where it was made, then `gh secret delete ', word_or(s.name, 'NAME'), ' --repo ', word_or(s.repository, 'OWNER/REPO'),
    CASE WHEN s.github_environment IS NULL THEN '' ELSE concat(' --env ', word_or(s.github_environment, 'ENVIRONMENT')) END, '`.') AS fix,
  s.evidence
FROM secrets AS s
JOIN workflows AS w USING (repository)
WHERE NOT list_contains(w.names, upper(s.name)) AND NOT list_contains(w.names, '*')
  AND coalesce(days_since(s.created_at) > $graceDays, true)
