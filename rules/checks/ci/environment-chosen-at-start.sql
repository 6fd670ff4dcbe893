/*---
id: environment-chosen-at-start
title: Whoever starts a deployment types the name of its environment
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND (TRY_CAST(detail->>'$.environmentDynamic' AS BOOLEAN) OR (detail->>'$.environmentInput') IS NOT NULL OR fact = 'environment-chosen-at-start')
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  A name that does not exist yet makes a new environment without any protection, and the job runs in it with the secrets
  of the repository and organisation.
fix: >
  Let people choose from a list (GitHub: `type: choice` with `options`, or `type: environment`; GitLab: `options` of the variable or
  input), and keep the credentials at the environments, not at the repository.
limits: >
  Said of jobs that have secrets and take free text. Workflows that only others call are left alone.
references:
  - https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
platforms: [github-actions, gitlab-ci]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' runs in whichever environment is typed in as `', min(detail->>'$.environmentInput'), '`, with ', listed(list(DISTINCT secret_name ORDER BY secret_name)), '.') AS message,
  'Let people choose from a list (`type: choice` with `options`, or `type: environment`), and keep the credentials at the environments, not at the repository: '
    || keep_at_environment('github-actions') || '.' AS fix,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name NOT IN ('GITHUB_TOKEN') AND fact IS NULL
  AND (detail->>'$.environmentInput') IS NOT NULL AND TRY_CAST(detail->>'$.environmentFree' AS BOOLEAN)
  AND list_contains(string_split(trigger, ','), 'workflow_dispatch')
GROUP BY consumer_id
UNION ALL
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' runs in whichever environment the variable ', listed(list_sort(from_json(min(detail->'$.variables'), '["VARCHAR"]'))), ' names.'),
  'Let people choose from a list (`options` of the variable, or of an input in `spec: inputs`), and keep the credentials for one environment each: '
    || keep_at_environment('gitlab-ci') || '.',
  list(DISTINCT observation_id)
FROM consumers
WHERE type = 'workflow-job' AND fact = 'environment-chosen-at-start'
GROUP BY consumer_id
