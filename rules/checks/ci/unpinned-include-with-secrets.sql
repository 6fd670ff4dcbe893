/*---
id: unpinned-include-with-secrets
title: A pipeline with secrets runs code of another repository that can change
severity: high
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, included]
needs: [consumer@ci]
population: consumers WHERE fact = 'unpinned-include'
controls:
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:DE.CM-06
why: >
  What is included runs with every secret of the pipeline. Whoever can push to that branch, or takes over that address, reads them with the next run.
fix: >
  Pin it to a commit: `ref: <commit id>` (GitLab, Azure), `@Library('name@<commit id>')` (Jenkins), `integrity:` for an address.
limits: >
  Repositories of the same owner, and libraries that the server is set up with, count as one's own: low.
platforms: [gitlab-ci, azure-pipelines, jenkins]
since: '0.1'
---*/
WITH holders AS (
  SELECT split_part(consumer_id, '#', 1) AS file, listed(list(DISTINCT secret_name ORDER BY secret_name)) AS names
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name <> '*' AND fact IS NULL
    AND NOT coalesce(TRY_CAST(detail->>'$.jobToken' AS BOOLEAN), false)
  GROUP BY file
)
SELECT
  consumer_id,
  (detail->>'$.what') AS included,
  concat(
    split_part(consumer_id, '#', 1), ' includes ', (detail->>'$.what'), CASE WHEN (detail->>'$.ref') IS NULL THEN ' at whatever it is today' ELSE concat(' at ', (detail->>'$.ref')) END,
    ', beside ', names, '.') AS message,
  CASE
    WHEN (detail->>'$.kind') = 'remote' THEN 'high'
    WHEN TRY_CAST(detail->>'$.own' AS BOOLEAN) THEN 'low'
    WHEN TRY_CAST(detail->>'$.version' AS BOOLEAN) THEN 'medium'
    ELSE 'high' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
JOIN holders ON split_part(consumer_id, '#', 1) = holders.file
WHERE type = 'workflow-job' AND fact = 'unpinned-include'
GROUP BY consumer_id, (detail->>'$.what'), (detail->>'$.ref'), (detail->>'$.kind'), (detail->>'$.own'), (detail->>'$.version'), names
