/*---
id: service-connection-without-environment
title: A job uses a service connection and names no environment
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE platform = 'azure-pipelines' AND TRY_CAST(detail->>'$.connection' AS BOOLEAN)
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  Approvals, checks of branches and the history of deployments belong to environments. Without one, whoever can change the pipeline in a branch uses the connection.
fix: >
  Make it a deployment job (`deployment:` with `environment: production`), and add an approval to the environment and a branch check to the connection.
limits: >
  Checks of the connection itself stand in no file. Jobs that neither deploy nor are of production are left alone.
references:
  - https://learn.microsoft.com/azure/devops/pipelines/process/approvals
platforms: [azure-pipelines]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  min(identity_id) AS identity_id,
  concat('The job ', consumer_id, ' uses the service connection ', secret_name, CASE WHEN bool_or(json_array_length(detail->'$.deploys') > 0) THEN concat(' to deploy (', listed(from_json(min(detail->'$.deploys'), '["VARCHAR"]')), ')') ELSE '' END, ' and names no environment.') AS message,
  CASE WHEN bool_or(is_production(environment) OR regexp_matches(lower(secret_name), '(^|[^a-z])prod')) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact IS NULL AND platform = 'azure-pipelines' AND TRY_CAST(detail->>'$.connection' AS BOOLEAN) AND (detail->>'$.connectionTo') = 'azure' AND NOT TRY_CAST(detail->>'$.environmentDeclared' AS BOOLEAN)
  AND (json_array_length(detail->'$.deploys') > 0 OR is_production(environment) OR regexp_matches(lower(secret_name), '(^|[^a-z])prod'))
GROUP BY consumer_id, secret_name
