/*---
id: parameter-store-plain-secret
title: A secret is kept in the parameter store without encryption
severity: medium
confidence: medium
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'parameter'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
why: >
  Every role that may read parameters reads it: with the type String there is no key whose policy says who may decrypt.
fix: >
  Set the type `SecureString` with a key of your own, or move it to Secrets Manager, and rotate it.
limits: >
  Only its name tells that it is a secret. CloudFormation cannot make a SecureString.
references:
  - https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The parameter ', secret_name, ' (', (detail->>'$.address'), ') holds ', coalesce('what `' || (detail->>'$.from') || '` gives', 'a secret by its name'), ' and is of the type ', (detail->>'$.parameterType'), '.') AS message,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'parameter' AND (detail->>'$.parameterType') IN ('String', 'StringList')
  AND ((detail->>'$.from') IS NOT NULL OR regexp_matches(lower(secret_name), '(^|[/_.-])(pw|pwd|pass|password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|secret[_-]?key|access[_-]?key|credentials?)$'))
