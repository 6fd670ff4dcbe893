/*---
id: passes-role-of-administrator
title: An AWS identity can start something that runs as an administrator
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
  `iam:PassRole` beside the right to start a machine, function or job is as good as the role itself: its own code runs with
  the rights of an administrator.
fix: |
  Name in the `iam:PassRole` statement the roles that it really passes, and the service (`iam:PassedToService`); keep
  administrators out of what services may run as.
limits: >
  Covers the known services that run code or templates under a role that is passed. A role counts when its trust admits the
  service, conditions and denials heeded. Organisation policies are honoured only where they were given.
references:
  - https://pathfinding.cloud
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(i.identity_id, ' can start something that runs as an administrator', w.told) AS message,
  w.confidence,
  list_concat(i.evidence, w.evidence) AS evidence,
  w.best AS detail
FROM escalation_ways AS w
JOIN identities AS i USING (identity_id)
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE w.kind = 'new-passrole' AND i.provider = 'aws' AND NOT i.managed AND NOT coalesce(a.is_admin, false)
