/*---
id: argocd-everybody-is-admin
title: Everybody who logs in to Argo CD is an administrator
severity: high
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'default-role'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  `policy.default: role:admin` gives every login, people and tokens, all clusters and repositories that Argo CD can reach.
fix: >
  Set `policy.default: role:readonly`, or leave it empty, and give roles to groups in `policy.csv`.
references:
  - https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/
platforms: [argo]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('Everybody who logs in to Argo CD has role:admin by ', split_part(consumer_id, '#', 1), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'default-role' AND (detail->>'$.role') = 'role:admin'
GROUP BY consumer_id
