/*---
id: cloud-key-handed-to-ci
title: Code makes a cloud key and gives it to CI
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact IN ('ci-secret', 'organisation-secret', 'ci-variable')
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-03
why: >
  The pipeline could prove itself by OIDC; instead a key that never ends lies in its secrets and in the state of this
  code.
fix: >
  Trust the issuer of the CI system (`aws_iam_openid_connect_provider`, `google_iam_workload_identity_pool_provider`,
  `azuread_application_federated_identity_credential`), let jobs take the role, and delete key and secret.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  identity_id,
  concat((detail->>'$.address'), ' gives CI a long-lived cloud key as ', secret_name, '.') AS message,
  [observation_id] AS evidence
FROM consumers
WHERE fact IN ('ci-secret', 'organisation-secret', 'ci-variable') AND (detail->>'$.source') = 'cloud key'
