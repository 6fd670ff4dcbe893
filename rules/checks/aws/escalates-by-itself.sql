/*---
id: escalates-by-itself
title: An AWS identity can give itself every right
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
  One call away from administrator is administrator: whoever gets its key makes that call first. Reviews miss it, for no
  policy of it names the administrator policy.
fix: |
  Take the right away that the message names, or bind it:
  - policies of users, roles and groups: a condition on what may be attached (`iam:PolicyARN`), and a permissions boundary
    for whoever is changed (`iam:PermissionsBoundary`);
  - versions of a policy: leave out the policies that it has itself.
limits: >
  Covers the known ways of changing one's own rights in IAM. Organisation policies are honoured only where they were given.
  A way through a condition that cannot be judged offline is of medium confidence, and the message names its keys.
references:
  - https://pathfinding.cloud
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(i.identity_id, ' can give itself every right', w.told) AS message,
  w.confidence,
  list_concat(i.evidence, w.evidence) AS evidence,
  w.best AS detail
FROM escalation_ways AS w
JOIN identities AS i USING (identity_id)
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE w.kind = 'self-escalation' AND i.provider = 'aws' AND NOT i.managed AND NOT coalesce(a.is_admin, false)
