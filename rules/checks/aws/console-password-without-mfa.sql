/*---
id: console-password-without-mfa
title: A user with an access key can also sign in with a password alone
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [credential:console-password@aws]
population: credentials WHERE provider = 'aws' AND type = 'password'
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-03
why: >
  A service needs no console. The password can be guessed, phished and shared; without a second factor it is all it takes
  to act as the service by hand, and the log shows only the service.
fix: >
  `aws iam delete-login-profile --user-name NAME`. If a person needs the console, give the person a user or a single
  sign-on role of their own, with a second factor.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
since: '0.1'
---*/
WITH keys AS (
  SELECT identity_id, list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active'
  GROUP BY identity_id
)
SELECT
  p.identity_id,
  concat(
    p.identity_id, ' has access keys like a service, and a console password without a second factor',
    CASE WHEN p.last_used_at IS NULL THEN '' ELSE concat(', last used ', day_text(p.last_used_at)) END, '.') AS message,
  list_concat(p.evidence, k.evidence) AS evidence
FROM credentials AS p
JOIN keys AS k USING (identity_id)
JOIN identities AS i USING (identity_id)
WHERE p.provider = 'aws' AND p.type = 'password' AND coalesce(p.status, 'active') = 'active'
  AND i.type = 'user' AND (p.detail->>'$.mfa') = 'false'
