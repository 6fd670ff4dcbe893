/*---
id: secret-in-stack-output
title: An output shows a secret
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'secret-output'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-02
  - nist-csf-2.0:PR.DS-01
why: >
  Outputs are printed at the end of each run, kept in the logs of CI, and read by other stacks and by everybody who may
  describe this one.
fix: >
  Take the output away; let who needs the secret read it from its store. In Terraform mark it `sensitive = true` at the
  least.
limits: >
  Terraform refuses to show what it knows to be sensitive; values from variables and outputs of older providers it does
  not know.
references:
  - https://developer.hashicorp.com/terraform/language/values/outputs
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The output ', secret_name, ' shows ', (detail->>'$.from'), '.') AS message,
  CASE WHEN (detail->>'$.from') LIKE '%aws_iam_access_key%' OR (detail->>'$.from') LIKE '%.SecretAccessKey' THEN 'high' ELSE 'medium' END AS severity,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'secret-output' AND NOT coalesce(TRY_CAST(detail->>'$.sensitive' AS BOOLEAN), false)
