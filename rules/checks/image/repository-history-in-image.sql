/*---
id: repository-history-in-image
title: An image holds the history of its repository
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, file]
needs: [consumer@iac|consumer@image]
population: consumers WHERE type = 'image' OR fact = 'repository-history'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
why: >
  `.git` has every version of every file: the secrets that were taken out last year are in the image that was built today, and so is the
  address of the remote with whatever credential stands in it.
fix: >
  Name `.git` in `.dockerignore`, copy what the program needs and nothing else, and pass the version by `--build-arg` or a label.
limits: >
  A `COPY . .` that takes `.git` along shows in the image, not in the Dockerfile.
references:
  - https://docs.docker.com/build/concepts/context/#dockerignore-files
platforms: [dockerfile, image]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.file') AS file,
  concat(consumer_id, CASE WHEN (detail->>'$.platform') = 'image' THEN ' holds ' ELSE ' copies ' END, detail->>'$.file', ', the history of a repository.') AS message,
  CASE WHEN (detail->>'$.inFinalImage') = 'true' THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'repository-history'
GROUP BY consumer_id, detail
