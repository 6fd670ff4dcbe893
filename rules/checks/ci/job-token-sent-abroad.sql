/*---
id: job-token-sent-abroad
title: A job sends its token elsewhere
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, target]
needs: [consumer@ci]
population: consumers WHERE fact IN ('job-token-abroad', 'job-token-push')
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.DS-02
why: >
  While the job runs, the token reads packages, images and code of every project that lets this one in. A host outside of GitLab can use it in that time.
fix: >
  Send the token to this GitLab only. For another project make a deploy token or project access token with the one scope that is needed.
limits: >
  A GitLab of one's own under a name without `git` in it, written out in the script, looks like a stranger.
references:
  - https://docs.gitlab.com/ci/jobs/ci_job_token/
platforms: [gitlab-ci]
since: '0.1'
---*/
SELECT
  consumer_id,
  coalesce(detail->>'$.host', 'another project') AS target,
  concat('The job ', consumer_id, CASE WHEN (detail->>'$.host') IS NULL THEN ' pushes to another project with its job token.' ELSE concat(' sends its job token to ', (detail->>'$.host'), '.') END) AS message,
  CASE WHEN (detail->>'$.host') IS NULL THEN 'medium' ELSE 'high' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact IN ('job-token-abroad', 'job-token-push')
GROUP BY consumer_id, (detail->>'$.host')
