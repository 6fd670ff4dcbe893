/*---
id: default-account-with-full-scope
title: A machine runs as the default service account with access to all APIs
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'runs-as' AND (detail->>'$.cloud') = 'gcp' OR fact = 'runs-as' AND TRY_CAST(detail->>'$.defaultAccount' AS BOOLEAN)
controls:
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.PS-01
why: >
  The default account is editor of its project unless somebody took that away, and all machines share it: who gets into
  one has the project.
fix: >
  Make a service account for the workload, give it the roles it needs, and name it in `service_account { email = … }`.
limits: >
  What the default account may do in the project is not in the code.
references:
  - https://cloud.google.com/compute/docs/access/service-accounts#default_service_account
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  identity_id,
  concat((detail->>'$.address'), ' runs as the default service account of its project with the scope cloud-platform.') AS message,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'runs-as' AND coalesce(TRY_CAST(detail->>'$.defaultAccount' AS BOOLEAN), false)
  AND len(list_filter(from_json(detail->'$.scopes', '["VARCHAR"]'), lambda scope: regexp_matches(scope, '(^|/)cloud-platform$'))) > 0
