/*---
id: credential-file-in-image
title: A file of credentials is part of an image
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, file]
needs: [consumer@iac|consumer@image]
population: consumers WHERE fact = 'credential-file'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
why: >
  Everyone who may pull the image has the file, and so has whoever gets into a container of it. Images are kept and copied for years.
fix: |
  1. Take the `COPY` out and name the file in `.dockerignore`.
  2. For the build use `RUN --mount=type=secret,id=NAME,target=/path …`; at run time mount the file as a secret.
  3. Rotate what is in it when the image was pushed, and delete the old tags.
limits: >
  Told by the file's name, in an image also by a look at what is in it. A file that holds settings alone looks the same in a Dockerfile, hence
  medium. What `COPY . .` takes along is told of files of the repository right in that directory.
references:
  - https://docs.docker.com/build/building/secrets/
platforms: [dockerfile, image]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.file') AS file,
  concat(CASE WHEN (detail->>'$.platform') = 'image' THEN '' ELSE 'The build stage ' END, consumer_id, CASE WHEN (detail->>'$.platform') = 'image' THEN ' holds ' ELSE ' copies ' END,
    detail->>'$.file', ' (', detail->>'$.kind', ')', CASE WHEN (detail->>'$.platform') = 'image' THEN '.' ELSE concat(' into the image as ', detail->>'$.destination', '.') END) AS message,
  CASE WHEN (detail->>'$.inFinalImage') = 'true' THEN CASE WHEN (detail->>'$.certain') = 'false' THEN 'medium' ELSE 'high' END ELSE 'low' END AS severity,
  CASE WHEN (detail->>'$.certain') = 'false' THEN 'medium' ELSE 'high' END AS confidence,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'credential-file' AND (detail->>'$.removedLater') IS NULL
  -- A credential that was seen in it is told by itself.
  AND (detail->>'$.sighted') IS DISTINCT FROM 'true'
GROUP BY consumer_id, detail
