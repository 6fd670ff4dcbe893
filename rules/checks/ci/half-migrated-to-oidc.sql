/*---
id: half-migrated-to-oidc
title: A CI job has OIDC and still carries the static key
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, cloud]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND (how = 'oidc' OR how = 'static-key' AND json_array_length(detail->'$.oidcClouds') > 0)
controls:
  - owasp-nhi-2025:NHI1:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-01
why: >
  The job proves itself by OIDC, so nobody needs the key and nobody watches it; it is left over, live, in the job's environment.
fix: >
  Take the key out of the job, delete it at the cloud, and delete the secret that kept it.
limits: A key for another account than the role's looks the same.
platforms: [github-actions, gitlab-ci, circleci, bitbucket-pipelines, buildkite]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  (c.detail->>'$.cloud') AS cloud,
  concat(
    'The job ', c.consumer_id, ' logs in to ', CASE (c.detail->>'$.cloud') WHEN 'aws' THEN 'AWS' WHEN 'gcp' THEN 'Google Cloud' ELSE 'Azure' END,
    ' by OIDC and still carries ', listed(list(DISTINCT c.secret_name ORDER BY c.secret_name)), '.') AS message,
  'Take the key out of the job, delete it at the cloud, then ' || delete_ci_secret(the_platform(c.platform)) || '.' AS fix,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'workflow-job' AND c.how = 'static-key' AND c.secret_name IS NOT NULL
  AND list_contains(coalesce(from_json(c.detail->'$.oidcClouds', '["VARCHAR"]'), []), (c.detail->>'$.cloud'))
GROUP BY c.consumer_id, (c.detail->>'$.cloud')
