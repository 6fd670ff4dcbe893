/*---
id: role-unused
title: A role is not used
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:role@aws]
population: identities WHERE provider = 'aws' AND type = 'role' AND NOT managed
parameters:
  unusedDays: 90
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-05
why: >
  Its job is gone but its trust policy and rights stay, ready for whoever fits the trust: a repository of the same name, a
  service, an old account.
fix: >
  Deny everything for a while, then delete the role. Keep its policies in a file in case somebody asks.
limits: >
  AWS tells the last use of the past 400 days only, per role and not per consumer; events of CloudTrail count too. Roles for emergencies are unused on
  purpose: accept them with a reason. Roles that AWS made are left out.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_delete.html
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(
    i.identity_id,
    CASE WHEN i.last_used_at IS NULL THEN concat(' was made ', days_since(i.created_at), ' days ago and its use is not on record')
      ELSE concat(' was last used ', days_since(i.last_used_at), ' days ago, on ', day_text(i.last_used_at)) END,
    coalesce('; it ' || a.how, ''), '.') AS message,
  CASE WHEN a.is_admin THEN 'high' ELSE 'medium' END AS severity,
  numbered([
    concat('Deny everything for a while: `aws iam put-role-policy --role-name ', word_or(i.name, 'NAME'),
      ' --policy-name DenyAll --policy-document ''{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}''`.'),
    concat('After a month without complaints keep its policies in a file, take them off and delete it: `aws iam delete-role --role-name ', word_or(i.name, 'NAME'), '`.')]) AS fix,
  i.evidence
FROM identities AS i
ANTI JOIN (SELECT identity_id FROM usages WHERE ran AND days_since(used_at) <= $unusedDays) AS u ON u.identity_id = i.identity_id
LEFT JOIN admin_identities AS a ON a.identity_id = i.identity_id
WHERE i.provider = 'aws' AND i.type = 'role' AND NOT i.managed
  AND days_since(i.created_at) > $unusedDays
  AND (i.last_used_at IS NULL OR days_since(i.last_used_at) > $unusedDays)
