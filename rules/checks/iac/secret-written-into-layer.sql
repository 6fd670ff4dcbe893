/*---
id: secret-written-into-layer
title: A build step writes a secret into the image
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac]
population: consumers WHERE fact IN ('build-argument', 'image-variable', 'secret-in-layer')
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
why: >
  Package managers, git and shells keep what they are given: `.npmrc`, `pip.conf`, `.git/config` with the token in the address. The file is
  in the layer for everyone who may pull the image, and the argument in its history.
fix: |
  1. `RUN --mount=type=secret,id=NAME,env=NAME …`, with the tool reading the variable, and nothing written.
  2. For git: `RUN --mount=type=ssh git clone git@…`.
  3. Rotate the secret when the image was pushed.
limits: >
  The script is read, not run.
references:
  - https://docs.docker.com/build/building/secrets/
platforms: [dockerfile]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The build stage ', consumer_id, ' writes ', secret_name, ' to ', listed(list(DISTINCT coalesce(detail->>'$.file', 'a file of ' || (detail->>'$.tool')) ORDER BY coalesce(detail->>'$.file', 'a file of ' || (detail->>'$.tool')))), ', which stays in the layer.') AS message,
  CASE WHEN bool_or((detail->>'$.inFinalImage') = 'true') THEN 'high' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'secret-in-layer' AND (detail->>'$.source') <> 'mount' AND (detail->>'$.removedLater') IS NULL
GROUP BY consumer_id, secret_name
