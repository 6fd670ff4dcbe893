/*---
id: untracked-files-kept
title: A job with secrets keeps every file that git does not know
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'untracked-artifact'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
why: >
  What tools write while they log in (`.npmrc`, `.docker`, `kubeconfig`) is such a file, and goes into the artifact, for everybody who sees the pipeline.
fix: >
  Name the files that are wanted in `artifacts: paths:`, and set `access: developer`.
platforms: [gitlab-ci]
since: '0.1'
---*/
WITH holders AS (
  SELECT consumer_id, listed(list(DISTINCT secret_name ORDER BY secret_name)) AS names
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name <> '*' AND fact IS NULL
  GROUP BY consumer_id
)
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' has ', names, ' and keeps every untracked file as an artifact.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
JOIN holders USING (consumer_id)
WHERE type = 'workflow-job' AND fact = 'untracked-artifact'
GROUP BY consumer_id, names
