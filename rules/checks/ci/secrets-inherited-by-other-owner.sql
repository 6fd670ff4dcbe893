/*---
id: secrets-inherited-by-other-owner
title: All secrets are handed to a workflow of another owner
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name = '*'
controls:
  - owasp-nhi-2025:NHI3:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:PR.AA-05
why: >
  `secrets: inherit` gives every secret of the repository and organisation, those of next year included, to code that
  somebody else can change.
fix: >
  Pass the secrets that the workflow declares, by name (`secrets: NAME: ${{ secrets.NAME }}`), and pin it to a commit id.
limits: What the called workflow really uses is not read. Calls within the same owner are left alone.
references:
  - https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows
platforms: [github-actions]
equivalents: [zizmor/secrets-inherit]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat(
    'The job ', c.consumer_id, ' hands all its secrets to ', coalesce(c.detail->>'$.calls', 'a workflow'),
    CASE WHEN len(coalesce(from_json(c.detail->'$.unpinned', '["VARCHAR"]'), [])) > 0 THEN ', which is not pinned to a commit.' ELSE '.' END) AS message,
  CASE WHEN len(coalesce(from_json(c.detail->'$.unpinned', '["VARCHAR"]'), [])) > 0 THEN 'high' ELSE 'medium' END AS severity,
  [c.observation_id] AS evidence
FROM consumers AS c
WHERE c.type = 'workflow-job' AND c.secret_name = '*' AND TRY_CAST(c.detail->>'$.secretsInherit' AS BOOLEAN)
  AND len(coalesce(from_json(c.detail->'$.thirdParty', '["VARCHAR"]'), [])) > 0
