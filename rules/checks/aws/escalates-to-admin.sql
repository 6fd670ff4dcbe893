/*---
id: escalates-to-admin
title: An AWS identity can become an administrator through others
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
  Reviews look for the administrator policy and miss this: with two or three ordinary looking permissions the identity
  takes over one that has it, in one step or in several.
fix: >
  Take the right away that the message names, or limit it: a permission to write the policies, keys, passwords or trust of
  others to those it is for, or by a condition on their permissions boundary (`iam:PermissionsBoundary`); a permission to
  change code or machines to those that do not run as an administrator; a trust to the principals that really need the role.
limits: >
  Covers the known methods of taking over others within IAM and through what services run under a role already. Organisation
  policies are honoured only where they were given. A path through a condition that cannot be judged offline is of medium
  confidence, and the message names its keys; so is one through functions and machines, which an IAM export does not list.
references:
  - https://pathfinding.cloud
  - https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/
since: '0.1'
---*/
SELECT
  i.identity_id,
  CASE WHEN w.identity_id IS NULL THEN concat(i.identity_id, ' ', a.how, '.')
    ELSE concat(i.identity_id, ' can make itself an administrator', w.told) END AS message,
  coalesce(w.confidence, a.confidence) AS confidence,
  list_concat(i.evidence, coalesce(w.evidence, a.evidence)) AS evidence,
  coalesce(w.best, to_json({'hops': a.hops})) AS detail
FROM identities AS i
JOIN admin_identities AS a USING (identity_id)
LEFT JOIN escalation_ways AS w ON w.identity_id = i.identity_id AND w.kind = 'through-others'
-- Those that change or pass by themselves only have checks of their own.
WHERE i.provider = 'aws' AND NOT i.managed AND NOT a.is_admin
  AND (w.identity_id IS NOT NULL OR i.identity_id NOT IN (SELECT identity_id FROM escalation_ways))
