/*---
id: secret-in-function-environment
title: Code hands a secret to a workload in the open
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac]
population: consumers WHERE fact IN ('secret-in-environment', 'secret-in-user-data')
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.AA-01
why: >
  Variables of functions and the start script of machines are shown in plain text to whoever may describe them, and in the
  state; a secret that is rotated in its store stays the old one there.
fix: >
  Give the workload the name of the secret and the right to read it, and let it read the value at run time; in ECS use
  `secrets`/`valueFrom`, in Cloud Run `value_source`.
limits: >
  By the names of variables and the kinds of sources; a value that is put together elsewhere is not seen.
references:
  - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
platforms: [terraform, cloudformation]
equivalents: [checkov/CKV_AWS_45]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  CASE WHEN (detail->>'$.fact') = 'secret-in-user-data'
    THEN concat('The start script of ', (detail->>'$.address'), ' carries ', (detail->>'$.from'), ': every process on the machine can ask for it.')
    ELSE concat((detail->>'$.address'), ' gets ', secret_name, ' as a plain variable (from ', (detail->>'$.from'), ').') END AS message,
  CASE WHEN (detail->>'$.fact') = 'secret-in-user-data' THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact IN ('secret-in-environment', 'secret-in-user-data')
GROUP BY consumer_id, secret_name, detail
