/*---
id: static-key-in-infrastructure-code
title: Infrastructure code makes a long-lived key
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'declared-key'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:ID.AM-08
why: >
  Whatever the key opens, the state now holds its secret in plain text: everybody who may read the state, its bucket, its
  backups or the plan in a CI log has the key. It lives until somebody replaces it.
fix: >
  Let the workload take a role instead: OIDC for CI, an instance or task role in AWS, workload identity in Google Cloud.
  Where a key is needed, make it outside the code, or encrypt it (`pgp_key`, `public_key_data`), and rotate it.
limits: >
  A key that a module from a registry makes is not seen in the code; it is in the state. One that is made only if a setting says so, whose
  value is not in the code, is told with low confidence.
references:
  - https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_access_key
platforms: [terraform, cloudformation, pulumi]
since: '0.1'
---*/
SELECT
  consumer_id,
  identity_id,
  concat(
    (detail->>'$.address'), ' makes a long-lived ',
    CASE (detail->>'$.keyType') WHEN 'access-key' THEN 'AWS access key' WHEN 'service-account-key' THEN 'service account key' WHEN 'hmac-key' THEN 'HMAC key'
      WHEN 'service-specific-credential' THEN 'service credential' ELSE 'console password' END,
    of_identity(identity_id),
    CASE WHEN coalesce(TRY_CAST(detail->>'$.encrypted' AS BOOLEAN), false) THEN '.' WHEN (detail->>'$.platform') = 'cloudformation' THEN ', which only an output or another resource can carry on.'
      ELSE '; its secret lies in the state.' END) AS message,
  CASE WHEN coalesce(TRY_CAST(detail->>'$.encrypted' AS BOOLEAN), false) THEN 'medium' ELSE 'high' END AS severity,
  CASE WHEN coalesce(TRY_CAST(detail->>'$.conditional' AS BOOLEAN), false) THEN 'low' ELSE 'high' END AS confidence,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'declared-key' AND (detail->>'$.cloud') IN ('aws', 'gcp') AND (detail->>'$.keyType') <> 'password'
  AND coalesce((detail->>'$.status'), 'active') = 'active'
