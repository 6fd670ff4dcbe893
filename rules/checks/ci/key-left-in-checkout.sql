/*---
id: key-left-in-checkout
title: The checkout leaves a lasting key where every later step can read it
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [repository, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'checkout-key'
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-10
why: >
  A key or token of one's own that `actions/checkout` is given stays in `.git/config` or in the SSH agent for the rest
  of the job. The job's own token would end with it; this one does not.
fix: >
  Set `persist-credentials: false` at the checkout. For one more repository, make a token of an App with
  `actions/create-github-app-token` and `repositories:`.
limits: >
  Jobs in which a later step seems to push or fetch more are left alone.
references:
  - https://github.com/actions/checkout#usage
platforms: [github-actions]
since: '0.1'
---*/
SELECT
  coalesce(location->>'$.repository', '') AS repository,
  secret_name,
  concat(
    CASE WHEN count(DISTINCT consumer_id) = 1 THEN concat('The checkout of job ', min(consumer_id), ' leaves ')
      ELSE concat('The checkouts of ', count(DISTINCT consumer_id), ' jobs', coalesce(' of ' || (location->>'$.repository'), ''), ' leave ') END,
    secret_name, CASE min(detail->>'$.input') WHEN 'ssh-key' THEN ' (an SSH key)' ELSE '' END, ' for all later steps',
    CASE WHEN count(DISTINCT consumer_id) = 1 THEN '' ELSE concat(': ', listed(list(DISTINCT (detail->>'$.job') ORDER BY (detail->>'$.job')))) END, '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'checkout-key' AND TRY_CAST(detail->>'$.persisted' AS BOOLEAN) AND NOT TRY_CAST(detail->>'$.pushes' AS BOOLEAN)
GROUP BY location->>'$.repository', secret_name
