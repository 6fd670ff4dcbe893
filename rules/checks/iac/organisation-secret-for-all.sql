/*---
id: organisation-secret-for-all
title: A secret is open to every repository of the organisation
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'organisation-secret'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.IR-01
why: >
  Everybody who may push to any repository of the organisation, the forgotten experiment included, reads the secret with
  one workflow.
fix: >
  Set `visibility = "selected"` with `selected_repository_ids`, or keep the secret at the one environment that needs it.
references:
  - https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(
    'The secret ', secret_name, ' (', (detail->>'$.address'), ') is open to ',
    CASE (detail->>'$.visibility') WHEN 'all' THEN 'all repositories' ELSE 'all private repositories' END, ' of the organisation.') AS message,
  CASE (detail->>'$.visibility') WHEN 'all' THEN 'medium' ELSE 'low' END AS severity,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'organisation-secret' AND (detail->>'$.visibility') IN ('all', 'private')
