/*---
id: oidc-token-never-used
title: A job may prove itself by OIDC and never does
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'oidc-subject'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whatever the job runs can ask for a token that says it is this repository; roles and registries that trust the
  repository believe it.
fix: >
  Remove `id-token: write` from the permissions of the job.
limits: >
  Said only where all steps of the job are known not to ask for it.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
platforms: [github-actions]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' has `id-token: write`, and none of its steps asks for an OIDC token.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'oidc-subject' AND TRY_CAST(detail->>'$.unused' AS BOOLEAN)
  AND ((detail->>'$.permissionsSource') = 'job' OR TRY_CAST(detail->>'$.jobs' AS INTEGER) = 1)
  AND list_contains(coalesce(from_json(detail->'$.permissions', '["VARCHAR"]'), []), 'id-token:write')
GROUP BY consumer_id
