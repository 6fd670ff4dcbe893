/*---
id: secret-in-ci-log
title: A CI job prints a secret
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
  - nist-csf-2.0:PR.PS-04
why: >
  The CI system masks the exact text only: encoded, cut or reformatted it stands in the log, for everyone who can read
  the repository, and logs are kept for months.
fix: >
  Take the `echo`, `cat` or `set -x` out; pass the value through the environment or standard input; rotate the secret if a
  run has printed it.
limits: >
  The script is read, not run: a command that prints under a condition is reported too.
references:
  - https://docs.github.com/en/actions/reference/security/secure-use
platforms: [github-actions, gitlab-ci, circleci, jenkins, azure-pipelines, bitbucket-pipelines, buildkite, travis, drone, cloud-build, codebuild, tekton]
since: '0.1'
---*/
WITH jobs AS (
  SELECT
    consumer_id,
    secret_name,
    coalesce(list(observation_id ORDER BY (location->>'$.path'), TRY_CAST(location->>'$.line' AS INTEGER)) FILTER (fact = 'secret-printed'), []) AS printed,
    coalesce(list_distinct(list((location->>'$.line')::INTEGER) FILTER (fact = 'secret-printed')), []) AS lines,
    min(location->>'$.path') FILTER (fact = 'secret-printed') AS file,
    list(DISTINCT observation_id) AS evidence
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name IS NOT NULL
    AND (fact = 'secret-printed' OR fact IS NULL AND TRY_CAST(detail->>'$.echoesSecret' AS BOOLEAN))
    -- Names of accounts and the like, kept as secrets, are none.
    AND NOT coalesce(TRY_CAST(detail->>'$.public' AS BOOLEAN), false)
  GROUP BY consumer_id, secret_name
  HAVING bool_or(fact IS NULL)
),
told AS (
  SELECT *, CASE len(lines) WHEN 0 THEN NULL WHEN 1 THEN concat('line ', lines[1]) ELSE concat('lines ', listed(list_sort(lines))) END AS place
  FROM jobs
)
SELECT
  consumer_id,
  secret_name,
  concat('The job ', consumer_id, ' prints ', CASE secret_name WHEN '*' THEN 'its secrets' ELSE secret_name END, ' into its log',
    CASE WHEN len(lines) > 1 THEN concat(', at ', len(lines), ' places') ELSE '' END, coalesce(' (' || place || ').', '.')) AS message,
  'Take the `echo`, `cat` or `set -x` out' || coalesce(' of ' || place || ' of ' || file, '')
    || '; pass the value through the environment or standard input; rotate the secret if a run has printed it.' AS fix,
  printed AS first,
  evidence
FROM told
