/*---
id: secure-file-left-on-agent
title: A copy of a secure file stays on the agent
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND platform = 'azure-pipelines' AND ((detail->>'$.secureFile') IS NOT NULL OR fact = 'secure-file-copied')
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
why: >
  The task deletes what it fetched when the job ends, but not what a script copied elsewhere. On an agent of one's own the next job
  finds it, whatever project that is of.
fix: |
  1. Use the file where the task puts it: `$(NAME.secureFilePath)`.
  2. Where a tool wants it elsewhere, delete the copy in a step that always runs: `condition: always()`.
limits: The script is read, not run. What a program copies is not seen; agents of Microsoft are thrown away after each job.
references:
  - https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/download-secure-file-v1
platforms: [azure-pipelines]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The job ', consumer_id, ' copies the secure file ', secret_name, ' to ', listed(list(DISTINCT (detail->>'$.to'))), ' and does not delete it.') AS message,
  CASE WHEN bool_or(TRY_CAST(detail->>'$.selfHosted' AS BOOLEAN)) THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'secure-file-copied'
GROUP BY consumer_id, secret_name
