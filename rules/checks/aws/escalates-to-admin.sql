/*---
id: escalates-to-admin
title: An AWS identity can become an administrator
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@aws|identity@iac, grant@aws|grant@iac]
population: identities WHERE provider = 'aws' AND NOT managed
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - csa-maestro:Cross-Layer
why: >
  Reviews look for the administrator policy and miss this: with two or three ordinary looking permissions the identity
  gives itself the rest, or takes over one that has it.
fix: |
  Break the path that the message names:
  - a permission to write policies, keys, or trust: limit its resource, or require a permissions boundary by condition
    (`iam:PermissionsBoundary`);
  - `iam:PassRole`: name the role and the service (`iam:PassedToService`);
  - a trust: name the principals that really need the role.
limits: >
  Covers the known methods of raising one's rights within IAM and through services that run code under a role. Organisation
  policies are honoured only where they were given. A path through a condition that cannot be judged offline is of medium confidence.
references:
  - https://pathfinding.cloud
  - https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(i.identity_id, ' ', a.how, '.') AS message,
  a.confidence,
  list_concat(i.evidence, a.evidence) AS evidence,
  {'hops': a.hops} AS detail
FROM identities AS i
JOIN admin_identities AS a USING (identity_id)
WHERE i.provider = 'aws' AND NOT i.managed AND NOT a.is_admin
