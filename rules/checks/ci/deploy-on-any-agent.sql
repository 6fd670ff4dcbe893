/*---
id: deploy-on-any-agent
title: A deployment runs on whichever agent is free
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE platform = 'jenkins' AND TRY_CAST(detail->>'$.agentAny' AS BOOLEAN)
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  The agent that tests what a stranger proposed an hour ago gets the credential of the deployment, and what that test left behind can read it.
fix: >
  Give deployments agents of their own: `agent { label 'deploy' }`, thrown away after each run.
platforms: [jenkins]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The stage ', consumer_id, ' deploys (', listed(from_json(min(detail->'$.deploys'), '["VARCHAR"]')), ') with ', listed(list(DISTINCT secret_name ORDER BY secret_name)), ' on any agent.') AS message,
  CASE WHEN bool_or(is_production(environment)) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND platform = 'jenkins' AND fact IS NULL AND secret_name IS NOT NULL
  AND TRY_CAST(detail->>'$.agentAny' AS BOOLEAN) AND json_array_length(detail->'$.deploys') > 0
GROUP BY consumer_id
