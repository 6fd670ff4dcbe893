/*---
id: root-access-key
title: The root user of an AWS account has an access key
severity: critical
confidence: high
about: credential
identityFields: [identity_id]
needs: [credential:root@aws]
population: identities WHERE provider = 'aws' AND type = 'root'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-05
why: >
  No policy, boundary or deny binds the root user. Its key can do everything, close the account included, never expires,
  and cannot be limited to a job, a network or a time.
fix: |
  1. Find what uses it: the last use stands in the credential report; move that to a role.
  2. Sign in as root and delete the key under "Security credentials"; protect root with a hardware second factor.
  3. In an organisation: `aws iam enable-organizations-root-credentials-management` and delete member roots' credentials.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
since: '0.1'
---*/
SELECT
  i.identity_id,
  min(c.credential_id) AS credential_id,
  concat(
    'The root user of AWS account ', min(i.scope), ' has ', counted(count(*), 'active access key'),
    CASE WHEN max(c.last_used_at) IS NULL THEN ', never used' ELSE concat(', last used ', day_text(max(c.last_used_at))) END,
    '.') AS message,
  list_concat(min(i.evidence), flatten(list(c.evidence))) AS evidence
FROM credentials AS c
JOIN identities AS i ON i.identity_id = c.identity_id
WHERE i.provider = 'aws' AND i.type = 'root' AND c.type = 'access-key' AND coalesce(c.status, 'active') = 'active'
GROUP BY i.identity_id
