/*---
id: secret-build-argument
title: A secret is passed as a build argument
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac|consumer@image|consumer@ci]
population: consumers WHERE fact = 'build-argument'
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
why: >
  Build arguments are kept: in the history of the image (`docker history --no-trunc`), in the provenance that BuildKit attaches, and in
  the build cache. Whoever may pull the image reads them.
fix: |
  1. Hand the secret over as a build secret: `RUN --mount=type=secret,id=NAME …`, and `docker build --secret id=NAME,env=NAME .`
  2. Rotate it when an image was pushed that was built with it, and delete those tags.
limits: >
  An argument is told by its name; one that is only called so (a public token) looks the same. In a stage that is not part of the final
  image it stays in the cache and the provenance.
references:
  - https://docs.docker.com/build/building/secrets/
  - https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
platforms: [dockerfile, compose, image, github-actions, gitlab-ci, circleci, azure-pipelines, jenkins]
since: '0.1'
---*/
WITH kept AS (
  SELECT DISTINCT consumer_id, secret_name FROM consumers WHERE fact = 'secret-in-layer'
)
SELECT
  c.consumer_id,
  c.secret_name,
  CASE
    WHEN (c.detail->>'$.platform') = 'image'
      THEN concat('The ', c.detail->>'$.via', ' of ', c.consumer_id, ' keeps the value of the build argument ', c.secret_name, '.')
    WHEN c.type = 'workflow-job'
      THEN concat('The job ', c.consumer_id, ' builds an image with ', c.secret_name, ' as an argument', CASE WHEN min(c.detail->>'$.argument') = c.secret_name THEN '' ELSE concat(' (', min(c.detail->>'$.argument'), ')') END, '.')
    WHEN (c.detail->>'$.platform') = 'compose'
      THEN concat('The service ', c.consumer_id, ' is built with ', c.secret_name, ' as an argument.')
    ELSE concat('The build stage ', c.consumer_id, ' takes ', c.secret_name, ' as an argument',
      CASE WHEN (c.detail->>'$.inFinalImage') = 'true' THEN '; the history of the image keeps its value.' ELSE '; the build cache and provenance keep its value.' END)
  END AS message,
  CASE
    WHEN (c.detail->>'$.platform') = 'image' THEN 'high'
    WHEN c.type = 'workflow-job' THEN CASE WHEN bool_or((c.detail->>'$.named') = 'true') THEN 'high' ELSE 'low' END
    WHEN (c.detail->>'$.platform') = 'compose' THEN 'medium'
    WHEN (c.detail->>'$.inFinalImage') = 'true' THEN 'high'
    ELSE 'low'
  END AS severity,
  CASE WHEN (c.detail->>'$.platform') = 'image' THEN 'high' ELSE 'medium' END AS confidence,
  CASE WHEN (c.detail->>'$.platform') = 'github-actions' THEN numbered([
    'Hand it over as a build secret: `secrets: NAME=${{ secrets.NAME }}` of `docker/build-push-action` (`docker build --secret id=NAME,env=NAME .`), and `RUN --mount=type=secret,id=NAME …` in the Dockerfile.',
    'Rotate it when an image was pushed that was built with it, and delete those tags.']) END AS fix,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
ANTI JOIN kept AS k ON k.consumer_id = c.consumer_id AND k.secret_name = c.secret_name
WHERE c.fact = 'build-argument'
  -- A value that stands in the file is a credential there, and told as such.
  AND (c.detail->>'$.literal') IS DISTINCT FROM 'true'
  -- What becomes a variable of the image is told as that.
  AND NOT list_contains(coalesce(from_json(c.detail->'$.usedBy', '["VARCHAR"]'), []), 'ENV')
  AND (c.detail->>'$.public') IS DISTINCT FROM 'true'
GROUP BY c.consumer_id, c.type, c.secret_name, c.detail->>'$.platform', c.detail->>'$.via', c.detail->>'$.inFinalImage'
