/*---
id: static-cloud-key-in-deployment
title: A service or playbook is given a long-lived cloud key
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, cloud]
needs: [consumer@iac]
population: consumers WHERE platform IN ('compose', 'ansible')
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-03
why: >
  The key works from anywhere and for as long as nobody rotates it; whoever gets into the container, the host or the log of a run has it.
fix: >
  Give the host or workload an identity of its own: an instance profile, a workload identity, `aws sso login` or `sts assume-role` for people,
  `azure_rm` with managed identity, Application Default Credentials. Then delete the key.
limits: >
  Keys of other clouds with the same interface (S3-compatible storage) look the same.
platforms: [compose, ansible]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.cloud') AS cloud,
  concat(CASE WHEN min(detail->>'$.platform') = 'compose' THEN 'The service ' ELSE 'The playbook ' END, consumer_id, ' is given a long-lived key of ',
    CASE (detail->>'$.cloud') WHEN 'aws' THEN 'AWS' WHEN 'gcp' THEN 'Google Cloud' ELSE 'Azure' END, ' (', listed(list(DISTINCT secret_name ORDER BY secret_name)), ').') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE (detail->>'$.platform') IN ('compose', 'ansible') AND (detail->>'$.cloud') IS NOT NULL
  AND fact IN ('service-variable', 'static-cloud-key') AND credential_id IS NULL AND coalesce(detail->>'$.valueFrom', '') <> 'text'
GROUP BY consumer_id, (detail->>'$.cloud')
