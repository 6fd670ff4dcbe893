/*---
id: pipeline-variables-forwarded
title: All variables of a pipeline are handed to another
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'variables-forwarded'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever started the first pipeline decides what runs in the second, and what was typed in for one project, secrets too, is at hand in the other.
fix: >
  Hand over what the other pipeline needs by name (`trigger: … variables:`), and set `forward: pipeline_variables: false`.
references:
  - https://docs.gitlab.com/ci/yaml/#triggerforward
platforms: [gitlab-ci]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' forwards all variables of its pipeline to ', coalesce(detail->>'$.project', 'a child pipeline'), '.') AS message,
  CASE WHEN (detail->>'$.project') IS NULL THEN 'low' ELSE 'medium' END AS severity,
  [observation_id] AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'variables-forwarded'
