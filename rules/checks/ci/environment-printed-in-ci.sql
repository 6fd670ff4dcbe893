/*---
id: environment-printed-in-ci
title: A job prints its whole environment
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'environment-dump'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.PS-04
  - nist-csf-2.0:PR.DS-10
why: >
  Every secret of the job goes through the log, and only what is masked, whole and unchanged, is left out: short values, several lines and what files hold are not.
fix: >
  Print the variables that are wanted, by name. Rotate what a log has shown.
limits: >
  Jobs without a secret that the file tells of are left alone.
platforms: [gitlab-ci, circleci, jenkins, azure-pipelines, bitbucket-pipelines, travis]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' prints its whole environment, with ', listed(list_sort(coalesce(from_json(min(detail->'$.secrets'), '["VARCHAR"]'), []))), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'environment-dump' AND (detail->>'$.target') = 'log' AND json_array_length(detail->'$.secrets') > 0
GROUP BY consumer_id
