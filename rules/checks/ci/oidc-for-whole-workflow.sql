/*---
id: oidc-for-whole-workflow
title: Every job of a workflow may prove itself by OIDC, also those that have no use for it
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [repository, path]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'oidc-subject'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.AA-05
why: >
  `id-token: write` at the top of a workflow lets every job, with every action and package it runs, become the cloud
  role that one of them needs.
fix: >
  Put `permissions: id-token: write` on the job that logs in, and take it out at the top of the workflow.
limits: >
  Said where at least one of the jobs certainly cannot use the token: all its steps are known. Jobs with unknown actions
  or scripts are given the benefit of the doubt.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
platforms: [github-actions]
since: '0.1'
---*/
WITH jobs AS (
  SELECT DISTINCT ON (consumer_id)
    consumer_id,
    (location->>'$.repository') AS repository,
    (location->>'$.path') AS path,
    (detail->>'$.job') AS job,
    TRY_CAST(detail->>'$.jobs' AS INTEGER) AS jobs,
    TRY_CAST(detail->>'$.unused' AS BOOLEAN) AS unused,
    observation_id
  FROM consumers
  WHERE type = 'workflow-job' AND fact = 'oidc-subject' AND (detail->>'$.permissionsSource') = 'workflow'
    AND list_contains(coalesce(from_json(detail->'$.permissions', '["VARCHAR"]'), []), 'id-token:write')
  ORDER BY consumer_id, observation_id
)
SELECT
  coalesce(repository, '') AS repository,
  path,
  concat(
    'All ', count(*), ' jobs of ', coalesce(repository || ':', ''), path, ' may ask for an OIDC token; ',
    listed(list(job ORDER BY job) FILTER (unused)), ' cannot use it.') AS message,
  list(observation_id) AS evidence
FROM jobs
GROUP BY repository, path
HAVING count(*) > 1 AND bool_or(unused)
