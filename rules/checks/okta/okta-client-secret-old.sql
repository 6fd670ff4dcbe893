/*---
id: okta-client-secret-old
title: The secret of an Okta client is old
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:client-secret@okta]
population: credentials WHERE provider = 'okta' AND type = 'client-secret' AND coalesce(status, 'active') = 'active'
parameters:
  maxDays: 180
  highDays: 365
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Secrets of Okta's clients never end. Each month adds places where it was copied to and people who have seen it.
fix: >
  Applications, the app, General, "Generate new secret"; give it to the consumers, then deactivate and delete the old one. For
  service apps a key pair makes the secret needless.
references:
  - https://developer.okta.com/docs/guides/client-secret-rotation-key/main/
since: '0.1'
---*/
SELECT
  c.credential_id,
  c.identity_id,
  concat('The client secret ', c.public_id, ' of ', coalesce('"' || i.name || '"', c.identity_id), ' is ', days_since(c.created_at), ' days old.') AS message,
  CASE WHEN days_since(c.created_at) > $highDays THEN 'high' ELSE 'medium' END AS severity,
  list_concat(c.evidence, coalesce(i.evidence, [])) AS evidence
FROM credentials AS c
LEFT JOIN identities AS i USING (identity_id)
WHERE c.provider = 'okta' AND c.type = 'client-secret' AND coalesce(c.status, 'active') = 'active' AND coalesce(i.enabled, true)
  AND days_since(c.created_at) > $maxDays
