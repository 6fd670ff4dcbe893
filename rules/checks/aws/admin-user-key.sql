/*---
id: admin-user-key
title: An IAM user with a static key is an administrator
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@aws, grant:policy@aws, credential:access-key@aws]
population: identities WHERE provider = 'aws' AND type = 'user'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.AA-01
  - csa-maestro:Cross-Layer
why: >
  One text of forty characters, which never expires and works from anywhere, is worth the whole account.
fix: |
  1. Let the workload assume a role instead (OIDC, instance profile, IAM Roles Anywhere), with only the actions it uses:
     `aws accessanalyzer start-policy-generation` writes that policy from CloudTrail.
  2. Until then attach a permissions boundary: `aws iam put-user-permissions-boundary --user-name NAME …`.
  3. Deactivate and delete the key.
limits: >
  Policies, groups, denies and boundaries are evaluated; service control policies only where they were given. A
  person's user is shown too: a person needs no static key either.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
since: '0.1'
---*/
WITH active_keys AS (
  SELECT identity_id, count(*) AS keys, list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active'
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(i.identity_id, ' ', a.how, ' and has ', counted(k.keys, 'active access key'), '.') AS message,
  a.confidence,
  list_concat(list_concat(i.evidence, k.evidence), a.evidence) AS evidence
FROM identities AS i
JOIN active_keys AS k USING (identity_id)
JOIN admin_identities AS a USING (identity_id)
WHERE i.provider = 'aws' AND i.type = 'user' AND a.is_admin
