/*---
id: job-token-left-in-checkout
title: The checkout leaves a token that may push where strangers code can read it
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'persisted-credentials'
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:PR.DS-10
why: >
  `actions/checkout` writes the job's token into `.git/config` unless it is told not to; every later action and script
  of the job can read it there, also those that were not given it.
fix: >
  Set `persist-credentials: false` at the checkout.
limits: >
  Said where the token may change the repository's contents and another owner's action runs later. Jobs in which a later
  step seems to push are left alone: they need it. What an artifact carries away is the matter of secret-in-artifact.
references:
  - https://docs.zizmor.sh/audits/#artipacked
platforms: [github-actions]
equivalents: [zizmor/artipacked]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(
    'The job ', consumer_id, ' keeps a token with ', CASE WHEN list_contains(from_json(min(detail->'$.permissions'), '["VARCHAR"]'), 'write-all') THEN 'write-all' ELSE 'contents: write' END,
    ' in its checkout, where ', listed(from_json(min(detail->'$.strangers'), '["VARCHAR"]')), ' can read it; nothing in the job seems to push.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'persisted-credentials'
  AND NOT TRY_CAST(detail->>'$.pushes' AS BOOLEAN) AND NOT TRY_CAST(detail->>'$.explicit' AS BOOLEAN)
  AND len(coalesce(from_json(detail->'$.strangers', '["VARCHAR"]'), [])) > 0
  AND list_has_any(coalesce(from_json(detail->'$.permissions', '["VARCHAR"]'), []), ['contents:write', 'write-all'])
GROUP BY consumer_id
