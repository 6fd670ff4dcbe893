/*---
id: default-build-account
title: A build runs as the default account of its project
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [repository]
needs: [consumer@ci]
population: consumers WHERE fact = 'default-build-account'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The default account of builds is shared by all builds of the project and has, in older projects, the rights of an editor or what someone once gave it.
fix: >
  Make an account for the build with the rights it needs, and name it: `serviceAccount: projects/PROJECT/serviceAccounts/NAME@PROJECT.iam.gserviceaccount.com`, with `options: logging: CLOUD_LOGGING_ONLY`.
limits: >
  The trigger that starts the build may name the account instead.
references:
  - https://cloud.google.com/build/docs/cloud-build-service-account
platforms: [cloud-build]
since: '0.1'
---*/
SELECT
  coalesce(location->>'$.repository', '') AS repository,
  concat(
    CASE WHEN count(DISTINCT consumer_id) = 1 THEN 'A build' ELSE concat(count(DISTINCT consumer_id), ' builds') END, coalesce(' of ' || (location->>'$.repository'), ''),
    CASE WHEN count(DISTINCT consumer_id) = 1 THEN ' names' ELSE ' name' END, ' no service account: ', listed(list(DISTINCT (location->>'$.path') ORDER BY (location->>'$.path'))),
    CASE WHEN bool_or(json_array_length(detail->'$.deploys') > 0) THEN concat('; ', listed(list_sort(list_distinct(flatten(list(from_json(detail->'$.deploys', '["VARCHAR"]')))))), ' among what they do.') ELSE '.' END) AS message,
  CASE WHEN bool_or(json_array_length(detail->'$.deploys') > 0) THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'default-build-account'
GROUP BY location->>'$.repository'
