/*---
id: secret-baked-into-image-variable
title: A secret of the build becomes a variable of the image
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac]
population: consumers WHERE fact = 'image-variable'
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
why: >
  `ENV` writes the value of the argument into the configuration of the image: `docker inspect` shows it to everyone who may pull it, and
  every process of every container inherits it.
fix: |
  1. Take the `ENV` out; at run time pass the secret by an orchestrator's secret or a mounted file.
  2. For the build itself use `RUN --mount=type=secret,id=NAME,env=NAME …`.
  3. Rotate the secret when such an image was pushed.
limits: >
  In a stage that is not part of the final image it stays in the build cache only.
references:
  - https://docs.docker.com/build/building/secrets/
platforms: [dockerfile]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The build stage ', consumer_id, ' writes ', array_to_string(coalesce(from_json(c.detail->'$.arguments', '["VARCHAR"]'), []), ', '),
    CASE WHEN (detail->>'$.label') IS NULL THEN ' into the variable ' ELSE ' into the label ' END, coalesce(detail->>'$.label', secret_name), ' of the image.') AS message,
  CASE WHEN (detail->>'$.inFinalImage') = 'true' THEN 'high' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers AS c
WHERE fact = 'image-variable' AND (detail->>'$.valueFrom') = 'argument'
GROUP BY consumer_id, secret_name, detail
