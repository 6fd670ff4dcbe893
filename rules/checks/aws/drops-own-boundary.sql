/*---
id: drops-own-boundary
title: An AWS identity can take off its own permissions boundary
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@aws|identity@iac, grant:policy@aws|grant@iac]
population: identities WHERE provider = 'aws' AND NOT managed
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - csa-maestro:Cross-Layer
why: >
  The boundary is all that keeps it from being an administrator, and it may remove or replace that boundary itself. It is a
  fence with the key in it.
fix: |
  Deny `iam:DeleteUserPermissionsBoundary`, `iam:DeleteRolePermissionsBoundary`, `iam:PutUserPermissionsBoundary` and
  `iam:PutRolePermissionsBoundary` in the boundary itself, or allow to put this one only (`iam:PermissionsBoundary`).
limits: >
  Says nothing of boundaries behind which there is no administrator, nor of those whose document was not in the input.
references:
  - https://pathfinding.cloud
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(i.identity_id, ' can take off its own permissions boundary', w.told) AS message,
  w.confidence,
  list_concat(i.evidence, w.evidence) AS evidence,
  w.best AS detail
FROM escalation_ways AS w
JOIN identities AS i USING (identity_id)
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE w.kind = 'own-boundary' AND i.provider = 'aws' AND NOT i.managed AND NOT coalesce(a.is_admin, false)
