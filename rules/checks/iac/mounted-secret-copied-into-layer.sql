/*---
id: mounted-secret-copied-into-layer
title: A build step copies a mounted secret into the image
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac]
population: consumers WHERE fact = 'secret-mount' OR fact = 'secret-in-layer' AND (detail->>'$.source') = 'mount'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
why: >
  The secret is mounted so that nothing of it stays, and the same step writes it to a file that does. It is in the layer for everyone who may
  pull the image.
fix: |
  1. Read the secret where it is mounted (`target=/root/.npmrc`, or `env=NAME`) and write it nowhere else.
  2. Rotate it when the image was pushed.
limits: >
  The script is read, not run; a file that a called program removes by itself is reported too.
references:
  - https://docs.docker.com/build/building/secrets/
platforms: [dockerfile]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The build stage ', consumer_id, ' mounts the secret ', secret_name, ' and writes it to ', listed(list(DISTINCT coalesce(detail->>'$.file', 'a file of ' || (detail->>'$.tool')) ORDER BY coalesce(detail->>'$.file', 'a file of ' || (detail->>'$.tool')))), ', which stays in the layer.') AS message,
  CASE WHEN bool_or((detail->>'$.inFinalImage') = 'true') THEN 'high' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'secret-in-layer' AND (detail->>'$.source') = 'mount' AND (detail->>'$.removedLater') IS NULL
GROUP BY consumer_id, secret_name
