/*---
id: application-credentials-pile-up
title: An application has more credentials than a rotation needs
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [credential@entra]
population: credentials WHERE provider = 'entra' AND coalesce(status, 'active') = 'active'
parameters:
  mostActive: 2
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Two are enough to go from the old one to the new one. More means that several workloads share the application, or that
  nobody dares to remove one: each is a way in that nobody looks after.
fix: >
  Find out who uses each (the sign-in report of application credentials tells the last use), give each workload an
  application of its own, remove the rest.
limits: Credentials for sign-in by SAML are not counted.
since: '0.1'
---*/
SELECT
  c.identity_id,
  concat(
    c.identity_id, ' has ', count(*), ' active credentials: ',
    listed(list(concat(type_words(c.type), ' ', coalesce('"' || (c.detail->>'$.displayName') || '"', short_id(c.public_id), '')) ORDER BY c.created_at, c.credential_id)),
    '.') AS message,
  list_distinct(flatten(list(c.evidence))) AS evidence
FROM credentials AS c
JOIN identities AS i ON i.identity_id = c.identity_id
WHERE c.provider = 'entra' AND NOT i.managed AND (c.detail->>'$.saml') IS NULL
  AND coalesce(c.status, 'active') = 'active' AND (c.expires_at IS NULL OR c.expires_at > run_now())
GROUP BY c.identity_id
HAVING count(*) > $mostActive
