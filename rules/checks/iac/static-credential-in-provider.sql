/*---
id: static-credential-in-provider
title: A provider or backend logs in with a static credential
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact IN ('provider-credential', 'backend-credential')
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
why: >
  The identity that builds everything can do nearly everything. Written into the code, its key is in every clone; and what
  a backend gets as argument is copied into `.terraform` and every plan file.
fix: >
  Take the arguments out: the provider finds a role by itself (OIDC in CI, `aws sso login` and `gcloud auth
  application-default login` at a desk). Revoke the key that was there.
limits: >
  A key that is written out in the code is the matter of credential-in-infrastructure-code. Tokens of services that know no federation are left
  alone.
references:
  - https://developer.hashicorp.com/terraform/language/backend#credentials-and-sensitive-data
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(
    CASE WHEN fact = 'backend-credential' THEN 'The backend ' ELSE 'The provider ' END, (detail->>'$.provider'), ' logs in with ', secret_name,
    CASE (detail->>'$.source') WHEN 'file' THEN ' from a key file.' ELSE ', a long-lived key that a variable brings.' END) AS message,
  CASE WHEN fact = 'backend-credential' THEN 'medium' ELSE 'low' END AS severity,
  [observation_id] AS evidence
FROM consumers
WHERE fact IN ('provider-credential', 'backend-credential')
  AND (detail->>'$.source') IN ('variable', 'file')
  AND (fact = 'backend-credential' OR (detail->>'$.provider') IN ('aws', 'google', 'google-beta', 'azurerm', 'azuread'))
