/*---
id: certificate-requested-for-years
title: A certificate is asked for longer than a year
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s]
population: consumers WHERE fact = 'certificate-request'
parameters:
  maxDays: 397
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  A certificate cannot be taken back in practice: who copies its key is the workload until it ends. The controller
  renews it by itself, so nothing is gained by length.
fix: >
  Set `duration: 2160h` (90 days) and `privateKey.rotationPolicy: Always`.
limits: >
  Authorities live longer, and are left out.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The Certificate ', (c.detail->>'$.namespace'), '/', (c.detail->>'$.name'), ' is asked for ', (c.detail->>'$.hours')::INTEGER // 24, ' days.') AS message,
  [c.observation_id] AS evidence
FROM consumers AS c
WHERE c.fact = 'certificate-request' AND (c.detail->>'$.hours')::INTEGER > $maxDays * 24 AND NOT (c.detail->>'$.isAuthority')::BOOLEAN
