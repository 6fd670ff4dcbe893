/*---
id: secret-input-shown
title: A variable for a secret is not marked as one
severity: low
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'secret-variable'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-02
  - nist-csf-2.0:PR.PS-06
why: >
  What is not marked is printed: in plans, in the logs of CI, and in the console to whoever may describe the stack.
fix: >
  Terraform: `sensitive = true` (or `ephemeral = true`). CloudFormation: `NoEcho: true`, better a dynamic reference
  `{{resolve:secretsmanager:NAME:SecretString:KEY}}` and no parameter at all.
limits: >
  Only its name tells that it is a secret.
references:
  - https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(
    CASE WHEN (detail->>'$.platform') = 'cloudformation' THEN 'The parameter ' ELSE 'The variable ' END, secret_name, ' holds a secret by its name and is not marked ',
    CASE WHEN (detail->>'$.platform') = 'cloudformation' THEN 'NoEcho.' ELSE 'sensitive.' END) AS message,
  CASE WHEN (detail->>'$.platform') = 'cloudformation' THEN 'medium' ELSE 'low' END AS severity,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'secret-variable' AND NOT coalesce(TRY_CAST(detail->>'$.sensitive' AS BOOLEAN), false)
