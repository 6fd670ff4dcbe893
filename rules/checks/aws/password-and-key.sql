/*---
id: password-and-key
title: One user is used by a person and by a program
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [credential:console-password@aws]
population: identities WHERE provider = 'aws' AND type = 'user'
parameters:
  recentDays: 90
controls:
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.CM-03
why: >
  The log cannot tell the person from the program. Rights given for one serve the other, and when the person leaves the
  program must be broken or the account kept.
fix: >
  Keep the user for one of them: a person signs in through single sign-on, a program assumes a role. Then delete the login
  profile, or the keys.
limits: A person who uses a key of their own on the command line looks the same; hence medium confidence.
since: '0.1'
---*/
WITH keys AS (
  SELECT identity_id, max(last_used_at) AS last_used_at, list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active'
  GROUP BY identity_id
)
SELECT
  p.identity_id,
  concat(
    p.identity_id, ' signed in with its password on ', day_text(p.last_used_at),
    ' and used an access key on ', day_text(k.last_used_at), '.') AS message,
  list_concat(p.evidence, k.evidence) AS evidence
FROM credentials AS p
JOIN keys AS k USING (identity_id)
JOIN identities AS i USING (identity_id)
WHERE p.provider = 'aws' AND p.type = 'password' AND coalesce(p.status, 'active') = 'active' AND i.type = 'user'
  AND days_since(p.last_used_at) <= $recentDays AND days_since(k.last_used_at) <= $recentDays
