/*---
id: connection-secret-in-environment
title: A task puts the secret of its service connection into the environment
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'connection-secret-in-environment'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
why: >
  `addSpnToEnvironment` hands the client secret to the script and to every program that it starts, also to those that send their environment away when they fail.
fix: >
  Take `addSpnToEnvironment` out: `az` is logged in already. Where a tool needs a login of its own, move the connection to workload identity federation and hand over `idToken`.
limits: >
  A connection by workload identity federation hands over a token of minutes instead: said quietly where the inline script reads `idToken` alone; the
  file does not tell otherwise.
references:
  - https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/azure-cli-v2
platforms: [azure-pipelines]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(
    'The job ', consumer_id, ' puts ', CASE WHEN bool_and(coalesce(detail->>'$.federated', '') = 'true') THEN 'a token of ' ELSE 'the secret of ' END, CASE min(secret_name) WHEN '*' THEN 'its service connection' ELSE concat('the service connection ', min(secret_name)) END, ' into the environment of a script.') AS message,
  CASE
    WHEN bool_and(coalesce(detail->>'$.federated', '') = 'true') THEN 'low'
    WHEN bool_or(is_production(environment)) THEN 'critical'
    ELSE 'high'
  END AS severity,
  CASE
    WHEN bool_and(coalesce(detail->>'$.federated', '') = 'true') THEN 'Give the token to the one command that trades it in; it is good for minutes, and for every program of the script.'
  END AS fix,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'connection-secret-in-environment'
GROUP BY consumer_id
