/*---
id: ci-debug-trace
title: Debug logging shows all variables of a job
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, variable]
needs: [consumer@ci]
population: consumers WHERE fact = 'debug-trace'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.PS-04
why: >
  `CI_DEBUG_TRACE` writes every command and variable of the job into its log, and what services print beside it.
fix: >
  Take the variable out of the file. To look for a fault set it for one run by hand, on a protected branch, and delete the log afterwards.
references:
  - https://docs.gitlab.com/ci/variables/variables_troubleshooting/
platforms: [gitlab-ci]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.variable') AS variable,
  concat(CASE WHEN consumer_id LIKE '%#debug-trace' THEN concat('All jobs of ', split_part(consumer_id, '#', 1), ' run') ELSE concat('The job ', consumer_id, ' runs') END, ' with ', (detail->>'$.variable'), '.') AS message,
  CASE (detail->>'$.variable') WHEN 'CI_DEBUG_TRACE' THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'debug-trace'
GROUP BY consumer_id, (detail->>'$.variable')
