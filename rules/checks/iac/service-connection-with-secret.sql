/*---
id: service-connection-with-secret
title: A service connection logs in with a secret though it could federate
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'service-connection'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-03
why: >
  The pipeline's key to Azure lives for months in the project and in the state; workload identity federation needs none.
fix: >
  Set `service_endpoint_authentication_scheme = "WorkloadIdentityFederation"`, add the federated credential to the
  application, and delete its secret.
references:
  - https://learn.microsoft.com/en-us/azure/devops/pipelines/library/connect-to-azure
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The service connection ', coalesce(secret_name, (detail->>'$.address')), ' (', (detail->>'$.address'), ') logs in with the secret of a service principal.') AS message,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'service-connection' AND (detail->>'$.scheme') = 'ServicePrincipal'
