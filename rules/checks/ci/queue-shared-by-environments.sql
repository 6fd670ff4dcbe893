/*---
id: queue-shared-by-environments
title: Agents of one queue work for production and for another environment
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [repository, queue]
needs: [consumer@ci]
population: consumers WHERE platform = 'buildkite' AND (detail->>'$.queue') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  What a job of the test environment leaves on the agent, a changed tool or a process, is there when the production job logs in.
fix: >
  Give production a queue of its own, on other machines with another role: `agents: queue: deploy-prod`.
limits: >
  Environments are told by the names of steps, branches and files.
platforms: [buildkite]
since: '0.1'
---*/
SELECT
  coalesce(location->>'$.repository', '') AS repository,
  (detail->>'$.queue') AS queue,
  concat(
    'The queue ', (detail->>'$.queue'), ' serves ', array_to_string(list(DISTINCT environment ORDER BY environment), ' and '), ' with secrets (',
    listed(list(DISTINCT split_part(consumer_id, '#', -1) ORDER BY split_part(consumer_id, '#', -1))), ').') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND platform = 'buildkite' AND (detail->>'$.queue') IS NOT NULL AND environment IS NOT NULL AND fact IS NULL
GROUP BY location->>'$.repository', (detail->>'$.queue')
HAVING bool_or(is_production(environment)) AND NOT bool_and(is_production(environment))
