/*---
id: job-token-to-third-party-task
title: A task of a third party gets the access token of the job
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, task]
needs: [consumer@ci]
population: consumers WHERE platform = 'azure-pipelines' AND TRY_CAST(detail->>'$.jobToken' AS BOOLEAN)
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:GV.SC-07
why: >
  The token pushes code, starts pipelines and reads packages of the project. Its publisher can change the task within a major version at any time.
fix: >
  Limit the token to this repository (Project settings, Limit job authorization scope), or do the step by a script of your own.
references:
  - https://learn.microsoft.com/azure/devops/pipelines/process/access-tokens
platforms: [azure-pipelines]
since: '0.1'
---*/
WITH given AS (
  SELECT *, unnest(from_json(detail->'$.steps', '["JSON"]')) AS step
  FROM consumers
  WHERE type = 'workflow-job' AND platform = 'azure-pipelines' AND TRY_CAST(detail->>'$.jobToken' AS BOOLEAN) AND fact IS NULL AND json_array_length(detail->'$.thirdParty') > 0
)
SELECT
  consumer_id,
  (step->>'$.uses') AS task,
  concat('The job ', consumer_id, ' gives its access token to ', (step->>'$.uses'), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM given
WHERE list_contains(from_json(detail->'$.thirdParty', '["VARCHAR"]'), (step->>'$.uses'))
GROUP BY consumer_id, (step->>'$.uses')
