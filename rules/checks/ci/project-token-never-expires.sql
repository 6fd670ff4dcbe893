/*---
id: project-token-never-expires
title: A token of an Argo CD project never ends
severity: high
confidence: high
persona: security
about: consumer
identityFields: [identity_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'project-token'
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The token logs in as the role of the project, from anywhere, until somebody deletes it.
fix: >
  Make tokens with an end (`argocd proj role create-token PROJECT ROLE --expires-in 24h`) and delete this one (`argocd proj role delete-token`).
references:
  - https://argo-cd.readthedocs.io/en/stable/user-guide/projects/
platforms: [argo]
since: '0.1'
---*/
SELECT
  identity_id,
  concat('A token of the role ', min(detail->>'$.role'), ' of the Argo CD project ', min(detail->>'$.project'), ' never ends', CASE WHEN bool_or(TRY_CAST(detail->>'$.writes' AS BOOLEAN)) THEN ', and may change applications.' ELSE '.' END) AS message,
  CASE WHEN bool_or(TRY_CAST(detail->>'$.writes' AS BOOLEAN)) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'project-token' AND NOT TRY_CAST(detail->>'$.expires' AS BOOLEAN)
GROUP BY identity_id
