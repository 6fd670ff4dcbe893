/*---
id: job-token-unneeded-permission
title: A job may write what none of its steps writes
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The right is left over from an earlier version of the job, or was copied with it. A malicious package in one of the
  steps has it all the same.
fix: >
  Take the scope out of the `permissions` of the job.
limits: >
  Said only where all steps are known: actions whose needs are documented, and scripts that are not given the token.
references:
  - https://docs.github.com/en/actions/tutorials/authenticate-with-github_token
platforms: [github-actions]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' has ', array_to_string(list_transform(unneeded, lambda scope: scope || ': write'), ', '), ', and no step of it can use that.') AS message,
  [observation_id] AS evidence
FROM (
  SELECT consumer_id, observation_id, coalesce(from_json(detail->'$.unneeded', '["VARCHAR"]'), []) AS unneeded
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name = 'GITHUB_TOKEN' AND fact IS NULL)
WHERE len(unneeded) > 0
