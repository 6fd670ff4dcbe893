/*---
id: secret-in-artifact
title: A job puts a secret into an artifact or cache
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, what]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'secret-in-artifact'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.DS-10
why: >
  Everybody who can read the repository can download its artifacts, in a public one the whole world, for months. A cache
  of the main branch is handed to every pull request.
fix: |
  1. Upload the files that are wanted, by name, not the whole workspace.
  2. Write credentials to a place outside of what is uploaded (GitHub: `$RUNNER_TEMP`, and `persist-credentials: false` at the checkout).
  3. Delete the artifacts that were made, and rotate the credential.
limits: >
  Goes by the paths as they are written: what a program puts into them is not seen. `upload-artifact` from version 4.4
  on leaves hidden files out unless it is told otherwise.
references:
  - https://docs.zizmor.sh/audits/#artipacked
  - https://github.com/actions/upload-artifact#inputs
platforms: [github-actions, gitlab-ci, circleci, bitbucket-pipelines]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.what') AS what,
  min(identity_id) AS identity_id,
  concat(
    'The job ', consumer_id, ' puts ', (detail->>'$.what'), coalesce(' (' || min(secret_name) FILTER (secret_name <> '*') || ')', ''), ' into ', CASE min(detail->>'$.target') WHEN 'cache' THEN 'a cache' WHEN 'pages' THEN 'a public page' ELSE 'an artifact' END,
    ' (path ', listed(list(DISTINCT (detail->>'$.path'))), ').') AS message,
  CASE WHEN bool_or(secret_name <> '*' OR (detail->>'$.what') LIKE 'the token%' OR (detail->>'$.what') LIKE 'the login file%') THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN bool_or(secret_name <> '*' OR (detail->>'$.what') LIKE 'the token%') THEN 'high' ELSE 'low' END AS confidence,
  CASE the_platform(platform)
    WHEN 'github-actions' THEN numbered(['Upload the files that are wanted, by name, not the whole workspace.',
      'Set `persist-credentials: false` at the checkout, and write credentials below `$RUNNER_TEMP`.', 'Delete the artifacts that were made, and rotate the credential.'])
    WHEN 'gitlab-ci' THEN numbered(['Name the files that are wanted in `artifacts: paths` (`cache: paths`), and keep the rest out with `artifacts: exclude`.',
      'Write credentials to a directory outside of the project (`mktemp -d`).', 'Delete the artifacts that were made (Build, Artifacts), and rotate the credential.'])
    WHEN 'circleci' THEN numbered(['Name the files that are wanted in `store_artifacts`, `persist_to_workspace` or `save_cache`.',
      'Write credentials to a directory outside of them (`mktemp -d`).', 'Rotate the credential; artifacts go by their retention (Plan, Usage Controls).'])
    WHEN 'bitbucket-pipelines' THEN numbered(['Name the files that are wanted in `artifacts: paths`, not `**`.',
      'Write credentials to a directory outside of them (`mktemp -d`).', 'Delete the artifacts that were made, and rotate the credential.'])
  END AS fix,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'secret-in-artifact'
GROUP BY consumer_id, (detail->>'$.what')
